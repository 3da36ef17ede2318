"""A later sample against the reference, field by field: what is unknown, which values are new, how values moved."""

from typing import Any

import numpy as np
import numpy.typing as npt

from graduasi.bundle.reference import SMALLEST_CELL, Cells, FieldReference, Histogram, Reference
from graduasi.declarations.dictionary import Dictionary, Field
from graduasi.declarations.programme import Drift
from graduasi_training.drift.alarms import Check
from graduasi_training.drift.distances import chi_square_p, ks, ks_p, merged, psi, shares_p, tenths
from graduasi_training.drift.histograms import Sample, count_in, middle_of

MOST_VALUES = 5
"""An alarm names at most this many new values."""
MOST_HIDDEN = SMALLEST_CELL - 1
"""Behind a 0 of the reference may stand as many households: it hides smaller cells."""
Figures = dict[str, Any]
Values = npt.NDArray[np.float64]


def compare_fields(
    fields: dict[str, FieldReference], n_then: int, sample: Sample, dictionary: Dictionary, limits: Drift
) -> tuple[dict[str, Figures], list[Check]]:
    """Figures by field, and the checks that an alarm may come from. `n_then` is the reference's number of households."""
    figures, checks = {}, list[Check]()
    for column, field in enumerate(dictionary.features):
        figures[field.name], field_checks = _compare_field(field, fields[field.name], n_then, sample, column, limits)
        checks += field_checks
    return figures, checks


def compare_scores(reference: Reference, score: Values, limits: Drift) -> tuple[Figures, list[Check]]:
    """How the scores as a whole moved, and the checks that an alarm may come from."""
    figures: Figures = {"n_then": reference.n, "n_now": len(score), "psi": None, "ks": None}
    figures |= {"mean_then": reference.mean_score, "mean_now": float(score.mean()) if len(score) else None}
    if reference.score is None or min(reference.n, len(score)) < limits.min_rows:
        return {"status": "not_enough_data", **figures}, []
    distances, checks = _compare_bins("score", reference.score, score, limits, "the scores as a whole moved")
    return {"status": "ok", **figures, **distances}, checks


def _compare_field(
    field: Field, then: FieldReference, n_then: int, sample: Sample, column: int, limits: Drift
) -> tuple[Figures, list[Check]]:
    values = sample.comparable[:, column]
    known_now, n_now = int((~np.isnan(values)).sum()), len(sample)
    figures: Figures = {
        "n_then": then.known, "n_now": known_now, "psi": None, "ks": None, "missing_then": then.missing / n_then if n_then else None,
        "missing_now": 1 - known_now / n_now if n_now else None, "missing_change": None, "unseen": {},
    }  # fmt: skip
    if min(n_then, n_now) < limits.min_rows:
        return {"status": "not_enough_data", **figures}, []
    checks = [_missing_check(field, then.missing, n_then, n_now - known_now, n_now, limits)]
    figures["missing_change"] = figures["missing_now"] - figures["missing_then"]
    if then.cells is not None:
        names, before, after = _counts_of_both(field, then.cells, sample, values)
        figures["unseen"], unseen_checks = _unseen(
            field, then.cells, dict(zip(names, after, strict=True)), n_then=then.known, n_now=n_now, limits=limits
        )
        checks += unseen_checks
    if min(then.known, known_now) < limits.min_rows:
        return {"status": "not_enough_data", **figures}, checks
    if then.cells is not None:
        figures["psi"], p = psi(before, after), chi_square_p(before, after)
        sentence = f"{_psi_sentence(field.name, figures['psi'], limits)}; {_largest_move(field, names, before, after)}"
        checks.append(Check(field.name, figures["psi"] >= limits.psi, p, sentence))
    elif then.bins is not None:
        movement = _movement_of_middle(field, then.bins, values)
        distances, bin_checks = _compare_bins(field.name, then.bins, values, limits, movement)
        figures |= distances
        checks += bin_checks
        if then.own_bins is not None:
            figures["own_psi"] = _own_psi(then.own_bins, sample.own[:, column])
    return {"status": "ok", **figures}, checks


def _own_psi(then: Histogram, own_values: Values) -> float | None:
    """PSI of a ratio's own unit, such as rupiah; null where no value is known now."""
    now, cell_of_bin = count_in(then.edges, own_values), tenths(then.counts)
    return psi(merged(then.counts, cell_of_bin), merged(now, cell_of_bin)) if now.sum() else None


