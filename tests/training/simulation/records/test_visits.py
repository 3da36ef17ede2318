"""Who is visited, and what a visit leaves blank."""

import numpy as np
import pytest

from graduasi_training.simulation.records.visits import draw_blanks, draw_delay_days, draw_skipped
from tests.training.simulation.factory import PARAMETERS

N = 100_000


@pytest.mark.parametrize(
    ("skipped_before", "remote", "share"),
    [(False, False, 0.016), (False, True, 0.032), (True, False, 0.75), (True, True, 0.75)],
)
def test_remote_families_are_skipped_twice_as_often_and_who_was_skipped_is_skipped_again(
    skipped_before: bool, remote: bool, share: float
) -> None:
    before, is_remote = np.full(N, skipped_before), np.full(N, remote)
    skipped = draw_skipped(np.random.default_rng(1), PARAMETERS, skipped_before=before, remote=is_remote)
    assert skipped.mean() == pytest.approx(share, abs=0.006)


def test_a_careless_mentor_leaves_more_fields_blank_but_none_that_the_system_fills_in() -> None:
    carelessness = np.repeat([1.0, 2.0], N)
    fields = ("savings_idr", "rural")
    blanks = draw_blanks(np.random.default_rng(1), PARAMETERS, fields=fields, carelessness=carelessness)
    assert set(blanks) == {"savings_idr"}
    assert blanks["savings_idr"][:N].mean() == pytest.approx(0.12, abs=0.005)
    assert blanks["savings_idr"][N:].mean() == pytest.approx(0.24, abs=0.005)


def test_rows_are_known_within_two_months_and_a_few_within_four() -> None:
    days = draw_delay_days(np.random.default_rng(1), PARAMETERS, N)
    assert (days.min(), days.max()) == (5, 120)
    assert 0.005 < (days > 60).mean() < 0.02
