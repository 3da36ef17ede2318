"""How far two distributions lie apart, and how likely chance alone would move them so far.

Distributions are counts over the same cells: `then` of the reference, `now` of the later sample.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import stats

Counts = Sequence[int] | npt.NDArray[np.int64]

PSI_BINS = 10
MIN_CELL = 10
"""Cells with fewer households in both samples together are tested as one cell."""


def psi(then: Counts, now: Counts) -> float:
    """Population stability index: Σ (now − then) · ln(now / then) over the cells, in shares.

    Half a household is added to every cell, so that an empty one gives a large figure and not an infinite one.
    """
    before, after = (np.asarray(counts, dtype=float) + 0.5 for counts in (then, now))
    before, after = before / before.sum(), after / after.sum()
    return float(((after - before) * np.log(after / before)).sum())


def ks(then: Counts, now: Counts) -> float:
    """Kolmogorov–Smirnov distance: the largest gap between the two cumulative shares, at the edges of ordered bins."""
    before, after = (np.cumsum(np.asarray(counts, dtype=float)) for counts in (then, now))
    return float(np.abs(before / before[-1] - after / after[-1]).max())


def tenths(counts: Counts) -> npt.NDArray[np.intp]:
    """For each fine bin of the reference, the number of the coarse cell it belongs to.

    Neighbouring bins are one cell where their middles lie in the same tenth of the reference. Empty bins and filled ones
    never share a cell.
    """
    sizes = np.asarray(counts, dtype=float)
    middles = (np.cumsum(sizes) - sizes / 2) / sizes.sum()
    tenth_of_bin = np.minimum((middles * PSI_BINS + 1e-9).astype(int), PSI_BINS - 1)
    return np.cumsum(np.append(0, (np.diff(tenth_of_bin) != 0) | (np.diff(sizes == 0) != 0))).astype(np.intp)


def merged(counts: Counts, cell_of_bin: npt.NDArray[np.intp]) -> npt.NDArray[np.int64]:
    """The counts of the coarse cells that `tenths` gives."""
    return np.bincount(cell_of_bin, weights=np.asarray(counts, dtype=float)).astype(np.int64)


def chi_square_p(then: Counts, now: Counts) -> float:
    """The chance of cells at least so different if both samples came from one population, by the χ² test; 1 with one cell."""
    table = np.array([then, now], dtype=float)
    total = table.sum(axis=0)
    small = table[:, total < MIN_CELL].sum(axis=1, keepdims=True)
    table = np.hstack([table[:, total >= MIN_CELL], small])
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2 or not (table.sum(axis=1) > 0).all():
        return 1.0
    return float(stats.chi2_contingency(table, correction=False).pvalue)


def ks_p(gap: float, n_then: int, n_now: int) -> float:
    """The chance of so large a KS distance without drift. Bins and ties hide part of the gap, so this errs towards silence."""
    return float(stats.kstwobign.sf(gap * np.sqrt(n_then * n_now / (n_then + n_now))))


def shares_p(count_then: int, n_then: int, count_now: int, n_now: int) -> float:
    """The chance of two shares at least so different if both samples came from one population, by Fisher's exact test."""
    table = [[count_then, n_then - count_then], [count_now, n_now - count_now]]
    return float(stats.fisher_exact(table).pvalue)


def holm(p_values: Sequence[float], level: float) -> list[bool]:
    """Which of the tests are significant, if the chance of even one false alarm is to stay below `level` (Holm 1979)."""
    significant = [False] * len(p_values)
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda index: p_values[index])):
        if p_values[index] > level / (len(p_values) - rank):
            break
        significant[index] = True
    return significant
