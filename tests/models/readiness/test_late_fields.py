"""Late fields: their values count only once they were known, for features as for rules."""

import numpy as np
import pytest

from graduasi.dates import to_day
from graduasi.panel.table_contract import check_panel
from graduasi.readiness.features import build_features, features_of
from graduasi.readiness.late_fields import snapshots_as_known
from graduasi.single.features import Snapshot
from graduasi.single.late_fields import SingleLateFields
from tests.made_up.small_programme import (
    DECLARED,
    DICTIONARY,
    SMALL,
    declared,
    dictionary_of,
    draw_table,
    household,
    table_of,
)


def late(**lag_days):
    """The small dictionary with these `lag_days`, by field."""
    text = DICTIONARY
    for name, days in lag_days.items():
        text = text.replace(f'[fields.{name}]\ntype = "number"', f'[fields.{name}]\ntype = "number"\nlag_days = {days}')
    return dictionary_of(text)


LATE = late(debt_idr=90)
NAMES = [feature.name for feature in features_of(LATE)]
VISITS = (("2020-06-01", 1e6), ("2020-12-01", 2e6), ("2021-01-01", 4e6))
TABLE = table_of(*(household(as_of=as_of, debt_idr=debt) for as_of, debt in VISITS))


def debt_known_on(day, *, table=TABLE, max_age=400):
    """The debt of the last snapshot as the model reads it, the mean of earlier debts, and the debt that the rules read."""
    panel, last, day = check_panel(table, LATE)[0], np.array([2]), to_day(np.datetime64(day).astype(object))
    values = build_features(panel, last, as_of=day, declarations=declared(LATE, max_age_days=max_age)).values[0]
    for_rules = value_for_rules(panel, day, max_age=max_age)
    return values[NAMES.index("debt_idr")], values[NAMES.index("debt_idr__mean")], for_rules


def value_for_rules(panel, day, *, field="debt_idr", dictionary=LATE, max_age=400):
    """What the rules read in the last snapshot: the same in a panel and for a household alone."""
    last = np.array([len(panel) - 1])
    declarations = declared(dictionary, max_age_days=max_age)
    in_panel = snapshots_as_known(panel, last, as_of=day, declarations=declarations).values[0]
    rows = np.flatnonzero(panel.household == panel.household[-1])
    visits = [Snapshot(int(panel.as_of[row]), int(panel.known_on[row]), panel.values[row].tolist()) for row in rows]
    alone, _ = SingleLateFields(declarations).as_known(visits, scored_on=day)
    np.testing.assert_array_equal(alone.values, in_panel)
    return in_panel[dictionary.column(field)]


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2021-01-01", 1e6), ("2021-02-28", 1e6), ("2021-03-01", 2e6), ("2021-03-31", 2e6), ("2021-04-01", 4e6)],
)
def test_until_the_lag_has_passed_the_earlier_value_stands(day, expected):
    for_model, _, for_rules = debt_known_on(day)
    assert for_model == for_rules == expected


def test_without_an_earlier_value_it_is_unknown():
    table = table_of(
        *(household(as_of=as_of, debt_idr=None if n < 2 else debt) for n, (as_of, debt) in enumerate(VISITS))
    )
    assert np.isnan(debt_known_on("2021-03-31", table=table)).all()


@pytest.mark.parametrize(("max_age", "debt"), [(31, 2e6), (30, np.nan)])
def test_an_earlier_value_stands_within_the_age_limit_only(max_age, debt):
    np.testing.assert_equal(debt_known_on("2021-03-01", max_age=max_age)[::2], (debt, debt))


def test_another_household_s_earlier_value_does_not_stand_for_mine():
    rows = [household(name, as_of, debt_idr=debt) for name, (as_of, debt) in zip("AAB", VISITS, strict=True)]
    assert np.isnan(debt_known_on("2021-03-01", table=table_of(*rows))).all()


def test_what_is_unknown_although_its_own_lag_has_passed_stays_unknown_for_rules():
    dictionary = late(debt_idr=90, land_ha=30)
    visits = [household(as_of="2020-12-01", land_ha=0.7), household(as_of="2021-01-01", land_ha=None)]
    panel = check_panel(table_of(*visits), dictionary)[0]
    day = int(panel.as_of[1])
    land = [value_for_rules(panel, day + days, field="land_ha", dictionary=dictionary) for days in (29, 30)]
    np.testing.assert_equal(land, [0.7, np.nan])


def test_history_waits_for_the_lag_too():
    means = [debt_known_on(day)[1] for day in ("2021-01-01", "2021-04-01")]
    assert means == [1e6, 1.5e6]


def test_fields_that_are_not_late_and_a_dictionary_without_late_fields_are_as_they_were():
    panel = check_panel(draw_table(np.random.default_rng(0)), SMALL)[0]
    rows = np.arange(len(panel))
    in_time, late = (
        build_features(panel, rows, as_of=panel.known_on, declarations=declared(dictionary)).values
        for dictionary in (SMALL, LATE)
    )
    of_debt = np.array([name.startswith("debt_idr") for name in NAMES])
    np.testing.assert_array_equal(in_time[:, ~of_debt], late[:, ~of_debt])
    assert not np.array_equal(in_time[:, of_debt], late[:, of_debt], equal_nan=True)
    assert snapshots_as_known(panel, rows, as_of=panel.known_on, declarations=DECLARED) is panel


def test_a_ratio_waits_for_its_yardstick():
    dictionary = late(line_idr=90)
    panel = check_panel(table_of(household(as_of="2021-01-01")), dictionary)[0]
    day = to_day(np.datetime64("2021-02-01").astype(object))
    values = build_features(panel, np.array([0]), as_of=day, declarations=declared(dictionary)).values[0]
    assert np.isnan(values[NAMES.index("income_idr")])


def test_a_value_that_will_be_known_only_after_the_day_changes_no_feature():
    table = draw_table(np.random.default_rng(1), households=30)
    panel = check_panel(table, LATE)[0]
    rows, day = panel.latest_known(int(panel.known_on.max())), int(panel.known_on.max())
    before = build_features(panel, rows, as_of=day, declarations=declared(LATE)).values
    known_later = panel.known_on + 90 > day
    assert known_later.any()
    panel.values[known_later, LATE.column("debt_idr")] = 123_456_789.0
    after = build_features(panel, rows, as_of=day, declarations=declared(LATE)).values
    np.testing.assert_array_equal(after, before)
