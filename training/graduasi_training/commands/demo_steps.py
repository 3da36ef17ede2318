"""The demo's steps. Each is a `graduasi` command in a process of its own, so the demo uses only what users have, too."""

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
"""The name of a file in every folder that a demo made; a running demo holds a lock on it."""
QUARTERS, SEED = 20, 7
FORCE_REASON = "demo on synthetic families: on a few hundred no gate can know that a model is good"
"""Gates that are set aside are printed and kept in the history. With the default number of families, none has to be."""
MENTOR_NAME, CLIENT_NAME = "pendamping", "demo"


def run_demo(folder: Path, *, households: int, serve: bool, port: int) -> None:
    """Run the steps in `folder`, which is emptied if an earlier demo made it. Raises Refused where a step fails.

    A taken port and a demo that still runs there are refused before anything is removed.
    """
    if serve:
        refuse_taken_ports(port, port + 1)
    with _emptied(folder.resolve()) as root:
        environment = {
            **os.environ,
            "GRADUASI_TRACKING_URI": f"sqlite:///{root / 'mlflow.db'}",
            "GRADUASI_DATABASE_URL": f"sqlite:///{root / 'service.db'}",
            "GRADUASI_MODEL": str(root / "run" / "bundle"),
        }
        steps = _steps(root, households)
        for number, (title, command) in enumerate(steps, 1):
            started = time.monotonic()
            say(f"[{number}/{len(steps)}] {title} …")
            _run(command, environment)
            say(f"        done in {time.monotonic() - started:.0f} s")
        result(f"{root}: run/report.html (evaluation), run/card.md, lists.xlsx, scores.parquet; all synthetic")
        if serve:
            message = _make_accounts(root, environment, port)
            serve_until_stopped(root, environment, port, message=message)


@contextmanager
def _emptied(folder: Path) -> Iterator[Path]:
    """The folder, emptied and locked while the demo runs.

    Raises Refused where the folder was not made by a demo, or another demo runs in it.
    """
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
            elif entry.name != MARKER:  # without it, a second demo would not be kept out
                entry.unlink()
        yield folder


def _steps(folder: Path, households: int) -> list[tuple[str, list[str]]]:
    """The title and the command of each step."""
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
        ("promoting it", ["promote", "1", "--force", "--reason", FORCE_REASON]),
        ("scoring every household", ["score", panel, str(scores), *events, "--model", "champion"]),
        ("writing the mentors' lists", ["list", str(scores), str(folder / "lists.xlsx")]),
        ("preparing the service", ["db", "upgrade"]),
        ("publishing the lists for the page", ["publish", str(scores)]),
    ]


def _run(command: list[str], environment: dict[str, str], *, stdin: str | None = None) -> str:
    """Run a `graduasi` command and return its standard output. Raises Refused where it fails."""
    process = subprocess.run(
        graduasi(command), env=environment, input=stdin, stdout=subprocess.PIPE, text=True, check=False
    )
    if process.returncode != 0:
        raise Refused(f"graduasi {' '.join(command)} ended with status {process.returncode}; what it said stands above")
    return process.stdout


def _make_accounts(folder: Path, environment: dict[str, str], port: int) -> str:
    """Make a mentor's account and an API client. Returns the message that says where to use them and with which secrets."""
    mentor, password = _busiest_mentor(folder / "scores.parquet"), secrets.token_urlsafe(9)
    _run(
        ["user", "add", MENTOR_NAME, "--role", "mentor", "--mentor-id", mentor, "--password-stdin"],
        environment,
        stdin=password,
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
    """The mentor with the most ready families in the scores file, so that the page has something to show."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.read_table(scores, columns=["mentor_id", "band"])
    counts = table.filter(pc.equal(table["band"], "ready")).column("mentor_id").value_counts().to_pylist()
    if not counts:
        return str(table.column("mentor_id")[0].as_py())
    return str(max(counts, key=lambda entry: entry["counts"])["values"])
