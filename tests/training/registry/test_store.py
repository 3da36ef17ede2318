"""Which MLflow store is used, how messages name it, and what the message is when it cannot be used."""

import os

import pytest

from graduasi.errors import Refused
from graduasi_training.registry.store import MLFLOW_VARIABLES, quiet_mlflow, store_name, tracking_uri, without_passwords
from graduasi_training.registry.versions import versions


def test_the_store_is_the_one_given_else_that_of_the_environment_else_a_file_here(monkeypatch):
    monkeypatch.delenv("GRADUASI_TRACKING_URI", raising=False)
    assert tracking_uri(None) == "sqlite:///mlflow.db"
    monkeypatch.setenv("GRADUASI_TRACKING_URI", "http://store")
    assert tracking_uri(None) == "http://store"
    assert tracking_uri("sqlite:///x.db") == "sqlite:///x.db"


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("https://siti@mlflow.test/a", "https://siti@mlflow.test/a"),
        ("https://siti:pa:ss@mlflow.test", "https://siti@mlflow.test"),
        ("postgresql+psycopg://siti:p@ss/1@db.test:5432/runs?sslpassword=secret", "postgresql+psycopg://siti@db.test:5432/runs"),
        ("mssql://:secret@db.test", "mssql://@db.test"),
        ("sqlite:////nowhere/mlflow.db", "sqlite:////nowhere/mlflow.db (there is no such file)"),
        ("./mlruns", "./mlruns"),
    ],
)  # fmt: skip
def test_a_store_is_named_without_its_password(uri, name):
    assert store_name(uri) == name


def test_passwords_and_nothing_else_are_taken_out_of_a_longer_text():
    text = "at http://127.0.0.1:5000/a and http://siti:secret@db.test/runs: ask siti@office.test"
    assert without_passwords(text) == "at http://127.0.0.1:5000/a and http://siti@db.test/runs: ask siti@office.test"


def test_mlflow_sends_no_telemetry_unless_somebody_asks_for_it(monkeypatch):
    for name in MLFLOW_VARIABLES:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    with quiet_mlflow():
        assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "false")
    with quiet_mlflow():
        assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "false"


def test_a_store_without_its_file_has_no_versions_and_is_not_made(tmp_path):
    assert versions(f"sqlite:///{tmp_path / 'mlflow.db'}") == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("uri", ["http://127.0.0.1:1", "nothing://siti:secret@x", "sqlite:///{}/notes.txt"])
def test_a_store_that_cannot_be_used_is_refused_in_a_sentence_that_names_it(tmp_path, monkeypatch, uri):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    (tmp_path / "notes.txt").write_text("no database\n" * 100)
    with pytest.raises(Refused, match=r"the MLflow store .* cannot be used; .* MLflow says: ") as refused:
        versions(uri.format(tmp_path))
    (reason,) = refused.value.reasons
    assert "GRADUASI_TRACKING_URI" in reason
    assert "secret" not in reason
