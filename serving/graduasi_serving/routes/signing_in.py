"""/masuk and /keluar: signing in and out."""

import math
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from graduasi_serving.accounts.browser_sessions import end_session, start_session
from graduasi_serving.accounts.credentials import looks_like_secret, new_secret
from graduasi_serving.accounts.passwords import sign_in
from graduasi_serving.accounts.sign_in_limits import Origin, TooManySignIns, counted_address
from graduasi_serving.pages.contexts import LoginPage
from graduasi_serving.routes.visitors import (
    FORM_COOKIE,
    SESSION_COOKIE,
    cookie,
    delete_cookie,
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
    return _form(request, fault=None, status=200)


@router.post("/masuk")
async def sign_somebody_in(
    request: Request,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Redirects to the list with a new session, or shows the form again without saying which of the two was wrong.

    The typed name is not shown again: people type other things there by mistake, an identity number or the password.
    """
    service = service_of(request)
    if not is_own_form(request, csrf, cookie(request, FORM_COOKIE)):
        return _form(request, fault="expired", status=403)
    old_token = cookie(request, SESSION_COOKIE)
    origin = Origin(name, counted_address(request.client.host if request.client else ""))
    # Each check of a password takes 19 MiB and some hundredths of a second, so only a few run at once.
    try:
        token = await service.sign_in_turnstile.run(
            lambda: _new_session(service, origin, password, old_token=old_token)
        )
    except TooManySignIns as refusal:
        return _refused_form(request, refusal.until)
    if token is None:
        return _form(request, fault="wrong", status=401)
    response = see_other("/daftar")
    set_cookie(response, service, SESSION_COOKIE, token)
    delete_cookie(response, service, FORM_COOKIE)
    return response


@router.post("/keluar")
def sign_somebody_out(request: Request, csrf: Annotated[str, Form()] = "") -> Response:
    """End the session in the browser and in the database."""
    with service_of(request).transaction() as session:
        person = require_signed_in(session, request)
        require_form_token(request, csrf, person.csrf)
        end_session(session, cookie(request, SESSION_COOKIE))
    response = see_other("/masuk")
    delete_cookie(response, service_of(request), SESSION_COOKIE)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _new_session(service: Service, origin: Origin, password: str, *, old_token: str) -> str | None:
    """The token of a new session, which replaces the browser's last one (`old_token`); None if signing in failed."""
    now = service.clock()

    def start(session: Session, user_id: int) -> str:
        if old_token:
            end_session(session, old_token)
        return start_session(session, user_id, lifetime=service.lifetime, now=now)

    return sign_in(service.transaction, origin, password, throttle=service.throttle, now=now, then=start)


def _refused_form(request: Request, until: datetime) -> Response:
    """The sign-in page after too many wrong passwords. It tells when the next attempt is looked at, in local time."""
    service = service_of(request)
    seconds = max(1, math.ceil((until - service.clock()).total_seconds()))
    next_minute = (until + timedelta(seconds=59)).astimezone(service.zone)
    response = _form(request, fault="locked", status=429, time=f"{next_minute:%H:%M}")
    response.headers["Retry-After"] = str(seconds)
    return response


def _form(request: Request, *, fault: str | None, status: int, **values: str) -> Response:
    """The sign-in page, with a token in its form and in a cookie. `values` fill the sentence of the fault."""
    token = cookie(request, FORM_COOKIE)  # used again, as the form may be open in another tab
    if not looks_like_secret(token):
        token = new_secret()
    frame = frame_for(request, person=None, csrf=token)
    page = LoginPage(frame=frame, fault=frame.words["login"][fault].format(**values) if fault else None)
    response = page_response(page, request, status=status)
    set_cookie(response, service_of(request), FORM_COOKIE, token)
    return response
