"""The readiness model: a logistic regression and small trees, blended and calibrated in log-odds.

    margin = slope × (share × linear + (1 − share) × trees) + intercept,    score = 1 / (1 + e^−margin)

Blend and calibration are affine, so contributions stay exact: `base + Σ contributions = margin` for every household.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graduasi.arrays import Matrix
from graduasi.errors import BundleError
from graduasi.readiness.features import Feature
from graduasi.readiness.intervals import Ends, Intervals
from graduasi.readiness.linear import LinearPart
from graduasi.readiness.preparation import Preparation
from graduasi.readiness.shapley import TreeExplainer
from graduasi.readiness.trees import parse_trees


@dataclass(frozen=True)
class Explained:
    """The margins of some households, feature by feature: `base + Σ contributions = margin`."""

    base: float
    contributions: Matrix
    """Rows × features, in log-odds."""

    @property
    def margin(self) -> npt.NDArray[np.float64]:
        return self.base + self.contributions.sum(axis=1)

    @property
    def score(self) -> npt.NDArray[np.float64]:
        return logistic(self.margin)


@dataclass(frozen=True)
class ReadinessModel:
    """What training learned. Raises BundleError if the slope is not above 0, or if the blend lacks one of its parts."""

    features: tuple[Feature, ...]
    preparation: Preparation
    linear: LinearPart | None
    trees: str | None
    """LightGBM's text model."""
    linear_share: float
    """The weight of the linear part in the blend: at 1 no trees are used, at 0 no linear part."""
    slope: float
    """Of the calibration; above 0, so that it keeps the order of households."""
    intercept: float
    """Of the calibration, in log-odds."""
    intervals: Intervals | None = None
    """None for a model whose errors were not tested."""
    is_careful: bool = True
    """Whether fields with an effect are read as `build_features` reads them now; False for a model of version 0.1.0."""

    def __post_init__(self) -> None:
        if not self.slope > 0:
            raise BundleError(
                f"the calibration slope is {self.slope:g}; it must be above 0, or more readiness would mean a lower score"
            )
        if (self.linear is None and self.linear_share > 0) or (self.trees is None and self.linear_share < 1):
            raise BundleError("the model lacks a part that its blend needs")

    @cached_property
    def _explainer(self) -> TreeExplainer | None:
        if self.trees is None or self.linear_share == 1:
            return None
        return TreeExplainer(
            parse_trees(self.trees), columns=len(self.features) + int(self.preparation.indicated.sum())
        )

    def explain(self, values: Matrix) -> Explained:
        """The margin and its contributions for feature rows as `build_features` makes them (NaN: unknown)."""
        base, contributions = self.intercept, np.zeros(values.shape)
        if self.linear is not None and self.linear_share > 0:
            weight = self.slope * self.linear_share
            base += weight * self.linear.base
            contributions += weight * self.linear.contributions(values, self.preparation)
        if (explainer := self._explainer) is not None:
            weight = self.slope * (1 - self.linear_share)
            base += weight * explainer.base
            from_trees = weight * explainer.contributions(self.preparation.for_trees(values))
            contributions += from_trees[:, : len(self.features)]
            contributions[:, self.preparation.indicators()] += from_trees[:, len(self.features) :]
        return Explained(base, contributions)

    def ends(
        self, margin: npt.NDArray[np.float64], area_code: pa.Array, values: Matrix, carried: npt.NDArray[np.bool_]
    ) -> Ends | None:
        """The interval around each margin, in log-odds; None for a model whose errors were not tested.

        `carried` are the feature `values` that were carried forward, both rows × features. A number far from anything that
        training saw may be a mistake, so it is trusted as little as one that was carried forward.
        """
        if self.intervals is None:
            return None
        doubtful = carried | self.preparation.is_far(values)
        return self.intervals.around(margin, area_code, np.isnan(values), doubtful)

    def to_json(self) -> dict[str, Any]:
        """Everything but the trees, as model.json holds it; the trees are a file of their own in a bundle."""
        return {
            "features": [feature.name for feature in self.features],
            "preparation": self.preparation.to_json(),
            "linear": None if self.linear is None else self.linear.to_json(),
            "linear_share": self.linear_share,
            "slope": self.slope,
            "intercept": self.intercept,
            "intervals": None if self.intervals is None else self.intervals.to_json(),
            "is_careful": self.is_careful,
        }

    @classmethod
    def from_json(cls, tables: dict[str, Any], *, features: tuple[Feature, ...], trees: str | None) -> "ReadinessModel":
        """The inverse of `to_json`. Raises BundleError if the model was trained on other `features`."""
        if tables["features"] != [feature.name for feature in features]:
            raise BundleError("the model was trained on other features than its dictionary declares")
        linear = None if tables["linear"] is None else LinearPart.from_json(tables["linear"])
        intervals = None if tables.get("intervals") is None else Intervals.from_json(tables["intervals"])
        numbers = {key: float(tables[key]) for key in ("linear_share", "slope", "intercept")}
        return cls(
            features=features,
            preparation=Preparation.from_json(tables["preparation"]),
            linear=linear,
            trees=trees,
            intervals=intervals,
            is_careful=bool(tables.get("is_careful", False)),
            **numbers,
        )


def logistic(margin: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The probability that belongs to log-odds."""
    return np.exp(-np.logaddexp(0.0, -margin))
