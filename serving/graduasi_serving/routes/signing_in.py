"""/masuk and /keluar: signing in and out."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from graduasi_serving.accounts.browser_sessions import end_session, start_session
from graduasi_serving.accounts.credentials import is_secret, new_secret
from graduasi_serving.accounts.passwords import sign_in
from graduasi_serving.pages.contexts import LoginPage
from graduasi_serving.routes.visitors import (
    FORM_COOKIE,
    SESSION_COOKIE,
    frame_for,
    is_own_form,
    page_answer,
    require_form_token,
    see_other,
    set_cookie,
    visitor,
)
from graduasi_serving.service import Service, service_of

router = APIRouter(include_in_schema=False)


@router.get("/masuk")
def show_form(request: Request) -> Response:
    """The sign-in form. Its token also lies in a cookie: another site can send neither pair."""
    return _form(request, fault=None, user_name="", status=200)


@router.post("/masuk")
async def sign_somebody_in(
    request: Request,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """To the list with a new session, or back to the form; why it failed is not said."""
    service = service_of(request)
    if not is_own_form(request, csrf, request.cookies.get(FORM_COOKIE)):
        return _form(request, fault="expired", user_name=name, status=403)
    before = request.cookies.get(SESSION_COOKIE)
    # Each check of a password takes 19 MiB and some hundredths of a second: only so many at once.
    token = await service.sign_ins.run(lambda: _new_session(service, name, password, before=before))
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
        require_form_token(request, csrf, person.csrf)
        end_session(session, request.cookies[SESSION_COOKIE])
    answer = see_other("/masuk")
    answer.delete_cookie(SESSION_COOKIE, path="/")
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


def _new_session(service: Service, name: str, password: str, *, before: str | None) -> str | None:
    """The token of a new session, which takes the place of the browser's last one; None for a wrong name or password."""
    now = service.clock()

    def start(session: Session, user_id: int) -> str:
        if before:
            end_session(session, before)
        return start_session(session, user_id, lifetime=service.lifetime, now=now)

    return sign_in(service.transaction, name, password, throttle=service.throttle, now=now, then=start)


def _form(request: Request, *, fault: str | None, user_name: str, status: int) -> Response:
    token = request.cookies.get(FORM_COOKIE, "")  # the form may be open in another tab
    if not is_secret(token):
        token = new_secret()
    frame = frame_for(request, person=None, csrf=token)
    page = LoginPage(frame=frame, fault=frame.words["login"][fault] if fault else None, user_name=user_name)
    answer = page_answer(page, request, status=status)
    set_cookie(answer, service_of(request), FORM_COOKIE, token)
    return answer
