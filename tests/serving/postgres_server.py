"""A PostgreSQL server of a test run's own: on a socket in a folder that goes with it, so it meets no other and no port."""

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
NO_SAFETY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""What keeps data through a power cut: no test outlives one."""


@contextmanager
def postgres_server() -> Iterator[str]:
    """The address of a server's database `postgres`; fails where PostgreSQL is not installed."""
    # Directly below /tmp: a socket's path is short, and its owner must be able to go there.
    with tempfile.TemporaryDirectory(prefix="graduasi-pg-", dir="/tmp") as name:
        folder = Path(name)
        as_owner = _owner(folder)
        data = folder / "data"
        options = ("-U", "graduasi", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        made = subprocess.run(
            [*as_owner, _program("initdb"), "-D", data, *options], capture_output=True, text=True, check=False
        )
        if made.returncode:
            pytest.fail(f"initdb: {made.stderr}")
        settings = [word for setting in (*NO_SAFETY, "listen_addresses=") for word in ("-c", setting)]
        with (folder / "log").open("w") as log:
            server = subprocess.Popen(
                [*as_owner, _program("postgres"), "-D", data, "-k", folder, *settings], stdout=log, stderr=log
            )
        try:
            _wait_for(server, folder)
            yield f"postgresql://graduasi@/postgres?host={quote(name, safe='')}"
        finally:
            server.send_signal(signal.SIGINT)  # "fast": it does not wait for whoever is still connected
            server.wait(30)


def _owner(folder: Path) -> list[str]:
    """How to run a program as somebody other than root, for whom PostgreSQL does not start."""
    if os.geteuid() != 0:
        return []
    names = {entry.pw_name for entry in pwd.getpwall()}
    other = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    os.chown(folder, other.pw_uid, other.pw_gid)
    return ["setpriv", f"--reuid={other.pw_uid}", f"--regid={other.pw_gid}", "--clear-groups"]


def _program(name: str) -> str:
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[4]))
    found = shutil.which(name) or (str(places[-1]) if places else None)
    if found is None:
        pytest.fail("PostgreSQL is not installed; tools/postgres installs it")
    return found


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
