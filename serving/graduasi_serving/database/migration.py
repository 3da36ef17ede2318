"""Migrating a database to the schema this version needs, and checking whether it has that schema."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.resources import files
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, select
from sqlalchemy.orm import Session

from graduasi.errors import Refused
from graduasi_serving.database.engine import database_file, make_private, shown_address
from graduasi_serving.database.programs import SigningKey

KEY_BYTES = 32  # RFC 7518 section 3.2: HS256 needs a key at least as long as its hash


def upgrade(engine: Engine, *, now: datetime, revision: str = "head") -> None:
    """Apply every migration up to `revision`, all or none, and create a signing key if there is none. Safe to repeat.

    Raises Refused for a file that cannot be made, and for a database that a newer version made.
    """
    if file := database_file(engine):
        try:
            make_private(file)
        except OSError as error:
            raise Refused(f"{file}: the database cannot be made there: {error.strerror}") from None
    _refuse_a_newer_schema(engine)
    with _one_transaction(engine) as connection:
        command.upgrade(_config(connection), revision)
    if is_current(engine):
        _ensure_signing_key(engine, now=now)


def downgrade(engine: Engine, *, revision: str) -> None:
    """Undo migrations down to `revision`; "base" removes every table."""
    with _one_transaction(engine) as connection:
        command.downgrade(_config(connection), revision)


@contextmanager
def _one_transaction(engine: Engine) -> Iterator[Connection]:
    """A connection whose changes are all committed or all rolled back.

    Python's SQLite driver would commit each change of a table by itself, so its own transactions are switched off and one
    is begun by hand.
    """
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            yield connection
        return
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        usual_isolation, driver.isolation_level = driver.isolation_level, None
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()
        finally:
            connection.rollback()  # does nothing after the commit
            driver.isolation_level = usual_isolation


def is_current(engine: Engine) -> bool:
    """Whether the database has exactly the schema of this version."""
    return _applied_revision(engine) == _scripts().get_current_head()


def require_current(engine: Engine) -> None:
    """Raise Refused, saying what to do, unless the database exists and has the schema this version needs."""
    file = database_file(engine)
    if file is not None and not file.exists():
        raise Refused(f"{shown_address(engine.url)}: there is no such database; run: graduasi db upgrade")
    _refuse_a_newer_schema(engine)
    if not is_current(engine):
        raise Refused(
            f"{shown_address(engine.url)}: this database lacks the tables of this version; run: graduasi db upgrade"
        )


def _refuse_a_newer_schema(engine: Engine) -> None:
    applied = _applied_revision(engine)
    our_revisions = {script.revision for script in _scripts().walk_revisions()}
    if applied is not None and applied not in our_revisions:
        raise Refused(
            f"{shown_address(engine.url)}: a newer version of graduasi made this database; install that version"
        )


def _applied_revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config(None))


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("graduasi_serving.database") / "migrations"))
    config.attributes["connection"] = connection
    return config


def _ensure_signing_key(engine: Engine, *, now: datetime) -> None:
    with Session(engine) as session, session.begin():
        if session.scalar(select(SigningKey.kid).limit(1)) is None:
            session.add(SigningKey(kid=secrets.token_hex(8), secret=secrets.token_bytes(KEY_BYTES), made_at=now))
