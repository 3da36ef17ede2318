"""Turning a context into a response: Jinja2 with escaping on and undefined names refused, and headers that keep pages
out of caches and frames.
"""

import gzip
import hashlib
from dataclasses import fields
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from graduasi_serving.pages.contexts import ApiPage, HouseholdPage, ListPage, LoginPage, MentorsPage, MessagePage

Page = LoginPage | ListPage | HouseholdPage | MentorsPage | MessagePage | ApiPage

TEMPLATES: dict[type[Page], str] = {
    LoginPage: "login.html",
    ListPage: "list.html",
    HouseholdPage: "household.html",
    MentorsPage: "mentors.html",
    MessagePage: "message.html",
    ApiPage: "api.html",
}

# No scripts, nothing from other servers, no embedding in other pages; forms may be sent to this service only.
CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PAGE_HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Frame-Options": "DENY",
    "Vary": "Accept-Encoding, Cookie",
}
MIN_BYTES_TO_COMPRESS = 1024


@cache
def environment() -> Environment:
    """Jinja2 with the templates of this package."""
    loader = PackageLoader("graduasi_serving.pages", "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def render(page: Page, request: Request, *, status: int = 200) -> Response:
    """The page as HTML, compressed if the browser takes that."""
    context = {field.name: getattr(page, field.name) for field in fields(page)}
    html = environment().get_template(TEMPLATES[type(page)]).render(context)
    return compressed_response(html.encode(), request, status=status, media_type="text/html", headers=PAGE_HEADERS)


def compressed_response(
    body: bytes, request: Request, *, status: int, media_type: str, headers: dict[str, str]
) -> Response:
    """A response, gzipped if the browser takes that and the body is not tiny.

    Compressing a page with a secret can leak it through the length (BREACH), but only if an attacker can choose a part of
    the page. Our pages hold a form token and nothing that another site can choose.
    """
    if len(body) < MIN_BYTES_TO_COMPRESS or "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(body, status, headers=headers, media_type=media_type)
    return Response(
        gzip.compress(body, 6, mtime=0), status, headers={**headers, "Content-Encoding": "gzip"}, media_type=media_type
    )


@cache
def static_file(name: str) -> bytes:
    """The content of a file in static/."""
    return (files("graduasi_serving.pages") / "static" / name).read_bytes()


@cache
def stylesheet_address() -> str:
    """The style sheet's address with a hash of its content, so that browsers may cache it for good."""
    return f"/statis/graduasi.css?v={hashlib.sha256(static_file('graduasi.css')).hexdigest()[:12]}"
