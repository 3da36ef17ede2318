"""The model registry: versions and their aliases, promotion through gates, rollback, and what served when."""

import getpass
import json
import os
from collections.abc import Iterator
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
from graduasi_training.registry.gates import Candidate, Finding, findings
from graduasi_training.registry.store import is_absent, named, opened_store, registered_name, tracking_uri

PREFIX = "graduasi-"
CHAMPION, CHALLENGER = "champion", "challenger"
ACTOR_VARIABLE = "GRADUASI_ACTOR"


@dataclass(frozen=True)
class Version:
    """One registered model version."""

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
    """The version that has the alias now, gates that could not tell, and gates that were set aside."""

    version: Version
    untold: tuple[Finding, ...] = ()
    overrode: tuple[Finding, ...] = ()
    unchanged: bool = False
    """It had the alias already, so nothing was asked and nothing recorded."""


def actor() -> str:
    """Who acts: GRADUASI_ACTOR where it is set (a service account acts for a person), else the user of this machine."""
    try:
        return os.environ.get(ACTOR_VARIABLE) or getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        return f"uid {os.getuid()}"


def versions(uri: str | None = None) -> list[Version]:
    """Every registered version, by name and number; none where the store is a file that is not there."""
    if is_absent(tracking_uri(uri)):
        return []
    with _client(uri) as client:
        found = []
        for model in client.search_registered_models(max_results=1000):
            if model.name.startswith(PREFIX):
                for entry in client.search_model_versions(f"name='{model.name}'"):
                    names = tuple(
                        sorted(alias for alias, version in model.aliases.items() if str(version) == str(entry.version))
                    )
                    found.append(_version(entry, names))
        return sorted(found, key=lambda entry: (entry.name, int(entry.version)))


def promote(number: str, *, act: Act, alias: str = CHAMPION, uri: str | None = None, force: bool = False) -> Promoted:
    """Give a version the alias if it passes the gates; with `force`, whatever they say, and that is recorded.

    One that has the alias keeps it, without a record. The alias `challenger` serves nobody and has no gates. Raises Refused with every reason of every gate.
    """
    chosen = _find(number, uri)
    if alias in chosen.aliases:
        return Promoted(chosen, unchanged=True)
    found = [] if alias == CHALLENGER else findings_on(chosen, uri)
    refused = tuple(finding for finding in found if finding.refuses)
    if refused and not force:
        raise Refused([f"{chosen.name} {chosen.version} is not promoted: {finding}" for finding in refused])
    overrode = tuple(dict.fromkeys(finding.gate for finding in refused))
    _give(chosen, alias, act=act, kind="promote", uri=uri, overrode=overrode)
    if alias == CHAMPION and CHALLENGER in chosen.aliases:
        with _client(uri) as client:
            client.delete_registered_model_alias(chosen.name, CHALLENGER)
    return Promoted(chosen, tuple(finding for finding in found if not finding.refuses), refused)


def findings_on(chosen: Version, uri: str | None = None) -> list[Finding]:
    """What the gates say of a version that asks to take the place of the one in service."""
    serving = next((entry for entry in versions(uri) if entry.name == chosen.name and CHAMPION in entry.aliases), None)
    if serving is not None and serving.version == chosen.version:
        serving = None  # nobody takes their own place
    with TemporaryDirectory(prefix="graduasi-") as place:
        bundle = _download(chosen, Path(place), uri)
        return findings(
            Candidate(
                _evaluation_of(chosen, uri),
                bundle,
                chosen.digest,
                _limits(bundle),
                None if serving is None else serving.version,
                None if serving is None else _evaluation_of(serving, uri),
            )
        )


def _limits(bundle: Path) -> Promotion:
    """The limits of the candidate's own programme; the defaults where the bundle cannot be read, which a gate tells."""
    try:
        return open_sealed(unseal(bundle)).programme.promotion
    except Refused:
        return Promotion()


def rollback(*, act: Act, alias: str = CHAMPION, uri: str | None = None) -> Version:
    """Give the alias (or NAME@ALIAS) back to the version that had it before. Raises Refused when there was none."""
    known = versions(uri)
    current, alias = _holder(alias, known), alias.rpartition("@")[2]
    if current is None:
        raise Refused(f"no version in {named(tracking_uri(uri))} has the alias {alias}; promote one first")
    number = alias_history.before(history(current.name, uri), alias)
    before = next((entry for entry in known if (entry.name, entry.version) == (current.name, number)), None)
    if before is None:
        raise Refused(f"{current.name} {current.version} is the first {alias}; there is nothing to go back to")
    _give(before, alias, act=act, kind="rollback", uri=uri)
    return before


