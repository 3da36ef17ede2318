"""Intervals: they hold the score, what is unknown never narrows them, and a file carries them without loss."""

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
from tests.made_up.learned_model import Made, candidate, intervals
from tests.made_up.small_programme import DECLARED, RULES, draw_panel, household, panel_of

WIDTH = 6


@st.composite
def made(draw):
    """Any intervals, also such whose ends lie on the wrong side of the margin."""
    finite = st.floats(-5, 5)
    costs, gains = (draw(arrays.arrays(float, WIDTH, elements=st.floats(0, 2))) for _ in range(2))
    areas = {"32.01": Area(draw(finite), draw(st.floats(0, 2))), "32.02": Area(0.1, 0.2)}
    return Intervals(0.9, 1.645, areas, Area(0.0, draw(st.floats(0, 2))), costs, gains)


def families():
    margins = arrays.arrays(float, 5, elements=st.floats(-8, 8))
    unknown = arrays.arrays(bool, (5, WIDTH))
    places = st.lists(st.sampled_from(["32.01", "32.02", "99.99", None]), min_size=5, max_size=5)
    return st.tuples(margins, places.map(lambda names: pa.array(names, pa.string())), unknown, unknown)


def plain(**changes):
    """Ends a tenth either side of the margin, so that every addition can be read off."""
    nothing = np.zeros(WIDTH)
    found = Intervals(0.9, 2.0, {}, Area(0.0, 0.05), nothing, nothing)
    return replace(found, **changes)


def around(found, *, margin=0.0, area=None, unknown=(), carried=()):
    masks = np.zeros((2, 1, WIDTH), dtype=bool)
    masks[0, 0, list(unknown)] = True
    masks[1, 0, list(carried)] = True
    low, high = found.around(np.array([margin]), pa.array([area], pa.string()), *masks)
    return low[0], high[0]


@given(found=made(), seen=families())
def test_the_interval_always_holds_the_score(found, seen):
    low, high = found.around(*seen)
    assert (low <= seen[0]).all()
    assert (seen[0] <= high).all()


@pytest.mark.parametrize("less", [2, 3])  # which mask gains a feature: the unknown ones, or those carried forward
@given(found=made(), seen=families(), place=st.integers(0, WIDTH - 1))
def test_what_is_not_known_never_narrows_the_interval(less, found, seen, place):
    before = found.around(*seen)
    told = [*seen]
    told[less] = seen[less] | (np.arange(WIDTH) == place)
    after = found.around(*told)
    assert (after.low <= before.low).all()
    assert (after.high >= before.high).all()


def test_a_family_of_which_everything_is_known_gets_the_spread_alone():
    assert around(plain(), margin=0.5) == pytest.approx((0.4, 0.6))


def test_a_value_carried_forward_may_be_off_in_either_direction():
    found = plain(costs=np.array([0.3, 0, 0, 0, 0, 0]), gains=np.array([0.4, 0, 0, 0, 0, 0]))
    assert around(found, carried=[0]) == pytest.approx((-0.5, 0.5))


def test_an_area_that_is_known_has_its_offset_and_any_other_the_spread_of_elsewhere():
    found = plain(areas={"32.01": Area(-0.3, 0.1)}, elsewhere=Area(0.0, 0.5))
    assert around(found, area="32.01") == pytest.approx((-0.3 - 2 * 0.1, 0.0))  # the high end stops at the score
    assert around(found, area="99.99") == around(found, area=None) == pytest.approx((-1.0, 1.0))


def test_what_two_unknown_features_hide_adds_up_as_independent_errors_do():
    costs, gains = np.array([0.3, 0.4, 0, 0, 0, 0.0]), np.array([0.0, 0.2, 0, 0, 0, 0])
    assert around(plain(costs=costs, gains=gains), unknown=[0, 1]) == pytest.approx((-0.1 - 0.5, 0.1 + 0.2))


@given(found=made(), seen=families())
def test_a_file_carries_intervals_without_loss(found, seen):
    again = Intervals.from_json(json.loads(json.dumps(found.to_json())))
    for before, after in zip(found.around(*seen), again.around(*seen), strict=True):
        np.testing.assert_array_equal(after, before)


def scored(spread):
    model = replace(candidate("logistic"), intervals=intervals(spread=spread))
    bundle = Made(DECLARED, model, "test", None)
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
    for made_up in (intervals(), None):
        bundle = Made(DECLARED, replace(candidate("blend"), intervals=made_up), "test", None)
        tables.append(to_table(score_rows(panel, rows, as_of=int(panel.known_on.max()), bundle=bundle), bundle))
    low, score, high = (tables[0].column(name).to_numpy() for name in ("score_low", "score", "score_high"))
    assert ((low > 0) & (low <= score) & (score <= high) & (high < 1)).all()
    assert tables[1].column("score_low").null_count == tables[1].column("score_high").null_count == len(rows)
