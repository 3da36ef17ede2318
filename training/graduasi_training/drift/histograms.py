"""Fields as counts: the reference fixes the bins, and later samples are counted in the same bins."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Matrix
from graduasi.bundle.reference import SMALLEST_CELL, Cells, FieldReference, Histogram
from graduasi.declarations.dictionary import Dictionary, Field
from graduasi.panel.record import Panel
from graduasi.readiness.features import comparable_values

FINE_BINS = 40
STEPS_IN_SPREAD = 100
"""Edges are rounded to about a hundredth of the spread, so that none is one family's own figure."""

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """Snapshots as they were reported, as matrices of snapshots × feature fields of the dictionary.

    `comparable` holds the values that the model compares, such as money as a ratio to its yardstick; `own` holds them as
    they are written in the panel. `extra` has, by category field, the values that the dictionary does not list; their codes
    follow those of the listed ones.
    """

    comparable: Matrix
    own: Matrix
    extra: dict[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.own)

    def value_names(self, field: Field) -> list[str]:
        """The value that each code, from 0 on, of a boolean or category field stands for."""
        return ["false", "true"] if field.type == "boolean" else [*field.categories, *self.extra.get(field.name, ())]


def sample_of(
    panel: Panel,
    rows: npt.NDArray[np.intp],
    dictionary: Dictionary,
    extra: dict[str, tuple[str, ...]] | None = None,
) -> Sample:
    """The snapshots at `rows` of the panel. Nothing is carried forward from earlier snapshots: it would hide what is missing."""
    snapshots = panel.take(rows)
    own = snapshots.values[:, [dictionary.column(field.name) for field in dictionary.features]]
    return Sample(comparable_values(snapshots, dictionary), own, extra or {})


def describe(sample: Sample, dictionary: Dictionary) -> dict[str, FieldReference]:
    """Each feature field of a reference sample, as counts without cells of 1 to SMALLEST_CELL − 1 households."""
    return {field.name: _describe(field, sample, column) for column, field in enumerate(dictionary.features)}


def _describe(field: Field, sample: Sample, column: int) -> FieldReference:
    n, values, own = len(sample), sample.comparable[:, column], sample.own[:, column]
    known = int((~np.isnan(values)).sum())
    if known < SMALLEST_CELL:
        return FieldReference(missing=n if n >= SMALLEST_CELL else 0)
    missing = n - known
    few_missing = missing if missing < SMALLEST_CELL else 0  # too few to tell of: they are counted in the largest cell
    if field.type in ("boolean", "category"):
        names = sample.value_names(field)
        counts = np.bincount(values[~np.isnan(values)].astype(int), minlength=len(names))
        cells = _cells(names, counts, few_missing, declared=_declared_values(field))
        return FieldReference(missing=missing - few_missing, cells=cells)
    bins, own_bins = histogram(values, few_missing), histogram(own) if field.per else None
    return FieldReference(missing=missing - few_missing, bins=bins, own_bins=own_bins)


def _declared_values(field: Field) -> int:
    """How many values of a boolean or category field the dictionary lists."""
    return 2 if field.type == "boolean" else len(field.categories)


def _cells(names: list[str], counts: npt.NDArray[np.intp], few_missing: int, *, declared: int) -> Cells:
    """Counts by value; small cells and the few missing are added to the largest cell.

    `rare` names the declared values of small cells. Values that are not declared are left out where they are rare.
    """
    small = (counts > 0) & (counts < SMALLEST_CELL)
    shown_counts = np.where(small, 0, counts)
    shown_counts[int(np.argmax(shown_counts))] += few_missing + int(counts[small].sum())
    shown = [code for code in range(len(names)) if code < declared or shown_counts[code]]
    rare = tuple(names[code] for code in np.flatnonzero(small) if code < declared)
    return Cells(counts={names[code]: int(shown_counts[code]) for code in shown}, rare=rare)


def histogram(values: Values, few_missing: int = 0) -> Histogram | None:
    """Bins of about equal size over the known values; None where fewer than SMALLEST_CELL are known.

    Ties stay in one bin, and a rounded edge is never below the values that it bounds. `few_missing` is added to the largest bin.
    """
    known = np.sort(values[~np.isnan(values)])
    if len(known) < SMALLEST_CELL:
        return None
    cuts = np.quantile(known, np.arange(1, FINE_BINS) / FINE_BINS, method="lower")
    exponent = _exponent(known)
    step = 10.0**exponent
    steps = np.unique(np.ceil(cuts / step - 1e-9))
    if not (known <= steps[0] * step - step).any():
        steps = np.append(steps[0] - 1, steps)  # an empty bin below, for values that training never saw
    edges = _without_small_bins(np.unique(np.round(steps * step, max(0, -exponent))) + 0.0, known)
    counts = count_in(edges, known)
    counts[int(np.argmax(counts))] += few_missing
    return Histogram(edges=tuple(edges), counts=tuple(counts.tolist()))


def _exponent(known: Values) -> int:
    """The exponent of the power of ten next below 1/STEPS_IN_SPREAD of the spread; of the value itself where all are alike."""
    low, high = np.quantile(known, [0.05, 0.95])
    candidates = (high - low, known[-1] - known[0], abs(low), 1.0)
    return int(np.floor(np.log10(next(spread for spread in candidates if spread > 0) / STEPS_IN_SPREAD)))


def _without_small_bins(edges: Values, known: Values) -> list[float]:
    """The edges that leave no bin of 1 to SMALLEST_CELL − 1 households; `known` is sorted."""
    kept: list[float] = []
    up_to_edge = np.searchsorted(known, edges, side="right")
    up_to_last_kept = 0
    for edge, count in zip(edges.tolist(), up_to_edge.tolist(), strict=True):
        if count - up_to_last_kept >= SMALLEST_CELL or (count == 0 and not kept):
            kept.append(edge)
            up_to_last_kept = count
    while kept and 0 < len(known) - up_to_last_kept < SMALLEST_CELL:
        kept.pop()
        up_to_last_kept = int(np.searchsorted(known, kept[-1], side="right")) if kept else 0
    return kept


def count_in(edges: Any, values: Values) -> npt.NDArray[np.int64]:
    """How many known values lie in each bin; a bin includes its upper edge."""
    known = values[~np.isnan(values)]
    bin_of_value = np.searchsorted(np.asarray(edges, dtype=float), known, side="left")
    return np.bincount(bin_of_value, minlength=len(edges) + 1).astype(np.int64)


def middle_of(bins: Histogram) -> float | None:
    """About the median: the upper edge of the bin in which it lies; None where it lies in the last bin, which has no upper edge."""
    median_bin = int(np.searchsorted(np.cumsum(bins.counts), sum(bins.counts) / 2))
    return bins.edges[median_bin] if median_bin < len(bins.edges) else None
