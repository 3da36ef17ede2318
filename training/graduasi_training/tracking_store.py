"""Where MLflow keeps runs and models, and how it is spoken to without its telemetry and chatter."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

DEFAULT_URI = "sqlite:///mlflow.db"
URI_VARIABLE = "GRADUASI_TRACKING_URI"


def tracking_uri(given: str | None) -> str:
    """The store to use: the one given, else GRADUASI_TRACKING_URI, else a SQLite file in the working folder."""
    return given or os.environ.get(URI_VARIABLE) or DEFAULT_URI


@contextmanager
def quiet_mlflow() -> Iterator[Any]:
    """MLflow without telemetry, advertising and schema-migration chatter."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow

        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.ERROR)
        yield mlflow


def registered_name(programme: str) -> str:
    """The registered model of a programme."""
    return f"graduasi-{programme}"
