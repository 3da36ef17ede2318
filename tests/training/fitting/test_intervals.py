"""How far scores can be trusted: cases worked by hand, slow definitions, and periods that really moved."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from graduasi_training.fitting.intervals import (
    MIN_AREA_ROWS,
    MIN_GROUP_ROWS,
    PRIOR_SPREAD,
    HeldOutMargins,
    costs_and_gains_of_knowing,
    fit_intervals,
    offset,
    spread_of_bins,
    spread_of_dates,
    variance_between,
)
from tests.made_up.learned_model import candidate, training_rows


@given(seed=st.integers(0, 2**32 - 1), shift=st.floats(-2, 2))
def test_the_offset_is_the_shift_of_largest_likelihood(seed, shift):
    rng = np.random.default_rng(seed)
    margin = rng.normal(size=300)
    y = (rng.random(300) < expit(margin + shift)).astype(float)
    found, variance = offset(margin, y)
    grid = np.linspace(-4, 4, 1601)
    moved = margin + grid[:, None]
    assert found == pytest.approx(grid[(y * moved - np.logaddexp(0, moved)).sum(axis=1).argmax()], abs=0.006)
    p = expit(margin + found)
    assert variance == pytest.approx(1 / (p * (1 - p)).sum(), rel=1e-6)


@pytest.mark.parametrize("outcome", [0.0, 1.0])
def test_where_all_outcomes_are_the_same_the_offset_is_finite(outcome):
    found, variance = offset(np.zeros(40), np.full(40, outcome))
    assert np.isfinite([found, variance]).all()
    assert np.sign(found) == 2 * outcome - 1


def test_the_variance_between_groups_by_hand():
    # Weights 4, 2, 1: mean (4·0 + 2·1 + 1·2)/7 = 4/7; Q = 4·16/49 + 2·9/49 + 1·100/49 = 182/49 = 26/7;
    # the sum of weights less that of their squares by it: 7 − 21/7 = 4. (26/7 − 2)/4 = 3/7.
    assert variance_between([(0.0, 1 / 4), (1.0, 1 / 2), (2.0, 1.0)]) == pytest.approx(3 / 7)


@pytest.mark.parametrize("offsets", [[], [(3.0, 0.1)], [(0.1, 1.0), (-0.1, 1.0)]])
def test_groups_that_differ_no_more_than_chance_have_no_variance_between_them(offsets):
    assert variance_between(offsets) == 0.0


def drawn(rng, *, dates=6, rows=600, spread=0.0, areas=3, area_spread=0.0):
    """Margins that come true but for a shift of each date and of each area."""
    day, margin = np.repeat(np.arange(dates), rows), rng.normal(-0.5, 1.2, dates * rows)
    area = rng.integers(0, areas, len(day))
    by_date, by_area = rng.normal(0, spread, dates), rng.normal(0, area_spread, areas)
    y = (rng.random(len(day)) < expit(margin + by_date[day] + by_area[area])).astype(float)
    names = np.array([f"32.{number:02}" for number in area], dtype=object)
    return HeldOutMargins(margin, y, day.astype(np.int32), names), by_area


def test_with_a_single_date_the_spread_of_dates_is_the_prior_s():
    alone, _ = drawn(np.random.default_rng(0), dates=1)
    assert spread_of_dates(alone) == pytest.approx(PRIOR_SPREAD * np.sqrt(2 / 3))


def test_dates_that_moved_widen_the_spread_and_quiet_ones_narrow_it():
    quiet, moved = (
        spread_of_dates(drawn(np.random.default_rng(1), dates=12, spread=spread)[0]) for spread in (0.0, 1.0)
    )
    assert quiet < 0.6 * PRIOR_SPREAD
    assert moved > 0.7


def test_bins_have_a_spread_of_their_own_where_the_calibration_curve_is_bent_and_not_where_it_is_straight():
    rng = np.random.default_rng(4)
    margin = rng.normal(0, 1.5, 8000)
    day, area = np.zeros(8000, dtype=np.int32), np.full(8000, None, dtype=object)
    straight, bent = (
        HeldOutMargins(margin, (rng.random(8000) < expit(true)).astype(float), day, area)
        for true in (margin, margin + 0.6 * np.cos(2 * margin))
    )
    assert spread_of_bins(straight) < 0.1
    assert 0.25 < spread_of_bins(bent) < 0.6


def test_with_few_rows_bins_are_too_small_to_say_anything():
    few = HeldOutMargins(np.linspace(-1, 1, 200), np.arange(200) % 2.0, np.zeros(200, dtype=np.int32), np.full(200, None))  # fmt: skip
    assert spread_of_bins(few) == 0.0


def intervals_from(held_out, rng):
    return fit_intervals(held_out, candidate("logistic"), training_rows().values, rng=rng)


def test_an_area_that_differs_has_most_of_its_difference_as_offset_and_small_areas_have_none():
    rng = np.random.default_rng(2)
    held_out, by_area = drawn(rng, areas=3, area_spread=0.8)
    held_out.area[: MIN_AREA_ROWS - 1] = "99.99"
    intervals = intervals_from(held_out, rng)
    assert set(intervals.areas) == {"32.00", "32.01", "32.02"}
    areas = [intervals.areas[f"32.{number:02}"] for number in range(3)]
    assert [area.offset for area in areas] == pytest.approx(by_area.tolist(), abs=0.2)
    shared = np.hypot(spread_of_dates(held_out), spread_of_bins(held_out))
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
    assert intervals.elsewhere.spread == pytest.approx(np.hypot(spread_of_dates(held_out), spread_of_bins(held_out)))


def test_later_periods_that_are_shifted_lie_within_the_intervals_about_as_often_as_stated():
    inside = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        intervals = intervals_from(drawn(rng, dates=8, rows=200, spread=0.5)[0], rng)
        margin = rng.normal(-0.5, 1.0, 50)
        nothing = np.zeros((50, len(intervals.costs)), dtype=bool)  # neither unknown nor carried forward
        low, high = intervals.around(margin, pa.nulls(50, pa.string()), nothing, nothing)
        true = margin + rng.normal(0, 0.5)  # the whole period comes out beside the forecast
        inside.append(((low <= true) & (true <= high)).mean())
    assert 0.8 <= np.mean(inside) <= 1.0


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
