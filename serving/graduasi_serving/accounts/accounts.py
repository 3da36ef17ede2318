"""Adding and removing people and programs, and checking who they are."""

import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from graduasi.errors import Refused
from graduasi.panel.identifiers import AN_IDENTIFIER, is_identifier
from graduasi_serving.accounts.browser_sessions import end_sessions_of
from graduasi_serving.accounts.credentials import (
    MAX_PASSWORD,
    MIN_PASSWORD,
    hash_password,
    hash_secret,
    is_same,
    new_secret,
)
from graduasi_serving.database.people import ROLES, User
from graduasi_serving.database.programs import SCOPES, Client

MAX_NAME = 100


@dataclass(frozen=True)
class ClientCredentials:
    """What a new client is told once; the secret is not kept."""

    client_id: str
    client_secret: str


def account_name(text: str) -> str:
    """A name as it is kept and compared: without blanks around it, and é the same however it was typed."""
    return unicodedata.normalize("NFC", text).strip()


def add_client(session: Session, name: str, *, scopes: list[str], now: datetime) -> ClientCredentials:
    """Register a program. Raises Refused for an unknown scope."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise Refused(f"scope: {', '.join(unknown) or 'none given'}; allowed: {', '.join(SCOPES)}")
    secret = new_secret()
    client = Client(
        id=secrets.token_hex(8), name=name, secret_hash=hash_secret(secret), scopes=sorted(set(scopes)), made_at=now
    )
    session.add(client)
    session.flush()
    return ClientCredentials(client_id=client.id, client_secret=secret)


def add_user(
    session: Session, name: str, *, role: str, mentor_id: str | None, area: str | None, password: str, now: datetime
) -> User:
    """Register a person. Raises Refused with every reason."""
    name = account_name(name)
    if not (0 < len(name) <= MAX_NAME and name.isprintable()):
        raise Refused(f"user: the name is 1 to {MAX_NAME} printable characters")
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
        wrong_passwords=0,
    )
    _insert(session, user, f"user {name}: this name is in use; choose another")
    return user


def change_password(session: Session, name: str, password: str) -> None:
    """Give a person another password: a lock ends, and every browser is signed out. Raises Refused."""
    user = _user(session, name)
    if fault := _password_fault(password):
        raise Refused(f"user {name}: {fault}")
    user.password_hash, user.wrong_passwords, user.locked_until = hash_password(password), 0, None
    end_sessions_of(session, user)


def remove_user(session: Session, name: str) -> None:
    """Forget a person, who is signed out at once. Published lists stay. Raises Refused."""
    user = _user(session, name)
    end_sessions_of(session, user)
    session.delete(user)


def remove_client(session: Session, client_id: str) -> None:
    """Forget a program: its secret buys no token any more. Raises Refused."""
    client = session.get(Client, client_id)
    if client is None:
        raise Refused("client: nobody has this client_id; graduasi client list shows them")
    session.delete(client)


def known_client(session: Session, client_id: str, secret: str) -> Client | None:
    """The client with this id and secret."""
    client = session.get(Client, client_id) if client_id.isprintable() else None
    matches = is_same(hash_secret(secret), client.secret_hash if client else "")
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


def _password_fault(password: str) -> str | None:
    is_fit = MIN_PASSWORD <= len(password) <= MAX_PASSWORD
    return None if is_fit else f"password: {MIN_PASSWORD} to {MAX_PASSWORD} characters"


def _user(session: Session, name: str) -> User:
    names = {name, account_name(name)}  # an account of before names were trimmed is found as it stands
    user = session.scalar(select(User).where(User.name.in_(names)).order_by(User.name == account_name(name)))
    if user is None:
        raise Refused(f"user {name}: no such name; graduasi user list shows them")
    return user


def _insert(session: Session, row: object, taken: str) -> None:
    try:
        session.add(row)
        session.flush()
    except IntegrityError:
        session.rollback()
        raise Refused(taken) from None
