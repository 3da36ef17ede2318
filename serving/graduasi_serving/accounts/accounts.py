"""Adding and removing people and programs, and finding a program by its secret."""

import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from graduasi.errors import Refused
from graduasi.panel.identifiers import AN_IDENTIFIER, holds_identity_number, is_identifier
from graduasi_serving.accounts.browser_sessions import end_sessions_of
from graduasi_serving.accounts.credentials import (
    MAX_PASSWORD_LENGTH,
    MIN_PASSWORD_LENGTH,
    hash_password,
    hash_secret,
    is_same_secret,
    new_secret,
)
from graduasi_serving.accounts.sign_in_limits import forget_counts_of
from graduasi_serving.database.people import ROLES, User
from graduasi_serving.database.programs import SCOPES, Client

MAX_NAME_LENGTH = 100
CLIENT_ID_BYTES = 12  # 24 hexadecimal digits: with fewer, one id in two thousand would look like an identity number


@dataclass(frozen=True)
class ClientCredentials:
    """A new client's id and secret. The secret is shown once; only its hash is stored."""

    client_id: str
    client_secret: str


def account_name(text: str) -> str:
    """A name as it is stored and compared: without blanks around it, and in Unicode's NFC form.

    é can be typed as one character or as two; NFC makes both the same.
    """
    return unicodedata.normalize("NFC", text).strip()


def add_client(session: Session, name: str, *, scopes: list[str], now: datetime) -> ClientCredentials:
    """Register a program. Raises Refused for a name that is not allowed, an unknown scope, and without any."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if fault := _name_fault(name):
        raise Refused(f"client: {fault}")
    if unknown or not scopes:
        raise Refused(f"scope: {f'{len(unknown)} unknown' if unknown else 'none given'}; allowed: {', '.join(SCOPES)}")
    secret = new_secret()
    client = Client(
        id=secrets.token_hex(CLIENT_ID_BYTES),
        name=name,
        secret_hash=hash_secret(secret),
        scopes=sorted(set(scopes)),
        made_at=now,
    )
    session.add(client)
    session.flush()
    return ClientCredentials(client_id=client.id, client_secret=secret)


def add_user(
    session: Session, name: str, *, role: str, mentor_id: str | None, area: str | None, password: str, now: datetime
) -> User:
    """Register a person. Raises Refused with everything that is wrong with the account."""
    name = account_name(name)
    if fault := _name_fault(name):
        raise Refused(f"user: {fault}")
    faults = _account_faults(role=role, mentor_id=mentor_id, area=area, password=password)
    if faults:
        raise Refused([f"user {name}: {fault}" for fault in faults])
    user = User(
        name=name,
        role=role,
        mentor_id=mentor_id,
        area=area,
        password_hash=hash_password(password),
        made_at=now,
    )
    try:
        session.add(user)
        session.flush()
    except IntegrityError:
        session.rollback()
        raise Refused(f"user {name}: this name is in use; choose another") from None
    return user


def change_password(session: Session, name: str, password: str) -> None:
    """Give a person another password, end a lock, and sign them out of every browser.

    Raises Refused for an unknown name and for a password of a wrong length.
    """
    user = _find_user(session, name)
    if fault := _password_fault(password):
        raise Refused(f"user {name}: {fault}")
    user.password_hash = hash_password(password)
    forget_counts_of(session, user.name)
    end_sessions_of(session, user)


def remove_user(session: Session, name: str) -> None:
    """Delete a person's account and sessions. Published lists stay. Raises Refused for an unknown name."""
    user = _find_user(session, name)
    end_sessions_of(session, user)
    session.delete(user)


def remove_client(session: Session, client_id: str) -> None:
    """Delete a program, so that its secret gets no more tokens. Raises Refused for an unknown client_id."""
    client = session.get(Client, client_id)
    if client is None:
        raise Refused("client: nobody has this client_id; graduasi client list shows them")
    session.delete(client)


def find_client(session: Session, client_id: str, secret: str) -> Client | None:
    """The client with this id and secret; None for an unknown id and for a wrong secret."""
    client = session.get(Client, client_id) if client_id.isprintable() else None  # PostgreSQL refuses NUL in a query
    matches = is_same_secret(hash_secret(secret), client.secret_hash if client else "")
    return client if matches else None


def _account_faults(*, role: str, mentor_id: str | None, area: str | None, password: str) -> list[str]:
    faults = []
    if role not in ROLES:
        faults.append(f"role: one of {', '.join(ROLES)}")
    if role == "mentor" and not mentor_id:
        faults.append("a mentor needs --mentor-id, as it stands in the scores")
    if role != "mentor" and mentor_id:
        faults.append("only a mentor has a --mentor-id")
    for option, text in (("--mentor-id", mentor_id), ("--area", area)):
        if text and not is_identifier(text):
            faults.append(f"{option}: {AN_IDENTIFIER}")
    if role == "admin" and area:
        faults.append("an admin sees every list, so --area has no meaning; a supervisor has one")
    if role == "supervisor" and not area:
        faults.append("a supervisor needs --area, the code of the area to be seen")
    if fault := _password_fault(password):
        faults.append(fault)
    return faults


def _name_fault(name: str) -> str | None:
    """What is wrong with the name of a person or program; it stands in lists of accounts and in the database."""
    if not (0 < len(name) <= MAX_NAME_LENGTH and name.isprintable()):
        return f"the name is 1 to {MAX_NAME_LENGTH} printable characters"
    if holds_identity_number(name):
        return "the name holds 16 digits or more in a row, as a NIK or a NIP does; choose a name without such a number"
    return None


def _password_fault(password: str) -> str | None:
    has_allowed_length = MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH
    return None if has_allowed_length else f"password: {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters"


def _find_user(session: Session, name: str) -> User:
    """The person of this name. Raises Refused if there is none."""
    names = {name, account_name(name)}  # as typed too: accounts from before names were trimmed are stored untrimmed
    user = session.scalar(select(User).where(User.name.in_(names)).order_by(User.name == account_name(name)))
    if user is None:
        raise Refused(f"user {name}: no such name; graduasi user list shows them")
    return user
