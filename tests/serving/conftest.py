"""A migrated database, a clock that stands still, and the application on both.

Scoring reads no database, so a test runs once, on a service whose database fails on first use, unless it asks for
`database_url`: then it runs on SQLite and on PostgreSQL. The folders `accounts`, `commands`, `database` and `pages` ask
for all their tests; elsewhere a test says `@pytest.mark.usefixtures("database_url")`.
"""

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

import psycopg
import pytest
from joserfc.jwk import OctKey
from pydantic import SecretStr
from sqlalchemy import create_engine, make_url
from starlette.testclient import TestClient

from graduasi_serving.accounts.accounts import add_user
from graduasi_serving.accounts.tokens import KeyRing
from graduasi_serving.app import create_app
from graduasi_serving.database import migration
from graduasi_serving.database.engine import open_database
from graduasi_serving.scoring.loaded_models import Models, load_models
from graduasi_serving.service import Service, start_service
from graduasi_serving.settings import Settings
from tests.made_up.service_programme import save_small_bundle
from tests.serving.factory import NOW, PASSWORD
from tests.serving.postgres_server import postgres_server

Connection = psycopg.Connection[Any]
BODY_LIMIT_BYTES = 300_000


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrating takes a while; every test copies the result."""
    path = tmp_path_factory.mktemp("database") / "migrated.db"
    engine = open_database(f"sqlite:///{path}")
    migration.upgrade(engine, now=NOW)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def small_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_small_bundle(tmp_path_factory.mktemp("models") / "bundle")


@pytest.fixture(scope="session")
def small_models(small_bundle: Path) -> Models:
    """Loaded once: loading checks the golden households in a process of its own."""
    return load_models(Settings(model=str(small_bundle)))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Connection]:
    """A connection to a server with a migrated database called `template`."""
    with postgres_server() as address:
        url = make_url(address).set(database="template")
        with closing(psycopg.connect(address, autocommit=True)) as connection:
            connection.execute("create database template")
            engine = open_database(url.render_as_string(hide_password=False))
            migration.upgrade(engine, now=NOW)
            engine.dispose()
            yield connection


@pytest.fixture
def sqlite_url(migrated_database: Path, tmp_path: Path) -> str:
    """A database in a file, with tables."""
    shutil.copy(migrated_database, tmp_path / "service.db")
    return f"sqlite:///{tmp_path / 'service.db'}"


@pytest.fixture
def postgres_url(postgres: Connection) -> Iterator[str]:
    """A database of a PostgreSQL server, with tables."""
    postgres.execute("create database service template template")
    host = quote(postgres.info.host, safe="")
    yield f"postgresql://graduasi@/service?host={host}"
    postgres.execute("drop database service with (force)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Whoever asks for it runs on both, unless a module about files has a `database_url` of its own."""
    url: str = request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param])
    return url


KEY = OctKey.generate_key(256)


class OneKey(KeyRing):
    """The key of a service that reads no database."""

    def newest(self, *, now: datetime) -> tuple[str, OctKey]:
        return "test", KEY

    def find(self, kid: str, *, now: datetime) -> OctKey | None:
        return KEY if kid == "test" else None


class DatabaseNotAskedFor(Exception):
    """A test used the database and did not say so."""


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now.astimezone(UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(request: pytest.FixtureRequest, clock: Clock, small_models: Models) -> Iterator[Service]:
    """The service on each database where the test asks for `database_url`, else without one."""
    if "database_url" in request.fixturenames:
        settings = Settings(
            database_url=SecretStr(request.getfixturevalue("database_url")), body_limit_bytes=BODY_LIMIT_BYTES
        )
        yield from _on_a_database(start_service(settings, clock=clock), small_models)
    else:
        settings = Settings(database_url=SecretStr("sqlite:///never-opened.db"), body_limit_bytes=BODY_LIMIT_BYTES)
        yield from _without_a_database(start_service(settings, clock=clock), small_models)


def _on_a_database(started: Service, models: Models) -> Iterator[Service]:
    yield replace(started, models=models)
    if (reader := started.tokens.ring.reader) is not None:
        reader.join()  # its connection would outlive the pool it came from
    started.engine.dispose()


def _without_a_database(started: Service, models: Models) -> Iterator[Service]:
    """The service whose first connection fails; so does the test then, whatever it made of that failure."""
    attempts: list[DatabaseNotAskedFor] = []

    def refuse() -> NoReturn:
        attempts.append(DatabaseNotAskedFor('mark the test @pytest.mark.usefixtures("database_url")'))
        raise attempts[-1]

    engine = create_engine("sqlite://", creator=refuse)
    yield replace(started, models=models, engine=engine, tokens=replace(started.tokens, ring=OneKey(engine)))
    if attempts:
        raise attempts[0]


@pytest.fixture
def web(service: Service) -> Iterator[TestClient]:
    """A browser, or a program, that follows no redirect by itself."""
    with TestClient(
        create_app(service), base_url="https://graduasi.test", follow_redirects=False, raise_server_exceptions=False
    ) as client:
        yield client


@pytest.fixture
def api(web: TestClient, service: Service) -> TestClient:
    """A program with a token for scoring and reading models."""
    token = service.tokens.issue("sistem", scopes=["score:write", "model:read"], now=service.clock())
    web.headers["Authorization"] = f"Bearer {token}"
    return web


@pytest.fixture
def people(service: Service, database_url: str) -> None:
    """Two mentors of one district, a mentor elsewhere, a supervisor and an administrator."""
    accounts: list[tuple[str, str, str | None, str | None]] = [
        ("sari", "mentor", "M1", None),
        ("budi", "mentor", "M2", None),
        ("tono", "supervisor", None, "32.01"),
        ("rina", "admin", None, None),
    ]
    with service.transaction() as session:
        for name, role, mentor_id, area in accounts:
            add_user(session, name, role=role, mentor_id=mentor_id, area=area, password=PASSWORD, now=NOW)
