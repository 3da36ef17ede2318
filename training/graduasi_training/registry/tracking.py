"""Writing a training run to MLflow: parameters, metrics, the panel's digest, the artefacts, and the registered model.

Of the panel only digests and counts are written, never rows. The artefacts of a SQLite store lie in a folder beside it.
"""

import io
import json
from collections.abc import Mapping
from contextlib import redirect_stderr
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from graduasi.errors import Refused
from graduasi_training.judging.candidate import HEADLINES
from graduasi_training.pipeline import Trained
from graduasi_training.registry.pyfunc_signature import allowed_columns, signature_of
from graduasi_training.registry.store import is_absent, opened_store, registered_name, sqlite_file, store_name

EXPERIMENT = "graduasi"
PYFUNC = Path(__file__).with_name("pyfunc_model.py")
"""Logged as the model's code."""
REQUIREMENTS = ("graduasi", "numpy", "pandas", "pyarrow", "pydantic")


@dataclass(frozen=True)
class ChildRun:
    """A part of a training run, which MLflow shows below it. Metrics that are None are not logged."""

    name: str
    kind: str
    params: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float | None] = field(default_factory=dict)


def log_run(trained: Trained, *, uri: str) -> str:
    """Log the run with its folds and trials, register its model, and return the new version's number."""
    tags = _tags(trained)
    with opened_store(uri) as mlflow:
        _use_experiment(mlflow, uri)
        with mlflow.start_run(run_name=f"{trained.study.programme.name}-{trained.digest[:12]}"):
            parameters = _parameters(trained)
            mlflow.log_params(parameters)
            mlflow.set_tags(tags)
            dataset = _log_dataset(mlflow, trained.evaluation["data"])
            for file in ("evaluation.json", "card.md", "report.html"):
                mlflow.log_artifact(str(trained.out / file))
            model = _log_model(mlflow, trained, parameters, tags)
            _log_metrics(mlflow, trained.evaluation["folds"], model_id=model.model_id, dataset=dataset)
            for child in _fold_runs(trained.evaluation):
                _log_child(mlflow, child)
            log_trials(mlflow, trained.evaluation["tuning"])
        name, number = registered_name(trained.study.programme.name), str(model.registered_model_version)
        client = mlflow.MlflowClient()
        for key, value in tags.items():
            client.set_model_version_tag(name, number, key, value)
        client.update_model_version(name, number, description=_description(trained))
        return number


def refuse_deleted_experiment(uri: str) -> None:
    """Raise Refused if the store's experiment was deleted: MLflow would say so only once everything is learned."""
    if is_absent(uri):
        return
    with opened_store(uri) as mlflow:
        experiment = mlflow.get_experiment_by_name(EXPERIMENT)
    if experiment is not None and experiment.lifecycle_stage == "deleted":
        raise Refused(
            f"the experiment {EXPERIMENT} was deleted in {store_name(uri)}: restore it "
            f"(mlflow experiments restore --experiment-id {experiment.experiment_id}), or name another store"
        )


def _log_model(mlflow: Any, trained: Trained, parameters: dict[str, Any], tags: dict[str, str]) -> Any:
    dictionary = trained.study.dictionary
    with redirect_stderr(io.StringIO()):  # MLflow announces every version there, whatever the log level
        return mlflow.pyfunc.log_model(
            name="readiness",
            python_model=str(PYFUNC),
            artifacts={"bundle": str(trained.out / "bundle")},
            pip_requirements=[f"{package}=={version(package)}" for package in REQUIREMENTS],
            registered_model_name=registered_name(trained.study.programme.name),
            signature=signature_of(dictionary),
            metadata={"bundle_digest": trained.digest, "columns": allowed_columns(dictionary)},
            params=parameters,
            tags=tags,
        )


def _tags(trained: Trained) -> dict[str, str]:
    """The tags of run, model and version: what a version can be recognised by."""
    data, study = trained.evaluation["data"], trained.study
    return {
        "bundle_digest": trained.digest,
        "synthetic": str(study.dictionary.synthetic).lower(),
        "label": study.programme.target.name,
        "data_window": f"{data['first_as_of']} to {data['last_as_of']}",
        "panel_sha256": data["sha256"],
    }


