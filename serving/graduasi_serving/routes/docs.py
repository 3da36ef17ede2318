"""/docs: the HTTP interface described for people who write programs."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from graduasi_serving.pages.api_page import api_page
from graduasi_serving.routes.visitors import frame_for, page_response

router = APIRouter(include_in_schema=False)
LANGUAGE = "en"  # like the OpenAPI document that the page shows


@router.get("/docs")
def show_docs(request: Request) -> Response:
    """Needs no sign-in, like the OpenAPI document itself: it holds no data."""
    return page_response(api_page(request.app.openapi(), frame_for(request, person=None, language=LANGUAGE)), request)
