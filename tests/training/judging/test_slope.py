"""The line that makes margins come true, against a slow search, for margins of any size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit

from graduasi_training.judging.clusters import clusters_from
from graduasi_training.judging.slope import MIN_SLOPE, calibrate, slope_estimate


def drawn(seed, *, rows=600, spread=1.0, centre=0.0, told=0.8):
    """Margins of the given spread, and outcomes whose log-odds rise by `told` with each standard deviation of them."""
    rng = np.random.default_rng(seed)
    standard = rng.normal(size=rows)
    y = (rng.random(rows) < expit(told * standard - 1)).astype(float)
    return centre + spread * standard, y


def searched(margin, y, offset=0.0):
    """The same line by a search without derivatives, in units of the margins' own spread."""
    centre, spread = margin.mean(), margin.std()

    def loss(line):
        fitted = line[0] * (margin - centre) / spread + line[1] + offset
        return np.mean(np.logaddexp(0, fitted) - y * fitted)

    found = minimize(loss, [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-15, "maxiter": 5000})
    return found.x[0] / spread, found.x[1] - found.x[0] * centre / spread


@pytest.mark.parametrize("spread", [1e-6, 0.003, 0.1, 1.0, 12.0])
@pytest.mark.parametrize("centre", [-3.0, 0.0, 2.0])
def test_margins_of_any_spread_get_the_line_that_a_slow_search_finds(spread, centre):
    margin, y = drawn(1, spread=spread, centre=centre)
    assert calibrate(margin, y) == pytest.approx(searched(margin, y), rel=1e-4)


def test_a_given_offset_is_added_and_not_scaled():
    margin, y = drawn(2, spread=0.01)
    offset = np.random.default_rng(3).normal(0, 1.5, len(y))
    assert calibrate(margin, y, offset) == pytest.approx(searched(margin, y, offset), rel=1e-4)


@given(st.integers(0, 10_000), st.floats(-4, 4), st.floats(-5, 5))
def test_margins_in_other_units_get_the_same_forecasts(seed, power, shift):
    margin, y = drawn(seed, rows=200)
    slope, intercept = calibrate(margin, y)
    changed = 10**power * margin + shift
    other_slope, other_intercept = calibrate(changed, y)
    if min(slope, other_slope) > MIN_SLOPE:
        np.testing.assert_allclose(other_slope * changed + other_intercept, slope * margin + intercept, atol=1e-5)


@pytest.mark.parametrize("spread", [1.0, 50.0, 1e6])
def test_below_the_least_slope_the_intercept_still_makes_the_forecasts_right_on_average(spread):
    margin, y = drawn(4, spread=spread, told=-0.5)
    slope, intercept = calibrate(margin, y)
    assert slope == MIN_SLOPE
    assert expit(slope * margin + intercept).mean() == pytest.approx(y.mean(), abs=1e-6)


def test_equal_margins_keep_slope_one_and_get_the_base_rate():
    y = np.repeat([0.0, 1.0], [30, 10])
    slope, intercept = calibrate(np.full(40, 3.3), y)
    assert (slope, expit(slope * 3.3 + intercept)) == (1.0, pytest.approx(0.25))
    (families,) = clusters_from(np.arange(40))
    assert slope_estimate(np.full(40, 3.3), y, (slope, intercept), families).interval() == (None, None)


@pytest.mark.parametrize("y", [np.repeat([0.0, 1.0], 20), np.zeros(40), np.ones(40)], ids=["apart", "none", "all"])
def test_outcomes_that_the_margins_tell_apart_wholly_and_outcomes_of_one_kind_end_with_a_finite_line(y):
    slope, intercept = calibrate(np.arange(40.0), y)
    assert np.isfinite([slope, intercept]).all()
    assert np.abs(expit(slope * np.arange(40.0) + intercept) - y).max() < 0.01


def test_the_error_of_the_slope_scales_with_the_margins():
    margin, y = drawn(5)
    (families,) = clusters_from(np.arange(len(y)) // 3)
    error = slope_estimate(margin, y, calibrate(margin, y), families).error
    tiny = 5 + margin * 1e-7
    assert slope_estimate(tiny, y, calibrate(tiny, y), families).error == pytest.approx(error * 1e7, rel=1e-4)
