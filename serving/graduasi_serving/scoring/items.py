"""Checking one household of a request: the result is its snapshots as numbers, or everything that is wrong with it.

Days are day numbers as in `graduasi.dates`. `members` are the members of a JSON object as it came in the request, and
`path` is the way to it from the household, in keys and indices.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from graduasi.dates import EARLIEST_DAY, LATEST_DAY, from_day, iso_day
from graduasi.panel.events import NO_EVENTS, Events, event_names
from graduasi.panel.identifiers import AN_IDENTIFIER, is_identifier
from graduasi.panel.limits import MAX_SNAPSHOTS
from graduasi.panel.row_contract import RowContract
from graduasi.scoring.cohort import households_out
from graduasi.single.features import Snapshot
from graduasi_serving.scoring.loaded_models import LoadedModel
from graduasi_serving.web.problems import Fault, pointer

HOUSEHOLD_KEYS = frozenset(
    {"household_id", "as_of", "mentor_id", "area_code", "scored_on", "fields", "history", "events"}
)
SNAPSHOT_KEYS = frozenset({"as_of", "known_on", "fields"})
EVENT_KEYS = frozenset({"event", "event_date", "known_on"})
MAX_ENTRIES = MAX_SNAPSHOTS  # of the history and of the events, each
MAX_FAULTS = 50  # of one household; else the answer could be many times as large as the request

Path = tuple[object, ...]
Members = Mapping[str, Any]


class Item(NamedTuple):
    """A household that passed every check.

    `snapshots` are in order of date, the one to score last. `is_out` says that by its events the household has left the
    programme by `scored_on`.
    """

    household_id: str
    mentor_id: str | None
    area_code: str | None
    scored_on: int
    snapshots: tuple[Snapshot, ...]
    is_out: bool
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class FailedItem:
    """A household that failed a check. Its id is None if that was not an identifier."""

    household_id: str | None
    errors: tuple[Fault, ...]


def parse_item(household: object, index: int, *, model: LoadedModel, today: int) -> Item | FailedItem:
    """Check the household at `index` of a request. Raises nothing, whatever was sent; no fault repeats its values."""
    reader = _Reader(("households", index))
    if not isinstance(household, dict):
        reader.fault((), "not_an_object", "A household is a JSON object.")
        return FailedItem(None, tuple(reader.faults))
    reader.check_keys(household, (), HOUSEHOLD_KEYS)
    household_id = reader.identifier(household, "household_id", required=True)
    scored_on = reader.day(household, (), "scored_on", default=today)
    snapshots = _snapshots(household, reader, model.contract, scored_on)
    is_out = _is_out(household, reader, model, scored_on)
    mentor_id, area_code = (reader.identifier(household, key, required=False) for key in ("mentor_id", "area_code"))
    if reader.faults or household_id is None:
        return FailedItem(household_id, tuple(reader.faults))
    return Item(
        household_id=household_id,
        mentor_id=mentor_id,
        area_code=area_code,
        scored_on=scored_on,
        snapshots=tuple(snapshots),
        is_out=is_out,
        warnings=_warnings(household["fields"], snapshots[-1], model),
    )


class _Reader:
    """Reads members of JSON objects and collects the faults. What cannot be read is replaced by a harmless value."""

    def __init__(self, household_path: Path) -> None:
        self._household_path = household_path
        self.faults: list[Fault] = []

    def fault(self, path: Path, code: str, message: str) -> None:
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(Fault(pointer((*self._household_path, *path)), code, message))
        elif len(self.faults) == MAX_FAULTS:
            self.faults.append(
                Fault(pointer(self._household_path), "too_many_faults", f"There are more than {MAX_FAULTS} faults.")
            )

    def check_keys(self, members: Members, path: Path, allowed: frozenset[str]) -> None:
        for key in members.keys() - allowed:
            self.fault((*path, key), "unknown_key", f"Allowed here: {', '.join(sorted(allowed))}.")

    def identifier(self, members: Members, key: str, *, required: bool) -> str | None:
        """The identifier at `key`; None if there is none, or beside a fault."""
        value = members.get(key)
        if value is None:
            if required:
                self.fault((key,), "required", f"{key} is required.")
            return None
        if isinstance(value, str) and is_identifier(value):
            return value
        self.fault((key,), "not_allowed", f"{key}: {AN_IDENTIFIER}.")
        return None

    def day(self, members: Members, path: Path, key: str, *, default: int | None = None) -> int:
        """The day at `key`, or the default if there is none. A day without a default is required.

        Beside a fault the result is the default, or day 0.
        """
        value = members.get(key)
        if value is None and default is not None:
            return default
        try:
            if not isinstance(value, str):
                raise ValueError
            day = iso_day(value)
        except ValueError:
            self.fault(
                (*path, key),
                "not_allowed",
                f"{key}: a date as YYYY-MM-DD from {from_day(EARLIEST_DAY)} to {from_day(LATEST_DAY)}.",
            )
            return default or 0
        return day

    def earlier_snapshot(self, members: Members, path: Path, contract: RowContract) -> Snapshot:
        """A snapshot of the household's history, which may have become known later than its day."""
        snapshot = self.snapshot(members, path, contract)
        known_on = self.day(members, path, "known_on", default=snapshot.as_of)
        if known_on < snapshot.as_of:
            self.fault((*path, "known_on"), "not_allowed", "known_on: the day of the visit or later.")
        return snapshot._replace(known_on=known_on)

    def snapshot(self, members: Members, path: Path, contract: RowContract) -> Snapshot:
        """A snapshot that was known on its own day."""
        faults_before = len(self.faults)
        as_of = self.day(members, path, "as_of")
        # Beside a day that cannot be read, dates are not also said to lie after it.
        latest_date = as_of if len(self.faults) == faults_before else LATEST_DAY
        fields = members.get("fields")
        if not isinstance(fields, dict):
            self.fault((*path, "fields"), "required", "fields: an object with the household's fields.")
            fields = {}
        values, faults = contract.parse(fields, latest_date)
        for fault in faults:
            self.fault((*path, "fields", fault.field), fault.code, fault.message)
        return Snapshot(as_of, as_of, values)

    def objects(self, members: Members, key: str, allowed: frozenset[str]) -> list[tuple[Path, Members]]:
        """The objects in the list at `key`, each with its path; none if there is no list, or beside a fault."""
        value = members.get(key)
        if value is None:
            return []
        if (
            not isinstance(value, list)
            or len(value) > MAX_ENTRIES
            or not all(isinstance(entry, dict) for entry in value)
        ):
            self.fault((key,), "not_allowed", f"{key}: a list of at most {MAX_ENTRIES} objects.")
            return []
        entries: list[tuple[Path, Members]] = [((key, index), entry) for index, entry in enumerate(value)]
        for path, entry in entries:
            self.check_keys(entry, path, allowed)
        return entries


