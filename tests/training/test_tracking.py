"""A run in MLflow: figures, digests and artefacts, never rows; versions, promotion and rollback."""

import json
import shutil
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from graduasi.bundle import load_bundle
from graduasi.errors import Refused
from graduasi_training.registry import find_bundle, history, promote, rollback, versions
from graduasi_training.tracking import log_run, quiet_mlflow, registered_name, tracking_uri
from tests.training.small_run import QUICK

WHEN = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture(scope="module")
def store(trained, tmp_path_factory):
    """A SQLite store with two versions of one model, and a third that ranks no better than chance."""
    folder = tmp_path_factory.mktemp("tracking")
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    log_run(trained, uri=uri, settings=QUICK)
    log_run(trained, uri=uri, settings=QUICK)
    comparison = [
        row | {"low": -0.1, "difference": 0.0, "verdict": "indistinguishable"}
        for row in trained.evaluation["comparison"]
    ]
    by_chance = _evaluated_as(trained, folder, comparison)
    log_run(by_chance, uri=uri, settings=QUICK)
    return uri


def _evaluated_as(trained, folder, comparison):
    out = shutil.copytree(trained.out, folder / "by_chance")
    evaluation = trained.evaluation | {"comparison": comparison}
    (out / "evaluation.json").write_text(json.dumps(evaluation), encoding="utf-8")
    return replace(trained, out=out, evaluation=evaluation)


def test_a_run_has_parameters_metrics_dataset_and_artefacts(store, trained):
    with quiet_mlflow() as mlflow:
        client = mlflow.MlflowClient(store)
        run = client.get_run(versions(store)[0].run_id)
        names = {entry.path for entry in client.list_artifacts(run.info.run_id)}
    assert run.data.params["champion"] == trained.fitted.chosen
    assert run.data.params["seed"] == "0"
    assert run.data.metrics["auc"] == pytest.approx(trained.evaluation["folds"][-1]["candidates"]["champion"]["auc"])
    assert run.inputs.dataset_inputs[0].dataset.digest == trained.evaluation["data"]["sha256"][:32]
    assert {"evaluation.json", "card.md", "report.html"} <= names


def test_no_row_of_the_panel_reaches_the_store_or_its_artefacts(store):
    database = store.removeprefix("sqlite:///")
    with sqlite3.connect(database) as connection:
        dump = "\n".join(connection.iterdump())
    connection.close()
    assert "K000" not in dump
    for path in (Path(database).parent / "mlartifacts").rglob("*"):
        if path.is_file():
            assert b"K000" not in path.read_bytes(), path


def test_artefacts_lie_beside_a_sqlite_store(store):
    assert (Path(store.removeprefix("sqlite:///")).parent / "mlartifacts").is_dir()


def test_versions_are_listed_with_digest_and_whether_the_data_are_synthetic(store, trained):
    found = versions(store)
    assert [(entry.name, entry.version) for entry in found] == [(registered_name("small"), number) for number in "123"]
    assert {entry.digest for entry in found} == {trained.digest}
    assert not any(entry.synthetic or entry.aliases for entry in found)


def test_promotion_rollback_and_their_history(store):
    for number in ("1", "graduasi-small/2"):
        promote(number, alias="champion", when=WHEN, uri=store)
    assert [entry.aliases for entry in versions(store)] == [(), ("champion",), ()]
    assert rollback(alias="champion", when=WHEN, uri=store).version == "1"
    assert [entry.aliases for entry in versions(store)] == [("champion",), (), ()]
    with pytest.raises(Refused, match="nothing to go back to"):
        rollback(alias="champion", when=WHEN, uri=store)
    past = history(registered_name("small"), store)
    assert [(entry["act"], entry["version"]) for entry in past] == [
        ("promote", "1"),
        ("promote", "2"),
        ("rollback", "1"),
    ]
    assert {entry["when"] for entry in past} == {"2026-11-24T00:00:00+00:00"}


def test_a_model_that_fails_its_gates_is_not_promoted_and_says_why(store):
    with pytest.raises(Refused, match="not promoted: gate prior"):
        promote("3", alias="champion", when=WHEN, uri=store)
    assert "champion" not in versions(store)[2].aliases


@pytest.mark.parametrize("number", ["9", "graduasi-other/1", "champion"])
def test_an_unknown_version_is_refused_with_those_that_are_known(store, number):
    with pytest.raises(Refused, match=r"no such version; registered: graduasi-small/1"):
        promote(number, alias="champion", when=WHEN, uri=store)


def test_an_alias_that_nobody_has_cannot_be_rolled_back(store):
    with pytest.raises(Refused, match="no version has the alias"):
        rollback(alias="challenger", when=WHEN, uri=store)


def test_a_version_is_found_by_its_alias_and_its_bundle_is_whole(store, trained, monkeypatch):
    promote("2", alias="trial", when=WHEN, uri=store)
    monkeypatch.setenv("GRADUASI_TRACKING_URI", store)
    assert load_bundle(find_bundle("trial")).digest == trained.digest
    assert find_bundle("nobody") is None


def test_the_store_is_the_one_given_else_that_of_the_environment_else_a_file_here(monkeypatch):
    monkeypatch.delenv("GRADUASI_TRACKING_URI", raising=False)
    assert tracking_uri(None) == "sqlite:///mlflow.db"
    monkeypatch.setenv("GRADUASI_TRACKING_URI", "http://store")
    assert tracking_uri(None) == "http://store"
    assert tracking_uri("sqlite:///x.db") == "sqlite:///x.db"
