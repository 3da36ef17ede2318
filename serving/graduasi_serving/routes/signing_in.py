"""/masuk and /keluar: signing in and out."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from graduasi_serving.accounts import sign_in
from graduasi_serving.browser_sessions import end_session, start_session
from graduasi_serving.credentials import new_secret
from graduasi_serving.pages.contexts import LoginPage
from graduasi_serving.routes.visitors import (
    FORM_COOKIE,
    SESSION_COOKIE,
    frame_for,
    page_answer,
    require_form_token,
    see_other,
    set_cookie,
    visitor,
)
from graduasi_serving.service import service_of

router = APIRouter(include_in_schema=False)


@router.get("/masuk")
def show_form(request: Request) -> Response:
    """The sign-in form. Its token also lies in a cookie: another site can send neither pair."""
    return _form(request, fault=None, user_name="", status=200)


@router.post("/masuk")
def sign_somebody_in(
    request: Request,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """To the list with a new session, or back to the form; why it failed is not said."""
    service = service_of(request)
    expected = request.cookies.get(FORM_COOKIE)
    if not expected or csrf != expected:
        return _form(request, fault="expired", user_name=name, status=403)
    now = service.clock()
    with service.transaction() as session:
        user = sign_in(session, name.strip(), password, throttle=service.throttle, now=now)
        token = start_session(session, user, lifetime=service.lifetime, now=now) if user else None
    if token is None:
        return _form(request, fault="wrong", user_name=name, status=401)
    answer = see_other("/daftar")
    set_cookie(answer, service, SESSION_COOKIE, token)
    answer.delete_cookie(FORM_COOKIE, path="/")
    return answer


@router.post("/keluar")
def sign_somebody_out(request: Request, csrf: Annotated[str, Form()] = "") -> Response:
    """End the session here and in the database."""
    with service_of(request).transaction() as session:
        person = visitor(session, request)
        require_form_token(csrf, person.csrf)
        end_session(session, request.cookies[SESSION_COOKIE])
    answer = see_other("/masuk")
    answer.delete_cookie(SESSION_COOKIE, path="/")
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


def _form(request: Request, *, fault: str | None, user_name: str, status: int) -> Response:
    token = new_secret()
    frame = frame_for(request, person=None, csrf=token)
    page = LoginPage(frame=frame, fault=frame.words["login"][fault] if fault else None, user_name=user_name)
    answer = page_answer(page, request, status=status)
    set_cookie(answer, service_of(request), FORM_COOKIE, token)
    return answer
