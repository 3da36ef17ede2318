"""What earlier visits said: of which day a value is that the latest visit left unknown, and which amounts moved clearly."""

from datetime import date

import numpy as np
import pytest

from graduasi.dates import from_day
from graduasi.readiness.features import build_features, own_features
from graduasi.readiness.late_fields import snapshots_as_known
from graduasi.scoring.earlier_visits import LOOK_BACK_MONTHS, MOVED, earlier_values
from tests.made_up.small_programme import DECLARED, SMALL, draw_panel, household, panel_of


def _told(panel, day=None):
    """What is told of each household's latest snapshot, by field."""
    day = int(panel.known_on.max()) if day is None else day
    rows = panel.latest_known(day)
    shown = build_features(panel, rows, as_of=day, declarations=DECLARED).shown
    own = snapshots_as_known(panel, rows, as_of=day, declarations=DECLARED).values
    lists = earlier_values(panel, rows, as_of=day, shown=shown, own=own, declarations=DECLARED).to_pylist()
    return rows, shown, own, [{told["field"]: told for told in of_one} for of_one in lists]


def _visits(*incomes):
    """One household a quarter, with these incomes."""
    days = [date(2026, 3 * number, 28) for number in range(1, len(incomes) + 1)]
    return panel_of(*(household("A", as_of=day, income_idr=income) for day, income in zip(days, incomes, strict=True)))


@pytest.mark.parametrize(
    ("incomes", "earlier"),
    [
        ((2e6, 1e6), ("2000000", "2026-03-28")),
        ((1e6, 2e6), ("1000000", "2026-03-28")),
        ((2e6, None, 1e6), ("2000000", "2026-03-28")),
        ((2e6, 1.01e6, 1e6), None),
        ((1e6, 1e6 * (1 - MOVED)), ("1000000", "2026-03-28")),
        ((1e6, 1e6 * (1 - MOVED) + 1), None),
        ((0.0, 1e6), ("0", "2026-03-28")),
        ((0.0, 0.0), None),
        ((1e6,), None),
    ],
)
def test_an_amount_that_moved_by_a_fifth_is_told_with_both_values_and_days(incomes, earlier):
    panel = _visits(*incomes)
    told = _told(panel)[3][0].get("income_idr")
    assert (told and (told["earlier_value"], told["earlier_as_of"])) == earlier
    if told:
        assert (float(told["value"]), told["as_of"]) == (incomes[-1], from_day(panel.as_of[-1]).isoformat())


def test_of_drawn_households_all_is_told_as_by_looking_at_every_visit():
    panel = draw_panel(11, households=150)
    rows, shown, own, told = _told(panel)
    seen = set()
    for index, row in enumerate(rows):
        for name, feature, column in own_features(SMALL):
            expected = _by_looking(panel, row, column, shown[index, feature], own[index, column], SMALL.fields[name])
            found = told[index].get(name)
            assert (found and (found["as_of"], found["earlier_as_of"])) == expected, (index, name)
            seen.add(found is not None and found["earlier_value"] is not None)
    assert seen == {True, False}


def _by_looking(panel, row, column, shown, own, field):
    """(day of the value, day of the earlier one) as told, by plain loops over the earlier visits."""
    day, oldest = int(panel.known_on.max()), panel.as_of[row] - 366
    before = [
        visit
        for visit in range(row - 1, -1, -1)
        if panel.household[visit] == panel.household[row] and panel.as_of[visit] >= oldest
        and panel.known_on[visit] + field.lag_days <= day
    ]  # fmt: skip
    if np.isnan(own) and not np.isnan(shown):
        days = [panel.as_of[visit] for visit in before if panel.values[visit, column] == shown]
        return (from_day(days[0]).isoformat(), None) if days else None
    if field.per is None or field.effect == "any" or np.isnan(own):
        return None
    known = [visit for visit in before if not np.isnan(panel.values[visit, column])]
    if not known:
        return None
    earlier = panel.values[known[0], column]
    if own == earlier or abs(own - earlier) < MOVED * abs(earlier):
        return None
    return from_day(panel.as_of[row]).isoformat(), from_day(panel.as_of[known[0]]).isoformat()


def test_what_is_told_does_not_reach_back_further_than_a_year():
    assert LOOK_BACK_MONTHS == 12
    days = (date(2025, 3, 28), date(2026, 3, 29))
    panel = panel_of(
        *(household("A", as_of=day, income_idr=amount) for day, amount in zip(days, (2e6, 1e6), strict=True))
    )
    assert _told(panel)[3] == [{}]
