"""A migrated database, a clock that stands still, and the application on both."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import make_url
from starlette.testclient import TestClient

from graduasi_serving.accounts.accounts import add_client, add_user
from graduasi_serving.app import create_app
from graduasi_serving.database import migration
from graduasi_serving.database.engine import open_database
from graduasi_serving.scoring.loaded_models import Models, load_models
from graduasi_serving.service import Service, start_service
from graduasi_serving.settings import Settings
from tests.serving.factory import NOW, PASSWORD, save_small_bundle
from tests.serving.postgres_server import postgres_server

Connection = psycopg.Connection[Any]


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
    """Tests run on both, unless a module is about files."""
    url: str = request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param])
    return url


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
def service(database_url: str, clock: Clock, small_models: Models) -> Iterator[Service]:
    started = start_service(Settings(database_url=SecretStr(database_url), body_limit_bytes=300_000), clock=clock)
    yield replace(started, models=small_models)
    if (reader := started.tokens.ring.reader) is not None:
        reader.join()  # its connection would outlive the pool it came from
    started.engine.dispose()


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
    with service.transaction() as session:
        made = add_client(session, "sistem", scopes=["score:write", "model:read"], now=NOW)
    form = {"grant_type": "client_credentials", "client_id": made.client_id, "client_secret": made.client_secret}
    web.headers["Authorization"] = "Bearer " + web.post("/v1/token", data=form).json()["access_token"]
    return web


@pytest.fixture
def people(service: Service) -> None:
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
