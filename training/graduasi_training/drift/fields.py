"""A later sample against the reference, field by field: what is missing, what is new, how values moved."""

from typing import Any

import numpy as np
import numpy.typing as npt

from graduasi.bundle.reference import SMALLEST, Cells, FieldReference, Histogram, Reference
from graduasi.declarations.dictionary import Dictionary, Field
from graduasi.declarations.programme import Drift
from graduasi_training.drift.alarms import Check
from graduasi_training.drift.distances import chi_square_p, ks, ks_p, merged, psi, shares_p, tenths
from graduasi_training.drift.histograms import Sample, count_in, middle_of

SHOWN_VALUES = 5
HIDDEN = SMALLEST - 1
"""So many households may stand behind a 0 of the reference that hides a small cell."""
Figures = dict[str, Any]
Values = npt.NDArray[np.float64]


def compare_fields(
    fields: dict[str, FieldReference], n_then: int, sample: Sample, dictionary: Dictionary, limits: Drift
) -> tuple[dict[str, Figures], list[Check]]:
    """Figures by field, and the tests that an alarm may come from."""
    figures, tests = {}, list[Check]()
    for place, field in enumerate(dictionary.features):
        figures[field.name], found = _compare_field(field, fields[field.name], n_then, sample, place, limits)
        tests += found
    return figures, tests


def compare_scores(reference: Reference, score: Values, limits: Drift) -> tuple[Figures, list[Check]]:
    """How the scores moved."""
    figures: Figures = {"n_then": reference.n, "n_now": len(score), "psi": None, "ks": None}
    figures |= {"mean_then": reference.mean_score, "mean_now": float(score.mean()) if len(score) else None}
    if reference.score is None or min(reference.n, len(score)) < limits.min_rows:
        return {"status": "not_enough_data", **figures}, []
    measured, tests = _compare_bins("score", reference.score, score, limits, "the scores as a whole moved")
    return {"status": "ok", **figures, **measured}, tests


def _compare_field(
    field: Field, then: FieldReference, n_then: int, sample: Sample, place: int, limits: Drift
) -> tuple[Figures, list[Check]]:
    read = sample.comparable[:, place]
    known_now, n_now = int((~np.isnan(read)).sum()), len(sample)
    figures: Figures = {
        "n_then": then.known, "n_now": known_now, "psi": None, "ks": None, "missing_then": then.missing / n_then if n_then else None,
        "missing_now": 1 - known_now / n_now if n_now else None, "missing_change": None, "unseen": {},
    }  # fmt: skip
    if min(n_then, n_now) < limits.min_rows:
        return {"status": "not_enough_data", **figures}, []
    tests = [_missing_test(field, then.missing, n_then, n_now - known_now, n_now, limits)]
    figures["missing_change"] = figures["missing_now"] - figures["missing_then"]
    if then.cells is not None:
        names, before, after = _cells(field, then.cells, sample, read)
        figures["unseen"], unseen = _unseen(field, then.cells, names, after, then.known, n_now, limits)
        tests += unseen
    if min(then.known, known_now) < limits.min_rows:
        return {"status": "not_enough_data", **figures}, tests
    if then.cells is not None:
        figures["psi"], p = psi(before, after), chi_square_p(before, after)
        sentence = f"{_psi_sentence(field.name, figures['psi'], limits)}; {_largest_move(field, names, before, after)}"
        tests.append(Check(field.name, figures["psi"] >= limits.psi, p, sentence))
    elif then.bins is not None:
        measured, moved = _compare_bins(field.name, then.bins, read, limits, _movement(field, then.bins, read))
        figures |= measured
        tests += moved
        if then.own_bins is not None:
            own = count_in(then.own_bins.edges, sample.own[:, place])
            groups = tenths(then.own_bins.counts)
            figures["own_psi"] = psi(merged(then.own_bins.counts, groups), merged(own, groups)) if own.sum() else None
    return {"status": "ok", **figures}, tests


