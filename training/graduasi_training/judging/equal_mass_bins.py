"""Bins of equal size along a score, in which the order of rows plays no part."""

import numpy as np

from graduasi.arrays import Array, Matrix


def equal_mass_bins(score: Array, count: int) -> Matrix:
    """Each row's share (0 to 1) of each bin, as bins × rows: ascending bins of equal size, at most one for each row.

    Without ties each row lies wholly in one bin, and sizes differ by one at most, the lower bins being the larger. Rows
    with equal scores that lie across an edge are shared out alike: each belongs to a bin to the share of the tie's places
    that the bin holds. So a sum over a bin, `shares @ values`, is what random order of ties would give on average.

    >>> equal_mass_bins(np.array([0.1, 0.9, 0.5, 0.5]), 2)
    array([[1. , 0. , 0.5, 0.5],
           [0. , 1. , 0.5, 0.5]])
    """
    rows = len(score)
    bins = min(count, rows)
    sizes = np.full(bins, rows // max(bins, 1)) + (np.arange(bins) < rows % max(bins, 1))
    ends = np.cumsum(sizes)
    _, tie, tie_sizes = np.unique(score, return_inverse=True, return_counts=True)
    tie_ends = np.cumsum(tie_sizes)
    tie_starts = tie_ends - tie_sizes
    starts = ends - sizes
    common = np.minimum(ends[:, None], tie_ends) - np.maximum(starts[:, None], tie_starts)
    return np.asarray((np.clip(common, 0, None) / tie_sizes)[:, tie])
