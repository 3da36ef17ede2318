"""Whether the process is alive, and whether it can serve requests."""

from fastapi import APIRouter, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response

from graduasi_serving.database.migration import is_current
from graduasi_serving.service import Service, service_of
from graduasi_serving.web import examples
from graduasi_serving.web.problems import ServiceUnavailable, problem_response
from graduasi_serving.web.schemas import LiveAnswer, ReadyAnswer, problems, success

router = APIRouter(prefix="/health", tags=["health"])


@router.get(
    "/live",
    summary="The process answers",
    responses={**success(examples.LIVE, shape=LiveAnswer), **problems()},
    response_model=None,
)
async def live() -> Response:
    """200 as long as the process can answer at all; checks nothing else."""
    return JSONResponse({"status": "live"})


@router.get(
    "/ready",
    summary="Requests can be served",
    responses={**success(examples.READY, shape=ReadyAnswer), **problems(503)},
    response_model=None,
)
def ready(request: Request) -> Response:
    """200 when the database is there and the model, if GRADUASI_MODEL names one; 503 with the reason otherwise."""
    service = service_of(request)
    reasons = [*_database_reasons(service), *_model_reasons(service)]
    if reasons:
        return problem_response(ServiceUnavailable("; ".join(reasons)))
    version = next(iter(service.models.by_version), None)
    return JSONResponse({"status": "ready", "model_version": version})


def _database_reasons(service: Service) -> list[str]:
    try:
        if is_current(service.engine):
            return []
    except SQLAlchemyError:
        return ["the database does not answer"]
    return ["the database lacks the tables of this version; run: graduasi db upgrade"]


def _model_reasons(service: Service) -> list[str]:
    return ["no model is loaded"] if service.settings.model and not service.models.by_version else []
