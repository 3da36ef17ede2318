"""Writing a training run to MLflow: parameters, metrics, the data's digest, the artefacts, and a registered model.

Only digests and counts leave the panel, never rows. With a SQLite store the artefacts lie beside it.
"""

import io
import json
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from graduasi_training.fitting import Settings
from graduasi_training.judging import HEADLINES
from graduasi_training.pipeline import Trained
from graduasi_training.tuning_report import log_trials

DEFAULT_URI = "sqlite:///mlflow.db"
URI_VARIABLE = "GRADUASI_TRACKING_URI"
EXPERIMENT = "graduasi"
PYFUNC = Path(__file__).with_name("pyfunc_model.py")
REQUIREMENTS = ("graduasi", "numpy", "pandas", "pyarrow", "pydantic")


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


def log_run(trained: Trained, *, uri: str, settings: Settings) -> str:
    """Log the run and register its model; return the new version. The registered name is that of the programme."""
    with quiet_mlflow() as mlflow:
        mlflow.set_tracking_uri(uri)
        _use_experiment(mlflow, uri)
        name = registered_name(trained.study.programme.name)
        with mlflow.start_run(run_name=f"{trained.study.programme.name}-{trained.digest[:12]}"):
            mlflow.log_params(_parameters(trained, settings))
            _log_metrics(mlflow, trained.evaluation)
            _log_dataset(mlflow, trained.evaluation["data"])
            log_trials(mlflow, trained.evaluation["tuning"])
            for file in ("evaluation.json", "card.md", "report.html"):
                mlflow.log_artifact(str(trained.out / file))
            with redirect_stderr(io.StringIO()):  # it announces every version there, whatever the log level
                model = mlflow.pyfunc.log_model(
                    name="readiness",
                    python_model=str(PYFUNC),
                    artifacts={"bundle": str(trained.out / "bundle")},
                    pip_requirements=[f"{package}=={version(package)}" for package in REQUIREMENTS],
                    registered_model_name=name,
                )
        number = str(model.registered_model_version)
        client = mlflow.MlflowClient()
        client.set_model_version_tag(name, number, "bundle_digest", trained.digest)
        client.set_model_version_tag(name, number, "synthetic", str(trained.study.dictionary.synthetic).lower())
        return number


def registered_name(programme: str) -> str:
    """The registered model of a programme."""
    return f"graduasi-{programme}"


def _use_experiment(mlflow: Any, uri: str) -> None:
    """The experiment; a SQLite store keeps its artefacts in a folder beside it, not in the working folder."""
    if mlflow.get_experiment_by_name(EXPERIMENT) is None:
        place = None
        if uri.startswith("sqlite:///"):
            place = (Path(uri.removeprefix("sqlite:///")).resolve().parent / "mlartifacts").as_uri()
        mlflow.create_experiment(EXPERIMENT, artifact_location=place)
    mlflow.set_experiment(EXPERIMENT)


def _parameters(trained: Trained, settings: Settings) -> dict[str, Any]:
    trees = {f"trees_{key}": value for key, value in asdict(settings.trees).items()}
    programme, dictionary = trained.study.programme, trained.study.dictionary
    return {
        "champion": trained.fitted.chosen, "label": programme.target.name, "C": settings.C, "seed": settings.seed, **trees,
        "dictionary": f"{dictionary.name} {dictionary.version}", "programme": f"{programme.name} {programme.version}",
        "features": len(trained.study.features), "synthetic": dictionary.synthetic,
    }  # fmt: skip


def _log_metrics(mlflow: Any, evaluation: dict[str, Any]) -> None:
    for step, fold in enumerate(evaluation["folds"]):
        figures = fold["candidates"]["champion"]
        mlflow.log_metrics({key: figures[key] for key in HEADLINES if figures[key] is not None}, step=step)
        mlflow.log_metrics(
            {"base_rate": fold["base_rate"], "train_rows": fold["train_rows"], "test_rows": fold["test_rows"]},
            step=step,
        )


def _log_dataset(mlflow: Any, data: dict[str, Any]) -> None:
    """The panel's digest and size as an MLflow dataset; its rows stay where they are."""
    source = mlflow.data.http_dataset_source.HTTPDatasetSource("urn:graduasi:panel")
    facts = mlflow.data.meta_dataset.MetaDataset(source=source, name="panel", digest=data["sha256"][:32])
    mlflow.log_input(facts, context="training")
    mlflow.set_tags({"panel_sha256": data["sha256"], "panel_facts": json.dumps(data)})
