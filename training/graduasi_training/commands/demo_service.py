"""What the demo keeps running until a person stops it: the service, and MLflow's page beside it."""

import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from graduasi.commands.console import result, say
from graduasi.errors import Refused

HOST = "127.0.0.1"
START_SECONDS = 120
"""Each may take as long to answer; on a busy machine MLflow alone takes half a minute."""
STOP_SECONDS = 30


def graduasi(command: list[str]) -> list[str]:
    """The command line that runs a `graduasi` command with this very Python."""
    return [sys.executable, "-c", "from graduasi.commands.cli import main; main()", *command]


def refuse_taken_ports(*ports: int) -> None:
    """Raises Refused with every port that something already listens on."""
    taken = [str(port) for port in ports if not _is_free(port)]
    if taken:
        raise Refused(
            f"--port: something listens on {' and '.join(taken)} already; the demo needs {' and '.join(map(str, ports))}, "
            "so choose another port, or stop what listens there"
        )


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a closed connection lingers
        try:
            listener.bind((HOST, port))
        except OSError:
            return False
        return True


def serve_until_stopped(folder: Path, environment: dict[str, str], port: int, *, message: str) -> None:
    """Start the service on `port` and MLflow on the next, print `message` once both answer, and wait until a person stops them.

    Raises Refused where one of them does not start, or the service ends by itself.
    """
    store = environment["GRADUASI_TRACKING_URI"]
    page = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", store, "--port", str(port + 1)]
    without_telemetry = {**environment, "MLFLOW_DISABLE_TELEMETRY": "true"}
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends all of it, as Ctrl-C does
    with (folder / "mlflow.log").open("w") as log:
        service = subprocess.Popen(graduasi(["serve", "--port", str(port)]), env=environment)
        mlflow = subprocess.Popen(page, env=without_telemetry, stdout=log, stderr=log, cwd=folder)
    try:
        wait_for("the service", service, port, "/health/live")
        wait_for(f"MLflow (see {log.name})", mlflow, port + 1, "/health")
        result(message)
        service.wait()
        raise Refused(f"the service ended with status {service.returncode}; what it said stands above")
    except KeyboardInterrupt:
        say("stopping")
    finally:
        service.terminate()
        mlflow.terminate()
        service.wait(STOP_SECONDS)
        mlflow.wait(STOP_SECONDS)


def wait_for(name: str, process: "subprocess.Popen[bytes]", port: int, path: str) -> None:
    """Return once the process answers GET `path` with 200. Raises Refused where it ends, or does not answer in START_SECONDS."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise Refused(f"{name} ended with status {process.returncode} instead of serving on port {port}")
        if _answers(port, path):
            return
        time.sleep(0.2)
    raise Refused(f"{name} did not answer on port {port} within {START_SECONDS} seconds")


def _answers(port: int, path: str) -> bool:
    with closing(HTTPConnection(HOST, port, timeout=2)) as connection:
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
