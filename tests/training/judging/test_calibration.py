"""Calibration by bins and by group, on forecasts whose errors are known."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from graduasi_training.judging.calibration import calibration_bins, calibration_by, slope_figures
from graduasi_training.judging.held_out import HeldOut
from graduasi_training.judging.metrics import calibration_error

EVERYONE = np.ones(3000, dtype=bool)


def forecast_and_truth(seed, *, slope=1.0):
    """Forecasts whose log-odds would have to be multiplied by `slope` to be right."""
    rng = np.random.default_rng(seed)
    margin = rng.normal(-1, 1, 3000)
    y = (rng.random(3000) < expit(slope * margin)).astype(float)
    nobody = np.full(3000, -1)
    return expit(margin), HeldOut(y, np.full(3000, np.nan), nobody, np.arange(3000), EVERYONE, 10)


def slope_of(probability, test):
    return slope_figures(probability, test, test.labelled, test.clusters)


@pytest.mark.parametrize("slope", [0.5, 1.0, 2.0])
def test_the_interval_of_the_slope_holds_the_slope_that_was_drawn_about_as_often_as_it_says(slope):
    inside = 0
    for seed in range(40):
        figures = slope_of(*forecast_and_truth(seed, slope=slope))
        inside += figures["calibration_slope_low"] <= slope <= figures["calibration_slope_high"]
    assert inside >= 34


def test_repeating_every_family_does_not_make_the_slope_surer():
    probability, test = forecast_and_truth(1)
    twice = HeldOut(*(np.tile(getattr(test, name), 2) for name in ("y", "harm", "mentor", "household", "eligible")), 10)
    once = slope_of(probability, test)
    again = slope_of(np.tile(probability, 2), twice)
    widths = [figures["calibration_slope_high"] - figures["calibration_slope_low"] for figures in (once, again)]
    assert widths[1] == pytest.approx(widths[0], rel=0.01)


def test_families_of_one_mentor_that_are_alike_do_not_make_the_slope_surer():
    probability, test = forecast_and_truth(1)
    of_mentors = replace(test, mentor=np.arange(3000))
    twice = HeldOut(
        *(np.tile(getattr(of_mentors, name), 2) for name in ("y", "harm", "mentor", "household", "eligible")), 10
    )
    twice = replace(twice, household=np.arange(6000))  # other households, the same mentors
    once = slope_of(probability, of_mentors)
    again = slope_of(np.tile(probability, 2), twice)
    widths = [figures["calibration_slope_high"] - figures["calibration_slope_low"] for figures in (once, again)]
    assert widths[1] == pytest.approx(widths[0], rel=0.01)


def test_the_intervals_of_bins_hold_right_forecasts_and_not_wrong_ones():
    probability, test = forecast_and_truth(2)
    test.y[::3] = np.nan
    right = calibration_bins(probability, test, test.clusters)
    assert [row["n"] for row in right] == [200] * 10
    assert sum(row["low"] <= row["score"] <= row["high"] for row in right) >= 8
    wrong = calibration_bins(np.minimum(1, probability * 1.5), test, test.clusters)
    assert sum(row["low"] <= row["score"] <= row["high"] for row in wrong) <= 4


def test_areas_have_their_own_slope_and_error_or_too_few():
    probability, test = forecast_and_truth(3)
    areas = np.array(["A"] * 2000 + ["B"] * 940 + ["C"] * 30 + ["D"] * 30, dtype=object)
    test.y[[0, -1]] = np.nan
    figures = calibration_by(areas, probability, test, test.clusters)
    assert {name: row["n"] for name, row in figures.items()} == {"A": 1999, "B": 940, "C": 30, "D": 29}
    assert figures["D"] == {"n": 29, "note": "too few"}
    assert figures["C"]["base_rate"] == pytest.approx(test.y[2940:2970].mean())
    assert figures["A"]["low"] < figures["A"]["calibration_slope"] < figures["A"]["high"]
    assert figures["B"]["ece"] == calibration_error(probability[2000:2940], test.y[2000:2940])


@pytest.mark.parametrize(("ready", "has_slope"), [(9, False), (10, True)])
def test_there_is_a_slope_from_ten_families_of_either_outcome_on(ready, has_slope):
    probability, test = forecast_and_truth(4)
    test.y[:] = np.arange(3000) < ready
    assert (slope_of(probability, test)["calibration_slope"] is not None) == has_slope
