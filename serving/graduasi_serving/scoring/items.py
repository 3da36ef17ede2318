"""One household as it comes in a request, checked: its snapshots as numbers, or everything that is wrong with it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from graduasi.dates import EARLIEST, LATEST, from_day, iso_day
from graduasi.panel.events import Events, event_names
from graduasi.panel.identifiers import AN_IDENTIFIER, is_identifier
from graduasi.panel.row_contract import RowContract
from graduasi.scoring.cohort import households_out
from graduasi.single.features import Snapshot
from graduasi_serving.scoring.loaded_models import LoadedModel
from graduasi_serving.web.problems import Fault, pointer

KEYS = frozenset({"household_id", "as_of", "mentor_id", "area_code", "scored_on", "fields", "history", "events"})
SNAPSHOT_KEYS = frozenset({"as_of", "known_on", "fields"})
EVENT_KEYS = frozenset({"event", "event_date", "known_on"})
MAX_HISTORY = 200
MAX_FAULTS = 50  # of one household; an answer must not be many times as large as what was sent


class Item(NamedTuple):
    """A household that can be scored: `snapshots` in order of date, the one to score last."""

    household_id: str
    mentor_id: str | None
    area_code: str | None
    scored_on: int
    snapshots: tuple[Snapshot, ...]
    is_out: bool
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class FailedItem:
    """A household that cannot be scored. The id is kept only if it is one."""

    household_id: str | None
    errors: tuple[Fault, ...]


def parse_item(sent: object, place: int, *, model: LoadedModel, today: int) -> Item | FailedItem:
    """Check item `place` of a request. Never raises for what was sent, and keeps none of its values in a fault."""
    reader = _Reader(("households", place))
    if not isinstance(sent, dict):
        reader.fault((), "not_an_object", "A household is a JSON object.")
        return FailedItem(None, tuple(reader.faults))
    reader.known_keys(sent, (), KEYS)
    household_id = reader.identifier(sent, "household_id", required=True)
    scored_on = reader.day(sent, (), "scored_on", default=today)
    snapshots = _snapshots(sent, reader, model.contract, scored_on)
    is_out = _is_out(sent, reader, model, household_id or "", scored_on)
    mentor, area = (reader.identifier(sent, key, required=False) for key in ("mentor_id", "area_code"))
    if reader.faults or household_id is None:
        return FailedItem(household_id, tuple(reader.faults))
    return Item(
        household_id,
        mentor,
        area,
        scored_on,
        tuple(snapshots),
        is_out,
        _warnings(sent["fields"], snapshots[-1], model),
    )


class _Reader:
    """Reads members of a JSON object and collects what is wrong."""

    def __init__(self, at: tuple[object, ...]) -> None:
        self._at = at
        self.faults: list[Fault] = []

    def fault(self, where: tuple[object, ...], code: str, message: str) -> None:
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(Fault(pointer((*self._at, *where)), code, message))
        elif len(self.faults) == MAX_FAULTS:
            self.faults.append(Fault(pointer(self._at), "too_many_faults", f"There are more than {MAX_FAULTS} faults."))

    def known_keys(self, sent: Mapping[str, Any], where: tuple[object, ...], allowed: frozenset[str]) -> None:
        for key in sent.keys() - allowed:
            self.fault((*where, key), "unknown_key", f"Allowed here: {', '.join(sorted(allowed))}.")

    def identifier(self, sent: Mapping[str, Any], key: str, *, required: bool) -> str | None:
        value = sent.get(key)
        if value is None:
            if required:
                self.fault((key,), "required", f"{key} is required.")
            return None
        if isinstance(value, str) and is_identifier(value):
            return value
        self.fault((key,), "not_allowed", f"{key}: {AN_IDENTIFIER}.")
        return None

    def day(self, sent: Mapping[str, Any], where: tuple[object, ...], key: str, *, default: int | None = None) -> int:
        """The day at `key`; the default (or the epoch beside a fault, when it is required) if there is none."""
        value = sent.get(key)
        if value is None and default is not None:
            return default
        try:
            if not isinstance(value, str):
                raise ValueError
            day = iso_day(value)
        except ValueError:
            self.fault(
                (*where, key),
                "not_allowed",
                f"{key}: a date as YYYY-MM-DD from {from_day(EARLIEST)} to {from_day(LATEST)}.",
            )
            return default or 0
        return day

    def earlier(self, sent: Mapping[str, Any], where: tuple[object, ...], contract: RowContract) -> Snapshot:
        """A snapshot of the household's history, with the day it became known."""
        snapshot = self.snapshot(sent, where, contract)
        known_on = self.day(sent, where, "known_on", default=snapshot.as_of)
        if known_on < snapshot.as_of:
            self.fault((*where, "known_on"), "not_allowed", "known_on: the day of the visit or later.")
        return snapshot._replace(known_on=known_on)

    def snapshot(self, sent: Mapping[str, Any], where: tuple[object, ...], contract: RowContract) -> Snapshot:
        """A snapshot, known on its day."""
        as_of = self.day(sent, where, "as_of")
        fields = sent.get("fields")
        if not isinstance(fields, dict):
            self.fault((*where, "fields"), "required", "fields: an object with the household's fields.")
            fields = {}
        values, faults = contract.parse(fields)
        for fault in faults:
            self.fault((*where, "fields", fault.field), fault.code, fault.message)
        return Snapshot(as_of, as_of, values)

    def objects(
        self, sent: Mapping[str, Any], key: str, allowed: frozenset[str]
    ) -> list[tuple[tuple[object, ...], Mapping[str, Any]]]:
        """The objects in the list at `key`, each with where it stands."""
        value = sent.get(key)
        if value is None:
            return []
        if (
            not isinstance(value, list)
            or len(value) > MAX_HISTORY
            or not all(isinstance(entry, dict) for entry in value)
        ):
            self.fault((key,), "not_allowed", f"{key}: a list of at most {MAX_HISTORY} objects.")
            return []
        placed: list[tuple[tuple[object, ...], Mapping[str, Any]]] = [
            ((key, place), entry) for place, entry in enumerate(value)
        ]
        for where, entry in placed:
            self.known_keys(entry, where, allowed)
        return placed


