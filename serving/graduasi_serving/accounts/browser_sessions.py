"""Who is behind a cookie: starting, following and ending signed-in sessions."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from graduasi_serving.accounts.access import Viewer
from graduasi_serving.accounts.credentials import hash_secret, new_secret
from graduasi_serving.database.people import User, WebSession

TOUCH_EVERY = timedelta(minutes=1)  # moving the idle limit is a write; one a minute is exact enough


@dataclass(frozen=True)
class Lifetime:
    """How long a session lasts without a click, and in any case."""

    idle: timedelta
    whole: timedelta


@dataclass(frozen=True)
class SignedIn:
    """The person behind a request, read afresh each time: whoever was moved or removed loses access at the next click."""

    name: str
    viewer: Viewer
    csrf: str
    is_due: bool
    """Whether the idle limit is worth moving."""


def start_session(session: Session, user_id: int, *, lifetime: Lifetime, now: datetime) -> str:
    """A new session for a person; returns the cookie's token. Sessions that have ended are swept out on the way."""
    session.execute(delete(WebSession).where((WebSession.ends_at <= now) | (WebSession.idle_until <= now)))
    token, csrf = new_secret(), new_secret()
    ends = now + lifetime.whole
    session.add(
        WebSession(
            token_hash=hash_secret(token), user_id=user_id, csrf=csrf, idle_until=now + lifetime.idle, ends_at=ends
        )
    )
    return token


def find_session(session: Session, token: str, *, lifetime: Lifetime, now: datetime) -> SignedIn | None:
    """Who is signed in with `token`; None if nobody is any more."""
    row = session.get(WebSession, hash_secret(token))
    if row is None or row.ends_at <= now or row.idle_until <= now:
        return None
    user = session.get_one(User, row.user_id)
    viewer = Viewer(role=user.role, mentor_id=user.mentor_id, area=user.area)
    is_due = now + lifetime.idle - row.idle_until >= TOUCH_EVERY
    return SignedIn(name=user.name, viewer=viewer, csrf=row.csrf, is_due=is_due)


def touch_session(session: Session, token: str, *, lifetime: Lifetime, now: datetime) -> None:
    """Move the idle limit."""
    here = WebSession.token_hash == hash_secret(token)
    session.execute(update(WebSession).where(here).values(idle_until=now + lifetime.idle))


def end_sessions_of(session: Session, user: User) -> None:
    """Sign a person out of every browser."""
    session.execute(delete(WebSession).where(WebSession.user_id == user.id))


def end_session(session: Session, token: str) -> None:
    """Forget the session, so that a copied cookie is worth nothing."""
    session.execute(delete(WebSession).where(WebSession.token_hash == hash_secret(token)))
