"""Who gets a place: against drawing lots for ties, and the same in evaluation as on a list that a mentor gets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graduasi.lists.places import share_of_places

seeds = st.integers(0, 100_000)


def _listed_at_random(group, score, quota, eligible, *, draws=4000):
    """How often each row is listed when ties are broken at random: the slow, obvious way."""
    rng, times_listed = np.random.default_rng(0), np.zeros(len(score))
    for _ in range(draws):
        order_of_ties = rng.random(len(score))
        for name in np.unique(group):
            rows = list(np.flatnonzero((group == name) & eligible))
            times_listed[sorted(rows, key=lambda row: (-score[row], order_of_ties[row]))[:quota]] += 1
    return times_listed / draws


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("quota", [1, 3])
def test_a_row_s_share_of_the_list_is_its_chance_when_ties_are_broken_at_random(seed, quota):
    rng = np.random.default_rng(seed)
    group, score, eligible = rng.integers(0, 3, 18), rng.integers(0, 4, 18) / 4, rng.random(18) < 0.8
    share = share_of_places(group, score, quota=quota, eligible=eligible)
    np.testing.assert_allclose(share, _listed_at_random(group, score, quota, eligible, draws=1500), atol=0.06)


@given(seeds, st.integers(1, 6))
def test_a_list_is_full_or_holds_all_who_are_eligible(seed, quota):
    rng = np.random.default_rng(seed)
    group, score, eligible = rng.integers(-1, 4, 30), rng.integers(0, 5, 30) / 5, rng.random(30) < 0.6
    share = share_of_places(group, score, quota=quota, eligible=eligible)
    for name in np.unique(group):
        member = group == name
        assert share[member].sum() == pytest.approx(min(quota, int((eligible & member).sum())))
        listed, scores = share[member & eligible] > 0, score[member & eligible]
        assert not listed.any() or listed.all() or scores[listed].min() >= scores[~listed].max()
    assert not share[~eligible].any()


def test_a_list_without_anyone_eligible_is_empty():
    nobody = np.zeros(3, dtype=bool)
    assert not share_of_places(np.zeros(3, dtype=np.intp), np.ones(3), quota=2, eligible=nobody).any()
