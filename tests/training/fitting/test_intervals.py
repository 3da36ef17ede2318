"""How far scores can be trusted: cases worked by hand, and families counted once."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from graduasi_training.fitting.intervals import (
    MIN_AREA_ROWS,
    MIN_GROUP_ROWS,
    PRIOR_SPREAD,
    HeldOutMargins,
    costs_and_gains_of_knowing,
    deviate,
    fit_intervals,
    spread_of_bins,
    spread_of_periods,
)
from graduasi_training.fitting.offsets import Offset, offset
from tests.made_up.learned_model import candidate, training_rows


def drawn(rng, *, dates=6, rows=600, spread=0.0, areas=3, area_spread=0.0):
    """Margins that come true but for a shift of each date and of each area."""
    day, margin = np.repeat(np.arange(dates), rows), rng.normal(-0.5, 1.2, dates * rows)
    area = rng.integers(0, areas, len(day))
    by_date, by_area = rng.normal(0, spread, dates), rng.normal(0, area_spread, areas)
    y = (rng.random(len(day)) < expit(margin + by_date[day] + by_area[area])).astype(float)
    names = np.array([f"32.{number:02}" for number in area], dtype=object)
    return HeldOutMargins(margin, y, np.arange(len(day), dtype=np.int32), names), by_area


@pytest.mark.parametrize(
    ("errors", "spread"),
    [
        ([], PRIOR_SPREAD),
        ([(1.0, 0.36)], np.sqrt((2 * 0.16 + 0.64) / 3)),
        ([(0.1, 0.04), (-0.1, 0.04)], np.sqrt(2 * 0.16 / 4)),  # no more than chance: quiet periods narrow it
        ([(0.0, 1.0)] * 5, np.sqrt(2 * 0.16 / 7)),
    ],
)
def test_the_spread_of_periods_is_the_prior_and_the_errors_beyond_chance_weighed(errors, spread):
    assert spread_of_periods([Offset(*error) for error in errors]) == pytest.approx(spread)


def test_the_fewer_periods_were_seen_the_further_an_interval_reaches():
    assert [deviate(periods) for periods in (0, 3, 5)] == pytest.approx([2.920, 2.015, 1.895], abs=0.001)


def test_bins_have_a_spread_of_their_own_where_the_calibration_curve_is_bent_and_not_where_it_is_straight():
    rng = np.random.default_rng(4)
    margin = rng.normal(0, 1.5, 8000)
    household, area = np.arange(8000, dtype=np.int32), np.full(8000, None, dtype=object)
    straight, bent = (
        HeldOutMargins(margin, (rng.random(8000) < expit(true)).astype(float), household, area)
        for true in (margin, margin + 0.6 * np.cos(2 * margin))
    )
    assert spread_of_bins(straight) < 0.1
    assert 0.25 < spread_of_bins(bent) < 0.6


def test_with_few_rows_bins_are_too_small_to_say_anything():
    few = HeldOutMargins(np.linspace(-1, 1, 200), np.arange(200) % 2.0, np.arange(200, dtype=np.int32), np.full(200, None))  # fmt: skip
    assert spread_of_bins(few) == 0.0


ERRORS = (Offset(0.3, 0.01), Offset(-0.5, 0.01))


def intervals_from(held_out, rng, errors=ERRORS):
    return fit_intervals(held_out, errors, candidate("logistic"), training_rows().values, rng=rng)


def test_an_area_that_differs_has_most_of_its_difference_as_offset_and_small_areas_have_none():
    rng = np.random.default_rng(2)
    held_out, by_area = drawn(rng, areas=3, area_spread=0.8)
    held_out.area[: MIN_AREA_ROWS - 1] = "99.99"
    intervals = intervals_from(held_out, rng)
    assert set(intervals.areas) == {"32.00", "32.01", "32.02"}
    areas = [intervals.areas[f"32.{number:02}"] for number in range(3)]
    assert [area.offset for area in areas] == pytest.approx(by_area.tolist(), abs=0.2)
    shared = np.hypot(spread_of_periods(ERRORS), spread_of_bins(held_out))
    assert all(shared < area.spread < intervals.elsewhere.spread for area in areas)


def test_an_area_s_offset_is_shrunken_towards_zero():
    held_out, _ = drawn(np.random.default_rng(2), dates=3, rows=250, area_spread=0.3)
    for area, fitted in intervals_from(held_out, np.random.default_rng(0)).areas.items():
        raw, _ = offset(held_out.margin[held_out.area == area], held_out.y[held_out.area == area])
        assert 0 < fitted.offset / raw < 1


def test_a_panel_without_areas_has_only_what_dates_and_bins_spread():
    held_out, _ = drawn(np.random.default_rng(2))
    held_out.area[:] = None
    intervals = intervals_from(held_out, np.random.default_rng(0))
    assert not intervals.areas
    assert intervals.elsewhere.spread == pytest.approx(np.hypot(spread_of_periods(ERRORS), spread_of_bins(held_out)))


def test_a_family_seen_on_several_dates_is_one_family():
    """Areas that differ by nothing but the luck of their families once had offsets of 0.2: each family counted five times."""
    rng = np.random.default_rng(3)
    families = np.repeat(np.arange(800, dtype=np.int32), 5)
    margin = np.repeat(rng.normal(-0.5, 1.0, 800), 5)
    y = np.repeat((rng.random(800) < expit(margin[::5])).astype(float), 5)  # a family turns out alike each time
    areas = np.array([f"32.{number % 10:02}" for number in families], dtype=object)
    fitted = intervals_from(HeldOutMargins(margin, y, families, areas), rng)
    taken_apart = intervals_from(HeldOutMargins(margin, y, np.arange(4000, dtype=np.int32), areas), rng)
    spreads = [np.std([area.offset for area in each.areas.values()]) for each in (fitted, taken_apart)]
    assert spreads[0] < 0.05 < 0.1 < spreads[1]


def test_a_feature_without_weight_hides_nothing_and_one_with_weight_hides_something():
    model, values = candidate("logistic"), training_rows().values
    linear = model.linear
    read = int(np.argmax(np.abs(linear.contributions(values, model.preparation)).mean(axis=0)))
    costs, gains = costs_and_gains_of_knowing(model, values)
    assert costs[read] + gains[read] > 0
    weight, tables = np.where(np.arange(values.shape[1]) == read, 0.0, linear.weight), dict(linear.nominal)
    indicated = np.where(model.preparation.indicators() == read, 0.0, linear.indicator_weight)
    tables.pop(read, None)
    blind = replace(model, linear=replace(linear, weight=weight, indicator_weight=indicated, nominal=tables))
    costs, gains = costs_and_gains_of_knowing(blind, values)
    assert costs[read] == gains[read] == 0
    assert costs.max() > 0


def test_what_stands_for_an_unknown_income_is_unfavourable_so_knowing_it_could_only_raise_the_score():
    costs, gains = costs_and_gains_of_knowing(candidate("logistic"), training_rows().values)
    assert costs[0] == 0 < gains[0]


def test_a_feature_that_hardly_anyone_knows_has_no_cost_and_no_gain():
    values = training_rows().values.copy()
    values[MIN_GROUP_ROWS - 1 :, 0] = np.nan
    costs, gains = costs_and_gains_of_knowing(candidate("logistic"), values)
    assert costs[0] == gains[0] == 0
