"""Signing in with a name and a password.

An attempt is counted as wrong before the password is checked, and the count is taken back if the password was right: so
guesses made at the same time are all counted. The check takes long and much memory by design, so no transaction is open
while it runs.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from graduasi_serving.accounts.accounts import account_name
from graduasi_serving.accounts.credentials import MAX_PASSWORD_LENGTH, is_right_password
from graduasi_serving.accounts.sign_in_limits import (
    Origin,
    Throttle,
    count_attempt,
    forget_ended_counts,
    forgive_attempt,
)
from graduasi_serving.database.people import User

Result = TypeVar("Result")
Transaction = Callable[[], AbstractContextManager[Session]]


def sign_in(
    transaction: Transaction,
    origin: Origin,
    password: str,
    *,
    throttle: Throttle,
    now: datetime,
    then: Callable[[Session, int], Result],
) -> Result | None:
    """Check a name and a password, and return the result of `then`, or None if they do not open an account.

    None does not say why: an unknown name and a wrong password look the same. Raises TooManySignIns, whoever the name
    belongs to, where too many passwords were wrong; then even the right one is not looked at, so that guessing on gains
    nothing. `then` is called with the person's id, in the transaction that made sure that the password has not been
    changed during the check.
    """
    origin = Origin(account_name(origin.name), origin.address)
    with transaction() as session:
        forget_ended_counts(session, now=now)
    with transaction() as session:
        counted = count_attempt(session, origin, throttle=throttle, now=now)
        user_id, password_hash = _find_account(session, origin.name) or (0, None)
    if not is_right_password(password[:MAX_PASSWORD_LENGTH], password_hash):
        return None
    with transaction() as session:
        # Written as it is, so that nobody can change it before this transaction ends.
        same_password = update(User).where(User.id == user_id, User.password_hash == password_hash)
        if session.scalar(same_password.values(password_hash=password_hash).returning(User.id)) is None:
            return None
        forgive_attempt(session, counted, now=now)
        return then(session, user_id)


def _find_account(session: Session, name: str) -> tuple[int, str] | None:
    """The id and password hash of the account of this name; None if there is none."""
    if not name.isprintable():  # no account has such a name, and PostgreSQL refuses NUL in a query
        return None
    account = session.execute(select(User.id, User.password_hash).where(User.name == name)).one_or_none()
    return None if account is None else (account.id, account.password_hash)
