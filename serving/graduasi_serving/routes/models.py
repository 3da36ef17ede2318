"""The loaded models, and the JSON Schema of a household's fields."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from graduasi_serving.routes.callers import requires_scope
from graduasi_serving.scoring.loaded_models import LoadedModel
from graduasi_serving.service import Service, service_of
from graduasi_serving.web import examples
from graduasi_serving.web.json_bodies import encode, json_response
from graduasi_serving.web.schemas import ModelDetail, ModelsAnswer, problems, success

router = APIRouter(prefix="/v1", tags=["models"])
MAY_READ_MODELS = requires_scope("model:read")


class SchemaResponse(Response):
    """A JSON Schema; the OpenAPI document takes the media type from here."""

    media_type = "application/schema+json"


@router.get(
    "/models",
    summary="The loaded models",
    response_model=None,
    responses={**success(examples.MODELS, shape=ModelsAnswer), **problems(400, 401, 403, 503)},
    dependencies=[MAY_READ_MODELS],
)
async def list_models(request: Request) -> Response:
    """The default first."""
    service = service_of(request)
    return json_response({"models": [_summary(model, service) for model in service.models.by_version.values()]})


@router.get(
    "/models/{version}",
    summary="One model and its card",
    response_model=None,
    responses={**success(examples.MODEL, shape=ModelDetail), **problems(400, 401, 403, 404, 503)},
    dependencies=[MAY_READ_MODELS],
)
async def show_model(
    request: Request, version: Annotated[str, Path(description="As GET /v1/models lists it.")]
) -> Response:
    """A loaded model; 404 for any other."""
    service = service_of(request)
    model = service.models.pick(version)
    return json_response({**_summary(model, service), "about": dict(model.bundle.about), "card": model.bundle.card})


@router.get(
    "/schema/household",
    summary="JSON Schema of a household's fields",
    response_model=None,
    response_class=SchemaResponse,
    responses={
        **success(examples.HOUSEHOLD_SCHEMA, media_type=SchemaResponse.media_type),
        **problems(400, 404, 422, 503),
    },
)
async def household_schema(
    request: Request,
    model_version: Annotated[
        str | None, Query(max_length=200, description="The schema of this loaded version instead of the default.")
    ] = None,
) -> Response:
    """Generated from the model's dictionary, as is the check of every request. Needs no token: it holds no data."""
    return SchemaResponse(encode(service_of(request).models.pick(model_version).contract.json_schema()))


def _summary(model: LoadedModel, service: Service) -> dict[str, Any]:
    bundle = model.bundle
    return {
        "version": model.version,
        "is_default": model is service.models.default(),
        "digest": bundle.digest,
        "dictionary": f"{bundle.dictionary.name} {bundle.dictionary.version}",
        "programme": f"{bundle.programme.name} {bundle.programme.version}",
        "bands": {"ready": bundle.programme.bands.ready, "nearly": bundle.programme.bands.nearly},
    }
