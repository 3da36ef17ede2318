"""What has to be added to margins for them to come true: by hand, by a grid, and where Newton's method once ran away."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from graduasi_training.fitting.offsets import MAX_OFFSET, offset, variance_between


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


@pytest.mark.parametrize(("margin", "observed", "shift"), [(3.0, 0.5, -3.0), (-3.0, 0.4, 2.59), (-6.0, 0.05, 3.06)])
def test_an_offset_far_from_zero_has_the_right_sign_and_size(margin, observed, shift):
    y = (np.arange(1000) < 1000 * observed).astype(float)
    assert offset(np.full(1000, margin), y).value == pytest.approx(shift, abs=0.01)


def test_an_offset_never_passes_its_limit():
    assert offset(np.full(50, 40.0), np.zeros(50)).value == -MAX_OFFSET


def test_rows_of_one_family_say_no_more_than_one_row():
    rng = np.random.default_rng(1)
    margin = rng.normal(size=400)
    y = (rng.random(400) < expit(margin)).astype(float)
    once = offset(margin, y, np.arange(400))
    five_times = offset(np.repeat(margin, 5), np.repeat(y, 5), np.repeat(np.arange(400), 5))
    assert five_times.value == pytest.approx(once.value)
    assert five_times.variance == pytest.approx(once.variance, rel=0.1)
