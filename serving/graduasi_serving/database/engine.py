"""Opening the database. Everything that only SQLite needs is set in this module and nowhere else."""

import os
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError

from graduasi.errors import Refused

BUSY_MILLISECONDS = 5000
POOL_SECONDS = 2  # a request waits this long for a connection; then the answer is 503
LOCK_MILLISECONDS, STATEMENT_MILLISECONDS = 5000, 30_000
"""Of PostgreSQL: a statement waits so long for a lock, as one of SQLite does, and takes so long at most. Publishing a
programme's lists is many statements of well under a second each."""
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
        options: dict[str, Any] = {}
        if not is_sqlite:
            options["connect_args"] = {
                "connect_timeout": POOL_SECONDS,
                "tcp_user_timeout": 1000 * POOL_SECONDS,
                "options": f"-c lock_timeout={LOCK_MILLISECONDS} -c statement_timeout={STATEMENT_MILLISECONDS}",
            }
        elif (file := _sqlite_file(address)) is not None:
            options["creator"] = partial(_open_existing, file)
        # The parameters of a failing statement are families' data: hide_parameters keeps them out of messages and logs.
        engine = create_engine(address, pool_pre_ping=True, pool_timeout=POOL_SECONDS, hide_parameters=True, **options)
    except (ArgumentError, ImportError, ValueError) as error:
        raise Refused(
            f"GRADUASI_DATABASE_URL: not an address a database driver here can open ({type(error).__name__})"
        ) from None
    if is_sqlite:
        event.listen(engine, "connect", _set_pragmas)
        if (file := database_file(engine)) is not None:
            _leave_a_file_that_is_not_there_any_more(engine, file)
    return engine


def _leave_a_file_that_is_not_there_any_more(engine: Engine, file: Path) -> None:
    """Let go of a connection once the file of the database's name is not the one that it opened.

    A backup that was put in its place, or a deleted file, would otherwise be written to for as long as the service runs.
    """

    def remember(_connection: Any, record: Any) -> None:
        record.info["file"] = _identity(file)

    def compare(_connection: Any, record: Any, _proxy: Any) -> None:
        if record.info.get("file") != _identity(file):
            raise DisconnectionError("another file is in the database's place")

    event.listen(engine, "connect", remember)
    event.listen(engine, "checkout", compare)


def _identity(file: Path) -> tuple[int, int] | None:
    """What the file system knows the file by; None if there is none."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


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
    return _sqlite_file(engine.url) if engine.url.get_backend_name() == "sqlite" else None


def _sqlite_file(address: URL) -> Path | None:
    """The file that an address of SQLite names plainly; None for one that is a URI of SQLite's own."""
    name = address.database or ""
    return None if name.startswith("file:") or "uri" in address.query else Path(name)


def _open_existing(file: Path) -> sqlite3.Connection:
    """A connection to a file that is there: SQLite would make an empty one, which others may read."""
    return sqlite3.connect(f"file:{quote(str(file))}?mode=rw", uri=True, check_same_thread=False)


def make_private(file: Path) -> None:
    """Keep the file to its owner alone, and create it, empty, if there is none: a database holds the key that signs tokens."""
    os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    if not is_private(file):
        file.chmod(0o600)


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
