"""Signing in with a name and a password, and what guessing meets.

A try is counted before it is checked and forgiven when it was right, so that guesses side by side are counted too. The
check takes long and much memory by design; no transaction is open meanwhile.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import case, literal, or_, update
from sqlalchemy.orm import Session

from graduasi_serving.accounts.accounts import account_name
from graduasi_serving.accounts.credentials import MAX_PASSWORD, is_password
from graduasi_serving.database.people import User

Result = TypeVar("Result")
Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class Throttle:
    """How many wrong passwords in a row lock an account, and for how long."""

    attempts: int
    lock: timedelta


def sign_in(
    transaction: Transaction,
    name: str,
    password: str,
    *,
    throttle: Throttle,
    now: datetime,
    then: Callable[[Session, int], Result],
) -> Result | None:
    """What `then` makes of the person with this name and password, or None: unknown, wrong and locked look the same.

    While an account is locked not even the right password opens it, so that guessing on gains nothing. `then` gets the
    person's id, in the transaction that finds the password still the same.
    """
    with transaction() as session:
        tried = _count(session, account_name(name), throttle=throttle, now=now)
    user_id, stored = tried or (0, None)
    if not is_password(password[:MAX_PASSWORD], stored):
        return None
    with transaction() as session:
        own_lock = literal(
            now + throttle.lock, User.locked_until.type
        )  # a lock that others' guesses set meanwhile stays
        still = session.execute(
            update(User)
            .where(User.id == user_id, User.password_hash == stored)
            .values(
                wrong_passwords=0, locked_until=case((User.locked_until == own_lock, None), else_=User.locked_until)
            )
            .returning(User.id)
        ).one_or_none()
        return None if still is None else then(session, user_id)


def _count(session: Session, name: str, *, throttle: Throttle, now: datetime) -> tuple[int, str] | None:
    """Count a try, in one statement; id and password hash of the account, or None for one that is unknown or locked."""
    if not name.isprintable():  # no account has such a name, and not every database takes it in a question
        return None
    tries = User.wrong_passwords + 1
    locks = tries >= throttle.attempts
    until = literal(now + throttle.lock, User.locked_until.type)
    found = session.execute(
        update(User)
        .where(User.name == name, or_(User.locked_until.is_(None), User.locked_until <= now))
        .values(
            wrong_passwords=case((locks, 0), else_=tries), locked_until=case((locks, until), else_=User.locked_until)
        )
        .returning(User.id, User.password_hash)
    ).one_or_none()
    return None if found is None else (found.id, found.password_hash)
