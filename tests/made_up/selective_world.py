"""Families whose outcome is seen of some only, with the chance of being seen and the outcome of all of them known.

Fields decide both: the better a family is placed, the more likely it is seen. Mentors differ in whom they show (`strictness`)
and their families in how they fare, so mentors are the units that are independent.
"""

import tomllib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from graduasi.arrays import Array, Mask, Matrix
from graduasi.declarations.dictionary import parse_dictionary
from graduasi.readiness.features import Feature, features_of
from graduasi_training.evaluation.selective.correction import Seen
from graduasi_training.evaluation.selective.propensity import CrossFit, chance_design, cross_fit, folds_of

FIELDS = 12
MENTOR_SPREAD, STRICTNESS = 0.2, 0.5
"""In log-odds: how mentors' families differ in outcome, and mentors in whom they show."""


@dataclass(frozen=True)
class SelectiveWorld:
    """One entry a family: fields, a model's margin, the mentor, the true outcome, the true chance to be seen, who was seen."""

    values: Matrix
    margin: Array
    mentor: npt.NDArray[np.intp]
    outcome: Array
    chance: Array
    observed: Mask

    def seen(self, *, per_mentor: int | None = None) -> Seen:
        """The whole caseloads, or each mentor's so many families with the highest margin."""
        order = np.lexsort((-self.margin, self.mentor))
        place = np.empty(len(order), dtype=np.intp)
        place[order] = np.arange(len(order)) % np.bincount(self.mentor)[0]
        share = np.ones(len(order)) if per_mentor is None else (place < per_mentor).astype(float)
        return Seen(share, self.observed, np.where(self.observed, self.outcome, np.nan), self.mentor)

    def learned(self) -> tuple[CrossFit, CrossFit]:
        """The chances to be seen and to turn out well, as an evaluation would learn them."""
        design = chance_design(self.values, self.margin, fields())
        fold = folds_of(self.mentor, np.random.default_rng(0))
        everyone = np.ones(len(self.mentor), dtype=bool)
        return cross_fit(design, self.observed, everyone, fold), cross_fit(
            design, self.outcome == 1, self.observed, fold
        )


def selective_world(
    seed: int, *, families: int, caseload: int = 100, seen: float = -1.0, steep: float = 0.7, bend: float = 0.0
) -> SelectiveWorld:
    """`seen` is the log-odds of being seen of a middling family, `steep` how they rise with the fields, `bend` how with a square."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(families, FIELDS))
    mentor = np.arange(families) // caseload
    fares, shows = (rng.normal(0, spread, mentor[-1] + 1)[mentor] for spread in (MENTOR_SPREAD, STRICTNESS))
    good = expit(0.9 * x[:, 0] + 0.5 * x[:, 1] - 0.4 * x[:, 2] - 0.5 + fares)
    chance = expit(seen + steep * (0.8 * x[:, 0] + 0.5 * x[:, 1] + 0.3 * x[:, 3]) + bend * (x[:, 0] ** 2 - 1) + shows)
    margin = 0.7 * x[:, 0] + 0.4 * x[:, 1] - 0.2 * x[:, 2] - 0.4 + rng.normal(0, 0.1, families)
    outcome, observed = (rng.random(families) < good).astype(float), rng.random(families) < chance
    return SelectiveWorld(x, margin, mentor, outcome, chance, observed)


@lru_cache
def fields() -> tuple[Feature, ...]:
    head = '[dictionary]\nname = "world"\nversion = "1"\nlanguages = ["en"]\n'
    field = '[fields.f{0}]\ntype = "number"\nkind = "context"\nlabel.en = "Field {0}"\nsource = "made up"\n'
    text = head + "".join(field.format(number) for number in range(FIELDS))
    return features_of(parse_dictionary(text, tomllib.loads(text), file="dictionary.toml"))
