"""What the commands share: the settings and the database they name."""

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
    """The settings from the environment. Raises Refused naming each variable that is not as it should be."""
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
    """A transaction on the database of the settings. Raises Refused if it is not there or lacks the tables."""
    from sqlalchemy.orm import Session

    from graduasi_serving.database.migration import require_current

    with open_engine() as engine:
        require_current(engine)
        with Session(engine) as session, session.begin():
            yield session


@contextmanager
def open_engine() -> Iterator["Engine"]:
    """The database of the settings. Raises Refused, saying what is wrong with it, where it cannot be read or written."""
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


SQLSTATES = {
    "22001": "a text is longer than the database keeps",
    "25006": READ_ONLY,
    "28000": REFUSED,
    "28P01": REFUSED,
    "3D000": NOT_THERE,
    "42501": "this user may not do that in the database; grant it the rights, or let it own the database",
    "42P01": LACKS_TABLES,
}
"""What PostgreSQL's codes mean to whoever runs a command (PostgreSQL manual, appendix A)."""
WORDS = {
    "not a database": "this file is no SQLite database; name another in GRADUASI_DATABASE_URL",
    "readonly": READ_ONLY,
    "unable to open": "the database may not be opened; check that its folder is there and may be written",
    "no such table": LACKS_TABLES,
    "locked": "another command or the service is writing; run the command again",
    "authentication failed": REFUSED,
    "does not exist": NOT_THERE,
}
"""What SQLite says, and PostgreSQL where it gives no code: when it lets nobody in."""


def _database_fault(error: Exception) -> str:
    """What to tell of a fault: the driver's own words may quote what was to be written."""
    from sqlalchemy.exc import IntegrityError

    if isinstance(error, IntegrityError):
        return "somebody else changed the same thing at the same time; run the command again"
    cause = getattr(error, "orig", None)
    state, said = getattr(cause, "sqlstate", None), str(cause)
    if state in SQLSTATES:
        return SQLSTATES[state]
    return next((sentence for sign, sentence in WORDS.items() if sign in said), "the database does not answer")


def utc_now() -> datetime:
    """The clock of the commands."""
    return datetime.now(UTC)
