"""How many families of one list will be ready: a range, from the scores and intervals of a scores file alone.

Three things make the number uncertain. Chance: a family with a score of 0.6 becomes ready six times in ten. The period: the
whole list may come out above or below its scores, as far as the intervals say. The mentor: caseloads differ by more than
the scores know.
"""

from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array

COVERAGE = 0.9
"""How often the number should lie in its range, as a share."""
END_DEVIATE = NormalDist().inv_cdf((1 + COVERAGE) / 2)
"""The ends of a score's interval lie so many spreads from it."""
CASELOAD_SPREAD = 0.3
"""How far a mentor's families together differ from their scores, in log-odds: our proposal. A scores file does not tell it;
`list_ranges.mentor_spread` in evaluation.json is what a panel shows, and beside the chance of ten families (0.6) it is small."""
MIN_FAMILIES = 3
"""Of fewer families a range says "none to all"."""
SHIFTS = np.array([NormalDist().inv_cdf((place + 0.5) / 40) for place in range(40)])
"""Equally likely shifts of a whole list, in spreads."""
CLOSEST_TO_CERTAIN = 1e-9
"""Scores are kept this far from 0 and 1 so that their log-odds stay finite."""


def ready_range(score: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike) -> tuple[int, int] | None:
    """The least and the greatest number of families of a list that may be expected to be ready, nine times in ten.

    `score`, `low` and `high` are probabilities, one of each a family. None for fewer than MIN_FAMILIES. What the intervals of
    a list have in common is taken to be the narrowest of them: what widens a single one, an unknown field, is that
    family's own.
    """
    margin, bottom, top = (_log_odds(np.asarray(chances, dtype=float)) for chances in (score, low, high))
    if len(margin) < MIN_FAMILIES:
        return None
    down, up = ((ends.min() / END_DEVIATE) for ends in (margin - bottom, top - margin))
    spread = np.hypot(np.where(SHIFTS < 0, down, up), CASELOAD_SPREAD)
    chance = 1 / (1 + np.exp(-(margin + (SHIFTS * spread)[:, None])))
    return _shortest(_number_of_successes(chance).mean(axis=0))


def _log_odds(probability: Array) -> Array:
    kept = np.clip(probability, CLOSEST_TO_CERTAIN, 1 - CLOSEST_TO_CERTAIN)
    return np.log(kept) - np.log1p(-kept)


def _number_of_successes(chance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """For each row of chances the distribution of how many come true: rows × (columns + 1)."""
    distribution = np.zeros((len(chance), chance.shape[1] + 1))
    distribution[:, 0] = 1.0
    for column in chance.T:
        came_true = distribution[:, :-1] * column[:, None]
        distribution *= 1 - column[:, None]
        distribution[:, 1:] += came_true
    return distribution


def _shortest(distribution: Array) -> tuple[int, int]:
    """The numbers around the likeliest one that together have the probability COVERAGE."""
    low = high = int(np.argmax(distribution))
    while distribution[low : high + 1].sum() < COVERAGE:
        below = distribution[low - 1] if low else -1.0
        above = distribution[high + 1] if high + 1 < len(distribution) else -1.0
        if below < 0 and above < 0:  # rounding may leave the whole a little below one
            break
        low, high = (low - 1, high) if below > above else (low, high + 1)
    return low, high
