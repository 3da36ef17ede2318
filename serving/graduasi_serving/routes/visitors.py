"""What the routes of the pages share: who is signed in, the language, cookies, forms, and sending a page."""

from urllib.parse import urlsplit

from fastapi import Request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask
from starlette.responses import RedirectResponse, Response

from graduasi_serving.accounts.browser_sessions import SignedIn, find_session, touch_session
from graduasi_serving.accounts.credentials import is_same_secret
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
    """Nobody is signed in. The answer is a redirect to the sign-in page."""


def require_signed_in(session: Session, request: Request) -> SignedIn:
    """Who is signed in. Raises SignInNeeded.

    If the idle limit of the session should be moved, it is moved after the response is sent (see `page_response`).
    """
    service = service_of(request)
    token = cookie(request, SESSION_COOKIE)
    person = find_session(session, token, lifetime=service.lifetime, now=service.clock()) if token else None
    if person is None:
        raise SignInNeeded
    if person.needs_touch:
        request.state.after_response = BackgroundTask(_touch, service, token)
    return person


def _touch(service: Service, token: str) -> None:
    """Move the session's idle limit. Done after the response, so that no page waits for somebody else's write."""
    try:
        with service.transaction() as session:
            touch_session(session, token, lifetime=service.lifetime, now=service.clock())
    except SQLAlchemyError:
        FAULT_LOG.warning("a session's idle limit was not moved: the database was busy")


def is_own_form(request: Request, token: str, expected: str | None) -> bool:
    """Whether a form was sent from our own page.

    Its token must be the expected one. Where a browser sends Sec-Fetch-Site it must not name another site; older browsers
    send Origin, which must name the host that the form was sent to.
    """
    sent_from, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if sent_from is not None:
        is_ours = sent_from in ("same-origin", "none")
    else:
        is_ours = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    return is_ours and bool(expected) and is_same_secret(token, expected or "")


def require_form_token(request: Request, token: str, expected: str | None) -> None:
    """Raise Problem (403) for a form that was not sent from our own page."""
    if not is_own_form(request, token, expected):
        raise Problem(403, detail="This form has expired; load the page again.")


def frame_for(
    request: Request, *, person: SignedIn | None, csrf: str | None = None, language: str | None = None
) -> Frame:
    """What surrounds a page.

    `csrf` is the form token for a page without a signed-in person; `language` is for a page that has only one.
    """
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


def page_response(page: Page, request: Request, *, status: int = 200) -> Response:
    """The page as a response. A language chosen with the switch (?bahasa=) is remembered in a cookie."""
    response = render(page, request, status=status)
    response.background = getattr(request.state, "after_response", None)
    if request.query_params.get("bahasa") in LANGUAGES:
        set_cookie(response, service_of(request), LANGUAGE_COOKIE, page.frame.language, seconds=LANGUAGE_SECONDS)
    return response


def message_page(request: Request, problem: Problem) -> Response:
    """A problem as a page. It reads the same for what does not exist and for what the person may not see."""
    status = problem.status
    frame = frame_for(request, person=None)
    kind = {404: "not_found", 403: "form_expired"}.get(status, "fault")
    words = frame.words["message"]
    page = MessagePage(frame=frame, heading=words[kind], text=words[f"{kind}_text"])
    response = page_response(page, request, status=status)
    response.headers.update(problem.headers)
    return response


def cookie_name(service: Service, name: str) -> str:
    """The name that browsers know a cookie by: over HTTPS with __Host-, so that no other host of the domain can set it."""
    return f"__Host-{name}" if service.settings.session_secure else name


def cookie(request: Request, name: str) -> str:
    """The value of one of our cookies; empty if the browser sent none."""
    return request.cookies.get(cookie_name(service_of(request), name), "")


def delete_cookie(response: Response, service: Service, name: str) -> None:
    """Ask the browser to forget one of our cookies."""
    response.delete_cookie(cookie_name(service, name), path="/", secure=service.settings.session_secure, httponly=True)


def set_cookie(response: Response, service: Service, name: str, value: str, *, seconds: int | None = None) -> None:
    """Set a cookie that scripts cannot read and that browsers do not send with another site's form.

    It lasts for `seconds`; without, until the browser is closed.
    """
    response.set_cookie(
        cookie_name(service, name),
        value,
        max_age=seconds,
        path="/",
        httponly=True,
        samesite="lax",
        secure=service.settings.session_secure,
    )


def see_other(address: str) -> RedirectResponse:
    """A redirect after a form, so that reloading the next page does not send the form again.

    `address` is always one of our own, never one that a request names.
    """
    return RedirectResponse(address, status_code=303)


def _chosen_language(request: Request) -> str:
    """The language of the switch, else the one remembered, else the default."""
    for choice in (request.query_params.get("bahasa"), cookie(request, LANGUAGE_COOKIE)):
        if choice in LANGUAGES:
            return choice
    return LANGUAGES[0]
