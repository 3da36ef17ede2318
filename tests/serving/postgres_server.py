"""A PostgreSQL server for one test run.

It listens on a socket in a temporary folder, so it uses no port and does not clash with another server.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

SECONDS_TO_START = 60
NO_DURABILITY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""Switches off what keeps data through a power cut, which takes time and which no test needs."""


@contextmanager
def postgres_server() -> Iterator[str]:
    """The address of a server's database `postgres`; fails where PostgreSQL is not installed."""
    # Directly below /tmp: a socket's path is short, and its owner must be able to go there.
    with tempfile.TemporaryDirectory(prefix="graduasi-pg-", dir="/tmp") as name:
        folder = Path(name)
        as_owner = _run_as_owner(folder)
        data = folder / "data"
        options = ("-U", "graduasi", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        initdb = subprocess.run(
            [*as_owner, _program("initdb"), "-D", data, *options], capture_output=True, text=True, check=False
        )
        if initdb.returncode:
            pytest.fail(f"initdb: {initdb.stderr}")
        settings = [word for setting in (*NO_DURABILITY, "listen_addresses=") for word in ("-c", setting)]
        with (folder / "log").open("w") as log:
            server = subprocess.Popen(
                [*as_owner, _program("postgres"), "-D", data, "-k", folder, *settings], stdout=log, stderr=log
            )
        try:
            _wait_for(server, folder)
            yield f"postgresql://graduasi@/postgres?host={quote(name, safe='')}"
        finally:
            server.send_signal(signal.SIGINT)  # a "fast" shutdown: it does not wait for clients to disconnect
            server.wait(30)


def _run_as_owner(folder: Path) -> list[str]:
    """The words before a command that run it as another user than root, for whom PostgreSQL does not start.

    Makes that user the folder's owner. No words where the tests do not run as root.
    """
    if os.geteuid() != 0:
        return []
    names = {entry.pw_name for entry in pwd.getpwall()}
    other = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    os.chown(folder, other.pw_uid, other.pw_gid)
    return ["setpriv", f"--reuid={other.pw_uid}", f"--regid={other.pw_gid}", "--clear-groups"]


def _program(name: str) -> str:
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[4]))
    program = shutil.which(name) or (str(installed[-1]) if installed else None)
    if program is None:
        pytest.fail("PostgreSQL is not installed; tools/postgres installs it")
    return program


def _wait_for(server: "subprocess.Popen[bytes]", folder: Path) -> None:
    for _ in range(SECONDS_TO_START * 20):
        try:
            psycopg.connect(host=str(folder), user="graduasi", dbname="postgres").close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None:
                break
            time.sleep(0.05)
    pytest.fail("PostgreSQL did not start:\n" + (folder / "log").read_text())