def challenge(name: str, number: str, *, act: Act, uri: str | None = None) -> None:
    """Let a newly trained version be the challenger, in place of an earlier one."""
    _give(_find(f"{name}/{number}", uri), CHALLENGER, act=act, kind="train", uri=uri)


def history(name: str, uri: str | None = None) -> list[Change]:
    """Every change of an alias, oldest first."""
    with _client(uri) as client:
        return alias_history.changes(client.get_registered_model(name).tags)


def find_bundle(model: str, place: Path) -> Path:
    """The bundle of the version that has the alias `model` (or NAME@ALIAS), downloaded below `place`.

    Raises BundleError, naming the store and its aliases, when none has it.
    """
    known = versions()
    chosen = _holder(model, known)
    if chosen is None:
        aliases = ", ".join(sorted({alias for entry in known for alias in entry.aliases})) or "none"
        raise BundleError(
            f"{model}: neither a bundle's folder nor an alias in {named(tracking_uri(None))}; aliases there: {aliases}"
        )
    return _download(chosen, place, None)


def incumbent_of(programme: str, uri: str | None = None) -> Incumbent | None:
    """The version in service for a programme, opened to be compared with; None when none serves."""
    name = registered_name(programme)
    chosen = next((entry for entry in versions(uri) if entry.name == name and CHAMPION in entry.aliases), None)
    if chosen is None:
        return None
    try:
        with TemporaryDirectory(prefix="graduasi-") as place:
            return Incumbent(chosen.version, load_bundle(_download(chosen, Path(place), uri)))
    except Refused as refusal:
        return Incumbent(chosen.version, None, f"its bundle cannot be used: {refusal.reasons[0]}")


def _holder(model: str, known: list[Version]) -> Version | None:
    """The version that has the alias; where several programmes have one, NAME@ALIAS says which is meant."""
    name, _, alias = model.rpartition("@")
    found = [entry for entry in known if alias in entry.aliases and name in ("", entry.name)]
    if len(found) > 1:
        names = " or ".join(f"{entry.name}@{alias}" for entry in found)
        raise Refused(f"{alias}: {len(found)} models have it; say which: {names}")
    return found[0] if found else None


def _version(entry: Any, aliases: tuple[str, ...]) -> Version:
    tags = entry.tags
    return Version(
        entry.name,
        str(entry.version),
        aliases,
        tags.get("bundle_digest", ""),
        tags.get("synthetic") == "true",
        entry.run_id,
        tags.get("label", ""),
        tags.get("data_window", ""),
        datetime.fromtimestamp(entry.creation_timestamp / 1000, UTC).isoformat(timespec="seconds"),
    )


def _download(chosen: Version, place: Path, uri: str | None) -> Path:
    with opened_store(uri) as mlflow:
        store = tracking_uri(uri)
        source = mlflow.MlflowClient(store).get_model_version_download_uri(chosen.name, chosen.version)
        folder = Path(mlflow.artifacts.download_artifacts(artifact_uri=source, dst_path=str(place), tracking_uri=store))
    return next(path.parent for path in folder.rglob("manifest.json"))


def _find(number: str, uri: str | None) -> Version:
    known = versions(uri)
    found = [entry for entry in known if entry.version == number or f"{entry.name}/{entry.version}" == number]
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"{entry.name}/{entry.version}" for entry in known) or "none"
    fault = "more than one model has it" if found else f"no such version in {named(tracking_uri(uri))}"
    raise Refused(f"{number}: {fault}; registered: {names}")


def _evaluation_of(chosen: Version, uri: str | None) -> dict[str, Any]:
    with opened_store(uri) as mlflow:
        return dict(json.loads(mlflow.artifacts.load_text(f"runs:/{chosen.run_id}/evaluation.json")))


def _give(chosen: Version, alias: str, *, act: Act, kind: Any, uri: str | None, overrode: tuple[str, ...] = ()) -> None:
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
