"""Opening the database. Everything that only SQLite needs is set in this module and nowhere else."""

import os
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from graduasi.errors import Refused

BUSY_MILLISECONDS = 5000
POOL_SECONDS = 2  # a request waits this long for a connection; then the answer is 503
HIDDEN = "***"
HARMLESS_PARAMETERS = {"host", "port", "sslmode", "mode", "uri"}  # those of an address's query that hold no secret
PRAGMAS = ("journal_mode=WAL", f"busy_timeout={BUSY_MILLISECONDS}", "foreign_keys=ON", "synchronous=NORMAL")


def open_database(url: str) -> Engine:
    """An engine for `url`, which connects only when first used. Raises Refused for an address that no driver can open."""
    try:
        address = _with_driver(make_url(url))
        is_sqlite = address.get_backend_name() == "sqlite"
        if is_sqlite and _is_in_memory(address):
            raise Refused(
                "GRADUASI_DATABASE_URL: a database in memory is gone when the command ends; name a file: sqlite:///graduasi.db"
            )
        timeouts = {} if is_sqlite else {"connect_timeout": POOL_SECONDS, "tcp_user_timeout": 1000 * POOL_SECONDS}
        # The parameters of a failing statement are families' data: hide_parameters keeps them out of messages and logs.
        engine = create_engine(
            address, pool_pre_ping=True, pool_timeout=POOL_SECONDS, hide_parameters=True, connect_args=timeouts
        )
    except (ArgumentError, ImportError, ValueError) as error:
        raise Refused(
            f"GRADUASI_DATABASE_URL: not an address a database driver here can open ({type(error).__name__})"
        ) from None
    if is_sqlite:
        event.listen(engine, "connect", _set_pragmas)
    return engine


def _with_driver(address: URL) -> URL:
    """The address with psycopg, the driver we install, for a PostgreSQL address that names no driver."""
    return address.set(drivername="postgresql+psycopg") if address.drivername == "postgresql" else address


def shown_address(address: URL | str) -> str:
    """The address as it may stand on a screen or in a log.

    Hidden are the password, a user name that may be a token, and every query parameter that is not known to be harmless.
    """
    text = address if isinstance(address, str) else address.render_as_string(hide_password=False)
    scheme, scheme_end, rest = text.partition("://")
    location, question_mark, query = rest.partition("?")
    credentials, at, host = location.rpartition("@")  # the last @: a password may hold others
    user, colon, _ = credentials.partition(":")
    if colon:
        user = f"{user}:{HIDDEN}"
    elif at and not scheme.startswith("postgresql"):  # without a password, what stands there may be a token
        user = HIDDEN
    pairs = (pair.partition("=") for pair in query.split("&")) if query else ()
    shown_query = "&".join(
        name + equals + (value if name in HARMLESS_PARAMETERS else HIDDEN) for name, equals, value in pairs
    )
    return f"{scheme}{scheme_end}{user}{at}{host}{question_mark}{shown_query}"


def database_file(engine: Engine) -> Path | None:
    """The file of a SQLite database, whether or not it exists; None for a database server."""
    name = engine.url.database
    is_file = engine.url.get_backend_name() == "sqlite" and name and not name.startswith("file:")
    return Path(name) if is_file and name else None


def make_private(file: Path) -> None:
    """Create the file, empty and for its owner alone, unless it exists: a database holds the key that signs tokens."""
    if not file.exists():
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))


def is_private(file: Path) -> bool:
    """Whether only its owner may read or write the file."""
    return not file.stat().st_mode & 0o077


def _is_in_memory(address: URL) -> bool:
    """Whether the database would exist only in memory, a separate one for each connection."""
    return address.database in (None, "", ":memory:", "file::memory:") or address.query.get("mode") == "memory"


def _set_pragmas(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
