"""Which version had which alias when, who gave it and why: one tag of the registered model an event, never overwritten.

MLflow's tables hold 5,000 characters in a tag of a registered model, so a history in one tag would end some day; the
number of tags has no limit. Times are UTC.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

PREFIX = "graduasi.history."
MAX_REASON = 1_000
MAX_OVERRODE = 20


@dataclass(frozen=True)
class Change:
    """An alias was given to a version. `overrode` names the gates that a person set aside."""

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


def changes(tags: Mapping[str, str]) -> list[Change]:
    """The history that the registered model's tags hold, oldest first."""
    return [_read(value) for key, value in sorted(tags.items()) if key.startswith(PREFIX)]


def _read(value: str) -> Change:
    entry: dict[str, Any] = json.loads(value)
    return Change(**{**entry, "overrode": tuple(entry["overrode"])})


def tag_of(change: Change, past: list[Change]) -> tuple[str, str]:
    """Key and value of the tag that adds `change`: in order of the acts, and never the key of another."""
    moment = datetime.fromisoformat(change.when).strftime("%Y%m%dT%H%M%S")
    entry = asdict(change) | {"overrode": list(change.overrode)[:MAX_OVERRODE]}
    if change.why is not None and len(change.why) > MAX_REASON:
        entry["why"] = change.why[: MAX_REASON - 1] + "…"
    key = f"{PREFIX}{len(past):06d}.{moment}.{change.alias}.{change.version}"
    return key[:250], json.dumps(entry, ensure_ascii=False)


def stretches(history: list[Change], alias: str) -> Iterator[Stretch]:
    """The stretches in which versions had the alias, oldest first."""
    past = [change for change in history if change.alias == alias]
    for place, change in enumerate(past):
        until = past[place + 1].when if place + 1 < len(past) else None
        yield Stretch(change.version, change.digest, change.when, until, change.who, change.why)


def serving_on(history: list[Change], alias: str, day: date) -> list[Stretch]:
    """Every version that had the alias at some time of that day (UTC), in order."""
    begin = datetime.combine(day, time(), UTC)
    end = begin + timedelta(days=1)
    return [
        stretch
        for stretch in stretches(history, alias)
        if datetime.fromisoformat(stretch.since) < end
        and (stretch.until is None or datetime.fromisoformat(stretch.until) > begin)
    ]


def before(history: list[Change], alias: str) -> str | None:
    """The version that a rollback gives the alias back to; None when there was none."""
    served: list[str] = []
    for change in history:
        if change.alias == alias and change.act == "rollback":
            served = served[:-1]
        elif change.alias == alias and served[-1:] != [change.version]:
            served = [*served, change.version]
    return served[-2] if len(served) > 1 else None
