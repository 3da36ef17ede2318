"""The model through MLflow's own processes: its scoring server, and a tracking server over HTTP with its own artefacts."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from graduasi.bundle import load_bundle
from graduasi_training.panel_frames import score_frame
from graduasi_training.registry.tracking import log_run
from graduasi_training.registry.versions import Act, find_bundle, incumbent_of, promote, versions

ACT = Act("siti", datetime(2026, 11, 24, tzinfo=UTC), "a trial")
WAIT_SECONDS = 90
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
"""MLflow starts uvicorn by name, which lies beside Python."""


def _free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def _process(*arguments, ready, log, **environment):
    """An MLflow command in a process group of its own, until `ready` answers and the test is done."""
    command = [sys.executable, "-m", "mlflow", *arguments]
    with log.open("w") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, start_new_session=True, cwd=log.parent,
            env={**os.environ, "PATH": PATH, "MLFLOW_DISABLE_TELEMETRY": "true", **environment},
        )  # fmt: skip
        try:
            _wait_for(ready, process, log)
            yield
        finally:
            _stop(process)


def _stop(process):
    """End the whole group: the servers start workers of their own."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
            return


def _wait_for(url, process, log):
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(log.read_text()[-2000:])


@pytest.fixture(scope="module")
def bundle(trained):
    return load_bundle(trained.out / "bundle")


@pytest.fixture(scope="module")
def panel(trained):
    return pq.read_table(trained.out.parent / "inputs" / "households.parquet").to_pandas()


@pytest.fixture(scope="module")
def tracking(trained, tmp_path_factory):
    """A tracking server that keeps artefacts itself, and one registered and promoted version of the small model."""
    folder, port = tmp_path_factory.mktemp("server"), _free_port()
    uri = f"http://127.0.0.1:{port}"
    arguments = ("server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
                 "--backend-store-uri", f"sqlite:///{folder / 'm.db'}", "--artifacts-destination", str(folder / "store"))  # fmt: skip
    with _process(*arguments, ready=f"{uri}/health", log=folder / "log", MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false"):
        log_run(trained, uri=uri)
        promote("1", act=ACT, uri=uri, force=True)
        yield uri


def test_a_run_goes_to_a_remote_server_and_its_bundle_comes_back_whole(tracking, trained, monkeypatch, tmp_path):
    assert [(entry.version, entry.aliases) for entry in versions(tracking)] == [("1", ("champion",))]
    assert incumbent_of("small", tracking).bundle.digest == trained.digest
    monkeypatch.setenv("GRADUASI_TRACKING_URI", tracking)
    assert find_bundle("champion", tmp_path).joinpath("manifest.json").is_file()


def test_the_command_line_scores_with_the_champion_of_a_remote_server(tracking, trained, bundle, panel, tmp_path):
    panel_file = trained.out.parent / "inputs" / "households.parquet"
    target = tmp_path / "scores.parquet"
    code = "from graduasi.commands.cli import main; main()"
    process = subprocess.run(
        [sys.executable, "-c", code, "score", str(panel_file), str(target), "--model", "champion"],
        env={**os.environ, "GRADUASI_TRACKING_URI": tracking}, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    expected = score_frame(panel, bundle).set_index("household_id")["margin"]
    scored = pd.read_parquet(target).set_index("household_id")["margin"]
    pd.testing.assert_series_equal(scored, expected, rtol=0, atol=1e-9)


@pytest.fixture(scope="module")
def ask(tracking, tmp_path_factory):
    """A function that asks `mlflow models serve` for predictions."""
    folder, port = tmp_path_factory.mktemp("serve"), _free_port()
    server = f"http://127.0.0.1:{port}"
    arguments = ("models", "serve", "-m", "models:/graduasi-small@champion", "--env-manager", "local",
                 "--host", "127.0.0.1", "--port", str(port), "--workers", "1")  # fmt: skip

    def post(body):
        request = urllib.request.Request(
            f"{server}/invocations", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read(), parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))[
                "predictions"
            ]

    with _process(*arguments, ready=f"{server}/ping", log=folder / "log", MLFLOW_TRACKING_URI=tracking):
        yield post


def _as_json(panel):
    """The panel as another program sends it: dates as text, null for what is not known."""
    rows = json.loads(panel.to_json(orient="split", date_format="iso"))
    return {"columns": rows["columns"], "data": rows["data"]}


def test_the_scoring_server_answers_what_the_bundle_answers(ask, bundle, panel):
    panel = panel.drop(columns="land_ha")  # a column may be left out
    assert panel.isna().to_numpy().any()
    answers = {row["household_id"]: row for row in ask({"dataframe_split": _as_json(panel)})}
    expected = score_frame(panel, bundle)
    assert set(answers) == set(expected["household_id"])
    assert len(expected) > 75  # more rows than one of MLflow's old servers could answer
    for row in expected.to_dict("records"):
        answer = answers[row["household_id"]]
        for name in ("score", "margin", "base_margin", "other_contribution"):
            assert answer[name] == pytest.approx(row[name], abs=1e-9)
        assert (answer["band"], answer["as_of"]) == (row["band"], row["as_of"].isoformat())
        assert [reason["value"] for reason in answer["reasons"]] == [reason["value"] for reason in row["reasons"]]


def test_a_day_and_a_number_of_reasons_can_be_asked_for(ask, bundle, panel):
    body = {"dataframe_records": json.loads(panel.to_json(orient="records", date_format="iso"))}
    answers = ask({**body, "params": {"as_of": "2021-02-01", "reasons": 2}})
    expected = score_frame(panel, bundle, as_of=datetime(2021, 2, 1).date(), reasons=2)
    assert [row["household_id"] for row in answers] == expected["household_id"].tolist()
    assert max(len(row["reasons"]) for row in answers) == 2
    assert [row["margin"] for row in answers] == pytest.approx(expected["margin"].tolist(), abs=1e-9)


def test_a_fault_names_the_column_and_what_is_allowed(ask, panel):
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask({"dataframe_split": _as_json(panel.assign(members=99.0).head(20))})
    assert "members" in refused.value.read().decode()
