"""The history of aliases: which version had which alias when, who gave it and why.

Each change is a tag of its own on the registered model, and none is ever overwritten. MLflow's tables hold 5,000 characters
in such a tag, so a history in one tag would be full some day; the number of tags has no limit. Times are UTC.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

TAG_PREFIX = "graduasi.history."
MAX_REASON = 1_000
"""In characters."""
MAX_OVERRODE = 20
"""In gates. With MAX_REASON it keeps a tag below what MLflow can hold."""


@dataclass(frozen=True)
class Change:
    """An alias was given to a version. `when` is an ISO time in UTC; `overrode` names the gates that were set aside."""

    when: str
    who: str
    act: Literal["train", "promote", "rollback"]
    alias: str
    version: str
    digest: str
    why: str | None = None
    overrode: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stretch:
    """A stretch of time in which a version had the alias; `until` is None while it has it."""

    version: str
    digest: str
    since: str
    until: str | None
    who: str
    why: str | None


def read_history(tags: Mapping[str, str]) -> list[Change]:
    """The changes in the tags of a registered model, oldest first; other tags are skipped."""
    return [_read_change(value) for key, value in sorted(tags.items()) if key.startswith(TAG_PREFIX)]


def _read_change(value: str) -> Change:
    entry: dict[str, Any] = json.loads(value)
    return Change(**{**entry, "overrode": tuple(entry["overrode"])})


def tag_of(change: Change, past: list[Change]) -> tuple[str, str]:
    """Key and value of the tag that adds `change` to the history `past`.

    Keys sort by the order of the changes, and no two are the same. Long reasons are cut.
    """
    moment = datetime.fromisoformat(change.when).strftime("%Y%m%dT%H%M%S")
    entry = asdict(change) | {"overrode": list(change.overrode)[:MAX_OVERRODE]}
    if change.why is not None and len(change.why) > MAX_REASON:
        entry["why"] = change.why[: MAX_REASON - 1] + "…"
    key = f"{TAG_PREFIX}{len(past):06d}.{moment}.{change.alias}.{change.version}"
    return key[:250], json.dumps(entry, ensure_ascii=False)


def stretches(history: list[Change], alias: str) -> Iterator[Stretch]:
    """The stretches in which versions had the alias, oldest first."""
    of_alias = [change for change in history if change.alias == alias]
    for change, following in zip(of_alias, [*of_alias[1:], None], strict=True):
        until = None if following is None else following.when
        yield Stretch(change.version, change.digest, change.when, until, change.who, change.why)


def serving_on(history: list[Change], alias: str, day: date) -> list[Stretch]:
    """The stretches that touch the day (UTC), oldest first."""
    begin = datetime.combine(day, time(), UTC)
    end = begin + timedelta(days=1)
    return [
        stretch
        for stretch in stretches(history, alias)
        if datetime.fromisoformat(stretch.since) < end
        and (stretch.until is None or datetime.fromisoformat(stretch.until) > begin)
    ]


def version_before(history: list[Change], alias: str) -> str | None:
    """The version that a rollback gives the alias back to; None where there is none.

    Each rollback takes back one promotion, so that two in a row go two versions back.
    """
    promoted: list[str] = []
    for change in history:
        if change.alias == alias and change.act == "rollback":
            promoted = promoted[:-1]
        elif change.alias == alias and promoted[-1:] != [change.version]:
            promoted = [*promoted, change.version]
    return promoted[-2] if len(promoted) > 1 else None