def _compare_bins(
    name: str, bins: Histogram, values: Values, limits: Drift, movement: str
) -> tuple[Figures, list[Check]]:
    now = count_in(bins.edges, values)
    groups = tenths(bins.counts)
    before, after = merged(bins.counts, groups), merged(now, groups)
    moved, gap = psi(before, after), ks(bins.counts, now)
    sentence = f"{_psi_sentence(name, moved, limits)}, KS {gap:.2f} (limit {limits.ks:g}); {movement}"
    tests = [
        Check(name, moved >= limits.psi, chi_square_p(before, after), sentence),
        Check(name, gap >= limits.ks, ks_p(gap, sum(bins.counts), int(now.sum())), sentence),
    ]
    return {"psi": moved, "ks": gap}, tests


def _psi_sentence(name: str, moved: float, limits: Drift) -> str:
    return f"{name}: PSI {moved:.2f} (limit {limits.psi:g})"


def _movement(field: Field, bins: Histogram, values: Values) -> str:
    """Where the middle went; of a sensitive field nothing is told but that it moved."""
    middle = middle_of(bins)
    if field.sensitive or middle is None or np.isnan(values).all():
        return "its values moved"
    unit = f" (ratio to {field.per})" if field.per else " (years before the visit)" if field.type == "date" else ""
    return f"the middle value went from about {middle:,.4g} to about {np.nanmedian(values):,.4g}{unit}"


def _largest_move(field: Field, names: list[str], before: list[int], after: list[int]) -> str:
    """Which value's share changed most."""
    if field.sensitive:
        return "its values moved"
    then, now = (np.array(counts) / max(1, sum(counts)) for counts in (before, after))
    place = int(np.argmax(np.abs(now - then)))
    return f"{names[place]} went from {then[place]:.0%} to {now[place]:.0%}"


def _missing_test(field: Field, then: int, n_then: int, now: int, n_now: int, limits: Drift) -> Check:
    then = then or _hidden(now, n_now, n_then)
    before, after = then / n_then, now / n_now
    yardstick = f" (or its yardstick {field.per})" if field.per else ""
    sentence = (
        f"{field.name}: unknown{yardstick} for {after:.0%} of households, in training for {before:.0%} "
        f"(limit: a change of {limits.missing_change:.0%})"
    )
    return Check(field.name, abs(after - before) >= limits.missing_change, shares_p(then, n_then, now, n_now), sentence)


def _cells(field: Field, then: Cells, sample: Sample, read: Values) -> tuple[list[str], list[int], list[int]]:
    """Every value of either sample, with its counts in both."""
    words, then_known = sample.words(field), sum(then.counts.values())
    counted = np.bincount(read[~np.isnan(read)].astype(int), minlength=len(words)).tolist()
    now = dict(zip(words, counted, strict=True))
    names = list(dict.fromkeys([*then.counts, *words]))
    total = max(1, sum(counted))
    before = [
        _hidden(now.get(name, 0), total, then_known) if name in then.rare else then.counts.get(name, 0)
        for name in names
    ]
    return names, before, [now.get(name, 0) for name in names]


def _hidden(now: int, n_now: int, n_then: int) -> int:
    """What a hidden small cell may have held that is nearest to the share of now: what is hidden never alarms."""
    return min(HIDDEN, round(now / max(1, n_now) * n_then))


def _unseen(
    field: Field, then: Cells, names: list[str], after: list[int], n_then: int, n_now: int, limits: Drift
) -> tuple[Figures, list[Check]]:
    """Values that no household of training had. A sensitive field's are counted, not named."""
    new = {
        name: count
        for name, count in zip(names, after, strict=True)
        if count and not then.counts.get(name, 0) and name not in then.rare
    }
    if not new:
        return {}, []
    total = sum(new.values())
    told = sorted(new, key=lambda name: -new[name])[:SHOWN_VALUES]
    what = "values" if field.sensitive else ", ".join(told)
    sentence = (
        f"{field.name}: {what}: {total / n_now:.0%} of households, nobody in training (limit {limits.unseen_share:.0%})"
    )
    undeclared = [name for name in told if name not in ("false", "true", *field.categories)]
    if undeclared:
        sentence += "; the dictionary does not list all of them, so the model takes them as unknown"
    hidden = min(HIDDEN, n_then) if undeclared else 0  # a value that nobody declared is listed only from SMALLEST on
    p = shares_p(hidden, n_then, total, n_now)
    test = Check(field.name, total / n_now >= limits.unseen_share, p, sentence)
    return ({"values": total} if field.sensitive else new), [test]
