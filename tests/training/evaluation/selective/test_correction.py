"""The corrected share of a list against the truth, in worlds in which it could be wrong."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from graduasi_training.evaluation.selective.correction import Seen, corrected
from graduasi_training.evaluation.selective.propensity import CrossFit
from tests.made_up.selective_world import selective_world


def _corrected(world, **listed):
    families = world.seen(**listed)
    return families, corrected(families, *world.learned())


def _truth(families, world):
    return float(families.share @ world.outcome / families.share.sum())


@pytest.mark.parametrize(
    ("world", "listed"),
    [
        ({"families": 4000}, {}),
        ({"families": 4000, "bend": 0.4}, {}),
        ({"families": 4000, "bend": -0.4}, {}),
        ({"families": 4000}, {"per_mentor": 10}),
        ({"families": 2000, "caseload": 250}, {}),
    ],
    ids=["caseloads", "seen at both ends", "seen in the middle", "lists", "eight mentors"],
)
def test_the_interval_of_the_corrected_share_holds_the_truth_in_nine_runs_of_ten(world, listed):
    held = []
    for seed in range(30):
        drawn = selective_world(seed, **world)
        families, figures = _corrected(drawn, **listed)
        held.append(figures["weighted_low"] <= _truth(families, drawn) <= figures["weighted_high"])
    assert np.mean(held) >= 0.9


def test_the_corrected_share_of_whole_caseloads_is_several_times_nearer_than_the_naive_one():
    away = []
    for seed in range(10):
        world = selective_world(seed, families=4000, steep=1.2)
        families, figures = _corrected(world)
        truth, naive = _truth(families, world), world.outcome[world.observed].mean()
        away.append((abs(figures["weighted"] - truth), abs(naive - truth)))
    corrected_error, naive_error = np.mean(away, axis=0)
    assert naive_error > 0.1
    assert corrected_error < naive_error / 4


def test_one_of_both_learned_wrongly_leaves_the_share_right():
    """Chances alike for all, or forecasts alike for all: the other one still corrects."""
    world = selective_world(1, families=24_000)
    families, truth = world.seen(), world.outcome.mean()
    seen, good = world.learned()
    flat_seen = CrossFit.given(np.full(len(world.outcome), world.observed.mean()))
    flat_good = CrossFit.given(np.full(len(world.outcome), world.outcome[world.observed].mean()))
    assert corrected(families, flat_seen, good)["weighted"] == pytest.approx(truth, abs=0.02)
    assert corrected(families, seen, flat_good)["weighted"] == pytest.approx(truth, abs=0.02)
    assert abs(corrected(families, flat_seen, flat_good)["weighted"] - truth) > 0.06


def test_steep_selection_leaves_part_of_the_list_without_likes_so_there_is_no_interval():
    world = selective_world(2, families=4000, seen=-3.0, steep=1.5)
    _, figures = _corrected(world)
    assert figures["effective_n"] > 100  # which alone would look like enough
    small = (world.chance < 0.05).mean()
    assert figures["positivity"]["small_share"] == pytest.approx(small, abs=0.05)
    assert figures["weighted_low"] is figures["weighted_high"] is None
    assert figures["note"]["key"] == "selective_no_likes"


def test_balance_is_the_largest_difference_of_the_seen_from_the_list_before_and_after_weighting():
    world = selective_world(3, families=24_000)
    balance = _corrected(world)[1]["balance"]
    by_hand = np.abs(world.values[world.observed].mean(axis=0) - world.values.mean(axis=0)).max()
    assert balance["before"] == pytest.approx(by_hand, abs=0.1)
    assert balance["after"] < 0.1 < balance["before"]


def test_chances_that_leave_the_seen_unlike_the_list_give_no_interval():
    world = selective_world(4, families=4000)
    seen, good = world.learned()
    reversed_chance = replace(seen, chance=np.clip(1 - seen.chance, 0.06, 1.0))
    figures = corrected(world.seen(), reversed_chance, good)
    assert figures["balance"]["after"] > 0.2
    assert figures["weighted_low"] is None
    assert figures["note"]["key"] == "selective_unbalanced"


def test_the_interval_counts_that_the_chances_were_learned():
    """With forecasts alike for all, learned chances correct the sample at hand, so they move the error; given ones do not."""
    world = selective_world(5, families=4000)
    families = world.seen()
    seen, good = world.learned()
    flat_good = CrossFit.given(np.full(len(good.chance), 0.4))
    learned, given = (corrected(families, chances, flat_good) for chances in (seen, CrossFit.given(seen.chance)))
    assert learned["weighted"] == given["weighted"]
    width = [figures["weighted_high"] - figures["weighted_low"] for figures in (learned, given)]
    assert abs(width[0] / width[1] - 1) > 0.02


def test_families_of_a_mentor_that_fare_alike_count_as_one_and_not_as_many():
    world = selective_world(6, families=2000, caseload=50)
    alike = replace(world, outcome=(np.random.default_rng(0).random(40) < 0.5)[world.mentor].astype(float))
    by_mentor, by_family = (
        corrected(replace(alike.seen(), cluster=cluster), *alike.learned())
        for cluster in (world.mentor, np.arange(2000))
    )
    width, too_narrow = (row["weighted_high"] - row["weighted_low"] for row in (by_mentor, by_family))
    assert width > 3 * too_narrow


def test_a_list_of_which_all_seen_families_turned_out_well_has_an_interval_with_a_width():
    everyone = np.arange(40)
    families = Seen(np.ones(40), everyone < 30, np.where(everyone < 30, 1.0, np.nan), everyone)
    figures = corrected(families, CrossFit.given(np.full(40, 0.75)), CrossFit.given(np.ones(40)))
    assert figures["weighted"] == 1.0
    assert figures["weighted_low"] < 0.95


def test_no_household_s_own_fate_and_nobody_of_its_mentor_enters_its_chance():
    world = selective_world(7, families=1000)
    mentor_0 = world.mentor == 0
    other = replace(world, observed=np.where(mentor_0, ~world.observed, world.observed))
    ranks = [np.argsort(drawn.learned()[0].chance[mentor_0]).tolist() for drawn in (world, other)]
    assert ranks[0] == ranks[1]  # the calibration, of two numbers, is that of all rows


@pytest.mark.parametrize("observed", [True, False])
def test_where_all_or_none_were_seen_every_chance_is_the_same(observed):
    world = selective_world(8, families=500)
    same = replace(world, observed=np.full(500, observed))
    assert len(set(same.learned()[0].chance.tolist())) == 1


def test_learned_chances_are_calibrated():
    world = selective_world(9, families=4000)
    chance = world.learned()[0].chance
    for tenth in np.array_split(np.argsort(chance), 10):
        assert chance[tenth].mean() == pytest.approx(world.chance[tenth].mean(), abs=0.04)


def test_being_unknown_may_tell_who_is_seen():
    world = selective_world(10, families=3000)
    unknown = np.arange(3000) % 3 == 0
    values = world.values.copy()
    values[unknown, 5] = np.nan
    observed = np.random.default_rng(0).random(3000) < np.where(unknown, 0.9, 0.1)
    chance = replace(world, values=values, observed=observed).learned()[0].chance
    assert chance[unknown].mean() > chance[~unknown].mean() + 0.5


def test_influence_is_what_leaving_a_row_out_of_the_fit_would_change():
    """Against refits of a plain logistic curve, each without one row."""
    rng = np.random.default_rng(11)
    design = np.column_stack([np.ones(300), rng.normal(size=(300, 2))])
    outcome = rng.random(300) < expit(design @ [-0.5, 1.0, -0.5])
    everyone = np.ones(300, dtype=bool)

    def fitted(kept):
        weights = np.zeros(3)
        penalty = np.diag([0.0, 10.0, 10.0])
        for _ in range(30):
            chance = expit(design @ weights)
            curvature = (design * (chance * (1 - chance) * kept)[:, None]).T @ design + penalty
            weights = weights + np.linalg.solve(curvature, design.T @ ((outcome - chance) * kept) - penalty @ weights)
        return weights

    weights = fitted(everyone)
    chance = expit(design @ weights)
    fit = CrossFit(chance, outcome - chance, design, everyone)
    gradient = np.array([0.3, 1.0, -2.0])
    influence = fit.influence(gradient)
    for row in (0, 17, 250):
        change = gradient @ (weights - fitted(everyone & (np.arange(300) != row)))
        assert influence[row] == pytest.approx(change, rel=0.1, abs=1e-4)
