"""The demo's steps: each is a `graduasi` command in a process of its own, so that the demo shows only what users have."""

import fcntl
import json
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graduasi.commands.console import result, say
from graduasi.errors import Refused
from graduasi_training.commands.demo_service import graduasi, refuse_taken_ports, serve_until_stopped

MARKER = ".graduasi-demo"
"""Stands in every folder that a demo made, and is locked while that demo runs."""
QUARTERS, SEED = 20, 7
FORCED = "demo on synthetic families: on a few hundred no gate can know that a model is good"
"""Gates that are set aside are shown and kept; with the default number of families none has to be."""
MENTOR_NAME, CLIENT_NAME = "pendamping", "demo"


def run_demo(folder: Path, *, households: int, serve: bool, port: int) -> None:
    """Run the steps in `folder`, which is emptied if an earlier demo made it. Raises Refused when a step fails.

    What would end it later, a taken port or a demo that still runs there, is refused before anything is removed.
    """
    if serve:
        refuse_taken_ports(port, port + 1)
    with _emptied(folder.resolve()) as place:
        environment = {
            **os.environ,
            "GRADUASI_TRACKING_URI": f"sqlite:///{place / 'mlflow.db'}",
            "GRADUASI_DATABASE_URL": f"sqlite:///{place / 'service.db'}",
            "GRADUASI_MODEL": str(place / "run" / "bundle"),
        }
        steps = _steps(place, households)
        for number, (title, command) in enumerate(steps, 1):
            started = time.monotonic()
            say(f"[{number}/{len(steps)}] {title} …")
            _run(command, environment)
            say(f"        done in {time.monotonic() - started:.0f} s")
        result(f"{place}: run/report.html (evaluation), run/card.md, lists.xlsx, scores.parquet; all synthetic")
        if serve:
            told = _accounts(place, environment, port)
            serve_until_stopped(place, environment, port, told=told)


@contextmanager
def _emptied(folder: Path) -> Iterator[Path]:
    """The folder with nothing in it, for as long as the demo runs. Raises Refused when it is not the demo's to empty."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARKER).exists():
        raise Refused(f"{folder}: not empty, and no earlier demo made it; choose another folder with --dir")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / MARKER).open("a") as marker:
        try:
            fcntl.flock(marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(f"{folder}: a demo is running there; stop it, or choose another folder with --dir") from None
        for entry in folder.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry.name != MARKER:  # removed, it would no longer keep a second demo out
                entry.unlink()
        yield folder


def _steps(folder: Path, households: int) -> list[tuple[str, list[str]]]:
    sim, scores = folder / "programme", folder / "scores.parquet"
    rules = ["--dictionary", str(sim / "dictionary.toml"), "--programme", str(sim / "programme.toml")]
    events = ["--events", str(sim / "events.parquet")]
    panel = str(sim / "households.parquet")
    return [
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


def _run(command: list[str], environment: dict[str, str], *, given: str | None = None) -> str:
    done = subprocess.run(
        graduasi(command), env=environment, input=given, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode != 0:
        raise Refused(f"graduasi {' '.join(command)} ended with status {done.returncode}; what it said stands above")
    return done.stdout


def _accounts(folder: Path, environment: dict[str, str], port: int) -> str:
    """Make an account for the page and a client for the API; where they are used and with which secrets, to be told."""
    mentor, password = _busiest_mentor(folder / "scores.parquet"), secrets.token_urlsafe(9)
    _run(
        ["user", "add", MENTOR_NAME, "--role", "mentor", "--mentor-id", mentor, "--password-stdin"],
        environment,
        given=password,
    )
    client = json.loads(
        _run(["client", "add", CLIENT_NAME, "--scope", "score:write", "--scope", "model:read", "--json"], environment)
    )
    return (
        f"\n  mentor's page  http://127.0.0.1:{port}/daftar      user {MENTOR_NAME}   password {password}\n"
        f"  API docs       http://127.0.0.1:{port}/docs        client_id {client['client_id']}   client_secret {client['client_secret']}\n"
        f"  MLflow         http://127.0.0.1:{port + 1}\n\n  Ctrl-C stops all of it. The families are synthetic."
    )


def _busiest_mentor(scores: Path) -> str:
    """The mentor with the most ready families, so that the page has something to show."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.read_table(scores, columns=["mentor_id", "band"])
    counts = table.filter(pc.equal(table["band"], "ready")).column("mentor_id").value_counts().to_pylist()
    if not counts:
        return str(table.column("mentor_id")[0].as_py())
    return str(max(counts, key=lambda entry: entry["counts"])["values"])
