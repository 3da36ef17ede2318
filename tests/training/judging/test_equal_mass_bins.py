"""Bins of equal size: the order of rows plays no part, and ties are shared out as random order would on average."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graduasi_training.judging.calibration import calibration_bins
from graduasi_training.judging.equal_mass_bins import equal_mass_bins
from graduasi_training.judging.held_out import HeldOut
from graduasi_training.judging.metrics import calibration_error


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40), st.integers(1, 12))
def test_every_row_is_shared_out_once_and_bins_differ_in_size_by_one_at_most(values, count):
    shares = equal_mass_bins(np.array(values, dtype=float), count)
    assert shares.sum(axis=0) == pytest.approx(np.ones(len(values)))
    sizes = [len(part) for part in np.array_split(np.arange(len(values)), min(count, len(values)))]
    assert shares.sum(axis=1) == pytest.approx(sizes)


@given(st.permutations(range(23)), st.integers(1, 10))
def test_without_ties_they_are_the_ranked_rows_cut_into_parts(order, count):
    score = np.array(order, dtype=float)
    parts = [set(np.flatnonzero(shares == 1)) for shares in equal_mass_bins(score, count)]
    assert parts == [set(part) for part in np.array_split(np.argsort(score), count)]


def test_the_sums_are_those_of_random_order_on_average():
    rng = np.random.default_rng(0)
    score, values = rng.integers(0, 4, 50).astype(float), rng.normal(size=50)
    drawn = np.zeros(7)
    for _ in range(4000):
        order = np.lexsort((rng.random(50), score))
        drawn += [values[part].sum() for part in np.array_split(order, 7)]
    assert equal_mass_bins(score, 7) @ values == pytest.approx(drawn / 4000, abs=0.15)


def tied_forecast(rows=2000):
    """A perfect forecast of three values, with the ready families of each value first."""
    forecast = np.repeat([0.2, 0.5, 0.8], [800, 800, 400])
    y = np.concatenate([np.arange(size) < size * rate for size, rate in ((800, 0.2), (800, 0.5), (400, 0.8))])
    return forecast, y.astype(float)


def test_the_calibration_error_does_not_depend_on_the_order_of_rows_with_equal_forecasts():
    forecast, y = tied_forecast()
    shuffled = np.random.default_rng(1).permutation(len(y))
    assert calibration_error(forecast, y) == pytest.approx(calibration_error(forecast[shuffled], y[shuffled]))
    assert calibration_error(forecast, y) == pytest.approx(0.0, abs=1e-9)
    assert calibration_error(np.full(10, 0.4), (np.arange(10) < 4).astype(float)) == pytest.approx(0.0)


def test_bins_of_a_right_forecast_hold_it_though_the_ready_families_stand_first():
    forecast, y = tied_forecast()
    rows = np.arange(len(y))
    test = HeldOut(y, y, np.full(len(y), -1), rows, rows >= 0, 10)
    bins = calibration_bins(forecast, test, test.clusters)
    assert [row["n"] for row in bins] == [200] * 10
    assert [row["observed"] for row in bins] == pytest.approx([row["score"] for row in bins])
