"""Groups of families in which outcomes differ from the forecast: rules of one or two conditions.

Rules are found on one half of the mentors (of the households, where mentors are few) and judged on the other half, which had
no say in them. So a rule that was only the luckiest of thousands does not stand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from graduasi.arrays import Array, Mask, Matrix
from graduasi.declarations.dictionary import Field
from graduasi_training.evaluation.insight.many_tests import LEVEL, holm
from graduasi_training.judging.held_out import MIN_GROUP

QUANTILES = (0.25, 0.5, 0.75)
FEW_VALUES = 10
"""Numbers are cut at these quantiles, and counts with at most FEW_VALUES different values at each of these."""
MIN_HALF = 100
"""With fewer families in either half nothing is looked for."""
MIN_FOUND = 40
"""A rule is found on so many families, so that the other half is likely to have MIN_GROUP of them."""
MAX_RULES = 5
"""So many rules are judged: the more, the less each can be trusted."""
MAX_OVERLAP = 0.5
"""Of two rules that hold for more than this part of the families that either holds for, only the stronger is kept."""
MAX_TRIED = 2000
"""Of the strongest rules, so many are looked through for ones that overlap little."""
MIN_CLUSTERS_OF_RULE = 10
"""With fewer mentors or households behind a rule its error cannot be told."""


class Condition(NamedTuple):
    """The field of a `column` is at least, below or exactly a `value`, or unknown; `text` says it for people."""

    column: int
    op: Literal[">=", "<", "=", "unknown"]
    value: float
    text: str

    def holds(self, values: Matrix) -> Mask:
        """For which families (rows) it holds; an unknown value meets none but "unknown"."""
        column = values[:, self.column]
        if self.op == "unknown":
            return np.isnan(column)
        if self.op == "=":
            return np.asarray(column == self.value)
        return np.asarray(column >= self.value if self.op == ">=" else column < self.value)


@dataclass(frozen=True)
class Families:
    """Some families of a test date: their fields (families × fields, NaN: unknown), outcome, forecast and cluster."""

    fields: Sequence[Field]
    values: Matrix
    y: Array
    forecast: Array
    cluster: npt.NDArray[np.intp]

    def take(self, rows: Mask) -> "Families":
        return Families(self.fields, self.values[rows], self.y[rows], self.forecast[rows], self.cluster[rows])


def rules_that_stand(
    families: Families, *, sign: int, rng: np.random.Generator, level: float = LEVEL
) -> list[dict[str, Any]] | None:
    """The rules under which more families (`sign` 1) or fewer (-1) were ready than forecast, the most certain first.

    `lift` is observed over forecast, with a 95 % interval. Empty where no rule stands, all together judged at Holm's `level`;
    None where the families are too few to look.
    """
    clusters, index = np.unique(families.cluster, return_inverse=True)
    finds = (rng.permutation(len(clusters)) % 2 == 0)[index]
    if min(finds.sum(), (~finds).sum()) < MIN_HALF:
        return None
    conditions = _conditions(families.fields, families.values[finds])
    found = _strongest(families.take(finds), conditions, sign)
    judged = sorted((_judged(rule, families.take(~finds), sign) for rule in found), key=lambda row: float(row["p"]))
    real = holm(np.array([row.pop("p") for row in judged]), level=level)
    return [row for row, is_real in zip(judged, real, strict=True) if is_real]


def _conditions(fields: Sequence[Field], values: Matrix) -> list[Condition]:
    conditions = []
    for column, field in enumerate(fields):
        known = values[~np.isnan(values[:, column]), column]
        words = ("false", "true") if field.type == "boolean" else field.categories
        if field.is_nominal or field.type == "boolean":
            conditions += [Condition(column, "=", code, f"{field.name} = {word}") for code, word in enumerate(words)]
        elif len(known):
            for cut in _cuts(known):
                shown = words[int(np.ceil(cut))] if words else f"{cut:.6g}"
                conditions.append(Condition(column, ">=", cut, f"{field.name} >= {shown}"))
                conditions.append(Condition(column, "<", cut, f"{field.name} < {shown}"))
        conditions.append(Condition(column, "unknown", np.nan, f"{field.name} is unknown"))
    return conditions


def _cuts(known: Array) -> list[float]:
    """Where a number is cut: at every value where there are few, so that a rare one can be told apart, else at quantiles."""
    values = np.unique(known)
    return [float(cut) for cut in (values[1:] if len(values) <= FEW_VALUES else np.quantile(known, QUANTILES))]


def _strongest(families: Families, conditions: list[Condition], sign: int) -> list[list[Condition]]:
    """At most MAX_RULES rules with the largest differences in units of their error, which overlap little."""
    holds = np.column_stack([condition.holds(families.values) for condition in conditions]).astype(np.float32)

    def of_pairs(weight: Array) -> npt.NDArray[np.float32]:
        return holds.T @ (holds * weight.astype(np.float32)[:, None])

    size = of_pairs(np.ones(len(families.y)))
    information = of_pairs(families.forecast * (1 - families.forecast))
    strength = sign * of_pairs(families.y - families.forecast) / np.sqrt(np.maximum(information, 1e-6))
    # A rule with two conditions is a pair i < j, one with a single condition the pair i, i.
    strength[np.tril_indices(len(conditions), -1)] = -np.inf
    strength[size < MIN_FOUND] = -np.inf
    chosen: list[tuple[int, int]] = []
    members: list[Mask] = []
    for flat in np.argsort(-strength, axis=None, kind="stable")[:MAX_TRIED]:
        first, second = divmod(int(flat), len(conditions))
        if strength[first, second] <= 0 or len(chosen) == MAX_RULES:
            break
        member = (holds[:, first] * holds[:, second]).astype(bool)
        if all((member & other).sum() <= MAX_OVERLAP * (member | other).sum() for other in members):
            chosen.append((first, second))
            members.append(member)
    return [[conditions[index] for index in sorted({first, second})] for first, second in chosen]


def _judged(rule: list[Condition], families: Families, sign: int) -> dict[str, Any]:
    """What came of the families of a rule; `p` is how often chance alone would give as large a difference in this direction."""
    member = np.logical_and.reduce([condition.holds(families.values) for condition in rule])
    residual = families.y[member] - families.forecast[member]
    observed, forecast = float(families.y[member].sum()), float(families.forecast[member].sum())
    index = np.unique(families.cluster[member], return_inverse=True)[1]
    # Around the mean of the group: the difference that is looked for is no part of its error.
    sums = np.bincount(index, weights=residual - residual.mean()) if member.any() else np.zeros(0)
    facts = {
        "rule": [condition.text for condition in rule],
        "n": int(member.sum()),
        "observed": observed,
        "forecast": forecast,
    }
    if member.sum() < MIN_GROUP or len(sums) < MIN_CLUSTERS_OF_RULE:
        return {**facts, "lift": None, "lift_low": None, "lift_high": None, "p": 1.0}
    # No smaller than chance alone: a rule under which nobody was ready has residuals that are all alike.
    chance = float((families.forecast[member] * (1 - families.forecast[member])).sum())
    error = float(np.sqrt(max((sums**2).sum() * len(sums) / (len(sums) - 1), chance)))
    reach = float(stats.t.ppf(0.975, len(sums) - 1)) * error
    lift = {
        "lift": observed / forecast,
        "lift_low": max(0.0, (observed - reach) / forecast),
        "lift_high": (observed + reach) / forecast,
    }
    return {**facts, **lift, "p": float(stats.t.sf(sign * (observed - forecast) / error, len(sums) - 1))}
