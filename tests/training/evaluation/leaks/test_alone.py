"""How well a feature ranks alone, against the slow and obvious way, and in worlds in which it tells everything or nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graduasi.declarations.dictionary import Field
from graduasi.readiness.features import Feature
from graduasi_training.evaluation.leaks.alone import each_alone


def feature(name="x", **declared):
    field = Field(**{"name": name, "type": "number", "kind": "context", "label": {}, "source": "test", **declared})
    return Feature(name, field, "value")


NOMINAL = feature("floor", type="category", categories=("a", "b", "c"))


def alone(values, y, household=None, declared=None):
    values, y = np.asarray(values, dtype=float), np.asarray(y, dtype=float)
    household = np.arange(len(y), dtype=np.int32) if household is None else household
    (found,) = each_alone(values[:, None], y, household, (declared or feature(),))
    return found


def pairs_won(value, y):
    """The AUC as the share of pairs, by looking at every pair."""
    pairs = [(a > b) + 0.5 * (a == b) for a in value[y == 1] for b in value[y == 0]]
    return max(np.mean(pairs), 1 - np.mean(pairs))


@given(st.integers(0, 10_000))
def test_a_value_that_rises_or_falls_with_the_outcome_has_the_auc_of_all_pairs(seed):
    rng = np.random.default_rng(seed)
    y = (rng.random(150) < 0.4).astype(float)
    y[:2] = 0, 1
    value = rng.choice([-1, 1]) * (2 * y + rng.integers(0, 3, 150))
    found = alone(value, y)
    assert found.auc == pytest.approx(pairs_won(value, y))
    assert 0.5 <= found.auc_low <= found.auc


def test_what_is_high_in_the_middle_only_is_found_by_its_bins():
    rng = np.random.default_rng(1)
    value = rng.normal(size=2000)
    assert alone(value, np.abs(value) < 0.6).auc > 0.95


def test_of_categories_without_order_the_rates_rank():
    rng = np.random.default_rng(2)
    code = rng.integers(0, 3, 2000)
    assert alone(code, code == 1, declared=NOMINAL).auc > 0.99


@pytest.mark.parametrize("declared", [feature(), NOMINAL])
def test_noise_ranks_no_better_than_chance_however_many_rows_a_household_has(declared):
    rng = np.random.default_rng(3)
    household = np.repeat(np.arange(200, dtype=np.int32), 20)
    value, y = np.repeat(rng.integers(0, 3, 200), 20), np.repeat(rng.random(200) < 0.5, 20)
    found = alone(value, y, household, declared)
    assert found.auc < 0.62
    assert found.auc_low < 0.55


def test_rows_of_one_household_give_no_more_certainty_than_one_row():
    rng = np.random.default_rng(4)
    value, y = rng.normal(size=60), rng.random(60) < 0.5
    y[np.argsort(value)[40:]] = True
    once = alone(value, y)
    many = alone(np.repeat(value, 30), np.repeat(y, 30), np.repeat(np.arange(60, dtype=np.int32), 30))
    assert many.auc_low == pytest.approx(once.auc_low, abs=0.01)


def test_the_interval_of_a_true_auc_covers_it_nearly_always():
    low = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        y = rng.random(150) < 0.4
        low.append(alone(rng.normal(size=150) + 1.2 * y, y).auc_low)
    true_auc = 0.8019  # the chance that a normal difference of mean 1.2 and variance 2 is above 0
    assert 0.94 <= np.mean(np.array(low) <= true_auc) <= 1.0


def test_whether_a_field_is_known_is_ranked_by_apart_from_its_value():
    rng = np.random.default_rng(5)
    y = rng.random(1000) < 0.3
    value = np.where(y | (rng.random(1000) < 0.1), rng.normal(size=1000), np.nan)
    found = alone(value, y)
    assert found.auc < 0.6
    assert found.auc_unknown == pytest.approx(0.95, abs=0.02)
    assert found.rows == int((~np.isnan(value)).sum())


def test_a_feature_that_nobody_knows_or_that_is_the_same_for_all_ranks_nobody():
    y = np.tile([0, 1], 20)
    for value in (np.full(40, np.nan), np.ones(40)):
        found = alone(value, y)
        assert (found.auc, found.auc_unknown) == (0.5, 0.5)