def _snapshots(household: Members, reader: _Reader, contract: RowContract, scored_on: int) -> list[Snapshot]:
    """The household's history in order of date, then the snapshot to score."""
    latest = reader.snapshot(household, (), contract)
    if latest.as_of > scored_on:
        reader.fault(
            ("as_of",), "not_known_yet", "as_of: not later than scored_on (default: today); nobody knows a later day."
        )
    earlier: dict[int, Snapshot] = {}
    for path, entry in reader.objects(household, "history", SNAPSHOT_KEYS):
        snapshot = reader.earlier_snapshot(entry, path, contract)
        if snapshot.as_of >= latest.as_of:
            reader.fault((*path, "as_of"), "not_earlier", "history: days before the item's own as_of.")
        if snapshot.as_of in earlier:
            reader.fault((*path, "as_of"), "duplicate_snapshot", "history: each as_of once.")
        earlier[snapshot.as_of] = snapshot
    return [*(earlier[day] for day in sorted(earlier)), latest]


def _is_out(household: Members, reader: _Reader, model: LoadedModel, scored_on: int) -> bool:
    """Whether the household's events end its stay in the programme by the day of scoring."""
    events = _events(household, reader, event_names(model.bundle.programme))
    return bool(households_out(events, model.bundle.programme, day=scored_on)) if len(events) else False


def _events(household: Members, reader: _Reader, allowed: tuple[str, ...]) -> Events:
    """The household's events without those that have a fault. Its id is not needed, so it is left empty."""
    names: list[str] = []
    event_dates: list[int] = []
    known_days: list[int] = []
    for path, entry in reader.objects(household, "events", EVENT_KEYS):
        event_date = reader.day(entry, path, "event_date")
        known_on = reader.day(entry, path, "known_on", default=event_date)
        name = entry.get("event")
        if not isinstance(name, str) or name not in allowed:
            reader.fault(
                (*path, "event"),
                "not_allowed",
                f"event: one of {', '.join(allowed) or 'none, as the programme has no events'}.",
            )
        elif known_on < event_date:
            reader.fault((*path, "known_on"), "not_allowed", "known_on: the day of the event or later.")
        else:
            names.append(name)
            event_dates.append(event_date)
            known_days.append(known_on)
    if not names:
        return NO_EVENTS
    return Events.in_order(
        np.full(len(names), "", dtype=object),
        np.array(names, dtype=object),
        np.array(event_dates, dtype=np.int32),
        np.array(known_days, dtype=np.int32),
    )


def _warnings(fields: Members, snapshot: Snapshot, model: LoadedModel) -> tuple[str, ...]:
    """A warning for each category that the dictionary does not list and says to take as unknown."""
    column = model.bundle.dictionary.column
    return tuple(
        f"{name}: not among the categories, taken as unknown"
        for name in model.lenient_fields
        if fields.get(name) is not None and math.isnan(snapshot.values[column(name)])
    )
