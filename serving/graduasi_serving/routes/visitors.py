"""What the pages' routes share: who visits, in which language, and how an answer is sent."""

from fastapi import Request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask
from starlette.responses import RedirectResponse, Response

from graduasi_serving.accounts.browser_sessions import SignedIn, find_session, touch_session
from graduasi_serving.accounts.credentials import is_same
from graduasi_serving.pages.contexts import Frame, MessagePage
from graduasi_serving.pages.rendering import Page, render, stylesheet_address
from graduasi_serving.pages.words import LANGUAGES, words_in
from graduasi_serving.service import Service, service_of
from graduasi_serving.web.logs import FAULT_LOG
from graduasi_serving.web.problems import Problem

SESSION_COOKIE = "graduasi_session"
FORM_COOKIE = "graduasi_form"
LANGUAGE_COOKIE = "graduasi_bahasa"
LANGUAGE_SECONDS = 365 * 24 * 3600


class SignInNeeded(Exception):
    """Nobody is signed in; the answer is the way to the sign-in page."""


def visitor(session: Session, request: Request) -> SignedIn:
    """Who is signed in. Raises SignInNeeded."""
    service = service_of(request)
    token = request.cookies.get(SESSION_COOKIE, "")
    person = find_session(session, token, lifetime=service.lifetime, now=service.clock()) if token else None
    if person is None:
        raise SignInNeeded
    if person.is_due:
        request.state.after = BackgroundTask(_touch, service, token)
    return person


def _touch(service: Service, token: str) -> None:
    """After the answer is sent: no page waits for whoever else is writing."""
    try:
        with service.transaction() as session:
            touch_session(session, token, lifetime=service.lifetime, now=service.clock())
    except SQLAlchemyError:
        FAULT_LOG.warning("a session's idle limit was not moved: the database was busy")


def is_own_form(request: Request, given: str, expected: str | None) -> bool:
    """Whether a form came from our own page: by its token, and by what browsers say of where it was sent from."""
    sent_from = request.headers.get("sec-fetch-site", "same-origin")
    return sent_from in ("same-origin", "none") and bool(expected) and is_same(given, expected or "")


def require_form_token(request: Request, given: str, expected: str | None) -> None:
    """Refuse a form that did not come from our own page."""
    if not is_own_form(request, given, expected):
        raise Problem(403, detail="This form has expired; load the page again.")


def frame_for(
    request: Request, *, person: SignedIn | None, csrf: str | None = None, language: str | None = None
) -> Frame:
    """What surrounds a page: its language (the visitor's, unless the page has only one), and who is signed in."""
    language = language or _chosen_language(request)
    other = next(code for code in LANGUAGES if code != language)
    return Frame(
        language=language,
        words=words_in(language),
        other_language=other,
        other_language_name=words_in(other)["language_name"],
        stylesheet=stylesheet_address(),
        user_name=person.name if person else None,
        csrf=person.csrf if person else csrf,
        zone=service_of(request).zone,
    )


def page_answer(page: Page, request: Request, *, status: int = 200) -> Response:
    """The page; a language chosen by the switch is remembered."""
    answer = render(page, request, status=status)
    answer.background = getattr(request.state, "after", None)
    if request.query_params.get("bahasa") in LANGUAGES:
        set_cookie(answer, service_of(request), LANGUAGE_COOKIE, page.frame.language, seconds=LANGUAGE_SECONDS)
    return answer


def message_page(request: Request, problem: Problem) -> Response:
    """The page for when there is nothing else to show. Says the same for what is absent and what may not be seen."""
    status = problem.status
    frame = frame_for(request, person=None)
    kind = {404: "not_found", 403: "form_expired"}.get(status, "fault")
    words = frame.words["message"]
    page = MessagePage(frame=frame, heading=words[kind], text=words[f"{kind}_text"])
    answer = page_answer(page, request, status=status)
    answer.headers.update(problem.headers)
    return answer


def set_cookie(answer: Response, service: Service, name: str, value: str, *, seconds: int | None = None) -> None:
    """A cookie that no script can read and no other site makes the browser send with a form."""
    answer.set_cookie(
        name, value, max_age=seconds, path="/", httponly=True, samesite="lax", secure=service.settings.session_secure
    )


def see_other(address: str) -> RedirectResponse:
    """Post, redirect, get: reloading the next page repeats nothing. Only our own addresses are ever passed."""
    return RedirectResponse(address, status_code=303, headers={"Cache-Control": "no-store"})


def _chosen_language(request: Request) -> str:
    for wish in (request.query_params.get("bahasa"), request.cookies.get(LANGUAGE_COOKIE)):
        if wish in LANGUAGES:
            return wish
    return LANGUAGES[0]
