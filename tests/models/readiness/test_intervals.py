"""Intervals hold the score, are never narrower for what is unknown, and come back from a file as they were."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from graduasi.readiness.intervals import Area, Intervals
from graduasi.scoring.scores import score_rows, to_table
from graduasi.scoring.verdicts import BANDS
from tests.made_up.learned_model import UnsavedBundle, candidate, intervals
from tests.made_up.small_programme import DECLARED, RULES, draw_panel, household, panel_of

WIDTH = 6


@st.composite
def any_intervals(draw):
    """Any intervals, also those whose offset is larger than their reach, so that an end would pass the score."""
    finite = st.floats(-5, 5)
    costs, gains = (draw(arrays.arrays(float, WIDTH, elements=st.floats(0, 2))) for _ in range(2))
    areas = {"32.01": Area(draw(finite), draw(st.floats(0, 2))), "32.02": Area(0.1, 0.2)}
    return Intervals(0.9, 1.645, areas, Area(0.0, draw(st.floats(0, 2))), costs, gains)


def families():
    """Arguments of `Intervals.around`: margins, areas, and which features are unknown and which carried forward."""
    margins = arrays.arrays(float, 5, elements=st.floats(-8, 8))
    mask = arrays.arrays(bool, (5, WIDTH))
    area_codes = st.lists(st.sampled_from(["32.01", "32.02", "99.99", None]), min_size=5, max_size=5)
    return st.tuples(margins, area_codes.map(lambda codes: pa.array(codes, pa.string())), mask, mask)


def plain(**changes):
    """Ends a tenth either side of the margin, so that every addition can be read off."""
    zeros = np.zeros(WIDTH)
    return replace(Intervals(0.9, 2.0, {}, Area(0.0, 0.05), zeros, zeros), **changes)


def around(intervals, *, margin=0.0, area=None, unknown=(), carried=()):
    """The ends for one household; `unknown` and `carried` are indices of features."""
    masks = np.zeros((2, 1, WIDTH), dtype=bool)
    masks[0, 0, list(unknown)] = True
    masks[1, 0, list(carried)] = True
    low, high = intervals.around(np.array([margin]), pa.array([area], pa.string()), *masks)
    return low[0], high[0]


@given(drawn=any_intervals(), arguments=families())
def test_the_interval_always_holds_the_score(drawn, arguments):
    low, high = drawn.around(*arguments)
    margin = arguments[0]
    assert (low <= margin).all()
    assert (margin <= high).all()


@pytest.mark.parametrize("mask", [2, 3], ids=["unknown", "carried forward"])
@given(drawn=any_intervals(), arguments=families(), feature=st.integers(0, WIDTH - 1))
def test_one_more_feature_that_is_not_known_never_narrows_the_interval(mask, drawn, arguments, feature):
    before = drawn.around(*arguments)
    less_known = [*arguments]
    less_known[mask] = arguments[mask] | (np.arange(WIDTH) == feature)
    after = drawn.around(*less_known)
    assert (after.low <= before.low).all()
    assert (after.high >= before.high).all()


def test_a_family_of_which_everything_is_known_gets_the_spread_alone():
    assert around(plain(), margin=0.5) == pytest.approx((0.4, 0.6))


def test_a_value_carried_forward_may_be_off_in_either_direction():
    one_feature = plain(costs=np.array([0.3, 0, 0, 0, 0, 0]), gains=np.array([0.4, 0, 0, 0, 0, 0]))
    assert around(one_feature, carried=[0]) == pytest.approx((-0.5, 0.5))


def test_an_area_that_is_known_has_its_offset_and_any_other_the_spread_of_elsewhere():
    one_area = plain(areas={"32.01": Area(-0.3, 0.1)}, elsewhere=Area(0.0, 0.5))
    assert around(one_area, area="32.01") == pytest.approx((-0.3 - 2 * 0.1, 0.0))  # the high end stops at the score
    assert around(one_area, area="99.99") == around(one_area, area=None) == pytest.approx((-1.0, 1.0))


def test_the_costs_of_two_unknown_features_add_up_as_independent_errors_do():
    costs, gains = np.array([0.3, 0.4, 0, 0, 0, 0.0]), np.array([0.0, 0.2, 0, 0, 0, 0])
    assert around(plain(costs=costs, gains=gains), unknown=[0, 1]) == pytest.approx((-0.1 - 0.5, 0.1 + 0.2))


@given(drawn=any_intervals(), arguments=families())
def test_a_file_carries_intervals_without_loss(drawn, arguments):
    read_back = Intervals.from_json(json.loads(json.dumps(drawn.to_json())))
    for before, after in zip(drawn.around(*arguments), read_back.around(*arguments), strict=True):
        np.testing.assert_array_equal(after, before)


def scored(spread):
    """One household scored by a model whose intervals have this spread."""
    model = replace(candidate("logistic"), intervals=intervals(spread=spread))
    bundle = UnsavedBundle(DECLARED, model, "test", None)
    panel = panel_of(household(debt_idr=2_000_000.0, work="none", members=6))
    return score_rows(panel, np.array([0]), as_of=int(panel.as_of[0]), bundle=bundle)


def test_an_interval_over_both_thresholds_is_unsure_and_a_narrow_one_decides():
    narrow, wide = scored(0.0), scored(9.0)
    assert wide.ends.low[0] < RULES.bands.nearly < RULES.bands.ready < wide.ends.high[0]
    assert BANDS[wide.band[0]] == "unsure"
    assert BANDS[narrow.band[0]] in ("ready", "nearly", "not_yet")


def test_a_scores_file_has_the_ends_and_a_model_without_intervals_leaves_them_null():
    panel = draw_panel(1)
    rows = np.arange(len(panel))
    tables = []
    for model_intervals in (intervals(), None):
        bundle = UnsavedBundle(DECLARED, replace(candidate("blend"), intervals=model_intervals), "test", None)
        tables.append(to_table(score_rows(panel, rows, as_of=int(panel.known_on.max()), bundle=bundle), bundle))
    low, score, high = (tables[0].column(name).to_numpy() for name in ("score_low", "score", "score_high"))
    assert ((low > 0) & (low <= score) & (score <= high) & (high < 1)).all()
    assert tables[1].column("score_low").null_count == tables[1].column("score_high").null_count == len(rows)
