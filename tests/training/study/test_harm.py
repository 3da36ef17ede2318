"""Which listed families would have been harmed, in small worked tables, and where the panel does not tell."""

import math

import numpy as np
import pyarrow as pa
import pytest

from graduasi.panel.events import NO_EVENTS, check_events
from graduasi_training.study.harm import harmed
from graduasi_training.study.observations import Observations
from tests.made_up.small_programme import PROGRAMME, RULES, declared, household, panel_of, programme_of

VISITS = ("2021-01-01", "2021-07-01", "2022-01-01", "2022-07-01")
RICH, POOR, UNKNOWN = 3_000_000.0, 1_000_000.0, None
BELOW_THE_LINE = programme_of(
    PROGRAMME + '\n[harm]\n[[harm.rules]]\nfield = "income_idr"\nop = "<"\nvalue_field = "line_idr"\n'
)


def _harm(panel, programme, events=NO_EVENTS):
    """What is told of the household of the first row, looked at on the day of that row."""
    seen = Observations(np.array([0]), panel.as_of[:1], np.array([True]))
    (found,) = harmed(seen, panel=panel, events=events, declarations=declared(programme=programme)).tolist()
    return None if math.isnan(found) else found


@pytest.mark.parametrize(
    ("incomes", "told"),
    [
        ((POOR, RICH, RICH), 0.0),
        ((RICH, POOR, RICH), 1.0),
        ((RICH, RICH, POOR), 1.0),
        ((RICH, RICH, RICH, POOR), 0.0),
        ((RICH, RICH, UNKNOWN), None),
        ((RICH, POOR, UNKNOWN), None),
        ((RICH, POOR), None),
        ((RICH,), None),
    ],
)
def test_by_its_rules_a_family_is_harmed_at_a_visit_of_the_label_s_hold(incomes, told):
    rows = [household("K", visit, income_idr=income) for visit, income in zip(VISITS, incomes, strict=False)]
    assert _harm(panel_of(*rows, household("L", "2021-01-01", income_idr=POOR)), BELOW_THE_LINE) == told


@pytest.mark.parametrize(("last", "told"), [("2023-01-01", 1.0), ("2023-01-02", None)])
def test_a_visit_after_the_label_s_window_tells_nothing(last, told):
    visits = (("2021-01-01", RICH), ("2022-01-01", RICH), (last, POOR))
    assert _harm(panel_of(*(household("K", day, income_idr=income) for day, income in visits)), BELOW_THE_LINE) == told


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (("K", "re_entered", "2021-01-01"), 0.0),
        (("K", "re_entered", "2021-01-02"), 1.0),
        (("K", "re_entered", "2023-01-01"), 1.0),
        (("K", "re_entered", "2023-01-02"), 0.0),
        (("L", "re_entered", "2021-06-01"), 0.0),
        (("K", "graduated", "2021-06-01"), 0.0),
    ],
)
def test_without_rules_a_family_is_harmed_that_returns_within_two_years(event, told):
    rows = [dict(zip(("household_id", "event", "event_date"), event, strict=True))]
    events = check_events(pa.Table.from_pylist(rows), RULES)
    assert _harm(panel_of(household("K", "2021-01-01"), household("L", "2023-01-01")), RULES, events) == told
    assert _harm(panel_of(household("K", "2021-01-01"), household("L", "2022-12-31")), RULES, events) is None


def test_without_rules_and_events_nothing_is_told():
    assert _harm(panel_of(household("K", "2021-01-01"), household("L", "2023-01-01")), RULES) is None
