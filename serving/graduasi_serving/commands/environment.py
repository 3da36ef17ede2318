"""What the commands share: the settings, the database that they name, and what to say about its faults."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

READ_ONLY = "the database may not be written; check who owns it"
REFUSED = "the database refuses this user or password"
NOT_THERE = "the server has no such database or user; create it first"
LACKS_TABLES = "the database lacks a table; run: graduasi db upgrade"

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from graduasi_serving.settings import Settings


def read_settings() -> "Settings":
    """The settings from the environment. Raises Refused, naming each variable whose value is not allowed."""
    from pydantic import ValidationError

    from graduasi.errors import Refused
    from graduasi_serving.settings import PREFIX, Settings

    try:
        return Settings()
    except ValidationError as error:
        faults = [
            f"{PREFIX}{str(fault['loc'][0]).upper()}: {fault['msg']}"
            for fault in error.errors(include_input=False, include_url=False)
        ]
        raise Refused(faults) from None


@contextmanager
def database_session() -> Iterator["Session"]:
    """A transaction on the database that the settings name. Raises Refused if it is missing or lacks the tables."""
    from sqlalchemy.orm import Session

    from graduasi_serving.database.migration import require_current

    with open_engine() as engine:
        require_current(engine)
        with Session(engine) as session, session.begin():
            yield session


@contextmanager
def open_engine() -> Iterator["Engine"]:
    """The database that the settings name. Raises Refused, saying what is wrong, if it cannot be read or written."""
    from sqlalchemy.exc import SQLAlchemyError

    from graduasi.errors import Refused
    from graduasi_serving.database.engine import open_database, shown_address

    engine = open_database(read_settings().database_url.get_secret_value())
    try:
        yield engine
    except SQLAlchemyError as error:
        raise Refused(f"{shown_address(engine.url)}: {_database_fault(error)}") from None
    finally:
        engine.dispose()


MESSAGE_BY_SQLSTATE = {
    "53100": "the database's disk is full; make room and run the command again",
    "22001": "a text is longer than the database keeps",
    "25006": READ_ONLY,
    "28000": REFUSED,
    "28P01": REFUSED,
    "3D000": NOT_THERE,
    "42501": "this user may not do that in the database; grant it the rights, or let it own the database",
    "42P01": LACKS_TABLES,
}
"""What to say for an error code of PostgreSQL (its manual, appendix A)."""
MESSAGE_BY_WORDS = {
    "disk is full": "the disk is full; make room and run the command again",
    "No space left": "the disk is full; make room and run the command again",
    "not a database": "this file is no SQLite database; name another in GRADUASI_DATABASE_URL",
    "readonly": READ_ONLY,
    "unable to open": "the database may not be opened; check that its folder is there and may be written",
    "no such table": LACKS_TABLES,
    "locked": "another command or the service is writing; run the command again",
    "authentication failed": REFUSED,
    "does not exist": NOT_THERE,
}
"""What to say for words in a driver's message: SQLite's, and PostgreSQL's when it refuses a connection, without a code."""


def _database_fault(error: Exception) -> str:
    """What to say about a database error. The driver's own message is not shown: it may quote what was to be written."""
    from sqlalchemy.exc import IntegrityError

    if isinstance(error, IntegrityError):
        return "somebody else changed the same thing at the same time; run the command again"
    cause = getattr(error, "orig", None)
    sqlstate, driver_message = getattr(cause, "sqlstate", None), str(cause)
    if sqlstate in MESSAGE_BY_SQLSTATE:
        return MESSAGE_BY_SQLSTATE[sqlstate]
    return next(
        (message for words, message in MESSAGE_BY_WORDS.items() if words in driver_message),
        "the database does not answer",
    )


def utc_now() -> datetime:
    """The clock of the commands."""
    return datetime.now(UTC)
