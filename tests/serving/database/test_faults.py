"""A SQLite database that is missing, no database, too new, half migrated, busy or readable by others."""

import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, inspect, text
from sqlalchemy.exc import IntegrityError, OperationalError
from starlette.testclient import TestClient

from graduasi.errors import Refused
from graduasi_serving.commands.environment import database_session, open_engine
from graduasi_serving.database import migration
from graduasi_serving.database.engine import open_database, shown_address
from graduasi_serving.database.migration import upgrade
from graduasi_serving.service import Service
from tests.serving.conftest import Clock
from tests.serving.factory import NOW, mentor_list, publish_lists, sign_in


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What these tests do to a file, or through SQLite's own statements, has no counterpart on a server."""
    return sqlite_url


def test_a_new_database_is_its_owner_s_alone(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'new.db'}")
    usual_umask = os.umask(0o022)
    upgrade(engine, now=NOW)
    os.umask(usual_umask)
    engine.dispose()
    assert (tmp_path / "new.db").stat().st_mode & 0o777 == 0o600


def test_sqlite_waits_for_locks_and_keeps_references(service: Service) -> None:
    with service.engine.connect() as connection:
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "busy_timeout", "foreign_keys")
        ]
    assert pragmas == ["wal", 5000, 1]


class Killed(BaseException):
    """Stands for a kill signal."""


@pytest.mark.parametrize("statements", range(1, 12, 2))
def test_an_upgrade_that_is_cut_short_leaves_nothing_and_can_be_repeated(tmp_path: Path, statements: int) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(Killed):
        _upgrade_until_killed(engine, statements)
    assert inspect(engine).get_table_names() == []
    upgrade(engine, now=NOW)
    assert migration.is_current(engine)
    engine.dispose()


def _upgrade_until_killed(engine: Engine, statements: int) -> None:
    statements_left = statements

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal statements_left
        statements_left -= statement.lstrip().upper().startswith(("CREATE", "ALTER", "INSERT", "UPDATE"))
        if statements_left == 0:
            raise Killed

    event.listen(engine, "before_cursor_execute", count)
    try:
        upgrade(engine, now=NOW)
    finally:
        event.remove(engine, "before_cursor_execute", count)


def test_a_database_of_a_newer_version_is_refused(service: Service) -> None:
    with service.engine.begin() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '9999'")
    for _ in range(2):
        with pytest.raises(Refused, match="a newer version of graduasi made this database"):
            migration.require_current(service.engine)
        with pytest.raises(Refused, match="a newer version of graduasi made this database"):
            upgrade(service.engine, now=NOW)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"household_id,as_of\n" * 200, "this file is no SQLite database"),
        (None, "there is no such database; run: graduasi db upgrade"),
    ],
)
def test_a_command_says_what_is_wrong_with_its_database_and_makes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, message: str
) -> None:
    file = tmp_path / "service.db"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("GRADUASI_DATABASE_URL", f"sqlite:///{file}")
    with pytest.raises(Refused, match=message), database_session():
        pass
    assert (file.read_bytes() if file.exists() else None) == content


def test_a_folder_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADUASI_DATABASE_URL", f"sqlite:///{tmp_path / 'nowhere' / 'service.db'}")
    with pytest.raises(Refused, match="the database cannot be made there: No such file"), open_engine() as engine:
        upgrade(engine, now=NOW)


def test_what_was_to_be_written_is_in_no_message(service: Service) -> None:
    with service.engine.connect() as connection, pytest.raises(IntegrityError) as failed:
        connection.exec_driver_sql("insert into signing_key (kid, secret) values (?, ?)", ("k", "Rp412345"))
    assert "Rp412345" not in str(failed.value)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://sari:rahasia@db/graduasi", "postgresql://sari:***@db/graduasi"),
        ("postgresql://sari@db/graduasi", "postgresql://sari@db/graduasi"),
        ("postgresql://sari@db/graduasi?password=rahasia", "postgresql://sari@db/graduasi?password=***"),
        ("postgresql://sari@/graduasi?host=/run/pg", "postgresql://sari@/graduasi?host=/run/pg"),
        ("postgresql://sari:rah@sia@db/graduasi", "postgresql://sari:***@db/graduasi"),
        ("postgresql://sari:rahasia@db:abc/graduasi", "postgresql://sari:***@db:abc/graduasi"),
        ("https://t0ken@mlflow.example", "https://***@mlflow.example"),
        ("https://mlflow.example/?token=rahasia", "https://mlflow.example/?token=***"),
        ("sqlite:///graduasi.db", "sqlite:///graduasi.db"),
    ],
)
def test_an_address_is_shown_without_what_opens_it(address: str, shown: str) -> None:
    assert shown_address(address) == shown


def test_a_page_is_read_while_somebody_else_writes(
    web: TestClient, service: Service, people: None, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_lists(service, mentor_list("M1"))
    sign_in(web, "sari")
    monkeypatch.setattr("graduasi_serving.database.engine.PRAGMAS", ("busy_timeout=50",))
    service.engine.dispose()
    clock.now += timedelta(minutes=2)  # so that the idle limit is due to be moved
    with service.engine.connect() as other:
        other.exec_driver_sql("BEGIN IMMEDIATE")
        assert web.get("/daftar").status_code == 200
    clock.now += timedelta(
        minutes=29
    )  # the click above was not counted, but the session is no shorter than from signing in
    assert web.get("/daftar").status_code == 303


def test_workers_are_not_started_with_a_damaged_model(database_url: str, small_bundle: Path, tmp_path: Path) -> None:
    damaged = shutil.copytree(small_bundle, tmp_path / "bundle")
    with (damaged / "model.json").open("a") as file:
        file.write(" ")
    environment = {**os.environ, "GRADUASI_DATABASE_URL": database_url, "GRADUASI_MODEL": str(damaged)}
    command = [
        sys.executable,
        "-c",
        "from graduasi.commands.cli import main; main()",
        "serve",
        "--workers",
        "2",
        "--port",
        "1",
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "model.json" in done.stderr, "Traceback" in done.stderr) == (1, True, False)


def test_a_database_that_others_could_read_is_its_owner_s_alone_after_an_upgrade(tmp_path: Path) -> None:
    file = tmp_path / "new.db"
    file.touch(mode=0o644)
    migration.upgrade(open_database(f"sqlite:///{file}"), now=NOW)
    assert file.stat().st_mode & 0o077 == 0


def test_a_database_that_is_gone_is_not_made_anew_and_another_one_in_its_place_is_read(tmp_path: Path) -> None:
    file, backup = tmp_path / "service.db", tmp_path / "backup.db"
    engine = open_database(f"sqlite:///{file}")
    migration.upgrade(engine, now=NOW)
    engine.dispose()  # what was written stands in the file itself once nobody has it open
    shutil.copy(file, backup)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE only_here (n INTEGER)"))
    for own in tmp_path.glob("service.db*"):
        own.unlink()
    with pytest.raises(OperationalError, match="unable to open"), engine.connect():
        pass
    assert not file.exists()
    backup.replace(file)
    with engine.connect() as connection:
        assert not connection.execute(text("SELECT name FROM sqlite_master WHERE name = 'only_here'")).all()
    assert migration.is_current(engine)
