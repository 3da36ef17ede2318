"""Bringing a database to the schema this version needs, and saying whether it is there."""

import secrets
from datetime import datetime
from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, select
from sqlalchemy.orm import Session

from graduasi.errors import Refused
from graduasi_serving.database.keys import SigningKey

KEY_BYTES = 32  # RFC 7518 section 3.2: HS256 needs a key at least as long as its hash


def upgrade(engine: Engine, *, now: datetime, revision: str = "head") -> None:
    """Apply every migration up to `revision` and make a signing key if there is none. Safe to repeat."""
    with engine.begin() as connection:
        command.upgrade(_config(connection), revision)
    if is_current(engine):
        _ensure_signing_key(engine, now=now)


def downgrade(engine: Engine, *, revision: str) -> None:
    """Undo migrations down to `revision`; "base" removes every table."""
    with engine.begin() as connection:
        command.downgrade(_config(connection), revision)


def is_current(engine: Engine) -> bool:
    """Whether the database has exactly the schema of this version."""
    with engine.connect() as connection:
        applied = MigrationContext.configure(connection).get_current_revision()
    return applied == ScriptDirectory.from_config(_config(None)).get_current_head()


def require_current(engine: Engine) -> None:
    """Raise Refused, naming the command to run, unless the schema is the one this version needs."""
    if not is_current(engine):
        address = engine.url.render_as_string(hide_password=True)
        raise Refused(f"{address}: this database has not the tables of this version; run: graduasi db upgrade")


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("graduasi_serving") / "migrations"))
    config.attributes["connection"] = connection
    return config


def _ensure_signing_key(engine: Engine, *, now: datetime) -> None:
    with Session(engine) as session, session.begin():
        if session.scalar(select(SigningKey.kid).limit(1)) is None:
            session.add(SigningKey(kid=secrets.token_hex(8), secret=secrets.token_bytes(KEY_BYTES), made_at=now))
