"""`graduasi.readiness.late_fields` for one household: its snapshots as known on a day."""

from collections.abc import Sequence

from graduasi.declarations.declarations import Declarations
from graduasi.readiness.late_fields import lag_days_of
from graduasi.single.features import NAN, Snapshot

LateColumns = list[tuple[int, int]]
"""The columns that are late, each with its days."""


class SingleLateFields:
    """Hides the values of late fields that are not known yet; does nothing if no field has `lag_days`."""

    def __init__(self, declarations: Declarations) -> None:
        dictionary = declarations.dictionary
        fields = tuple(dictionary.fields.values())
        self._late_columns = _late_columns([field.lag_days for field in fields])
        # A feature waits for its yardstick too; a rule may read the field without it.
        self._late_for_features = _late_columns(lag_days_of(fields, dictionary).tolist())
        self._max_age_days = declarations.max_data_age_days

    def as_known(self, snapshots: Sequence[Snapshot], *, scored_on: int) -> tuple[Snapshot, Sequence[Snapshot]]:
        """The last snapshot for rules to judge, and all of them for features, as known on the day `scored_on`.

        `snapshots` are in order of date.
        """
        if not self._late_columns:
            return snapshots[-1], snapshots
        for_rules = [_hide_late(snapshot, self._late_columns, scored_on) for snapshot in snapshots]
        for_features = [_hide_late(snapshot, self._late_for_features, scored_on) for snapshot in snapshots]
        return self._carried_forward(for_rules, scored_on), for_features

    def _carried_forward(self, known: Sequence[Snapshot], day: int) -> Snapshot:
        """The last snapshot, its hidden values filled from the latest earlier one within the age limit that has them."""
        *before, own = known
        values = list(own.values)
        for column, lag_days in self._late_columns:
            if own.known_on + lag_days <= day:
                continue
            for earlier in reversed(before):
                value = earlier.values[column]
                if own.as_of - earlier.as_of <= self._max_age_days and value == value:
                    values[column] = value
                    break
        return own._replace(values=values)


def _late_columns(lags: Sequence[int]) -> LateColumns:
    return [(column, lag_days) for column, lag_days in enumerate(lags) if lag_days]


def _hide_late(snapshot: Snapshot, late_columns: LateColumns, day: int) -> Snapshot:
    values = list(snapshot.values)
    for column, lag_days in late_columns:
        if snapshot.known_on + lag_days > day:
            values[column] = NAN
    return snapshot._replace(values=values)
