"""What keeps a demo from starting before it has removed anything, and that it waits until its services answer."""

import fcntl
import socket
import subprocess
import sys

import pytest

from graduasi.errors import Refused
from graduasi_training.commands import demo_steps
from graduasi_training.commands.demo_service import HOST, refuse_taken_ports, wait_for
from graduasi_training.commands.demo_steps import MARKER, run_demo


@pytest.fixture
def folder(tmp_path):
    """The folder of an earlier demo, with something in it."""
    (tmp_path / "demo" / "run").mkdir(parents=True)
    (tmp_path / "demo" / MARKER).touch()
    (tmp_path / "demo" / "run" / "card.md").write_text("card")
    return tmp_path / "demo"


@pytest.fixture
def listening():
    """A port on which something listens already."""
    with socket.create_server((HOST, 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def no_steps(monkeypatch):
    """The demo without its steps, which take minutes: it only empties its folder."""
    monkeypatch.setattr(demo_steps, "_steps", lambda folder, households: [])


@pytest.mark.parametrize("before", [0, 1])  # the service's port, or MLflow's
def test_a_taken_port_is_refused_before_anything_is_removed(folder, listening, before):
    with pytest.raises(Refused, match=rf"--port: something listens on .*\b{listening}\b"):
        run_demo(folder, households=500, serve=True, port=listening - before)
    assert (folder / "run" / "card.md").exists()


def test_both_taken_ports_are_named(listening):
    with socket.create_server((HOST, 0)) as other:
        second = other.getsockname()[1]
        with pytest.raises(Refused, match=f"{listening} and {second} already"):
            refuse_taken_ports(listening, second)


def test_a_folder_in_which_a_demo_still_runs_is_left_alone(folder, no_steps):
    with (folder / MARKER).open() as running:
        fcntl.flock(running, fcntl.LOCK_EX)
        with pytest.raises(Refused, match="a demo is running there; stop it, or choose another folder"):
            run_demo(folder, households=500, serve=False, port=8000)
    assert (folder / "run" / "card.md").exists()


def test_a_folder_that_no_demo_made_is_left_alone(folder, no_steps):
    (folder / MARKER).unlink()
    with pytest.raises(Refused, match="not empty, and no earlier demo made it"):
        run_demo(folder, households=500, serve=False, port=8000)
    assert (folder / "run" / "card.md").exists()


def test_an_earlier_demo_that_has_ended_is_removed_and_the_folder_stays_the_demos(folder, no_steps):
    (folder / "link").symlink_to(folder / "run")
    for _ in range(2):
        run_demo(folder, households=500, serve=False, port=8000)
    assert [entry.name for entry in folder.iterdir()] == [MARKER]


def test_a_second_demo_is_kept_out_while_the_first_works_in_the_folder(folder, monkeypatch):
    def while_it_works(folder, households):
        with pytest.raises(Refused, match="a demo is running there"):
            run_demo(folder, households=500, serve=False, port=8000)
        return []

    monkeypatch.setattr(demo_steps, "_steps", while_it_works)
    run_demo(folder, households=500, serve=False, port=8000)


def test_a_process_that_ends_instead_of_serving_is_refused_with_its_status(listening):
    with subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"]) as process:
        process.wait()
        with pytest.raises(Refused, match=f"^the service ended with status 3 instead of serving on port {listening}$"):
            wait_for("the service", process, listening, "/health/live")


def test_a_process_that_does_not_answer_in_time_is_refused(listening, monkeypatch):
    monkeypatch.setattr("graduasi_training.commands.demo_service.START_SECONDS", 0)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        with pytest.raises(Refused, match="did not answer on port"):
            wait_for("the service", process, listening, "/health/live")
        process.kill()
