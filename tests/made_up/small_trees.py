"""LightGBM boosters of small trees, and drawn rows for them: numbers, a nominal column, NaN."""

import lightgbm as lgb
import numpy as np

NOMINAL = 3
COLUMNS = 5


def drawn_rows(rng, count, *, unseen=False):
    """Rows × COLUMNS: numbers with ties and NaN, and a nominal column of many codes; `unseen` draws also codes of no training."""
    values = rng.normal(size=(count, COLUMNS)).round(1)
    values[:, NOMINAL] = rng.integers(0, 40, count)
    if unseen:
        values[:, NOMINAL] = rng.choice([-3.0, -1.0, 0.4, 1.9, 17.0, 39.7, 64.0, 1e6], count)
        values[rng.random(count) < 0.1] = np.nan
    values[rng.random(values.shape) < 0.15] = np.nan
    values[:, 4] = np.nan_to_num(values[:, 4])  # never missing in training
    return values


def drawn_booster(seed, *, leaves=7, rows=600, rounds=20, **parameters):
    """A booster fitted to drawn rows, with other LightGBM `parameters` if given."""
    rng = np.random.default_rng(seed)
    values = drawn_rows(rng, rows)
    signal = np.nan_to_num(values[:, 0]) + (np.nan_to_num(values[:, NOMINAL]) % 3) + np.nan_to_num(values[:, 4])
    y = (signal + rng.normal(size=rows) > 1.5).astype(float)
    settings = {
        "objective": "binary",
        "num_leaves": leaves,
        "min_child_samples": 10,
        "verbosity": -1,
        "seed": seed,
        **parameters,
    }
    return lgb.train(settings, lgb.Dataset(values, y, categorical_feature=[NOMINAL]), num_boost_round=rounds)
