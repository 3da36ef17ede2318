"""What a model reads where a feature is unknown, and where a number lies beyond what training saw.

Unknown is never good news. A feature with a declared effect takes the unfavourable quartile of the training rows, in
fitting as in scoring, and its indicator cannot raise the score. An unknown change or slope of such a field is read as none,
of which nothing is worse. So leaving out a value never gives a higher score than that quartile would, whatever is read of
the field's history. A feature that may move readiness either way keeps its NaN for the trees if it was ever unknown in
training. If it never was, it takes the median: LightGBM would read NaN as zero there, which flatters whoever hides a debt.

A straight line goes on for ever: a land area typed in square metres instead of hectares would decide a score alone. So the
linear part reads no number beyond the range of nearly all training rows. Trees have steps, and need no range.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array, Mask, Matrix
from graduasi.readiness.features import TRENDS, Feature

RANGE_TAIL = 0.01
"""The linear part reads numbers between these quantiles of the training rows, `RANGE_TAIL` and 1 − `RANGE_TAIL`."""
SEEN_TAIL = 0.001
"""Beyond these quantiles lie the odd numbers of a panel: typing errors must not set the limits of what is plausible."""
MIN_SUPPORT_ROWS, MIN_SUPPORT_SHARE = 30, 0.01
"""How many training rows, and which share of them, must know a feature and must not, for its being unknown to teach anything:
a weight learned from a handful of rows would move everybody once the field is left out of a questionnaire."""
FILL_QUANTILE = {"increasing": 0.25, "decreasing": 0.75, "any": 0.5}
"""By effect: the quantile of the training values that stands for unknown."""


@dataclass(frozen=True)
class Ranges:
    """What training saw of each number; every array has one entry for each feature, without limits for a nominal one.

    The linear part reads numbers between `low` and `high`. Numbers below `least` or above `most` are far from anything
    that training saw, more likely a mistake than a family.
    """

    low: Array
    high: Array
    least: Array
    most: Array

    @classmethod
    def without_limits(cls, features: int) -> "Ranges":
        """Of a model that reads every number as it is."""
        return cls(*(np.full(features, sign * np.inf) for sign in (-1, 1, -1, 1)))

    def to_json(self) -> dict[str, Any]:
        """As model.json holds it; None stands for no limit."""
        return {
            name: [value if np.isfinite(value) else None for value in limits.tolist()]
            for name, limits in vars(self).items()
        }

    @classmethod
    def from_json(cls, tables: dict[str, Any] | None, features: int) -> "Ranges":
        """The inverse of `to_json`; bundles of version 0.1.0 have none."""
        if tables is None:
            return cls.without_limits(features)
        no_limit = {"low": -np.inf, "high": np.inf, "least": -np.inf, "most": np.inf}
        return cls(**{
            name: np.array([limit if value is None else value for value in tables[name]], dtype=float)
            for name, limit in no_limit.items()
        })  # fmt: skip


@dataclass(frozen=True)
class Preparation:
    """How features are prepared; every array has one entry for each feature."""

    fill: npt.NDArray[np.float64]
    """What replaces NaN; NaN for a nominal feature."""
    keeps_nan: npt.NDArray[np.bool_]
    """Whether the trees read NaN as it is."""
    indicated: npt.NDArray[np.bool_]
    """Whether the feature has an indicator, which says that it is unknown."""
    ranges: Ranges

    def filled(self, values: Matrix) -> Matrix:
        """Rows × features, as the linear part reads them: within their ranges, and no NaN except in nominal features."""
        filled = np.where(np.isnan(values), self.fill, values)
        np.clip(filled, self.ranges.low, self.ranges.high, out=filled)
        return filled

    def is_far(self, values: Matrix) -> Mask:
        """Rows × features: which numbers are far from anything that training saw; never one that is unknown."""
        return np.asarray((values < self.ranges.least) | (values > self.ranges.most))

    def for_trees(self, values: Matrix) -> Matrix:
        """Rows × columns, as the trees read them: the features, then one indicator (1.0: unknown) for each indicated feature."""
        unknown = np.isnan(values)
        return np.hstack(
            [np.where(unknown & ~self.keeps_nan, self.fill, values), unknown[:, self.indicated].astype(np.float64)]
        )

    def indicators(self) -> npt.NDArray[np.intp]:
        """The index of the feature that each indicator belongs to."""
        return np.flatnonzero(self.indicated)

    def to_json(self) -> dict[str, Any]:
        """As model.json holds it; None stands for NaN."""
        fill = [None if np.isnan(value) else float(value) for value in self.fill]
        flags = {"keeps_nan": self.keeps_nan.tolist(), "indicated": self.indicated.tolist()}
        return {"fill": fill, **flags, "ranges": self.ranges.to_json()}

    @classmethod
    def from_json(cls, tables: dict[str, Any]) -> "Preparation":
        """The inverse of `to_json`."""
        fill = np.array([np.nan if value is None else value for value in tables["fill"]], dtype=float)
        keeps_nan, indicated = (np.array(tables[name], dtype=bool) for name in ("keeps_nan", "indicated"))
        return cls(fill, keeps_nan, indicated, Ranges.from_json(tables.get("ranges"), len(fill)))


def fit_preparation(values: Matrix, features: tuple[Feature, ...]) -> Preparation:
    """Learn from the training rows (rows × features) what stands for unknown, and which numbers are usual."""
    unknown = np.isnan(values)
    count, unknown_count = len(values), unknown.sum(axis=0)
    never_known = np.asarray(unknown_count == count)
    nominal = np.array([feature.is_nominal for feature in features])
    directed = np.array([feature.effect != "any" for feature in features])
    fill = np.zeros(len(features))
    ranges = Ranges.without_limits(len(features))
    for index, feature in enumerate(features):
        if nominal[index]:
            fill[index] = np.nan
        elif not never_known[index]:
            known = values[~unknown[:, index], index]
            # Of a change or slope with an effect only improvements count, and none is the worst that it can be.
            is_gain = directed[index] and feature.derivation in TRENDS
            fill[index] = 0.0 if is_gain else _unfavourable_quartile(known, feature)
            if not (feature.field.type == "boolean" and feature.derivation == "value"):
                _set_limits(ranges, index, known)
    rarer = np.minimum(unknown_count, count - unknown_count)
    supported = (rarer >= MIN_SUPPORT_ROWS) & (rarer >= MIN_SUPPORT_SHARE * count)
    return Preparation(fill, keeps_nan=nominal | (supported & ~directed), indicated=supported, ranges=ranges)


def _unfavourable_quartile(known: Array, feature: Feature) -> float:
    """The nearest observed value on the unfavourable side, so that a boolean stays one."""
    method: Literal["lower", "higher"] = "lower" if feature.effect == "increasing" else "higher"
    return float(np.quantile(known, FILL_QUANTILE[feature.effect], method=method))


def _set_limits(ranges: Ranges, index: int, known: Array) -> None:
    """Fill in what training saw of one feature. What is far lies the width of the range beyond what all but the odd rows hold."""
    low, high, least, most = np.quantile(known, [RANGE_TAIL, 1 - RANGE_TAIL, SEEN_TAIL, 1 - SEEN_TAIL])
    ranges.low[index], ranges.high[index] = low, high
    ranges.least[index], ranges.most[index] = least - (high - low), most + (high - low)