def _compare_bins(
    name: str, bins: Histogram, values: Values, limits: Drift, movement: str
) -> tuple[Figures, list[Check]]:
    """PSI over tenths and KS over fine bins, each with its check; `movement` is the end of the alarm's sentence."""
    now = count_in(bins.edges, values)
    cell_of_bin = tenths(bins.counts)
    before, after = merged(bins.counts, cell_of_bin), merged(now, cell_of_bin)
    index, gap = psi(before, after), ks(bins.counts, now)
    sentence = f"{_psi_sentence(name, index, limits)}, KS {gap:.2f} (limit {limits.ks:g}); {movement}"
    checks = [
        Check(name, index >= limits.psi, chi_square_p(before, after), sentence),
        Check(name, gap >= limits.ks, ks_p(gap, sum(bins.counts), int(now.sum())), sentence),
    ]
    return {"psi": index, "ks": gap}, checks


def _psi_sentence(name: str, index: float, limits: Drift) -> str:
    return f"{name}: PSI {index:.2f} (limit {limits.psi:g})"


def _movement_of_middle(field: Field, bins: Histogram, values: Values) -> str:
    """From where to where the median went; of a sensitive field only that its values moved."""
    middle = middle_of(bins)
    if field.sensitive or middle is None or np.isnan(values).all():
        return "its values moved"
    unit = f" (ratio to {field.per})" if field.per else " (years before the visit)" if field.type == "date" else ""
    return f"the middle value went from about {middle:,.4g} to about {np.nanmedian(values):,.4g}{unit}"


def _largest_move(field: Field, names: list[str], before: list[int], after: list[int]) -> str:
    """The value whose share changed most; of a sensitive field only that its values moved."""
    if field.sensitive:
        return "its values moved"
    then, now = (np.array(counts) / max(1, sum(counts)) for counts in (before, after))
    largest = int(np.argmax(np.abs(now - then)))
    return f"{names[largest]} went from {then[largest]:.0%} to {now[largest]:.0%}"


def _missing_check(field: Field, then: int, n_then: int, now: int, n_now: int, limits: Drift) -> Check:
    """`then` and `now` are the numbers of households for which the field is unknown; 0 then may hide a few."""
    then = then or _hidden(now, n_now, n_then)
    before, after = then / n_then, now / n_now
    yardstick = f" (or its yardstick {field.per})" if field.per else ""
    sentence = (
        f"{field.name}: unknown{yardstick} for {after:.0%} of households, in training for {before:.0%} "
        f"(limit: a change of {limits.missing_change:.0%})"
    )
    return Check(field.name, abs(after - before) >= limits.missing_change, shares_p(then, n_then, now, n_now), sentence)


def _counts_of_both(
    field: Field, then: Cells, sample: Sample, values: Values
) -> tuple[list[str], list[int], list[int]]:
    """The values of either sample by name, and their counts in the reference and in the sample."""
    codes, n_then = sample.value_names(field), sum(then.counts.values())
    counts = np.bincount(values[~np.isnan(values)].astype(int), minlength=len(codes)).tolist()
    now = dict(zip(codes, counts, strict=True))
    names = list(dict.fromkeys([*then.counts, *codes]))
    n_now = max(1, sum(counts))
    before = [
        _hidden(now.get(name, 0), n_now, n_then) if name in then.rare else then.counts.get(name, 0) for name in names
    ]
    return names, before, [now.get(name, 0) for name in names]


def _hidden(now: int, n_now: int, n_then: int) -> int:
    """The count nearest to the share of now that a hidden small cell may have held: what is hidden never alarms."""
    return min(MOST_HIDDEN, round(now / max(1, n_now) * n_then))


def _unseen(
    field: Field, then: Cells, now: dict[str, int], *, n_then: int, n_now: int, limits: Drift
) -> tuple[Figures, list[Check]]:
    """The counts of values that no household of training had. A sensitive field's values are counted, not named."""
    new = {
        name: count for name, count in now.items() if count and not then.counts.get(name, 0) and name not in then.rare
    }
    if not new:
        return {}, []
    total = sum(new.values())
    largest = sorted(new, key=lambda name: -new[name])[:MOST_VALUES]
    values = "values" if field.sensitive else ", ".join(largest)
    sentence = f"{field.name}: {values}: {total / n_now:.0%} of households, nobody in training (limit {limits.unseen_share:.0%})"
    undeclared = [name for name in largest if name not in ("false", "true", *field.categories)]
    if undeclared:
        sentence += "; the dictionary does not list all of them, so the model takes them as unknown"
    hidden = (
        min(MOST_HIDDEN, n_then) if undeclared else 0
    )  # a value that nobody declared is listed only from SMALLEST_CELL on
    p = shares_p(hidden, n_then, total, n_now)
    check = Check(field.name, total / n_now >= limits.unseen_share, p, sentence)
    return ({"values": total} if field.sensitive else new), [check]
