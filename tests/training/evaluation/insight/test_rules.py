"""Rules that are found on one half and judged on the other, and many tests at once."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from graduasi_training.evaluation.insight import rules as module
from graduasi_training.evaluation.insight.many_tests import holm
from graduasi_training.evaluation.insight.rules import Families, rules_that_stand
from tests.made_up.insight_worlds import declarations

FIELDS = [field for field in declarations().dictionary.fields.values() if field.kind != "outcome"]


def _families(seed: int, count: int, *, odd_share: float = 0.05, extra: float = 0.0) -> Families:
    """Families with a forecast that is right but for the odd, who have `extra` log-odds."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(count, len(FIELDS)))
    odd = [field.name for field in FIELDS].index("odd")
    values[:, odd] = rng.random(count) < odd_share
    margin = values[:, (odd + 1) % len(FIELDS)] - 1
    y = (rng.random(count) < expit(margin + extra * values[:, odd])).astype(float)
    return Families(FIELDS, values, y, expit(margin), rng.integers(0, 60, count))


@pytest.mark.parametrize(("extra", "sign"), [(1.5, 1), (-2.5, -1)])
def test_a_planted_group_stands_first_in_its_direction_and_not_in_the_other(extra, sign):
    families = _families(1, 8000, extra=extra)
    rules = rules_that_stand(families, sign=sign, rng=np.random.default_rng(0))
    assert "odd = true" in rules[0]["rule"]
    assert rules[0]["lift_low"] > 1 if sign > 0 else rules[0]["lift_high"] < 1
    assert set(rules[0]) == {"rule", "n", "observed", "forecast", "lift", "lift_low", "lift_high"}
    assert rules_that_stand(families, sign=-sign, rng=np.random.default_rng(0)) == []


def test_chance_alone_seldom_makes_a_rule_stand():
    found = [
        rules_that_stand(_families(seed, 1500), sign=1, rng=np.random.default_rng(seed)) for seed in range(100, 160)
    ]
    assert sum(map(bool, found)) <= 6  # at most one in twenty is promised; 7 of 60 would be odd at that rate


def test_a_rule_is_judged_on_families_that_did_not_find_it():
    """Luck of the half that finds is not in the figures: over many draws the lift of the strongest rule is 1 on average."""
    rng = np.random.default_rng(5)
    lifts = []
    for seed in range(200, 240):
        families = _families(seed, 1200)
        finds = np.isin(families.cluster, rng.permutation(60)[:30])
        conditions = module._conditions(FIELDS, families.values[finds])
        strongest = module._strongest(families.take(finds), conditions, 1)[0]
        same, other = (module._judged(strongest, families.take(half), 1)["lift"] for half in (finds, ~finds))
        assert same > 1
        lifts.append(other)
    assert np.mean([lift for lift in lifts if lift is not None]) == pytest.approx(1.0, abs=0.12)


def test_outcomes_that_a_mentor_s_families_share_are_not_taken_for_many_families():
    """Ten mentors decide: their shocks make groups differ, and the error counts mentors."""
    false_finds = 0
    for seed in range(40):
        families = _families(seed, 3000)
        rng = np.random.default_rng(seed)
        cluster = rng.integers(0, 24, 3000)
        by_cluster = families.values.copy()
        by_cluster[:, -1] = rng.normal(size=24)[cluster]  # a field that all families of a mentor share
        margin = np.log(families.forecast / (1 - families.forecast)) + rng.normal(0, 0.8, 24)[cluster]
        y = (rng.random(3000) < expit(margin)).astype(float)
        shared = replace(families, values=by_cluster, y=y, cluster=cluster)
        false_finds += bool(rules_that_stand(shared, sign=1, rng=rng))
    assert false_finds <= 6


def test_a_count_that_is_seldom_above_zero_is_cut_there():
    families = _families(6, 8000, odd_share=0.0)
    values, rng = families.values.copy(), np.random.default_rng(2)
    values[:, 4] = rng.random(8000) < 0.05
    y = np.where(values[:, 4] == 1, (rng.random(8000) < 0.7).astype(float), families.y)
    first = rules_that_stand(replace(families, values=values, y=y), sign=1, rng=np.random.default_rng(0))[0]
    assert f"{FIELDS[4].name} >= 1" in first["rule"]


def test_too_few_families_are_not_looked_at():
    assert rules_that_stand(_families(1, 150), sign=1, rng=np.random.default_rng(0)) is None


def test_an_unknown_value_is_a_condition_of_its_own_and_meets_no_other():
    families = _families(3, 6000)
    values = families.values.copy()
    hidden = np.random.default_rng(9).random(6000) < 0.1
    values[hidden, 2] = np.nan
    y = np.where(hidden, (np.random.default_rng(8).random(6000) < 0.8).astype(float), families.y)
    first = rules_that_stand(replace(families, values=values, y=y), sign=1, rng=np.random.default_rng(0))[0]
    assert f"{FIELDS[2].name} is unknown" in first["rule"]


def test_holm_takes_the_smallest_first_and_stops_at_the_first_that_fails():
    assert holm(np.array([0.04, 0.001, 0.02])).tolist() == [True, True, True]
    assert holm(np.array([0.06, 0.001, 0.03])).tolist() == [False, True, False]
    assert holm(np.array([0.02, 0.02, 0.02])).tolist() == [False, False, False]
    assert holm(np.zeros(0)).tolist() == []
