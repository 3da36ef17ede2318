"""What the commands share: the settings and the database they name."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    from sqlalchemy.exc import OperationalError
    from sqlalchemy.orm import Session

    from graduasi.errors import Refused
    from graduasi_serving.database.engine import open_database
    from graduasi_serving.database.migration import require_current

    engine = open_database(read_settings().database_url.get_secret_value())
    try:
        require_current(engine)
        with Session(engine) as session, session.begin():
            yield session
    except OperationalError:
        raise Refused(f"{engine.url.render_as_string(hide_password=True)}: the database does not answer") from None
    finally:
        engine.dispose()


def utc_now() -> datetime:
    """The clock of the commands."""
    return datetime.now(UTC)
