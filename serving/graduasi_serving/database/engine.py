"""Opening the database. What only SQLite needs is set here and nowhere else."""

import os
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from graduasi.errors import Refused

BUSY_MILLISECONDS = 5000
POOL_SECONDS = 2  # a request waits this long for a connection, then answers 503
HIDDEN = "***"
HARMLESS = {"host", "port", "sslmode", "mode", "uri"}  # of what an address may ask for
PRAGMAS = ("journal_mode=WAL", f"busy_timeout={BUSY_MILLISECONDS}", "foreign_keys=ON", "synchronous=NORMAL")


def open_database(url: str) -> Engine:
    """An engine for `url`; connects only when first used. Raises Refused for an address nothing can read."""
    try:
        address = _with_driver(make_url(url))
        sqlite = address.get_backend_name() == "sqlite"
        if sqlite and _is_in_memory(address):
            raise Refused(
                "GRADUASI_DATABASE_URL: a database in memory is gone when the command ends; name a file: sqlite:///graduasi.db"
            )
        # Parameters of a failing statement are families' data: no message and no log may show them.
        waits = {} if sqlite else {"connect_timeout": POOL_SECONDS, "tcp_user_timeout": 1000 * POOL_SECONDS}
        engine = create_engine(
            address, pool_pre_ping=True, pool_timeout=POOL_SECONDS, hide_parameters=True, connect_args=waits
        )
    except (ArgumentError, ImportError, ValueError) as error:
        raise Refused(
            f"GRADUASI_DATABASE_URL: not an address a database driver here can open ({type(error).__name__})"
        ) from None
    if sqlite:
        event.listen(engine, "connect", _set_pragmas)
    return engine


def _with_driver(address: URL) -> URL:
    """PostgreSQL through psycopg, the driver that is installed, where the address names none."""
    return address.set(drivername="postgresql+psycopg") if address.drivername == "postgresql" else address


def shown_address(address: URL | str) -> str:
    """An address fit for a screen or a log: without its password, a token in its place, or what its query says."""
    text = address if isinstance(address, str) else address.render_as_string(hide_password=False)
    scheme, mark, rest = text.partition("://")
    place, question, query = rest.partition("?")
    who, at, where = place.rpartition("@")  # the last one: a password may hold others
    user, colon, _ = who.partition(":")
    if colon or not scheme.startswith("postgresql"):  # alone, it may be a token
        user = f"{user}:{HIDDEN}" if colon else HIDDEN * bool(at)
    pairs = (pair.partition("=") for pair in query.split("&")) if query else ()
    told = "&".join(name + equals + (said if name in HARMLESS else HIDDEN) for name, equals, said in pairs)
    return f"{scheme}{mark}{user}{at}{where}{question}{told}"


def database_file(engine: Engine) -> Path | None:
    """The file of a SQLite database, whether or not it is there; None for a database server."""
    name = engine.url.database
    is_file = engine.url.get_backend_name() == "sqlite" and name and not name.startswith("file:")
    return Path(name) if is_file and name else None


def make_private(file: Path) -> None:
    """Make an empty file that only its owner may read: a database holds the key that signs tokens."""
    if not file.exists():
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))


def is_private(file: Path) -> bool:
    """Whether nobody but its owner may read or write the file."""
    return not file.stat().st_mode & 0o077


def _is_in_memory(address: URL) -> bool:
    """Whether each connection would get a database of its own that nobody else sees."""
    return address.database in (None, "", ":memory:", "file::memory:") or address.query.get("mode") == "memory"


def _set_pragmas(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
