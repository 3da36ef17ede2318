"""Signing in with a name and a password, and locking an account against guessing.

An attempt is counted as wrong before the password is checked, and the count is reset if the password was right: so
guesses made at the same time are all counted. The check takes long and much memory by design, so no transaction is open
while it runs.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import case, literal, or_, update
from sqlalchemy.orm import Session

from graduasi_serving.accounts.accounts import account_name
from graduasi_serving.accounts.credentials import MAX_PASSWORD_LENGTH, is_right_password
from graduasi_serving.database.people import User

Result = TypeVar("Result")
Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class Throttle:
    """How many wrong passwords in a row lock an account (`attempts`), and for how long (`lock`)."""

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
    """Check a name and a password, and return the result of `then`, or None if they do not open an account.

    None does not say why: an unknown name, a wrong password and a locked account look the same. While an account is
    locked, even the right password does not open it, so that guessing on gains nothing. `then` is called with the
    person's id, in the transaction that made sure that the password has not been changed during the check.
    """
    with transaction() as session:
        account = _count_attempt(session, account_name(name), throttle=throttle, now=now)
    user_id, password_hash = account or (0, None)
    if not is_right_password(password[:MAX_PASSWORD_LENGTH], password_hash):
        return None
    with transaction() as session:
        # If this attempt itself set a lock, it is lifted; a lock that other guesses set during the check stays.
        own_lock = literal(now + throttle.lock, User.locked_until.type)
        unchanged = session.execute(
            update(User)
            .where(User.id == user_id, User.password_hash == password_hash)
            .values(
                wrong_passwords=0, locked_until=case((User.locked_until == own_lock, None), else_=User.locked_until)
            )
            .returning(User.id)
        ).one_or_none()
        return None if unchanged is None else then(session, user_id)


def _count_attempt(session: Session, name: str, *, throttle: Throttle, now: datetime) -> tuple[int, str] | None:
    """Count an attempt as wrong, and lock the account if that reaches the limit, all in one statement.

    Returns the id and password hash of the account; None for one that is unknown or already locked.
    """
    if not name.isprintable():  # no account has such a name, and PostgreSQL refuses NUL in a query
        return None
    wrong_passwords = User.wrong_passwords + 1
    reaches_limit = wrong_passwords >= throttle.attempts
    locked_until = literal(now + throttle.lock, User.locked_until.type)
    account = session.execute(
        update(User)
        .where(User.name == name, or_(User.locked_until.is_(None), User.locked_until <= now))
        .values(
            wrong_passwords=case((reaches_limit, 0), else_=wrong_passwords),
            locked_until=case((reaches_limit, locked_until), else_=User.locked_until),
        )
        .returning(User.id, User.password_hash)
    ).one_or_none()
    return None if account is None else (account.id, account.password_hash)
