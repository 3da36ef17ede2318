"""Events of households: graduations, exits, returns. Reads and checks the events file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graduasi.dates import Days
from graduasi.declarations.findings import Finding, core_catalogue
from graduasi.declarations.programme import Programme
from graduasi.errors import PanelError
from graduasi.panel import columns, files
from graduasi.panel.faults import Faults
from graduasi.panel.table_contract import check_days

EVENT_COLUMNS = ("household_id", "event", "event_date", "known_on")
REQUIRED_EVENT_COLUMNS = EVENT_COLUMNS[:3]
HARDLY_ANY = 0.1
"""With fewer of its events in the panel, a file of events is refused: a few strangers are normal, nine in ten are not."""


@dataclass(frozen=True)
class Events:
    """One entry an event, ordered by event date, then by the day it became known."""

    household_id: npt.NDArray[np.object_]
    event: npt.NDArray[np.object_]
    event_date: Days
    known_on: Days

    @classmethod
    def in_order(
        cls,
        household_id: npt.NDArray[np.object_],
        event: npt.NDArray[np.object_],
        event_date: Days,
        known_on: Days,
    ) -> "Events":
        """Sort events by event date, then by the day they became known; with both alike, they keep the given order.

        This decides which event of a household counts as its last one, so nothing else may sort events.
        """
        order = np.lexsort((known_on, event_date))
        return cls(household_id[order], event[order], event_date[order], known_on[order])

    def __len__(self) -> int:
        return len(self.event)

    def named(self, *names: str) -> "Events":
        """The events that have one of these names."""
        return self._select(np.isin(self.event.astype(str), names))

    def known_by(self, day: int) -> "Events":
        """The events that are known on `day`."""
        return self._select(self.known_on <= day)

    def _select(self, mask: npt.NDArray[np.bool_]) -> "Events":
        return Events(self.household_id[mask], self.event[mask], self.event_date[mask], self.known_on[mask])


NO_EVENTS = Events(
    np.array([], dtype=object), np.array([], dtype=object), np.array([], dtype=np.int32), np.array([], dtype=np.int32)
)


def event_names(programme: Programme) -> tuple[str, ...]:
    """Every event that the programme mentions: ends, returns, and those of its event labels."""
    names = [*programme.programme.ends, *programme.programme.returns]
    for label in programme.labels:
        if label.kind == "event":
            names += [label.event, *label.undone_by, *label.competing]
    return tuple(dict.fromkeys(names))


def read_events(path: Path | None, programme: Programme, *, today: int | None = None) -> Events:
    """The events of a file; none if there is no file. Raises PanelError with every fault; so are days after `today`."""
    if path is None:
        return NO_EVENTS
    return check_events(files.read_table(path), programme, file=path.name, today=today)


def check_events(table: pa.Table, programme: Programme, *, file: str = "events", today: int | None = None) -> Events:
    """The table as events, in the order of `Events`. Raises PanelError with every fault; so are days after `today`."""
    faults = Faults()
    unknown = set(table.column_names).difference(EVENT_COLUMNS)
    faults.add_columns(table.column_names, "not a column of an events file", ", ".join(EVENT_COLUMNS), bad=unknown)
    for name in REQUIRED_EVENT_COLUMNS:
        if name not in table.column_names:
            faults.add(name, "the column is missing", "every events file has household_id, event and event_date")
    if faults:
        raise PanelError(faults.sentences(file))
    row_numbers = np.arange(1, len(table) + 1, dtype=np.int64)
    names = np.array(columns.texts(table.column("event")).fill_null("").to_pylist(), dtype=object)
    allowed = event_names(programme)
    faults.add_rows(
        "event",
        "not an event of the programme",
        ", ".join(allowed),
        bad=~np.isin(names.astype(str), allowed),
        row_numbers=row_numbers,
    )
    identifiers = columns.texts(table.column("household_id"))
    empty = np.asarray(identifiers.is_null().to_numpy(zero_copy_only=False))
    faults.add_rows("household_id", "empty", "an identifier in every row", bad=empty, row_numbers=row_numbers)
    happened = check_days(table, "event_date", faults=faults, row_numbers=row_numbers, today=today)
    known = check_days(table, "known_on", faults=faults, row_numbers=row_numbers, default=happened, today=today)
    too_early = known < happened
    faults.add_rows(
        "known_on", "before event_date", "the day of the event or later", bad=too_early, row_numbers=row_numbers
    )
    if faults:
        raise PanelError(faults.sentences(file))
    households = np.array(identifiers.to_pylist(), dtype=object)
    return Events.in_order(households, names, happened, known)


def events_of_strangers(events: Events, household_ids: pa.Array | pa.ChunkedArray, *, file: str) -> list[Finding]:
    """A finding if some events are of households that are not in the panel.

    A join that finds nobody is silent, and families that have left are scored and listed: a spreadsheet drops leading zeros,
    a database writes whole numbers as decimals. Raises PanelError if hardly any events are of households in the panel. `file`
    is the name of the events' file.
    """
    if not len(events):
        return []
    known = pc.is_in(pa.array(events.household_id, pa.string()), value_set=pc.unique(household_ids))
    strangers = int(np.count_nonzero(~known.to_numpy(zero_copy_only=False)))
    if len(events) - strangers < HARDLY_ANY * len(events):
        raise PanelError(
            f"{file}: household_id: {strangers:,} of {len(events):,} events are of households that are not in the panel; are the "
            "identifiers of both files written alike, with their leading zeros?"
        )
    if not strangers:
        return []
    return [core_catalogue().finding("events_of_strangers", count=f"{strangers:,}", total=f"{len(events):,}")]
