"""What a model reads where a feature is unknown. Unknown is never good news.

A feature with a declared effect takes the unfavourable quartile of the training rows, in fitting as in scoring, and its
indicator cannot raise the score; so it never helps to leave out a value better than that quartile. A feature that may
move readiness either way keeps its NaN for the trees if it was ever unknown in training. If it never was, it takes the
median: LightGBM would read NaN as zero there, which flatters whoever hides a debt.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Matrix
from graduasi.readiness.features import Feature

FILL_QUANTILE = {"increasing": 0.25, "decreasing": 0.75, "any": 0.5}
"""By effect: the quantile of the training values that stands for unknown."""


@dataclass(frozen=True)
class Preparation:
    """How unknown features are prepared; every array has one entry for each feature."""

    fill: npt.NDArray[np.float64]
    """What replaces NaN; NaN for a nominal feature."""
    keeps_nan: npt.NDArray[np.bool_]
    """Whether the trees read NaN as it is."""
    indicated: npt.NDArray[np.bool_]
    """Whether the feature has an indicator, which says that it is unknown."""

    def filled(self, values: Matrix) -> Matrix:
        """Rows × features, as the linear part reads them: no NaN, except in nominal features."""
        return np.where(np.isnan(values), self.fill, values)

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
        return {"fill": fill, "keeps_nan": self.keeps_nan.tolist(), "indicated": self.indicated.tolist()}

    @classmethod
    def from_json(cls, tables: dict[str, Any]) -> "Preparation":
        """The inverse of `to_json`."""
        fill = np.array([np.nan if value is None else value for value in tables["fill"]], dtype=float)
        return cls(fill, np.array(tables["keeps_nan"], dtype=bool), np.array(tables["indicated"], dtype=bool))


def fit_preparation(values: Matrix, features: tuple[Feature, ...]) -> Preparation:
    """Learn from the training rows (rows × features) what stands for unknown."""
    unknown = np.isnan(values)
    ever_unknown = np.asarray(unknown.any(axis=0))
    never_known = np.asarray(unknown.all(axis=0))
    nominal = np.array([feature.is_nominal for feature in features])
    directed = np.array([feature.effect != "any" for feature in features])
    fill = np.zeros(len(features))
    for index, feature in enumerate(features):
        if nominal[index]:
            fill[index] = np.nan
        elif not never_known[index]:
            # The nearest observed value on the unfavourable side, so that a boolean stays one.
            known = values[~unknown[:, index], index]
            method: Literal["lower", "higher"] = "lower" if feature.effect == "increasing" else "higher"
            fill[index] = np.quantile(known, FILL_QUANTILE[feature.effect], method=method)
    sometimes_unknown = ever_unknown & ~never_known
    return Preparation(fill, keeps_nan=nominal | (sometimes_unknown & ~directed), indicated=sometimes_unknown)
