"""The relapse risk: only families like some graduate have one, within its interval, and from a bundle it is the same."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graduasi.readiness.features import carried_features
from graduasi.readiness.relapse import RelapseModel
from graduasi.scoring.scores import score_rows, to_table
from tests.made_up.learned_model import FEATURES, relapse_model, training_rows
from tests.made_up.small_programme import SMALL, draw_panel


def risks(model, values):
    """The risks of families of one area, of whom no value was carried forward."""
    carried = np.zeros(values.shape, dtype=bool)
    return model.risk(values, pa.array(["32.00"] * len(values), pa.string()), carried)


def test_a_family_unlike_any_graduate_has_no_risk():
    model, values = relapse_model(), training_rows().values
    unlike = model.distance(values) > model.limit
    assert 0 < unlike.sum() < len(values)
    for column in risks(model, values):
        np.testing.assert_array_equal(np.isnan(column), unlike)


def test_distance_is_the_mean_square_of_what_is_known_in_standard_deviations():
    width = len(FEATURES)
    model = replace(relapse_model(), centre=np.ones(width), spread=np.full(width, 2.0))
    values = np.full((1, width), np.nan)
    values[0, :2] = [5.0, 1.0]  # two standard deviations away, and at the mean
    assert model.distance(values)[0] == pytest.approx((2**2 + 0**2) / 2)


def test_one_absurd_value_counts_as_ten_standard_deviations():
    width = len(FEATURES)
    model = replace(relapse_model(), centre=np.zeros(width), spread=np.ones(width))
    values = np.zeros((1, width))
    values[0, 0] = 1e9
    assert model.distance(values)[0] == pytest.approx(100 / width)


@given(seed=st.integers(0, 2**32 - 1))
def test_the_risk_lies_within_its_interval(seed):
    rng = np.random.default_rng(seed)
    values = training_rows().values[:30].copy()
    values[rng.random(values.shape) < 0.3] = np.nan
    risk, low, high = risks(replace(relapse_model(), limit=np.inf), values)
    assert ((low >= 0) & (low <= risk) & (risk <= high) & (high <= 1)).all()


def test_the_risk_is_1_minus_the_chance_of_staying_out():
    model, values = replace(relapse_model(), limit=np.inf), training_rows().values
    np.testing.assert_allclose(risks(model, values).risk, 1 - model.stays_out.explain(values).score, atol=1e-12)


def test_a_file_carries_the_model_without_loss():
    model, values = relapse_model(), training_rows().values
    read_back = RelapseModel.from_json(json.loads(json.dumps(model.to_json())), features=FEATURES)
    for before, after in zip(risks(model, values), risks(read_back, values), strict=True):
        np.testing.assert_array_equal(after, before)


def test_a_scores_table_has_the_risk_that_was_learned_and_null_for_families_unlike_any_graduate(bundle):
    panel = draw_panel(1)
    scored = score_rows(panel, np.arange(len(panel)), as_of=int(panel.known_on.max()), bundle=bundle)
    carried = carried_features(scored.features.values, scored.snapshots.values, SMALL)
    expected = relapse_model().risk(scored.features.values, scored.snapshots.area_code, carried)
    table = to_table(scored, bundle)
    for name, risks in zip(("relapse_risk", "relapse_low", "relapse_high"), expected, strict=True):
        column = table.column(name)
        assert 0 < column.null_count == np.isnan(risks).sum() < len(panel)
        np.testing.assert_array_equal(column.to_numpy(), risks)
