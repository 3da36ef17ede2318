"""Registered versions and their aliases: finding them, promotion through the gates, rollback, and their history."""

import getpass
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from graduasi.bundle import load_bundle, open_sealed
from graduasi.bundle.manifest import unseal
from graduasi.declarations.programme import Promotion
from graduasi.errors import BundleError, Refused
from graduasi_training.evaluation.incumbent import Incumbent
from graduasi_training.registry import alias_history
from graduasi_training.registry.alias_history import Change
from graduasi_training.registry.gates import Challenger, Finding, findings
from graduasi_training.registry.store import (
    MODEL_PREFIX,
    is_absent,
    opened_store,
    registered_name,
    store_name,
    tracking_uri,
)

CHAMPION, CHALLENGER = "champion", "challenger"
ACTOR_VARIABLE = "GRADUASI_ACTOR"


@dataclass(frozen=True)
class Version:
    """A registered version of a model. `version` is its number within `name`; `created` is an ISO time in UTC."""

    name: str
    version: str
    aliases: tuple[str, ...]
    digest: str
    synthetic: bool
    run_id: str
    label: str
    data_window: str
    created: str


@dataclass(frozen=True)
class Act:
    """Who changes an alias, when and why."""

    who: str
    when: datetime
    why: str | None = None


@dataclass(frozen=True)
class Promoted:
    """The version that has the alias now, findings that could not tell, and refusals that were set aside."""

    version: Version
    undecided: tuple[Finding, ...] = ()
    overrode: tuple[Finding, ...] = ()
    unchanged: bool = False
    """It had the alias already, so no gate was asked and nothing was recorded."""


def actor() -> str:
    """The name for the history: GRADUASI_ACTOR where it is set (a service account acts for a person), else the user of this machine."""
    try:
        return os.environ.get(ACTOR_VARIABLE) or getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        return f"uid {os.getuid()}"


def versions(uri: str | None = None) -> list[Version]:
    """Every registered version, by name and number; none where the store's file does not exist."""
    if is_absent(tracking_uri(uri)):
        return []
    with _client(uri) as client:
        registered = [
            _version(entry, model.aliases)
            for model in client.search_registered_models(max_results=1000)
            if model.name.startswith(MODEL_PREFIX)
            for entry in client.search_model_versions(f"name={_quoted(model.name)}")
            if "bundle_digest" in entry.tags  # a shared store may hold other models that are called so
        ]
        return sorted(registered, key=lambda version: (version.name, int(version.version)))


def _quoted(name: str) -> str:
    """A name as MLflow's filters take it: in the quotation marks that it does not hold itself."""
    return f'"{name}"' if "'" in name else f"'{name}'"


def promote(number: str, *, act: Act, alias: str = CHAMPION, uri: str | None = None, force: bool = False) -> Promoted:
    """Give the version `number` (or NAME/NUMBER) the alias, if it passes the gates.

    With `force` it gets the alias even so, and the history names the gates that were set aside. The alias `challenger` has no
    gates, because a challenger serves nobody. A version that has the alias keeps it, and nothing is recorded. Raises Refused
    with every reason of every gate.
    """
    chosen = _find_version(number, uri)
    if alias in chosen.aliases:
        return Promoted(chosen, unchanged=True)
    findings_of_gates = [] if alias == CHALLENGER else findings_on(chosen, uri)
    refusals = tuple(finding for finding in findings_of_gates if finding.refuses)
    if refusals and not force:
        raise Refused([f"{chosen.name} {chosen.version} is not promoted: {finding}" for finding in refusals])
    overrode = tuple(dict.fromkeys(finding.gate for finding in refusals))
    _set_alias(chosen, alias, act=act, kind="promote", uri=uri, overrode=overrode)
    if alias == CHAMPION and CHALLENGER in chosen.aliases:
        with _client(uri) as client:
            client.delete_registered_model_alias(chosen.name, CHALLENGER)
    undecided = tuple(finding for finding in findings_of_gates if not finding.refuses)
    return Promoted(chosen, undecided, overrode=refusals)


def findings_on(chosen: Version, uri: str | None = None) -> list[Finding]:
    """The findings of the gates on a version that asks to take the place of the version in service."""
    serving = _champion_of(chosen.name, uri)
    if serving is not None and serving.version == chosen.version:
        serving = None  # a version is not compared with itself
    with TemporaryDirectory(prefix="graduasi-") as folder:
        bundle = _download(chosen, Path(folder), uri)
        return findings(
            Challenger(
                _evaluation_of(chosen, uri),
                bundle,
                chosen.digest,
                _limits(bundle),
                None if serving is None else serving.version,
                None if serving is None else _evaluation_of(serving, uri),
            )
        )


def _limits(bundle: Path) -> Promotion:
    """The limits of the version's own programme; the defaults where its bundle cannot be read, which another gate refuses."""
    try:
        return open_sealed(unseal(bundle)).programme.promotion
    except Refused:
        return Promotion()


def rollback(*, act: Act, alias: str = CHAMPION, uri: str | None = None) -> Version:
    """Give the alias (or NAME@ALIAS) back to the version that had it before, and return that version. Raises Refused where there was none."""
    registered = versions(uri)
    current, alias = _with_alias(alias, registered), alias.rpartition("@")[2]
    if current is None:
        raise Refused(f"no version in {store_name(tracking_uri(uri))} has the alias {alias}; promote one first")
    number = alias_history.version_before(history(current.name, uri), alias)
    before = next((entry for entry in registered if (entry.name, entry.version) == (current.name, number)), None)
    if before is None and number is not None:
        raise Refused(
            f"{current.name} {number} had {alias} before, and is not in the store any more; promote another version"
        )
    if before is None:
        raise Refused(f"{current.name} {current.version} is the first {alias}; there is nothing to go back to")
    _set_alias(before, alias, act=act, kind="rollback", uri=uri)
    return before


