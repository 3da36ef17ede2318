"""Signed-in browsers: starting a session, finding who a cookie belongs to, and ending sessions."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from graduasi_serving.accounts.access import Viewer
from graduasi_serving.accounts.credentials import hash_secret, new_secret
from graduasi_serving.database.people import User, WebSession

MIN_TOUCH_INTERVAL = timedelta(minutes=1)  # moving the idle limit is a write; one a minute is exact enough


@dataclass(frozen=True)
class Lifetime:
    """How long a session lasts without a click (`idle`), and at most (`total`)."""

    idle: timedelta
    total: timedelta


@dataclass(frozen=True)
class SignedIn:
    """The person behind a request.

    Read from the database at each request, so that a person who is reassigned or removed loses access at the next click.
    """

    name: str
    viewer: Viewer
    csrf: str
    needs_touch: bool
    """Whether the idle limit was last moved long enough ago to be moved again."""


def start_session(session: Session, user_id: int, *, lifetime: Lifetime, now: datetime) -> str:
    """Start a session for a person and return the token for its cookie. Deletes every session that has ended."""
    session.execute(delete(WebSession).where((WebSession.ends_at <= now) | (WebSession.idle_until <= now)))
    token, csrf = new_secret(), new_secret()
    ends_at = now + lifetime.total
    session.add(
        WebSession(
            token_hash=hash_secret(token), user_id=user_id, csrf=csrf, idle_until=now + lifetime.idle, ends_at=ends_at
        )
    )
    return token


def find_session(session: Session, token: str, *, lifetime: Lifetime, now: datetime) -> SignedIn | None:
    """Who is signed in with `token`; None if no session has it or the session has ended."""
    row = session.get(WebSession, hash_secret(token))
    if row is None or row.ends_at <= now or row.idle_until <= now:
        return None
    user = session.get_one(User, row.user_id)
    viewer = Viewer(role=user.role, mentor_id=user.mentor_id, area=user.area)
    needs_touch = now + lifetime.idle - row.idle_until >= MIN_TOUCH_INTERVAL
    return SignedIn(name=user.name, viewer=viewer, csrf=row.csrf, needs_touch=needs_touch)


def touch_session(session: Session, token: str, *, lifetime: Lifetime, now: datetime) -> None:
    """Move the session's idle limit: it now counts from `now`."""
    same_token = WebSession.token_hash == hash_secret(token)
    session.execute(update(WebSession).where(same_token).values(idle_until=now + lifetime.idle))


def end_sessions_of(session: Session, user: User) -> None:
    """Sign a person out of every browser."""
    session.execute(delete(WebSession).where(WebSession.user_id == user.id))


def end_session(session: Session, token: str) -> None:
    """Delete the session, so that a copy of its cookie is worthless."""
    session.execute(delete(WebSession).where(WebSession.token_hash == hash_secret(token)))
