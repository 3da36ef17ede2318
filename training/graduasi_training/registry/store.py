"""Where MLflow keeps runs and models, and how it is spoken to without its telemetry, chatter and tracebacks."""

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
SQLITE = "sqlite:///"
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    # MLflow's own 7 retries of 120 seconds each keep a person waiting for minutes to read a mistyped address.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}
TOLD = 300


def tracking_uri(given: str | None) -> str:
    """The store to use: the one given, else GRADUASI_TRACKING_URI, else a SQLite file in the working folder."""
    return given or os.environ.get(URI_VARIABLE) or DEFAULT_URI


def sqlite_file(uri: str) -> Path | None:
    """The file of a SQLite store; None for every other store."""
    return Path(uri.removeprefix(SQLITE).partition("?")[0]) if uri.startswith(SQLITE) else None


def is_absent(uri: str) -> bool:
    """Whether this is a SQLite store without its file, which MLflow would create even to read from it."""
    file = sqlite_file(uri)
    return file is not None and not file.exists()


def named(uri: str) -> str:
    """The store as a message names it: without a password, and whether it is there at all."""
    shown = without_passwords(uri).partition("?")[0]
    return f"{shown} (there is no such file)" if is_absent(uri) else shown


def without_passwords(text: str) -> str:
    """The text with every URI in it as it was, but for passwords."""
    return re.sub(r"(://[^:/?#@\s]*):[^\s]*@", r"\1@", text)


@contextmanager
def opened_store(given: str | None = None) -> Iterator[Any]:
    """MLflow, which reads and writes that store. Raises Refused, naming the store, for whatever MLflow cannot do there."""
    uri = tracking_uri(given)
    with quiet_mlflow() as mlflow:
        from sqlalchemy.exc import SQLAlchemyError  # MLflow lets those of its database through

        mlflow.set_tracking_uri(uri)
        try:
            yield mlflow
        except (mlflow.exceptions.MlflowException, SQLAlchemyError) as error:
            raise Refused(
                f"the MLflow store {named(uri)} cannot be used; start it, or name another in {URI_VARIABLE}. MLflow says: {_told(error, uri)}"
            ) from None


def _told(error: Exception, uri: str) -> str:
    """The first line of what MLflow says, cut where it is long: a server may answer with a page."""
    line = (str(error).strip() or type(error).__name__).splitlines()[0]
    line = without_passwords(line.replace(uri, named(uri)))
    return line if len(line) <= TOLD else line[: TOLD - 1] + "…"


@contextmanager
def quiet_mlflow() -> Iterator[Any]:
    """MLflow without telemetry, advertising and schema-migration chatter."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow

        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.ERROR)
        yield mlflow


def registered_name(programme: str) -> str:
    """The registered model of a programme."""
    return f"graduasi-{programme}"
