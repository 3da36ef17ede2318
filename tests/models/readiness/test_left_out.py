"""What holds for a field with an effect, whatever is declared of it and whatever is derived from its history.

More of it in the latest visit never lowers the score, and leaving it out there never gives a higher score than the
unfavourable quartile of training would.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graduasi.readiness.features import EFFECT_SIGN, TRENDS
from graduasi.single.features import SingleFeatures, Snapshot
from graduasi.single.late_fields import SingleLateFields
from tests.made_up.any_dictionary import CATEGORIES, draw_world

ROUNDING = 1e-9
SEEDS = st.integers(0, 100_000)
SHARES = st.sampled_from([1.0, 0.5, 0.0])
TREES = st.sampled_from(["lightgbm", "additive"])


def _improved(world, field, step):
    """The latest values of a field moved in its favourable direction, as far as its type allows."""
    sign, values = EFFECT_SIGN[field.effect], world.latest_values(field)
    match field.type:
        case "date":
            return values - sign * round(step * 100)  # more years before the visit
        case "boolean" | "category":
            last = 1 if field.type == "boolean" else len(CATEGORIES) - 1
            return np.clip(values + sign, 0, last)
        case "integer":
            return values + sign * np.ceil(step)
    return values + sign * step


def _in_feature(world, field, derivation="value"):
    (index,) = [
        index
        for index, feature in enumerate(world.model.features)
        if feature.field.name == field.name and feature.derivation == derivation
    ]
    return index


@given(seed=SEEDS, share=SHARES, trees=TREES, step=st.floats(0.01, 5))
def test_more_of_an_increasing_field_in_the_latest_visit_never_lowers_the_score(seed, share, trees, step):
    world = draw_world(seed, linear_share=share, trees=trees)
    before = world.margin(world.features(world.panel))
    for field in world.directed:
        after = world.margin(world.features(world.with_latest(field, _improved(world, field, step))))
        assert (after >= before - ROUNDING).all(), field


@given(seed=SEEDS, share=SHARES, trees=TREES)
def test_leaving_out_the_latest_value_never_gives_more_than_the_unfavourable_quartile_would(seed, share, trees):
    world = draw_world(seed, linear_share=share, trees=trees)
    before = world.features(world.panel)
    for field in world.directed:
        own, sign, trends = _in_feature(world, field), EFFECT_SIGN[field.effect], set(TRENDS) & set(field.history)
        after = world.features(world.with_latest(field, np.nan))
        read = ~np.isnan(world.latest_values(field)) & ~np.isnan(before[:, own])
        if field.lag_days:  # what is not known yet can be left out without anything changing
            read &= world.panel.known_on[world.latest] + field.lag_days <= world.day
        at_quartile = before.copy()
        at_quartile[:, own] = world.model.preparation.fill[own]
        at_quartile[:, [_in_feature(world, field, trend) for trend in trends]] = 0.0
        left_out, most = world.margin(after[read]), world.margin(at_quartile[read])
        assert (left_out <= most + ROUNDING).all(), field
        better = sign * before[read, own] >= sign * world.model.preparation.fill[own]
        assert (left_out <= world.margin(before[read]) + ROUNDING)[better].all(), field


@pytest.mark.parametrize("careful", [True, False], ids=["today's models", "models of version 0.1.0"])
@given(seed=SEEDS)
def test_a_household_alone_has_the_same_features_whatever_is_declared(careful, seed):
    world = draw_world(seed)
    expected = world.features(world.panel, careful=careful)
    single, late = SingleFeatures(world.declarations, careful=careful), SingleLateFields(world.declarations)
    for row, latest in enumerate(world.latest.tolist()):
        rows = np.flatnonzero(world.panel.household == world.panel.household[latest])
        rows = rows[rows <= latest]
        panel = world.panel
        visits = [Snapshot(int(panel.as_of[at]), int(panel.known_on[at]), panel.values[at].tolist()) for at in rows]
        known = late.as_known(visits, scored_on=world.day)[1]
        np.testing.assert_array_equal(single.build(known, scored_on=world.day)[0], expected[row])


def test_the_worlds_hold_families_of_whom_this_could_be_false():
    """As models of version 0.1.0 read them: leaving out raised the score of some beyond the quartile of the field."""
    raised = gained = 0
    for seed in range(12):
        world = draw_world(seed, linear_share=0.0, lags=False)
        before = world.features(world.panel, careful=False)
        for field in world.directed:
            own, sign = _in_feature(world, field), EFFECT_SIGN[field.effect]
            better = sign * before[:, own] >= sign * world.model.preparation.fill[own]
            after = world.features(world.with_latest(field, np.nan), careful=False)
            raised += int((world.margin(after) > world.margin(before) + ROUNDING)[better].sum())
            improved = world.features(world.with_latest(field, _improved(world, field, 1.0)))
            gained += int((world.margin(improved) > world.margin(world.features(world.panel)) + 0.01).sum())
    assert raised > 20
    assert gained > 100
