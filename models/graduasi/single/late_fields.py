"""What one household's snapshots are worth on a day when some fields become known later than their row."""

from collections.abc import Sequence

from graduasi.declarations.declarations import Declarations
from graduasi.single.features import NAN, Snapshot


class SingleLags:
    """`graduasi.readiness.late_fields` for one household; does nothing where no field has `lag_days`."""

    def __init__(self, declarations: Declarations) -> None:
        fields = enumerate(declarations.dictionary.fields.values())
        self._late = [(place, field.lag_days) for place, field in fields if field.lag_days]
        self._max_age = declarations.max_data_age_days

    def as_known(self, snapshots: Sequence[Snapshot], *, scored_on: int) -> tuple[Snapshot, Sequence[Snapshot]]:
        """The last snapshot for rules to judge, and all of them for features, as known on the day `scored_on`."""
        if not self._late:
            return snapshots[-1], snapshots
        masked = [self._hide_unripe(snapshot, scored_on) for snapshot in snapshots]
        return self._carried_forward(masked, scored_on), masked

    def _hide_unripe(self, snapshot: Snapshot, day: int) -> Snapshot:
        values = list(snapshot.values)
        for place, lag in self._late:
            if snapshot.known_on + lag > day:
                values[place] = NAN
        return snapshot._replace(values=values)

    def _carried_forward(self, masked: Sequence[Snapshot], day: int) -> Snapshot:
        """The own snapshot, its unripe fields filled from the latest earlier one in which they are ripe and known."""
        *before, own = masked
        values = list(own.values)
        for place, lag in self._late:
            if own.known_on + lag <= day:
                continue
            for earlier in reversed(before):
                if own.as_of - earlier.as_of <= self._max_age and earlier.values[place] == earlier.values[place]:
                    values[place] = earlier.values[place]
                    break
        return own._replace(values=values)
