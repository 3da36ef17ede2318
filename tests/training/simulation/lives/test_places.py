"""Caseloads and districts."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graduasi_training.simulation.lives.places import cut_into_districts, draw_caseloads
from tests.training.simulation.factory import PARAMETERS


@given(st.integers(1, 3000), st.integers(0, 100))
def test_caseloads_add_up_and_districts_keep_them_whole(households: int, seed: int) -> None:
    caseloads = draw_caseloads(np.random.default_rng(seed), PARAMETERS, households)
    districts = list(cut_into_districts(caseloads, 700))
    assert int(caseloads.sum()) == households
    assert np.concatenate([district.caseloads for district in districts]).tolist() == caseloads.tolist()
    assert [district.first_mentor for district in districts] == [
        1 + sum(len(before.caseloads) for before in districts[:index]) for index in range(len(districts))
    ]
