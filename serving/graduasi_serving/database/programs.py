"""Programs that call the HTTP interface, each with a secret and scopes of its own, and the keys that sign their access tokens."""

from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import JSON, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from graduasi_serving.database.base import Base, UtcTime

Scope = Literal["score:write", "score:read", "list:read", "decision:write", "outcome:write", "model:read"]
SCOPES: tuple[Scope, ...] = get_args(Scope)


class Client(Base):
    """One calling program. Only a hash of its secret is kept.

    Names may repeat: a program gets its next secret while the last one is still in use.
    """

    __tablename__ = "client"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    secret_hash: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(UtcTime)


class SigningKey(Base):
    """One HMAC key, made by `graduasi db upgrade` when there is none. The newest signs; the others are accepted until deleted."""

    __tablename__ = "signing_key"

    kid: Mapped[str] = mapped_column(String(32), primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(UtcTime)
