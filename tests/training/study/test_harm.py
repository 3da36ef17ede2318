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
GRADUATION = RULES.model_copy(update={"labels": tuple(sorted(RULES.labels, key=lambda label: label.kind != "event"))})
"""The same programme with graduation as its target."""


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


def _events(programme, *events, told=0):
    """Rows of (household, event, day), each known `told` days later."""
    rows = [
        {"household_id": who, "event": event, "event_date": day, "known_on": str(np.datetime64(day) + told)}
        for who, event, day in events
    ]
    return check_events(pa.Table.from_pylist(rows), programme)


def _by_events(*events, last="2022-07-01", programme=GRADUATION, told=0):
    """The harm of household K, observed on 2021-01-01, where the panel's last visit is that of household L."""
    panel = panel_of(household("K", "2021-01-01"), household("L", last))
    return _harm(panel, programme, _events(programme, *events, told=told))


LEFT = ("K", "graduated", "2021-06-01")


@pytest.mark.parametrize(
    ("events", "harm"),
    [
        ([LEFT], 0.0),
        ([LEFT, ("K", "re_entered", "2021-06-02")], 1.0),
        ([LEFT, ("K", "re_entered", "2021-12-01")], 1.0),
        ([LEFT, ("K", "re_entered", "2021-12-02")], 0.0),  # six months after leaving are over
        (
            [("K", "graduated", "2022-01-01"), ("K", "re_entered", "2022-06-30")],
            1.0,
        ),  # who left late is followed as long
        ([("K", "graduated", "2022-01-02"), ("K", "re_entered", "2022-06-30")], None),  # left after the label's window
        ([("K", "re_entered", "2021-06-01"), ("L", "graduated", "2021-06-01")], None),  # never left
        ([("K", "re_entered", "2021-03-01"), LEFT], 0.0),
        ([LEFT, ("L", "re_entered", "2021-07-01")], 0.0),
        ([LEFT, ("K", "moved_or_died", "2021-08-01")], None),  # nobody can tell
        ([LEFT, ("K", "re_entered", "2021-07-01"), ("K", "moved_or_died", "2021-08-01")], 1.0),
        ([LEFT, ("K", "moved_or_died", "2021-12-02")], 0.0),
        ([("K", "exited_naturally", "2021-03-01"), LEFT], None),  # it did not leave by graduating
        ([("K", "exited_naturally", "2021-03-01"), LEFT, ("K", "re_entered", "2021-07-01")], None),
    ],
)
def test_without_rules_a_family_that_left_within_the_label_s_window_is_harmed_if_it_returned(events, harm):
    assert _by_events(*events) == harm
    assert _by_events(*events, last="2022-06-30") is None


def test_families_that_stayed_are_no_proof_that_leaving_does_no_harm():
    """A hundred families, of whom ten left and five of these came back: half were harmed, not one in twenty."""
    rows = [household(f"K{number:03}", "2021-01-01") for number in range(100)]
    panel = panel_of(*rows, household("L", "2023-01-01"))
    left = [(f"K{number:03}", "graduated", "2021-06-01") for number in range(10)]
    returned = [(f"K{number:03}", "re_entered", "2021-09-01") for number in range(5)]
    observations = Observations(np.arange(100), panel.as_of[:100], np.ones(100, dtype=bool))
    harm = harmed(
        observations,
        panel=panel,
        events=_events(GRADUATION, *left, *returned),
        declarations=declared(programme=GRADUATION),
    )
    assert np.isnan(harm).sum() == 90
    assert np.nanmean(harm) == 0.5


@pytest.mark.parametrize(("last", "harm"), [("2022-07-01", None), ("2022-12-27", None), ("2022-12-28", 0.0)])
def test_where_events_are_told_late_nobody_counts_as_unharmed_before_they_would_be_told(last, harm):
    assert _by_events(LEFT, told=180, last=last) == harm


@pytest.mark.parametrize(
    ("label", "returned", "harm"),
    [
        ('kind = "snapshots"\nafter_months = 12\nhold_months = 3\ntolerance_months = 3', "2022-07-01", 1.0),
        ('kind = "snapshots"\nafter_months = 12\nhold_months = 3\ntolerance_months = 3', "2022-07-02", 0.0),
        ('kind = "snapshots"\nafter = 1\nhold = 1\nwithin_months = 9', "2021-10-01", 1.0),
        ('kind = "snapshots"\nafter = 1\nhold = 1\nwithin_months = 9', "2021-10-02", 0.0),
        ('kind = "snapshots"\nafter = 1\nhold = 1', "2021-07-01", None),  # K was never visited again: no end
    ],
)
def test_the_window_of_harm_is_that_of_the_target(label, returned, harm):
    counted = 'kind = "snapshots"\nafter = 1\nhold = 2\nwithin_months = 24'
    assert counted in PROGRAMME
    programme = programme_of(PROGRAMME.replace(counted, label))
    assert _by_events(LEFT, ("K", "re_entered", returned), programme=programme, last="2023-01-01") == harm


@pytest.mark.parametrize(("months", "harm"), [(None, None), (5, 0.0), (6, 1.0)])
def test_a_column_as_target_has_the_months_that_it_looks_ahead_as_window(months, harm):
    column = RULES.labels[2].model_copy(update={"known_after_months": months})
    given = RULES.model_copy(update={"labels": (column, *RULES.labels[:2])})
    assert given.target.kind == "column"
    left, returned = ("K", "graduated", "2021-05-01"), ("K", "re_entered", "2021-07-01")
    assert _by_events(left, returned, programme=given) == harm


def test_without_a_label_of_graduation_whatever_ends_a_stay_counts_as_leaving():
    held = RULES.model_copy(update={"labels": RULES.labels[:1]})
    moved = ("K", "moved_or_died", "2021-06-01")
    returned = ("K", "re_entered", "2021-09-01")
    assert _by_events(moved, returned, programme=held, last="2023-01-01") == 1.0
