"""/docs: what programs can ask of the service, for people who write them."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from graduasi_serving.pages.api_page import api_page
from graduasi_serving.routes.visitors import frame_for, page_answer

router = APIRouter(include_in_schema=False)
LANGUAGE = "en"  # as the OpenAPI document that the page shows


@router.get("/docs")
def show_docs(request: Request) -> Response:
    """Open to everybody, as the document is: it holds no data."""
    return page_answer(api_page(request.app.openapi(), frame_for(request, person=None, language=LANGUAGE)), request)