def make_challenger(name: str, number: str, *, act: Act, uri: str | None = None) -> None:
    """Give a newly trained version the alias `challenger`, in place of an earlier one."""
    _set_alias(_find_version(f"{name}/{number}", uri), CHALLENGER, act=act, kind="train", uri=uri)


def history(name: str, uri: str | None = None) -> list[Change]:
    """Every change of an alias of the registered model `name`, oldest first."""
    with _client(uri) as client:
        return alias_history.read_history(client.get_registered_model(name).tags)


def find_bundle(model: str, folder: Path) -> Path:
    """Download the bundle of the version that has the alias `model` (or NAME@ALIAS) into `folder`, and return where it lies.

    Raises BundleError, which names the store and its aliases, when no version has the alias.
    """
    registered = versions()
    chosen = _with_alias(model, registered)
    if chosen is None:
        aliases = ", ".join(sorted({alias for entry in registered for alias in entry.aliases})) or "none"
        raise BundleError(
            f"{model}: neither a bundle's folder nor an alias in {store_name(tracking_uri(None))}; aliases there: {aliases}"
        )
    return _download(chosen, folder, None)


def incumbent_of(programme: str, uri: str | None = None) -> Incumbent | None:
    """The version in service for a programme, with its bundle to compare with; None when none serves."""
    serving = _champion_of(registered_name(programme), uri)
    if serving is None:
        return None
    try:
        with TemporaryDirectory(prefix="graduasi-") as folder:
            return Incumbent(serving.version, load_bundle(_download(serving, Path(folder), uri)))
    except Refused as refusal:
        return Incumbent(serving.version, None, f"its bundle cannot be used: {refusal.reasons[0]}")


def _champion_of(name: str, uri: str | None) -> Version | None:
    """The champion of the registered model `name`; None when it has none."""
    return next((entry for entry in versions(uri) if entry.name == name and CHAMPION in entry.aliases), None)


def _with_alias(model: str, registered: list[Version]) -> Version | None:
    """The version that has the alias `model`, or NAME@ALIAS where several models have one; None when none has it."""
    name, _, alias = model.rpartition("@")
    matches = [entry for entry in registered if alias in entry.aliases and name in ("", entry.name)]
    if len(matches) > 1:
        names = " or ".join(f"{entry.name}@{alias}" for entry in matches)
        raise Refused(f"{alias}: {len(matches)} models have it; say which: {names}")
    return matches[0] if matches else None


def _version(entry: Any, aliases: Mapping[str, Any]) -> Version:
    """MLflow's entry of a version as ours. `aliases` are the registered model's, with the version number of each."""
    tags = entry.tags
    return Version(
        entry.name,
        str(entry.version),
        tuple(sorted(alias for alias, number in aliases.items() if str(number) == str(entry.version))),
        tags.get("bundle_digest", ""),
        tags.get("synthetic") == "true",
        entry.run_id,
        tags.get("label", ""),
        tags.get("data_window", ""),
        datetime.fromtimestamp(entry.creation_timestamp / 1000, UTC).isoformat(timespec="seconds"),
    )


def _download(chosen: Version, folder: Path, uri: str | None) -> Path:
    """Download the version's bundle into `folder`, and return where its manifest lies."""
    with opened_store(uri) as mlflow:
        store = tracking_uri(uri)
        source = mlflow.MlflowClient(store).get_model_version_download_uri(chosen.name, chosen.version)
        model = mlflow.artifacts.download_artifacts(artifact_uri=source, dst_path=str(folder), tracking_uri=store)
    bundle = next((path.parent for path in Path(model).rglob("manifest.json")), None)
    if bundle is None:
        raise BundleError(f"{chosen.name}/{chosen.version}: holds no bundle; it was not logged by graduasi")
    return bundle


def _find_version(number: str, uri: str | None) -> Version:
    """The version with the number, or NAME/NUMBER. Raises Refused where there is none, or more than one."""
    registered = versions(uri)
    matches = [entry for entry in registered if number in (entry.version, f"{entry.name}/{entry.version}")]
    if len(matches) == 1:
        return matches[0]
    names = ", ".join(f"{entry.name}/{entry.version}" for entry in registered) or "none"
    fault = "more than one model has it" if matches else f"no such version in {store_name(tracking_uri(uri))}"
    raise Refused(f"{number}: {fault}; registered: {names}")


def _evaluation_of(chosen: Version, uri: str | None) -> dict[str, Any]:
    with opened_store(uri) as mlflow:
        return dict(json.loads(mlflow.artifacts.load_text(f"runs:/{chosen.run_id}/evaluation.json")))


def _set_alias(
    chosen: Version, alias: str, *, act: Act, kind: Any, uri: str | None, overrode: tuple[str, ...] = ()
) -> None:
    """Give the version the alias and add that to the history; `kind` is the history's `act`."""
    when = act.when.isoformat(timespec="seconds")
    change = Change(when, act.who, kind, alias, chosen.version, chosen.digest, act.why, overrode)
    key, value = alias_history.tag_of(change, history(chosen.name, uri))
    with _client(uri) as client:
        client.set_registered_model_alias(chosen.name, alias, chosen.version)
        client.set_registered_model_tag(chosen.name, key, value)


@contextmanager
def _client(uri: str | None) -> Iterator[Any]:
    with opened_store(uri) as mlflow:
        yield mlflow.MlflowClient(tracking_uri(uri))
