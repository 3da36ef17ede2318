"""/masuk and /keluar: signing in and out."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from graduasi_serving.accounts.browser_sessions import end_session, start_session
from graduasi_serving.accounts.credentials import looks_like_secret, new_secret
from graduasi_serving.accounts.passwords import sign_in
from graduasi_serving.pages.contexts import LoginPage
from graduasi_serving.routes.visitors import (
    FORM_COOKIE,
    SESSION_COOKIE,
    frame_for,
    is_own_form,
    page_response,
    require_form_token,
    require_signed_in,
    see_other,
    set_cookie,
)
from graduasi_serving.service import Service, service_of

router = APIRouter(include_in_schema=False)


@router.get("/masuk")
def show_form(request: Request) -> Response:
    """The sign-in form. Its token is also in a cookie, and a form counts only with both: no other site can send the pair."""
    return _form(request, fault=None, user_name="", status=200)


@router.post("/masuk")
async def sign_somebody_in(
    request: Request,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Redirects to the list with a new session, or shows the form again without saying what was wrong."""
    service = service_of(request)
    if not is_own_form(request, csrf, request.cookies.get(FORM_COOKIE)):
        return _form(request, fault="expired", user_name=name, status=403)
    old_token = request.cookies.get(SESSION_COOKIE)
    # Each check of a password takes 19 MiB and some hundredths of a second, so only a few run at once.
    token = await service.sign_in_turnstile.run(lambda: _new_session(service, name, password, old_token=old_token))
    if token is None:
        return _form(request, fault="wrong", user_name=name, status=401)
    response = see_other("/daftar")
    set_cookie(response, service, SESSION_COOKIE, token)
    response.delete_cookie(FORM_COOKIE, path="/")
    return response


@router.post("/keluar")
def sign_somebody_out(request: Request, csrf: Annotated[str, Form()] = "") -> Response:
    """End the session in the browser and in the database."""
    with service_of(request).transaction() as session:
        person = require_signed_in(session, request)
        require_form_token(request, csrf, person.csrf)
        end_session(session, request.cookies[SESSION_COOKIE])
    response = see_other("/masuk")
    response.delete_cookie(SESSION_COOKIE, path="/")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _new_session(service: Service, name: str, password: str, *, old_token: str | None) -> str | None:
    """The token of a new session, which replaces the browser's last one (`old_token`); None if signing in failed."""
    now = service.clock()

    def start(session: Session, user_id: int) -> str:
        if old_token:
            end_session(session, old_token)
        return start_session(session, user_id, lifetime=service.lifetime, now=now)

    return sign_in(service.transaction, name, password, throttle=service.throttle, now=now, then=start)


def _form(request: Request, *, fault: str | None, user_name: str, status: int) -> Response:
    """The sign-in page, with a token in its form and in a cookie."""
    token = request.cookies.get(FORM_COOKIE, "")  # used again, as the form may be open in another tab
    if not looks_like_secret(token):
        token = new_secret()
    frame = frame_for(request, person=None, csrf=token)
    page = LoginPage(frame=frame, fault=frame.words["login"][fault] if fault else None, user_name=user_name)
    response = page_response(page, request, status=status)
    set_cookie(response, service_of(request), FORM_COOKIE, token)
    return response
