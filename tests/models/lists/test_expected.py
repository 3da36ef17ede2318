"""The range of families of a list that can be expected to be ready."""

import numpy as np
import pytest
from scipy.special import expit, logit

from graduasi.lists.expected import COVERAGE, ready_range
from graduasi.lists.list_page import list_page
from tests.made_up.score_rows import list_of, lists_of, scored

LIST = np.array([0.85, 0.8, 0.75, 0.7, 0.7, 0.65, 0.6, 0.6, 0.55, 0.5])


def _ends(spread: float, scores: np.ndarray = LIST) -> tuple[np.ndarray, np.ndarray]:
    return expit(logit(scores) - 1.645 * spread), expit(logit(scores) + 1.645 * spread)


@pytest.mark.parametrize(("period", "mentor"), [(0.0, 0.0), (0.3, 0.3), (0.6, 0.2)])
def test_the_range_holds_nine_times_in_ten_whatever_the_period_and_the_mentor_do(period, mentor):
    rng = np.random.default_rng(1)
    low, high = ready_range(LIST, *_ends(period))
    shift = rng.normal(0, period, 20_000) + rng.normal(0, mentor, 20_000)
    ready = (rng.random((20_000, 10)) < expit(logit(LIST) + shift[:, None])).sum(axis=1)
    held = ((ready >= low) & (ready <= high)).mean()
    assert COVERAGE - 0.02 <= held <= 0.98  # a whole number more at either end holds more than a tenth


def test_a_period_that_may_lie_far_off_makes_the_range_wider():
    widths = [high - low for low, high in (ready_range(LIST, *_ends(spread)) for spread in (0.01, 0.6, 1.5))]
    assert widths[0] < widths[1] < widths[2]


def test_an_interval_that_reaches_far_down_only_lowers_the_lower_end():
    low, high = _ends(0.1)
    far_down = _ends(1.5)[0]
    assert ready_range(LIST, far_down, high)[0] < ready_range(LIST, low, high)[0]
    assert ready_range(LIST, far_down, high)[1] <= ready_range(LIST, low, high)[1]


def test_what_is_unknown_of_some_families_is_not_taken_for_what_may_befall_the_whole_list():
    low, high = _ends(0.1)
    low[:5], high[:5] = 0.01, 0.99
    assert ready_range(LIST, low, high) == ready_range(LIST, *_ends(0.1))


@pytest.mark.parametrize("score", [0.0, 1.0, 1e-12])
def test_scores_at_the_ends_give_a_range(score):
    low, high = ready_range([score] * 5, [score] * 5, [score] * 5)
    assert 0 <= low <= high <= 5
    assert (low, high) == ((5, 5) if score == 1.0 else (0, 0))


def test_of_two_families_nothing_can_be_said():
    assert ready_range([0.5, 0.6], [0.4, 0.5], [0.6, 0.7]) is None


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "Of these 4 families that are ready to verify, {} to {} can be expected"), ("id", "Dari 4 keluarga yang siap diverifikasi ini, diperkirakan {} sampai {} memang siap")],
)  # fmt: skip
def test_a_list_says_how_many_of_the_families_proposed_can_be_expected_to_be_ready(language, sentence):
    rows = [scored(f"K{number}", score=0.7, score_low=0.6, score_high=0.8) for number in range(4)]
    others = [scored("V1", "unsure", 0.9, score_low=0.1, score_high=0.95)]
    mentor = list_of(*rows, *others, quota=10, language=language)
    assert mentor.expected.startswith(sentence.format(*ready_range([0.7] * 4, [0.6] * 4, [0.8] * 4)))
    assert mentor.expected in list_page([mentor], language=language, synthetic=False)


def test_only_the_families_that_are_proposed_count():
    rows = [scored(f"K{number}", score=0.7, score_low=0.6, score_high=0.8) for number in range(9)]
    assert "these 5 families" in list_of(*rows, quota=5).expected


def test_without_intervals_a_list_says_nothing_of_the_kind():
    rows = [scored(f"K{number}", score=0.7) for number in range(4)]
    (mentor,) = lists_of(*rows, quota=10)
    assert mentor.expected is None
    one_without = [*rows[:3], scored("K9", score=0.7, score_low=0.6, score_high=0.8)]
    assert list_of(*one_without, quota=10).expected is None
