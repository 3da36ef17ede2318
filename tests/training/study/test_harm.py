"""Which families would have been harmed had they been listed, in small worked tables, and where the panel does not tell."""

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
    """The harm of the household in the first row, observed on the day of that row; None for unknown."""
    observations = Observations(np.array([0]), panel.as_of[:1], np.array([True]))
    (harm,) = harmed(observations, panel=panel, events=events, declarations=declared(programme=programme)).tolist()
    return None if math.isnan(harm) else harm


@pytest.mark.parametrize(
    ("incomes", "harm"),
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
def test_by_the_rules_a_family_is_harmed_if_they_hold_at_a_visit_within_the_label_s_hold(incomes, harm):
    rows = [household("K", visit, income_idr=income) for visit, income in zip(VISITS, incomes, strict=False)]
    assert _harm(panel_of(*rows, household("L", "2021-01-01", income_idr=POOR)), BELOW_THE_LINE) == harm


@pytest.mark.parametrize(("last", "harm"), [("2023-01-01", 1.0), ("2023-01-02", None)])
def test_a_visit_after_the_label_s_window_does_not_tell_of_harm(last, harm):
    visits = (("2021-01-01", RICH), ("2022-01-01", RICH), (last, POOR))
    assert _harm(panel_of(*(household("K", day, income_idr=income) for day, income in visits)), BELOW_THE_LINE) == harm


@pytest.mark.parametrize(
    ("event", "harm"),
    [
        (("K", "re_entered", "2021-01-01"), 0.0),
        (("K", "re_entered", "2021-01-02"), 1.0),
        (("K", "re_entered", "2023-01-01"), 1.0),
        (("K", "re_entered", "2023-01-02"), 0.0),
        (("L", "re_entered", "2021-06-01"), 0.0),
        (("K", "graduated", "2021-06-01"), 0.0),
    ],
)
def test_without_rules_a_family_is_harmed_if_it_returns_within_two_years(event, harm):
    rows = [dict(zip(("household_id", "event", "event_date"), event, strict=True))]
    events = check_events(pa.Table.from_pylist(rows), RULES)
    assert _harm(panel_of(household("K", "2021-01-01"), household("L", "2023-01-01")), RULES, events) == harm
    assert _harm(panel_of(household("K", "2021-01-01"), household("L", "2022-12-31")), RULES, events) is None


def test_without_rules_and_without_events_harm_is_unknown():
    assert _harm(panel_of(household("K", "2021-01-01"), household("L", "2023-01-01")), RULES) is None