def _description(trained: Trained) -> str:
    fold = trained.evaluation["folds"][-1]
    figures = fold["candidates"]["champion"]
    synthetic = " Synthetic data." if trained.study.dictionary.synthetic else ""
    return f"{trained.fitted.chosen}; the procedure on {fold['test_as_of']}: AUC {figures['auc']:.3f}.{synthetic}"


def _fold_runs(evaluation: dict[str, Any]) -> list[ChildRun]:
    return [
        ChildRun(
            f"fold {fold['test_as_of']}",
            "fold",
            {"test_as_of": fold["test_as_of"], "chosen": fold["chosen"], "train_rows": fold["train_rows"]},
            _figures(fold),
        )
        for fold in evaluation["folds"]
    ]


def _log_child(mlflow: Any, child: ChildRun) -> None:
    with mlflow.start_run(run_name=child.name, nested=True, tags={"kind": child.kind}):
        mlflow.log_params(dict(child.params))
        mlflow.log_metrics({key: value for key, value in child.metrics.items() if value is not None})


def _use_experiment(mlflow: Any, uri: str) -> None:
    """Make the experiment the active one. A SQLite store gets a folder for artefacts beside it, not in the working folder."""
    if mlflow.get_experiment_by_name(EXPERIMENT) is None:
        file = sqlite_file(uri)
        artifacts = None if file is None else (file.resolve().parent / "mlartifacts").as_uri()
        mlflow.create_experiment(EXPERIMENT, artifact_location=artifacts)
    mlflow.set_experiment(EXPERIMENT)


def _parameters(trained: Trained) -> dict[str, Any]:
    settings = trained.settings
    trees = {f"trees_{key}": value for key, value in asdict(settings.trees).items()}
    programme, dictionary = trained.study.programme, trained.study.dictionary
    return {
        "champion": trained.fitted.chosen, "label": programme.target.name, "C": settings.C, "seed": settings.seed, **trees,
        "dictionary": f"{dictionary.name} {dictionary.version}", "programme": f"{programme.name} {programme.version}",
        "features": len(trained.study.features), "synthetic": dictionary.synthetic,
    }  # fmt: skip


def _headlines(fold: dict[str, Any]) -> dict[str, float | None]:
    figures = fold["candidates"]["champion"]
    return {**{key: figures[key] for key in HEADLINES}, "base_rate": fold["base_rate"]}


def _log_metrics(mlflow: Any, folds: list[dict[str, Any]], *, model_id: str, dataset: Any) -> None:
    """Log each fold's figures as a step of the run; those of the last fold are also the model's."""
    run_id, client = mlflow.active_run().info.run_id, mlflow.MlflowClient()
    for step, fold in enumerate(folds[:-1]):  # by the client: metrics that a run logs itself become the model's too
        figures = [mlflow.entities.Metric(key, value, 0, step) for key, value in _figures(fold).items()]
        client.log_batch(run_id, metrics=figures)
    mlflow.log_metrics(_figures(folds[-1]), step=len(folds) - 1, model_id=model_id, dataset=dataset)


def _figures(fold: dict[str, Any]) -> dict[str, float]:
    figures = {**_headlines(fold), "train_rows": fold["train_rows"], "test_rows": fold["test_rows"]}
    return {key: float(value) for key, value in figures.items() if value is not None}


def _log_dataset(mlflow: Any, data: dict[str, Any]) -> Any:
    """Log the panel's digest and sizes as an MLflow dataset, and return it. No row is logged."""
    source = mlflow.data.http_dataset_source.HTTPDatasetSource("urn:graduasi:panel")
    dataset = mlflow.data.meta_dataset.MetaDataset(source=source, name="panel", digest=data["sha256"][:32])
    mlflow.log_input(dataset, context="training")
    mlflow.set_tag("panel_facts", json.dumps(data))
    return dataset


def log_trials(mlflow: Any, tuning: dict[str, Any] | None) -> None:
    """Log each trial of the search as a run below the active one: its settings, its log loss, its seconds."""
    if tuning is None:
        return
    for number, trial in enumerate(tuning["history"]):
        with mlflow.start_run(run_name=f"trial-{number}", nested=True):
            mlflow.log_params(trial["settings"])
            mlflow.log_metrics({"log_loss": trial["log_loss"], "seconds": trial["seconds"]})
            mlflow.set_tags(
                {
                    "kind": "trial",
                    "within_one_standard_error": str(trial["within_one_standard_error"]).lower(),
                    "chosen": str(trial["settings"] == tuning["chosen"]).lower(),
                }
            )
