"""Opening the database. What only SQLite needs is set here and nowhere else."""

from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from graduasi.errors import Refused

BUSY_MILLISECONDS = 5000
POOL_SECONDS = 2  # a request waits this long for a connection, then answers 503
PRAGMAS = ("journal_mode=WAL", f"busy_timeout={BUSY_MILLISECONDS}", "foreign_keys=ON", "synchronous=NORMAL")


def open_database(url: str) -> Engine:
    """An engine for `url`; connects only when first used. Raises Refused for an address nothing can read."""
    try:
        address = make_url(url)
        sqlite = address.get_backend_name() == "sqlite"
        if sqlite and _is_in_memory(address):
            raise Refused(
                "GRADUASI_DATABASE_URL: a database in memory is gone when the command ends; name a file: sqlite:///graduasi.db"
            )
        engine = create_engine(url, pool_pre_ping=True, pool_timeout=POOL_SECONDS)
    except (ArgumentError, ImportError) as error:
        raise Refused(
            f"GRADUASI_DATABASE_URL: not an address a database driver here can open ({type(error).__name__})"
        ) from None
    if sqlite:
        event.listen(engine, "connect", _set_pragmas)
    return engine


def _is_in_memory(address: URL) -> bool:
    """Whether each connection would get a database of its own that nobody else sees."""
    return address.database in (None, "", ":memory:", "file::memory:") or address.query.get("mode") == "memory"


def _set_pragmas(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
