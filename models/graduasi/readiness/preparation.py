"""Unknown is not good news: what a model reads where a feature is not known.

A feature with a declared effect takes the unfavourable quartile of training, in fitting as in scoring, and an
indicator that cannot raise the score; so leaving out a value better than that quartile never helps. A feature that may
move readiness either way keeps its NaN for the trees where training saw it missing, and takes the median where it did
not (LightGBM would read NaN as zero there, which flatters whoever hides a debt).
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Matrix
from graduasi.readiness.features import Feature

QUARTILE = {"increasing": 0.25, "decreasing": 0.75, "any": 0.5}


@dataclass(frozen=True)
class Preparation:
    """Per feature: what replaces NaN (`fill`), whether the trees keep the NaN, and whether an indicator stands beside it."""

    fill: npt.NDArray[np.float64]
    keeps_nan: npt.NDArray[np.bool_]
    indicated: npt.NDArray[np.bool_]

    def filled(self, values: Matrix) -> Matrix:
        """The features as the linear part reads them: no NaN, except in nominal features."""
        return np.where(np.isnan(values), self.fill, values)

    def for_trees(self, values: Matrix) -> Matrix:
        """The features as the trees read them, then one indicator (1.0: unknown) for each indicated feature."""
        unknown = np.isnan(values)
        return np.hstack(
            [np.where(unknown & ~self.keeps_nan, self.fill, values), unknown[:, self.indicated].astype(np.float64)]
        )

    def indicators(self) -> npt.NDArray[np.intp]:
        """The feature that each indicator belongs to."""
        return np.flatnonzero(self.indicated)

    def to_json(self) -> dict[str, Any]:
        """A form that a bundle can carry; None stands for NaN."""
        fill = [None if np.isnan(value) else float(value) for value in self.fill]
        return {"fill": fill, "keeps_nan": self.keeps_nan.tolist(), "indicated": self.indicated.tolist()}

    @classmethod
    def from_json(cls, tables: dict[str, Any]) -> "Preparation":
        """The inverse of `to_json`."""
        fill = np.array([np.nan if value is None else value for value in tables["fill"]], dtype=float)
        return cls(fill, np.array(tables["keeps_nan"], dtype=bool), np.array(tables["indicated"], dtype=bool))


def fit_preparation(values: Matrix, features: tuple[Feature, ...]) -> Preparation:
    """Learn what stands for the unknown from the training rows."""
    unknown = np.isnan(values)
    seen_missing = np.asarray(unknown.any(axis=0))
    never_known = np.asarray(unknown.all(axis=0))
    nominal = np.array([feature.is_nominal for feature in features])
    directed = np.array([feature.effect != "any" for feature in features])
    fill = np.zeros(len(features))
    for place, feature in enumerate(features):
        if nominal[place]:
            fill[place] = np.nan
        elif not never_known[place]:
            # The nearest observed value on the unfavourable side, so that a boolean stays one.
            method: Literal["lower", "higher"] = "lower" if feature.effect == "increasing" else "higher"
            fill[place] = np.quantile(values[~unknown[:, place], place], QUARTILE[feature.effect], method=method)
    return Preparation(fill, nominal | (seen_missing & ~directed & ~never_known), seen_missing & ~never_known)