def _snapshots(sent: Mapping[str, Any], reader: _Reader, contract: RowContract, scored_on: int) -> list[Snapshot]:
    own = reader.snapshot(sent, (), contract)
    if own.as_of > scored_on:
        reader.fault(
            ("as_of",), "not_known_yet", "as_of: not later than scored_on (default: today); nobody knows a later day."
        )
    earlier: dict[int, Snapshot] = {}
    for where, entry in reader.objects(sent, "history", SNAPSHOT_KEYS):
        snapshot = reader.earlier(entry, where, contract)
        if snapshot.as_of >= own.as_of:
            reader.fault((*where, "as_of"), "not_earlier", "history: days before the item's own as_of.")
        if snapshot.as_of in earlier:
            reader.fault((*where, "as_of"), "duplicate_snapshot", "history: each as_of once.")
        earlier[snapshot.as_of] = snapshot
    return [*(earlier[day] for day in sorted(earlier)), own]


def _is_out(sent: Mapping[str, Any], reader: _Reader, model: LoadedModel, household_id: str, scored_on: int) -> bool:
    """Whether the household's events end its stay in the programme by the day of scoring."""
    entries = reader.objects(sent, "events", EVENT_KEYS)
    if not entries:
        return False
    programme = model.bundle.programme
    allowed = event_names(programme)
    found: list[tuple[int, int, str]] = []
    for where, entry in entries:
        happened = reader.day(entry, where, "event_date")
        known = reader.day(entry, where, "known_on", default=happened)
        name = entry.get("event")
        if not isinstance(name, str) or name not in allowed:
            reader.fault(
                (*where, "event"),
                "not_allowed",
                f"event: one of {', '.join(allowed) or 'none, as the programme has no events'}.",
            )
        elif known < happened:
            reader.fault((*where, "known_on"), "not_allowed", "known_on: the day of the event or later.")
        else:
            found.append((happened, known, name))
    if not found:
        return False
    days, known_days, names = zip(*sorted(found, key=lambda event: event[:2]), strict=True)
    households = np.full(len(found), household_id, dtype=object)
    events = Events(
        households, np.array(names, dtype=object), np.array(days, dtype=np.int32), np.array(known_days, dtype=np.int32)
    )
    return household_id in households_out(events, programme, day=scored_on)


def _warnings(fields: Mapping[str, Any], snapshot: Snapshot, model: LoadedModel) -> tuple[str, ...]:
    """Categories that the dictionary does not list and asks to take as unknown."""
    column = model.bundle.dictionary.column
    return tuple(
        f"{name}: not among the categories, taken as unknown"
        for name in model.lenient_fields
        if fields.get(name) is not None and math.isnan(snapshot.values[column(name)])
    )
