"""One trained model, and every path that a household can take to a score."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from graduasi.bundle import Bundle, load_bundle, save_bundle
from graduasi.bundle.golden import make_golden, rounded_ranges
from graduasi.declarations.declarations import Declarations
from graduasi.readiness.intervals import Area, Intervals
from graduasi.readiness.model import ReadinessModel
from graduasi.readiness.relapse import RelapseModel
from graduasi_serving.accounts.accounts import add_client
from graduasi_serving.app import create_app
from graduasi_serving.database import migration
from graduasi_serving.database.engine import open_database
from graduasi_serving.service import start_service
from graduasi_serving.settings import Settings
from graduasi_training.pipeline import Trained, train
from graduasi_training.registry.pyfunc_signature import signature_of
from graduasi_training.registry.store import quiet_mlflow
from tests.agreement import paths
from tests.agreement.households import DAY, HOUSEHOLDS, late_dictionary, programme
from tests.agreement.paths import Scores, ScoringPath
from tests.made_up.small_programme import SMALL
from tests.made_up.small_run import QUICK, write_inputs

NOW = datetime(2026, 11, 24, tzinfo=UTC)
PATHS = ("arrays", "bulk", "bulk_csv", "pyfunc", "single", "http")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("agreement")
    inputs = write_inputs(folder / "inputs")
    inputs.dictionary.write_text(late_dictionary(), encoding="utf-8")
    inputs.programme.write_text(programme(), encoding="utf-8")
    return train(inputs, folder / "out", settings=QUICK, tell=lambda text: None)


@pytest.fixture(scope="session")
def bundle_folder(trained: Trained) -> Path:
    """A bundle of the blend that was trained, with all that so small a panel cannot support: areas, and a relapse risk."""
    folder, study = trained.out.parent / "complete", trained.study
    model = with_intervals(trained.fitted.candidates["blend"], {"32.00": Area(0.3, 0.2), "32.01": Area(-0.2, 0.1)})
    relapse = relapse_model(trained)
    unsealed = Bundle(study.declarations, model, "0" * 64, {}, {}, "", relapse=relapse)
    ranges = rounded_ranges(study.dictionary, study.panel)
    golden = make_golden(unsealed, ranges, day=DAY, rng=np.random.default_rng(1))
    save_bundle(
        folder,
        declarations=study.declarations,
        model=model,
        golden=golden,
        card="# Complete",
        about={"made_by": "tests"},
        relapse=relapse,
    )
    return folder


def with_intervals(model: ReadinessModel, areas: dict[str, Area]) -> ReadinessModel:
    """The model with an offset for some areas; each unknown or carried feature widens the interval a little."""
    costs, gains = np.linspace(0.01, 0.2, 2 * len(model.features)).reshape(2, -1)
    return replace(model, intervals=Intervals(0.9, 1.645, areas, Area(0.0, 0.15), costs, gains))


def relapse_model(trained: Trained) -> RelapseModel:
    """As if the trained logistic regression foretold who stays out; about half of the observations are like a graduate."""
    values = trained.study.values
    centre, spread = np.nanmean(values, axis=0), np.maximum(np.nanstd(values, axis=0), 1e-6)
    stays_out = with_intervals(trained.fitted.candidates["logistic"], {"32.00": Area(-0.1, 0.2)})
    drawn = RelapseModel(stays_out, centre, spread, np.inf)
    return replace(drawn, limit=float(np.median(drawn.distance(values))))


@pytest.fixture(scope="session")
def bundle(bundle_folder: Path) -> Bundle:
    return load_bundle(bundle_folder)


@pytest.fixture(scope="session", params=PATHS)
def score(request: pytest.FixtureRequest) -> ScoringPath:
    """Each path in turn, as a function from households to scores: a test that asks for it runs once a path."""
    path: ScoringPath = request.getfixturevalue(request.param)
    return path


@pytest.fixture(scope="session")
def scored(score: ScoringPath) -> Scores:
    """What a path says of all households."""
    return score(*HOUSEHOLDS)


@pytest.fixture(scope="session")
def expected(score: ScoringPath, arrays: ScoringPath) -> Scores:
    """What the arrays, which define a score, say of as much of the same households as the path can carry."""
    return arrays(*map(score.reduced, HOUSEHOLDS))


@pytest.fixture(scope="session")
def arrays(bundle: Bundle) -> ScoringPath:
    return paths.arrays(bundle)


@pytest.fixture(scope="session")
def arrays_without_lags(bundle: Bundle) -> ScoringPath:
    """A path that takes what is late as known."""
    return paths.arrays(replace(bundle, declarations=Declarations(SMALL, bundle.programme)))


@pytest.fixture(scope="session")
def bulk(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> ScoringPath:
    return paths.bulk(bundle, tmp_path_factory.mktemp("bulk"), suffix=".parquet")


@pytest.fixture(scope="session")
def bulk_csv(bundle: Bundle, bundle_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> ScoringPath:
    return paths.bulk(bundle, tmp_path_factory.mktemp("bulk_csv"), suffix=".csv", model=str(bundle_folder))


@pytest.fixture(scope="session")
def single(bundle: Bundle) -> ScoringPath:
    return paths.single(bundle)


@pytest.fixture(scope="session")
def pyfunc(bundle: Bundle, bundle_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> ScoringPath:
    with quiet_mlflow() as mlflow:
        from graduasi_training.registry.tracking import PYFUNC

        folder = tmp_path_factory.mktemp("pyfunc") / "model"
        mlflow.pyfunc.save_model(
            folder,
            python_model=str(PYFUNC),
            artifacts={"bundle": str(bundle_folder)},
            pip_requirements=[],
            signature=signature_of(bundle.dictionary),
        )
        return paths.pyfunc(bundle, mlflow.pyfunc.load_model(str(folder)))


@pytest.fixture(scope="session")
def http(bundle: Bundle, api: TestClient) -> ScoringPath:
    return paths.http(bundle, api)


@pytest.fixture(scope="session")
def api(bundle_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The real application with the bundle, and a program that has bought a token."""
    url = f"sqlite:///{tmp_path_factory.mktemp('service') / 'service.db'}"
    engine = open_database(url)
    migration.upgrade(engine, now=NOW)
    engine.dispose()
    service = start_service(Settings(database_url=SecretStr(url), model=str(bundle_folder)), clock=lambda: NOW)
    with service.transaction() as session:
        credentials = add_client(session, "agreement", scopes=["score:write"], now=NOW)
    with TestClient(create_app(service), base_url="https://graduasi.test") as client:
        form = {
            "grant_type": "client_credentials",
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
        }
        client.headers["Authorization"] = "Bearer " + client.post("/v1/token", data=form).json()["access_token"]
        yield client
    service.engine.dispose()
