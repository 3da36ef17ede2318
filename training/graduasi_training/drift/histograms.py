"""Fields in counts: bins fixed by the reference sample, and later samples counted in the same bins."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Matrix
from graduasi.bundle.reference import SMALLEST, Cells, FieldReference, Histogram
from graduasi.declarations.dictionary import Dictionary, Field
from graduasi.panel.record import Panel
from graduasi.readiness.features import comparable

FINE_BINS = 40
STEPS = 100
"""Edges are rounded to about a hundredth of the spread, so that none is one family's own figure."""

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """Snapshots as they were reported: fields as the model compares them, and as they are written down.

    `extra` are, per category field, values that the dictionary does not list; their codes follow those it lists.
    """

    comparable: Matrix
    own: Matrix
    extra: dict[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.own)

    def words(self, field: Field) -> list[str]:
        """What each code of a boolean or category field stands for."""
        return ["false", "true"] if field.type == "boolean" else [*field.categories, *self.extra.get(field.name, ())]


def sample_of(
    panel: Panel,
    rows: npt.NDArray[np.intp],
    dictionary: Dictionary,
    extra: dict[str, tuple[str, ...]] | None = None,
) -> Sample:
    """The snapshots at `rows`; nothing is carried forward from earlier ones, or missing would not show."""
    snapshots = panel.take(rows)
    own = snapshots.values[:, [dictionary.column(field.name) for field in dictionary.features]]
    return Sample(comparable(snapshots, dictionary), own, extra or {})


def describe(sample: Sample, dictionary: Dictionary) -> dict[str, FieldReference]:
    """Every feature field of a reference sample, in counts."""
    return {field.name: _describe(field, sample, place, len(sample)) for place, field in enumerate(dictionary.features)}


def _describe(field: Field, sample: Sample, place: int, n: int) -> FieldReference:
    read, own = sample.comparable[:, place], sample.own[:, place]
    known = int((~np.isnan(read)).sum())
    if known < SMALLEST:
        return FieldReference(missing=n if n >= SMALLEST else 0)
    missing = n - known
    few = missing if missing < SMALLEST else 0  # counted with the largest cell
    if field.type in ("boolean", "category"):
        words = sample.words(field)
        counts = np.bincount(read[~np.isnan(read)].astype(int), minlength=len(words))
        return FieldReference(missing=missing - few, cells=_cells(words, counts, few, declared=_declared(field)))
    bins, own_bins = histogram(read, few), histogram(own) if field.per else None
    return FieldReference(missing=missing - few, bins=bins, own_bins=own_bins)


def _declared(field: Field) -> int:
    return 2 if field.type == "boolean" else len(field.categories)


def _cells(words: list[str], counts: npt.NDArray[np.intp], few: int, *, declared: int) -> Cells:
    small = (counts > 0) & (counts < SMALLEST)
    kept = np.where(small, 0, counts)
    kept[int(np.argmax(kept))] += few + int(counts[small].sum())
    shown = [place for place in range(len(words)) if place < declared or kept[place]]
    rare = tuple(words[place] for place in np.flatnonzero(small) if place < declared)
    return Cells(counts={words[place]: int(kept[place]) for place in shown}, rare=rare)


def histogram(values: Values, few: int = 0) -> Histogram | None:
    """Bins of about equal size; ties stay together, and what is rounded is never below the values it bounds."""
    known = np.sort(values[~np.isnan(values)])
    if len(known) < SMALLEST:
        return None
    cuts = np.quantile(known, np.arange(1, FINE_BINS) / FINE_BINS, method="lower")
    exponent = _exponent(known)
    step = 10.0**exponent
    whole = np.unique(np.ceil(cuts / step - 1e-9))
    if not (known <= whole[0] * step - step).any():
        whole = np.append(whole[0] - 1, whole)  # an empty bin below, where values that training never saw would lie
    edges = np.unique(np.round(whole * step, max(0, -exponent))) + 0.0
    kept = _large_enough(edges, known)
    counts = count_in(kept, known)
    counts[int(np.argmax(counts))] += few
    return Histogram(edges=tuple(kept), counts=tuple(counts.tolist()))


def _exponent(known: Values) -> int:
    """The power of ten that is about 1/STEPS of the spread; of the value itself where all are alike."""
    low, high = np.quantile(known, [0.05, 0.95])
    candidates = (high - low, known[-1] - known[0], abs(low), 1.0)
    return int(np.floor(np.log10(next(spread for spread in candidates if spread > 0) / STEPS)))


def _large_enough(edges: Values, known: Values) -> list[float]:
    """Edges that leave no bin of 1 to SMALLEST − 1 households."""
    kept: list[float] = []
    below = np.searchsorted(known, edges, side="right")
    done = 0
    for edge, count in zip(edges.tolist(), below.tolist(), strict=True):
        if count - done >= SMALLEST or (count == 0 and not kept):
            kept.append(edge)
            done = count
    while kept and 0 < len(known) - done < SMALLEST:
        kept.pop()
        done = int(np.searchsorted(known, kept[-1], side="right")) if kept else 0
    return kept


def count_in(edges: Any, values: Values) -> npt.NDArray[np.int64]:
    """How many known values lie in each bin."""
    known = values[~np.isnan(values)]
    places = np.searchsorted(np.asarray(edges, dtype=float), known, side="left")
    return np.bincount(places, minlength=len(edges) + 1).astype(np.int64)


def middle_of(bins: Histogram) -> float | None:
    """About the median: the upper edge of the bin in which it lies; null where that bin has none."""
    place = int(np.searchsorted(np.cumsum(bins.counts), sum(bins.counts) / 2))
    return bins.edges[place] if place < len(bins.edges) else None
