"""What the commands share: the settings and the database they name."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

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
    except (SQLAlchemyError, OSError) as error:
        raise Refused(f"{shown_address(engine.url)}: {_database_fault(error)}") from None
    finally:
        engine.dispose()


def _database_fault(error: Exception) -> str:
    """What to tell of a fault: the driver's own words may quote what was to be written."""
    from sqlalchemy.exc import IntegrityError

    said = str(getattr(error, "orig", error))
    if isinstance(error, IntegrityError):
        return "somebody else changed the same thing at the same time; run the command again"
    for sign, sentence in (
        ("not a database", "this file is no SQLite database; name another in GRADUASI_DATABASE_URL"),
        ("readonly", "the database may not be written; check who owns the file and its folder"),
        ("No such file", "the database may not be opened; check that its folder is there and may be written"),
        ("unable to open", "the database may not be opened; check that its folder is there and may be written"),
        ("Permission denied", "the database may not be opened; check who owns the file and its folder"),
        ("authentication failed", "the database refuses this user or password"),
        ("does not exist", "the server has no such database or user; create it first"),
        ("locked", "another command or the service is writing; run the command again"),
    ):
        if sign in said:
            return sentence
    return "the database does not answer"


def utc_now() -> datetime:
    """The clock of the commands."""
    return datetime.now(UTC)
