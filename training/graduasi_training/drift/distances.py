"""How far two distributions lie apart, and whether chance alone could have moved them so far."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import stats

Counts = Sequence[int] | npt.NDArray[np.int64]

PSI_BINS = 10
POOLED = 10
"""Cells with fewer households than these in both samples together are tested as one."""


def psi(then: Counts, now: Counts) -> float:
    """Population stability index over the same cells: Σ (now − then) · ln(now / then), in shares.

    Half a household is added to every cell, so that an empty one gives a large figure and not an infinite one.
    """
    before, after = (np.asarray(counts, dtype=float) + 0.5 for counts in (then, now))
    before, after = before / before.sum(), after / after.sum()
    return float(((after - before) * np.log(after / before)).sum())


def ks(then: Counts, now: Counts) -> float:
    """Kolmogorov–Smirnov: the largest gap between the two cumulative shares, at the edges of the bins."""
    before, after = (np.cumsum(np.asarray(counts, dtype=float)) for counts in (then, now))
    return float(np.abs(before / before[-1] - after / after[-1]).max())


def tenths(counts: Counts) -> npt.NDArray[np.intp]:
    """For each fine bin, which tenth of the reference its middle lies in; empty bins keep to themselves."""
    sizes = np.asarray(counts, dtype=float)
    middle = (np.cumsum(sizes) - sizes / 2) / sizes.sum()
    tenth = np.minimum((middle * PSI_BINS + 1e-9).astype(int), PSI_BINS - 1)
    return np.cumsum(np.append(0, (np.diff(tenth) != 0) | (np.diff(sizes == 0) != 0))).astype(np.intp)


def merged(counts: Counts, groups: npt.NDArray[np.intp]) -> npt.NDArray[np.int64]:
    """The counts of the coarser cells."""
    return np.bincount(groups, weights=np.asarray(counts, dtype=float)).astype(np.int64)


def chi_square_p(then: Counts, now: Counts) -> float:
    """The chance of cells at least so different if both samples came from one population; 1 where there is one cell."""
    table = np.array([then, now], dtype=float)
    total = table.sum(axis=0)
    small = table[:, total < POOLED].sum(axis=1, keepdims=True)
    table = np.hstack([table[:, total >= POOLED], small])
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2 or not (table.sum(axis=1) > 0).all():
        return 1.0
    return float(stats.chi2_contingency(table, correction=False).pvalue)


def ks_p(gap: float, n_then: int, n_now: int) -> float:
    """The chance of so large a gap without drift. Bins and ties hide part of the gap, so this errs towards silence."""
    return float(stats.kstwobign.sf(gap * np.sqrt(n_then * n_now / (n_then + n_now))))


def shares_p(some_then: int, n_then: int, some_now: int, n_now: int) -> float:
    """The chance of two shares at least so different, by Fisher's exact test."""
    table = [[some_then, n_then - some_then], [some_now, n_now - some_now]]
    return float(stats.fisher_exact(table).pvalue)


def holm(p_values: Sequence[float], level: float) -> list[bool]:
    """Which of many tests are significant when the chance of even one false alarm is to stay below `level`."""
    found = [False] * len(p_values)
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        if p_values[place] > level / (len(p_values) - rank):
            break
        found[place] = True
    return found
