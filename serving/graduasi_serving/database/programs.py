"""Programs that call the HTTP interface, and the keys that sign their access tokens."""

from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import JSON, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from graduasi_serving.database.base import Base, UtcTime

Scope = Literal["score:write", "score:read", "list:read", "decision:write", "outcome:write", "model:read"]
SCOPES: tuple[Scope, ...] = get_args(Scope)


class Client(Base):
    """One secret of a calling program, with its scopes. Only a hash of the secret is stored.

    Names may repeat, so that a program can be given a new secret while its old one is still in use.
    """

    __tablename__ = "client"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    secret_hash: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(UtcTime)


class SigningKey(Base):
    """One HMAC key. The newest signs; older ones are accepted until deleted.

    `graduasi db upgrade` creates a key when there is none.
    """

    __tablename__ = "signing_key"

    kid: Mapped[str] = mapped_column(String(32), primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(UtcTime)
