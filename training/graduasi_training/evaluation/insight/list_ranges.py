"""Does the number of ready families lie in the range that is told with each mentor's list? Judged on the last test date."""

from typing import Any

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array
from graduasi.lists.expected import COVERAGE, MIN_FAMILIES, ready_range
from graduasi.readiness.intervals import Ends
from graduasi_training.fitting.offsets import offset, variance_between
from graduasi_training.judging.held_out import HeldOut
from graduasi_training.judging.lists import listed
from graduasi_training.judging.metrics import log_odds

MIN_OF_A_MENTOR = 10
"""Fewer labelled families of a mentor say nothing of how the mentor's caseload came out."""


def list_ranges(score: Array, ends: Ends, test: HeldOut) -> dict[str, Any] | None:
    """How many mentors' ranges held, for the listed families whose outcome is known; None where no list has enough of them.

    `score` and `ends` are probabilities for the whole cohort. `mentor_spread` is how far the mentors' caseloads came out beside
    their scores beyond chance, in log-odds (standard deviation); null with fewer than two that can be judged.
    """
    on_list = (listed(score, test) > 0.5) & test.labelled
    lists = [np.flatnonzero(on_list & (test.mentor == mentor)) for mentor in np.unique(test.mentor[test.mentor >= 0])]
    lists = [families for families in lists if len(families) >= MIN_FAMILIES]
    if not lists:
        return None
    ranges = np.array([ready_range(score[rows], ends.low[rows], ends.high[rows]) for rows in lists])
    observed = np.array([test.y[rows].sum() for rows in lists])
    return {
        "nominal": COVERAGE,
        "mentors": len(lists),
        "held": int(((observed >= ranges[:, 0]) & (observed <= ranges[:, 1])).sum()),
        "above": int((observed > ranges[:, 1]).sum()),
        "below": int((observed < ranges[:, 0]).sum()),
        "families": float(np.mean([len(rows) for rows in lists])),
        "forecast": float(np.mean([score[rows].sum() for rows in lists])),
        "observed": float(observed.mean()),
        "low": float(ranges[:, 0].mean()),
        "high": float(ranges[:, 1].mean()),
        "mentor_spread": mentor_spread(log_odds(score[test.labelled]), test.only(test.labelled)),
    }


def mentor_spread(margin: Array, test: HeldOut) -> float | None:
    """How far mentors' caseloads lie apart around the level of their date, beyond chance; `test` holds labelled families."""
    caseloads = [np.flatnonzero(test.mentor == mentor) for mentor in np.unique(test.mentor[test.mentor >= 0])]
    offsets = [_offset(margin, test.y, rows) for rows in caseloads if len(rows) >= MIN_OF_A_MENTOR]
    return float(np.sqrt(variance_between(offsets))) if len(offsets) > 1 else None


def _offset(margin: Array, y: Array, rows: npt.NDArray[np.intp]) -> tuple[float, float]:
    """The offset of a caseload and its variance, with half a family added to either outcome: some have one outcome only."""
    return tuple(offset(np.append(margin[rows], [0.0]), np.append(y[rows], [0.5])))  # type: ignore[return-value]
