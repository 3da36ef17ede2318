"""The model registry: versions, the champion's alias, promotion through gates, rollback."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from graduasi.errors import Refused
from graduasi_training.gates import refusals
from graduasi_training.tracking import quiet_mlflow, tracking_uri

PREFIX = "graduasi-"
HISTORY_TAG = "graduasi.history"


@dataclass(frozen=True)
class Version:
    """One registered model version."""

    name: str
    version: str
    aliases: tuple[str, ...]
    digest: str
    synthetic: bool
    run_id: str


def versions(uri: str | None = None) -> list[Version]:
    """Every registered version, by name and number."""
    with quiet_mlflow() as mlflow:
        client = mlflow.MlflowClient(tracking_uri(uri))
        found = []
        for model in client.search_registered_models(max_results=1000):
            if model.name.startswith(PREFIX):
                for entry in client.search_model_versions(f"name='{model.name}'"):
                    names = tuple(
                        sorted(alias for alias, version in model.aliases.items() if str(version) == str(entry.version))
                    )
                    found.append(_version(entry, names))
        return sorted(found, key=lambda entry: (entry.name, int(entry.version)))


def _version(entry: Any, aliases: tuple[str, ...]) -> Version:
    digest = entry.tags.get("bundle_digest", "")
    return Version(entry.name, str(entry.version), aliases, digest, entry.tags.get("synthetic") == "true", entry.run_id)


def promote(number: str, *, alias: str, when: datetime, uri: str | None = None) -> Version:
    """Give a version the alias if it passes the gates. Raises Refused with every reason when it does not."""
    chosen = _find(number, uri)
    reasons = refusals(_evaluation_of(chosen, uri))
    if reasons:
        raise Refused([f"{chosen.name} {chosen.version} is not promoted: {reason}" for reason in reasons])
    _set_alias(chosen, alias, when=when, uri=uri, act="promote")
    return chosen


def rollback(*, alias: str, when: datetime, uri: str | None = None) -> Version:
    """Give the alias back to the version that had it before. Raises Refused when there was none."""
    current = next((entry for entry in versions(uri) if alias in entry.aliases), None)
    if current is None:
        raise Refused(f"no version has the alias {alias}; promote one first")
    past = [entry for entry in history(current.name, uri) if entry["alias"] == alias]
    served: list[str] = []
    for entry in past:
        served = served[:-1] if entry["act"] == "rollback" else [*served, entry["version"]]
    if len(served) < 2:
        raise Refused(f"{current.name} {current.version} is the first {alias}; there is nothing to go back to")
    before = next(entry for entry in versions(uri) if entry.name == current.name and entry.version == served[-2])
    _set_alias(before, alias, when=when, uri=uri, act="rollback")
    return before


def history(name: str, uri: str | None = None) -> list[dict[str, str]]:
    """Every change of an alias, oldest first: when, which act, alias and version."""
    with quiet_mlflow() as mlflow:
        model = mlflow.MlflowClient(tracking_uri(uri)).get_registered_model(name)
        return list(json.loads(model.tags.get(HISTORY_TAG, "[]")))


def find_bundle(model: str) -> Path | None:
    """The bundle of a version that has the alias `model`, downloaded; None when no version has it."""
    chosen = next((entry for entry in versions() if model in entry.aliases), None)
    if chosen is None:
        return None
    with quiet_mlflow() as mlflow:
        client = mlflow.MlflowClient(tracking_uri(None))
        source = client.get_model_version_download_uri(chosen.name, chosen.version)
        folder = Path(
            mlflow.artifacts.download_artifacts(
                artifact_uri=source, dst_path=mkdtemp(prefix="graduasi-"), tracking_uri=tracking_uri(None)
            )
        )
    return next(path.parent for path in folder.rglob("manifest.json"))


def _find(number: str, uri: str | None) -> Version:
    found = [entry for entry in versions(uri) if entry.version == number or f"{entry.name}/{entry.version}" == number]
    if len(found) == 1:
        return found[0]
    known = ", ".join(f"{entry.name}/{entry.version}" for entry in versions(uri)) or "none"
    raise Refused(f"{number}: {'no such version' if not found else 'more than one model has it'}; registered: {known}")


def _evaluation_of(chosen: Version, uri: str | None) -> dict[str, Any]:
    with quiet_mlflow() as mlflow:
        mlflow.set_tracking_uri(tracking_uri(uri))
        text = mlflow.artifacts.load_text(f"runs:/{chosen.run_id}/evaluation.json")
        return dict(json.loads(text))


def _set_alias(chosen: Version, alias: str, *, when: datetime, uri: str | None, act: str) -> None:
    past = history(chosen.name, uri)
    entry = {
        "when": when.isoformat(timespec="seconds"),
        "act": act,
        "alias": alias,
        "version": chosen.version,
        "digest": chosen.digest,
    }
    with quiet_mlflow() as mlflow:
        client = mlflow.MlflowClient(tracking_uri(uri))
        client.set_registered_model_alias(chosen.name, alias, chosen.version)
        client.set_registered_model_tag(chosen.name, HISTORY_TAG, json.dumps([*past, entry]))
