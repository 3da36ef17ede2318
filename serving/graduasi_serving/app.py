"""The web application: routes, what surrounds them, and how faults become answers."""

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
from graduasi_serving.service import Service, start_service
from graduasi_serving.settings import Settings
from graduasi_serving.web import examples
from graduasi_serving.web.logs import FAULT_LOG, logging_settings, to_stderr
from graduasi_serving.web.middleware import BodyLimit, FaultAnswer, FaultAnswers, HeadAsGet, RequestEnvelope, Shortcut
from graduasi_serving.web.problems import (
    NOT_AS_DOCUMENTED,
    Fault,
    Problem,
    ServiceUnavailable,
    Unforeseen,
    pointer,
    problem_response,
)
from graduasi_serving.web.schemas import ScoresRequest

ROUTERS = (scores.router, tokens.router, models.router, health.router, docs.router, signing_in.router, lists.router)
MACHINE_PATHS = ("/v1/", "/health/")
DESCRIPTION = """Which families are most ready to graduate out of aid, why, and which must not be pushed yet.

A score is a forecast of what a family will earn without aid, not of what withdrawing aid does to it. What helps and
what holds back are associations, not promised effects. A person visits and decides.

Get a token at `POST /v1/token`, then send it as `Authorization: Bearer …`. Every fault is `application/problem+json`
and never repeats what was sent."""


def create_app(service: Service, *, log: Callable[[bytes], None] = to_stderr) -> ASGIApp:
    """The application around an open service: households to score take the short way, all else that of the framework."""
    directly = FaultAnswers(DirectScores(service), _ANSWERS)
    routed = Shortcut(create_api(service), path=scores.PATH, to=directly)
    limited = BodyLimit(HeadAsGet(routed), limit=service.settings.body_limit_bytes)
    return RequestEnvelope(limited, log=log)


def create_api(service: Service) -> FastAPI:
    """The documented operations, and the pages."""
    app = FastAPI(
        title="graduasi",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        redirect_slashes=False,  # such a redirect would lead wherever the Host header says
        telemetry={"tracing": False, "metrics": False},
    )
    app.state.service = service
    for router in ROUTERS:
        app.include_router(router)
    for kind, answer in _ANSWERS.items():
        app.add_exception_handler(kind, answer)
    app.add_exception_handler(Exception, _on_unforeseen)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def app_from_environment() -> ASGIApp:
    """What each worker process runs: settings from the environment, logs as JSON lines."""
    logging.config.dictConfig(logging_settings())
    app = create_app(start_service(Settings()))
    gc.collect()
    gc.freeze()  # what stays until the process ends need not be looked through again and again
    return app


async def _answer(request: Request, problem: Problem) -> Response:
    """A problem as a page for people, and as problem+json for programs."""
    is_page = not request.url.path.startswith(MACHINE_PATHS) and "text/html" in request.headers.get("accept", "")
    return message_page(request, problem) if is_page else problem_response(problem)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return await _answer(request, error)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    """What the framework itself refuses: unknown address, wrong method, unreadable form."""
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, Problem):  # while a form was read, its body grew too large
        return await _answer(request, error.__cause__)
    return await _answer(request, Problem(error.status_code, headers=error.headers))


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    """Parameters and forms that are not as documented. The framework's own messages are left out: some quote the input."""
    assert isinstance(error, RequestValidationError)
    if not request.url.path.startswith(MACHINE_PATHS) and request.method == "GET":
        return await _answer(request, Problem(404))  # such a page is not there
    faults = [Fault(pointer(fault["loc"][1:]), fault["type"], NOT_AS_DOCUMENTED) for fault in error.errors()]
    return await _answer(request, Problem(422, errors=faults))


async def _on_database_fault(request: Request, error: Exception) -> Response:
    FAULT_LOG.error("the database failed", exc_info=error)
    return await _answer(request, ServiceUnavailable("The database does not answer at the moment."))


async def _on_unforeseen(request: Request, _error: Exception) -> Response:
    """The framework answers with this and raises the error further, to where it is logged."""
    return await _answer(request, Unforeseen())


async def _on_sign_in_needed(_request: Request, _error: Exception) -> Response:
    return see_other("/masuk")


_ANSWERS: dict[type[Exception], FaultAnswer] = {
    Problem: _on_problem,
    HTTPException: _on_http_exception,
    RequestValidationError: _on_invalid_request,
    DBAPIError: _on_database_fault,
    PoolTimeout: _on_database_fault,
    SignInNeeded: _on_sign_in_needed,
}


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The document FastAPI makes, and the request body of POST /v1/scores, which is read without the framework."""
    if not app.openapi_schema:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        _, shapes = models_json_schema([(ScoresRequest, "validation")], ref_template="#/components/schemas/{model}")
        document["components"]["schemas"] |= shapes["$defs"]
        most = app.state.service.settings.households_per_request
        document["components"]["schemas"]["ScoresRequest"]["properties"]["households"]["maxItems"] = most
        told = document["paths"]["/v1/scores"][
            "post"
        ]  # FastAPI drops null from examples, and here null means something
        told["requestBody"] = scores.BODY
        told["responses"]["200"]["content"]["application/json"]["example"] = examples.SCORES
        app.openapi_schema = document
    return app.openapi_schema
