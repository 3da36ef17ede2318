"""What would have become of each family."""

import numpy as np
import pytest

from graduasi_training.simulation.records.truth import Target, work_out_truth
from tests.training.simulation.factory import PARAMETERS

TARGET = Target(log_factor=0.0, after=4, hold=4)


def test_would_sustain_looks_only_at_the_quarters_of_the_label() -> None:
    log_welfare = np.full((2, 9), -1.0)
    log_welfare[:, 4:8] = 1.0
    log_welfare[1, 6] = -0.1
    truth = work_out_truth(PARAMETERS, log_welfare=log_welfare, luck=np.ones((2, 9)), target=TARGET)
    assert truth.would_sustain.tolist() == [[True, False], [False, False]]


def test_a_poorer_family_relapses_more_likely_and_bad_luck_makes_it_relapse() -> None:
    log_welfare = np.repeat([[-0.5], [0.5]], 8, axis=1)
    truth = work_out_truth(PARAMETERS, log_welfare=log_welfare, luck=np.array([[1.0] * 8, [0.0] * 8]), target=TARGET)
    assert truth.relapse_propensity[0, 0] > truth.relapse_propensity[1, 0]
    assert truth.would_stay_out[:, 0].tolist() == [True, False]


@pytest.mark.parametrize(("bad_quarter", "stays_out"), [(0, True), (1, False), (4, False), (5, True)])
def test_to_stay_out_only_the_four_quarters_after_this_one_count(bad_quarter: int, stays_out: bool) -> None:
    luck = np.ones((1, 8))
    luck[0, bad_quarter] = 0.0
    truth = work_out_truth(PARAMETERS, log_welfare=np.zeros((1, 8)), luck=luck, target=TARGET)
    assert truth.would_stay_out[0, 0] == stays_out
