from dataclasses import replace

import numpy as np
import pytest

from graduasi_training.selection import fit_and_choose
from tests.models.learned_model import FEATURES, QUICK, training_rows


@pytest.mark.parametrize("constant", [0.1, 0.3, 1 / 3, 1e6 + 0.1])
def test_a_feature_that_never_varied_moves_no_score(constant):
    """The spread of equal values is a rounding error, not zero; dividing by it gave margins of millions."""
    rows = training_rows()
    place = [feature.name for feature in FEATURES].index("land_ha")
    values = rows.values.copy()
    values[:, place] = constant
    model = fit_and_choose(replace(rows, values=values), FEATURES, settings=QUICK).candidates["logistic"]
    other = values.copy()
    other[:, place] = constant * 2
    np.testing.assert_allclose(model.explain(other).margin, model.explain(values).margin, atol=1e-6)
