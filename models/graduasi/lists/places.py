"""Who gets a place on a list: of each mentor's families that may stand there those with the highest scores, up to the quota.

Lists are made by this rule, and evaluation judges lists by it. They differ in what they do with equal scores: on a list the
identifiers break them, since somebody has to be named; evaluation gives each family an equal share of the places, so that
its figures do not hang on identifiers.
"""

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array, Mask

PROPOSED_BAND = "ready"
"""Only families in this band are proposed; a list is never filled with others."""


def share_of_places(group: npt.NDArray[np.intp], score: Array, *, quota: int | Array, eligible: Mask) -> Array:
    """Each row's share (0 to 1) of a place when every group lists its `quota` highest eligible scores.

    Rows with equal scores at the end of a list share its last places in equal parts. `quota` is one number, or one a row.
    """
    share = np.zeros(len(score))
    rows = np.flatnonzero(eligible)
    order = rows[np.lexsort((-score[rows], group[rows]))]
    if not len(order):
        return share
    same = np.append(False, (group[order][1:] == group[order][:-1]) & (score[order][1:] == score[order][:-1]))
    new_group = np.append(True, group[order][1:] != group[order][:-1])
    first_of_group = np.maximum.accumulate(np.where(new_group, np.arange(len(order)), 0))
    tie = np.cumsum(~same) - 1
    tie_start = np.flatnonzero(~same)
    tie_size = np.diff(np.append(tie_start, len(order)))
    rank = tie_start[tie] - first_of_group  # places taken by strictly higher scores of the same group
    places = np.broadcast_to(np.asarray(quota, dtype=float), score.shape)[order]
    share[order] = np.clip((places - rank) / tie_size[tie], 0.0, 1.0)
    return share
