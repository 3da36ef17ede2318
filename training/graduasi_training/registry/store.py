"""The MLflow store: which one is used, and how to open it without MLflow's telemetry, chatter and tracebacks."""

import logging
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from graduasi.errors import Refused

DEFAULT_URI = "sqlite:///mlflow.db"
URI_VARIABLE = "GRADUASI_TRACKING_URI"
SQLITE_PREFIX = "sqlite:///"
MODEL_PREFIX = "graduasi-"
"""Begins the name of every registered model of this package."""
MLFLOW_VARIABLES = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    # MLflow's own 7 retries of 120 seconds each keep a person waiting for minutes to read a mistyped address.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}
MAX_MESSAGE = 300
"""In characters, of what MLflow says in an error."""


def tracking_uri(given: str | None) -> str:
    """The URI of the store: the one given, else GRADUASI_TRACKING_URI, else a SQLite file in the working folder."""
    return given or os.environ.get(URI_VARIABLE) or DEFAULT_URI


def sqlite_file(uri: str) -> Path | None:
    """The file of a SQLite store; None for every other store."""
    return Path(uri.removeprefix(SQLITE_PREFIX).partition("?")[0]) if uri.startswith(SQLITE_PREFIX) else None


def is_absent(uri: str) -> bool:
    """Whether this is a SQLite store whose file does not exist. MLflow would create it even to read from it."""
    file = sqlite_file(uri)
    return file is not None and not file.exists()


def store_name(uri: str) -> str:
    """The store's URI for a message: without a password, and with a hint where its file does not exist."""
    return f"{address_shown(uri)} (there is no such file)" if is_absent(uri) else address_shown(uri)


def address_shown(uri: str) -> str:
    """The store's URI without a password and without its query."""
    return without_passwords(uri).partition("?")[0]


def without_passwords(text: str) -> str:
    """The text without the passwords of the URIs in it."""
    return re.sub(r"(://[^:/?#@\s]*):[^\s]*@", r"\1@", text)


@contextmanager
def opened_store(given: str | None = None) -> Iterator[Any]:
    """The module `mlflow`, set to that store (default: `tracking_uri`). Errors of MLflow become Refused, which names the store."""
    uri = tracking_uri(given)
    with quiet_mlflow() as mlflow:
        from sqlalchemy.exc import SQLAlchemyError  # MLflow does not wrap the errors of its database

        mlflow.set_tracking_uri(uri)
        try:
            yield mlflow
        except (mlflow.exceptions.MlflowException, SQLAlchemyError) as error:
            raise Refused(
                f"the MLflow store {store_name(uri)} cannot be used; start it, or name another in {URI_VARIABLE}. MLflow says: {_first_line(error, uri)}"
            ) from None


def _first_line(error: Exception, uri: str) -> str:
    """The first line of the error without passwords, cut where it is long: a server may answer with a whole page."""
    line = (str(error).strip() or type(error).__name__).splitlines()[0]
    line = without_passwords(line.replace(uri, store_name(uri)))
    return line if len(line) <= MAX_MESSAGE else line[: MAX_MESSAGE - 1] + "…"


@contextmanager
def quiet_mlflow() -> Iterator[Any]:
    """The module `mlflow` without telemetry, advertising, and messages of schema migrations."""
    for name, value in MLFLOW_VARIABLES.items():
        os.environ.setdefault(name, value)
    os.environ.pop("MLFLOW_RUN_ID", None)  # set by `mlflow run` and by some runtimes: our runs are new ones
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow

        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.ERROR)
        yield mlflow


def registered_name(programme: str) -> str:
    """The name of the registered model of a programme. Raises Refused for one that no store takes."""
    if any(mark in programme for mark in "/:"):
        raise Refused(
            "[programme] name: MLflow takes no / and no : in the name of a model; give the programme another name"
        )
    return f"{MODEL_PREFIX}{programme}"
