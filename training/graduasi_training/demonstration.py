"""The demo's steps: each is a `graduasi` command in a process of its own, so that the demo shows only what users have."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from graduasi.console import result, say
from graduasi.errors import Refused

MARKER = ".graduasi-demo"
QUARTERS, SEED = 20, 7
FORCED = "demo on synthetic families: on a few hundred no gate can know that a model is good"
"""Gates that are set aside are shown and kept; with the default number of families none has to be."""
MENTOR_NAME, CLIENT_NAME = "pendamping", "demo"


def run_demo(folder: Path, *, households: int, serve: bool, port: int) -> None:
    """Run the steps in `folder`, which is emptied if an earlier demo made it. Raises Refused when a step fails."""
    folder = _fresh(folder)
    environment = {
        **os.environ,
        "GRADUASI_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}",
        "GRADUASI_DATABASE_URL": f"sqlite:///{folder / 'service.db'}",
        "GRADUASI_MODEL": str(folder / "run" / "bundle"),
    }
    sim, scores = folder / "programme", folder / "scores.parquet"
    rules = ["--dictionary", str(sim / "dictionary.toml"), "--programme", str(sim / "programme.toml")]
    events = ["--events", str(sim / "events.parquet")]
    panel = str(sim / "households.parquet")
    steps: list[tuple[str, list[str]]] = [
        (
            "simulating a synthetic programme",
            ["simulate", str(sim), "--households", str(households), "--quarters", str(QUARTERS), "--seed", str(SEED)],
        ),
        ("training and judging a model", ["train", panel, *events, *rules, "--out", str(folder / "run")]),
        ("promoting it", ["promote", "1", "--force", "--reason", FORCED]),
        ("scoring every household", ["score", panel, str(scores), *events, "--model", "champion"]),
        ("writing the mentors' lists", ["list", str(scores), str(folder / "lists.xlsx")]),
        ("preparing the service", ["db", "upgrade"]),
        ("publishing the lists for the page", ["publish", str(scores)]),
    ]
    for number, (title, command) in enumerate(steps, 1):
        started = time.monotonic()
        say(f"[{number}/{len(steps)}] {title} …")
        _run(command, environment)
        say(f"        done in {time.monotonic() - started:.0f} s")
    result(f"{folder}: run/report.html (evaluation), run/card.md, lists.xlsx, scores.parquet; all synthetic")
    if serve:
        _serve(folder, scores, environment, port)


def _fresh(folder: Path) -> Path:
    folder = folder.resolve()
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARKER).exists():
            raise Refused(f"{folder}: not empty, and no earlier demo made it; choose another folder with --dir")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).touch()
    return folder


def _graduasi(command: list[str]) -> list[str]:
    return [sys.executable, "-c", "from graduasi.cli import main; main()", *command]


def _run(command: list[str], environment: dict[str, str], *, given: str | None = None) -> str:
    done = subprocess.run(
        _graduasi(command), env=environment, input=given, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode != 0:
        raise Refused(f"graduasi {' '.join(command)} ended with status {done.returncode}; what it said stands above")
    return done.stdout


def _serve(folder: Path, scores: Path, environment: dict[str, str], port: int) -> None:
    """Start the service and the MLflow UI, say how to log in, and wait until the person stops them."""
    mentor, password = _busiest_mentor(scores), secrets.token_urlsafe(9)
    _run(
        ["user", "add", MENTOR_NAME, "--role", "mentor", "--mentor-id", mentor, "--password-stdin"],
        environment,
        given=password,
    )
    client = json.loads(
        _run(["client", "add", CLIENT_NAME, "--scope", "score:write", "--scope", "model:read", "--json"], environment)
    )
    service = subprocess.Popen(_graduasi(["serve", "--port", str(port)]), env=environment)
    mlflow = [
        sys.executable,
        "-m",
        "mlflow",
        "ui",
        "--backend-store-uri",
        environment["GRADUASI_TRACKING_URI"],
        "--port",
        str(port + 1),
    ]
    with (folder / "mlflow.log").open("w") as log:
        ui = subprocess.Popen(
            mlflow, env={**environment, "MLFLOW_DISABLE_TELEMETRY": "true"}, stdout=log, stderr=log, cwd=folder
        )
    result(
        f"\n  mentor's page  http://127.0.0.1:{port}/daftar      user {MENTOR_NAME}   password {password}\n"
        f"  API docs       http://127.0.0.1:{port}/docs        client_id {client['client_id']}   client_secret {client['client_secret']}\n"
        f"  MLflow         http://127.0.0.1:{port + 1}\n\n  Ctrl-C stops all of it. The families are synthetic."
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # to end all of it, as Ctrl-C does
    try:
        service.wait()
    except KeyboardInterrupt:
        say("stopping")
    finally:
        for process in (service, ui):
            process.terminate()
            process.wait(30)


def _busiest_mentor(scores: Path) -> str:
    """The mentor with the most ready families, so that the page has something to show."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.read_table(scores, columns=["mentor_id", "band"])
    counts = table.filter(pc.equal(table["band"], "ready")).column("mentor_id").value_counts().to_pylist()
    if not counts:
        return str(table.column("mentor_id")[0].as_py())
    return str(max(counts, key=lambda entry: entry["counts"])["values"])
