"""One trained model, one panel, and every path that a household can take to a score."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from graduasi.batch.finished_parts import Job
from graduasi.batch.score_file import score_file
from graduasi.bundle import Bundle, load_bundle
from graduasi.panel.events import NO_EVENTS
from graduasi.panel.record import Panel
from graduasi.panel.table_contract import check_panel
from graduasi_serving.accounts.accounts import add_client
from graduasi_serving.app import create_app
from graduasi_serving.database import migration
from graduasi_serving.database.engine import open_database
from graduasi_serving.service import start_service
from graduasi_serving.settings import Settings
from graduasi_training.pipeline import Trained
from graduasi_training.registry.store import quiet_mlflow
from tests.made_up.small_programme import SMALL
from tests.made_up.small_run import train_small

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return train_small(tmp_path_factory.mktemp("agreement"))


@pytest.fixture(scope="session")
def bundle(trained: Trained) -> Bundle:
    return load_bundle(trained.out / "bundle")


@pytest.fixture(scope="session")
def panel_file(trained: Trained) -> Path:
    """The panel of training without its longest delays, so that only those are stale whom nobody visited lately."""
    table = pq.read_table(trained.out.parent / "inputs" / "households.parquet")
    lately = pc.greater(table["as_of"], pa.scalar(date(2021, 1, 1)))
    table = table.filter(pc.invert(pc.and_(lately, pc.ends_with(table["household_id"], "7"))))
    late = pc.greater(pc.days_between(table["as_of"], table["known_on"]), 100)
    known_on = pc.if_else(late, table["as_of"], table["known_on"])
    target = trained.out.parent / "recent.parquet"
    pq.write_table(table.set_column(table.column_names.index("known_on"), "known_on", known_on), target)
    return target


@pytest.fixture(scope="session")
def events_file(trained: Trained) -> Path:
    return trained.out.parent / "inputs" / "events.csv"


@pytest.fixture(scope="session")
def panel(panel_file: Path) -> Panel:
    return check_panel(pq.read_table(panel_file), SMALL)[0]


@pytest.fixture(scope="session")
def scored_file(panel_file: Path, bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """What `graduasi score` writes."""
    target = tmp_path_factory.mktemp("bulk") / "scores.parquet"
    score_file(Job(panel_file, target, bundle, NO_EVENTS))
    return pq.read_table(target).to_pandas()


@pytest.fixture(scope="session")
def pyfunc_scores(trained: Trained, panel_file: Path, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """What the model that MLflow keeps answers to the panel as a frame."""
    with quiet_mlflow() as mlflow:
        from graduasi_training.registry.tracking import PYFUNC

        folder = tmp_path_factory.mktemp("pyfunc") / "model"
        mlflow.pyfunc.save_model(
            folder, python_model=str(PYFUNC), artifacts={"bundle": str(trained.out / "bundle")}, pip_requirements=[]
        )
        return mlflow.pyfunc.load_model(str(folder)).predict(pd.read_parquet(panel_file))


@pytest.fixture(scope="session")
def api(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The service with the trained bundle, and a program with a token."""
    url = f"sqlite:///{tmp_path_factory.mktemp('service') / 'service.db'}"
    engine = open_database(url)
    migration.upgrade(engine, now=NOW)
    engine.dispose()
    settings = Settings(database_url=SecretStr(url), model=str(trained.out / "bundle"))
    service = start_service(settings, clock=lambda: NOW)
    with service.transaction() as session:
        made = add_client(session, "agreement", scopes=["score:write"], now=NOW)
    with TestClient(create_app(service), base_url="https://graduasi.test") as client:
        form = {"grant_type": "client_credentials", "client_id": made.client_id, "client_secret": made.client_secret}
        client.headers["Authorization"] = "Bearer " + client.post("/v1/token", data=form).json()["access_token"]
        yield client
    service.engine.dispose()
