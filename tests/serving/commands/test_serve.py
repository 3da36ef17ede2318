"""The running service as processes: one model in all workers, workers that die, and an end that loses nothing."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from graduasi_serving.scoring.loaded_models import load_models
from graduasi_serving.scoring.own_copies import own_copies
from graduasi_serving.settings import Settings

START_SECONDS = 60
COMMAND = [sys.executable, "-c", "from graduasi.commands.cli import main; main()", "serve"]


@contextmanager
def _running(
    database_url: str, model: Path, workers: int, temporary: Path
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    temporary.mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "GRADUASI_DATABASE_URL": database_url,
        "GRADUASI_MODEL": str(model),
        "TMPDIR": str(temporary),
    }
    command = [*COMMAND, "--port", str(port), "--workers", str(workers)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, start_new_session=True) as process:
        address = f"http://127.0.0.1:{port}"
        try:
            _wait(lambda: _status(address) == 200)
            yield process, address
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def _status(address: str) -> int | None:
    try:
        return httpx.get(f"{address}/health/ready", timeout=5).status_code
    except httpx.HTTPError:
        return None


def _wait(holds: Callable[[], bool]) -> float:
    """Wait until it holds; the seconds that took."""
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < START_SECONDS
        time.sleep(0.05)
    return time.monotonic() - started


def _workers(parent: int) -> set[int]:
    """The processes below `parent` that answer requests."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return {int(pid) for pid in children if "spawn_main" in Path(f"/proc/{pid}/cmdline").read_text()}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_service_that_is_told_to_end_ends_well_and_leaves_no_copy_of_a_model(
    database_url: str, small_bundle: Path, tmp_path: Path, workers: int
) -> None:
    with _running(database_url, small_bundle, workers, tmp_path / "temporary") as (process, _):
        assert len(list((tmp_path / "temporary").glob("graduasi-serve-*"))) == 1
        process.terminate()
        assert process.wait(START_SECONDS) == 0
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_worker_that_dies_comes_back_with_the_model_that_the_others_serve(
    database_url: str, small_bundle: Path, tmp_path: Path
) -> None:
    model = shutil.copytree(small_bundle, tmp_path / "champion")
    with _running(database_url, model, 2, tmp_path / "temporary") as (process, address):
        shutil.rmtree(model)  # as a registry that is down, or has another champion by now
        for worker in sorted(_workers(process.pid))[:1]:
            before = _workers(process.pid)
            os.kill(worker, signal.SIGKILL)
            _wait(lambda: worker not in _workers(process.pid) and len(_workers(process.pid)) == 2)  # noqa: B023
            assert _workers(process.pid) != before
        versions = {httpx.get(f"{address}/health/ready", timeout=30).json()["model_version"] for _ in range(20)}
        assert len(versions) == 1


def test_the_service_s_own_copies_are_the_bundles_that_were_named_when_it_started(
    small_bundle: Path, tmp_path: Path
) -> None:
    named = shutil.copytree(small_bundle, tmp_path / "champion")
    with own_copies(Settings(model=str(named), pinned_models=f" {named} ,")) as copies:
        shutil.rmtree(named)
        models = load_models(Settings(model=copies["GRADUASI_MODEL"], pinned_models=copies["GRADUASI_PINNED_MODELS"]))
        folder = Path(copies["GRADUASI_MODEL"])
        assert folder.parent.stat().st_mode & 0o077 == 0
        assert models.default().version
    assert not folder.exists()
