"""The web application: its routes, the layers around them, and the answers to faults."""

import gc
import logging.config
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp

from graduasi_serving.routes import docs, health, lists, models, scores, signing_in, tokens
from graduasi_serving.routes.scores import DirectScores
from graduasi_serving.routes.visitors import SignInNeeded, message_page, see_other
from graduasi_serving.scoring.loaded_models import fields_schema
from graduasi_serving.service import Service, start_service
from graduasi_serving.settings import Settings
from graduasi_serving.web import examples
from graduasi_serving.web.logs import FAULT_LOG, logging_settings, to_stderr
from graduasi_serving.web.middleware import BodyLimit, FaultHandler, FaultHandlers, HeadAsGet, RequestEnvelope, Shortcut
from graduasi_serving.web.problems import (
    NOT_AS_DOCUMENTED,
    Fault,
    Problem,
    ServiceUnavailable,
    Unforeseen,
    pointer,
    problem_response,
)
from graduasi_serving.web.schemas import ProblemShape, ScoresRequest

ROUTERS = (scores.router, tokens.router, models.router, health.router, docs.router, signing_in.router, lists.router)
MACHINE_PATHS = ("/v1/", "/health/")
DESCRIPTION = """Which families are most ready to graduate out of aid, why, and which must not be pushed yet.

A score is a forecast of what a family will earn without aid, not of what withdrawing aid does to it. What helps and
what holds back are associations, not promised effects. A person visits and decides.

Get a token at `POST /v1/token`, then send it as `Authorization: Bearer …`. Every fault is `application/problem+json`
and never repeats what was sent."""


def create_app(service: Service, *, log: Callable[[bytes], None] = to_stderr) -> ASGIApp:
    """The ASGI application on an open service: the API and the pages, inside the layers of `web.middleware`.

    POST /v1/scores bypasses the framework's routing and dependencies, to be faster.
    """
    direct_scores = FaultHandlers(DirectScores(service), _FAULT_HANDLERS)
    routed = Shortcut(create_api(service), path=scores.PATH, to=direct_scores)
    limited = BodyLimit(HeadAsGet(routed), limit=service.settings.body_limit_bytes)
    return RequestEnvelope(limited, log=log)


def create_api(service: Service) -> FastAPI:
    """The FastAPI application: the operations of the OpenAPI document, and the pages."""
    app = FastAPI(
        title="graduasi",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        redirect_slashes=False,  # such a redirect would go to whatever host the Host header names
        telemetry={"tracing": False, "metrics": False},
    )
    app.state.service = service
    for router in ROUTERS:
        app.include_router(router)
    for kind, handler in _FAULT_HANDLERS.items():
        app.add_exception_handler(kind, handler)
    app.add_exception_handler(Exception, _on_unforeseen)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def app_from_environment() -> ASGIApp:
    """The application that each worker process runs: settings from the environment, logs as JSON lines."""
    logging.config.dictConfig(logging_settings())
    app = create_app(start_service(Settings()))
    gc.collect()
    gc.freeze()  # what was made so far lives until the process ends; collections need not look through it again
    return app


async def _answer(request: Request, problem: Problem) -> Response:
    """A problem as a page for a browser that wants HTML, and as problem+json for programs."""
    is_page = not request.url.path.startswith(MACHINE_PATHS) and "text/html" in request.headers.get("accept", "")
    return message_page(request, problem) if is_page else problem_response(problem)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return await _answer(request, error)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    """Requests that the framework itself refuses: unknown address, wrong method, unreadable form."""
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, Problem):  # BodyLimit raised it while the framework read a form
        return await _answer(request, error.__cause__)
    return await _answer(request, Problem(error.status_code, headers=error.headers))


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    """Parameters and forms that are not as documented. The framework's own messages are not used: some quote the input."""
    assert isinstance(error, RequestValidationError)
    if not request.url.path.startswith(MACHINE_PATHS) and request.method == "GET":
        return await _answer(request, Problem(404))  # an address of a page that cannot exist
    faults = [Fault(pointer(fault["loc"][1:]), fault["type"], NOT_AS_DOCUMENTED) for fault in error.errors()]
    return await _answer(request, Problem(422, errors=faults))


async def _on_database_fault(request: Request, error: Exception) -> Response:
    FAULT_LOG.error("the database failed", exc_info=error)
    return await _answer(request, ServiceUnavailable("The database does not answer at the moment."))


async def _on_unforeseen(request: Request, _error: Exception) -> Response:
    """The framework sends this answer and then raises the error again; RequestEnvelope logs it."""
    return await _answer(request, Unforeseen())


async def _on_sign_in_needed(_request: Request, _error: Exception) -> Response:
    return see_other("/masuk")


_FAULT_HANDLERS: dict[type[Exception], FaultHandler] = {
    Problem: _on_problem,
    HTTPException: _on_http_exception,
    RequestValidationError: _on_invalid_request,
    DBAPIError: _on_database_fault,
    PoolTimeout: _on_database_fault,
    SignInNeeded: _on_sign_in_needed,
}


def _openapi(app: FastAPI) -> dict[str, Any]:
    """FastAPI's OpenAPI document, with what FastAPI does not know: the body of POST /v1/scores, the fields of a household, problems."""
    if not app.openapi_schema:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        service: Service = app.state.service
        _, further_schemas = models_json_schema(
            [(ScoresRequest, "validation"), (ProblemShape, "serialization")],
            ref_template="#/components/schemas/{model}",
        )
        schemas = document["components"]["schemas"]
        schemas |= further_schemas["$defs"] | {"HouseholdFields": fields_schema(service.models)}
        for holder in ("HouseholdShape", "SnapshotShape"):
            schemas[holder]["properties"]["fields"] = {"$ref": "#/components/schemas/HouseholdFields"}
        households_limit = service.settings.households_per_request
        schemas["ScoresRequest"]["properties"]["households"]["maxItems"] = households_limit
        # FastAPI drops null from examples. Here null has a meaning (not known), so they are set again.
        operation = document["paths"][scores.PATH]["post"]
        operation["requestBody"] = scores.BODY
        operation["responses"]["200"]["content"]["application/json"]["example"] = examples.SCORES
        app.openapi_schema = document
    return app.openapi_schema
