"""What brought a score to where it is, by theme: exact sums of contributions, for a picture on the family's page.

`base_margin + Σ contribution = margin` over a household's themes. Levers stand apart from what nobody can change.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graduasi.arrays import Matrix
from graduasi.declarations.caching import IdentityKey
from graduasi.readiness.features import Feature

THEME = pa.struct([("theme", pa.string()), ("kind", pa.string()), ("contribution", pa.float64())])
NO_THEME = "other"
"""Of a field that declares none."""


class _Plan(NamedTuple):
    """The themes in the dictionary's order, each with the kind of its fields, and which of them each feature belongs to."""

    themes: list[tuple[str, str]]
    theme_of_feature: npt.NDArray[np.intp]


@lru_cache(maxsize=16)
def _plan_for(key: IdentityKey) -> _Plan:
    (features,) = key.objects
    assert isinstance(features, tuple)
    of_feature = [(feature.field.theme or NO_THEME, feature.field.kind) for feature in features]
    themes = list(dict.fromkeys(of_feature))
    return _Plan(themes, np.array([themes.index(theme) for theme in of_feature], dtype=np.intp))


def by_theme(contributions: Matrix, features: tuple[Feature, ...]) -> pa.ListArray:
    """For each household a list of THEME: every theme of the dictionary with the sum of its contributions (rows × features)."""
    plan = _plan_for(IdentityKey(features))
    sums = np.zeros((len(contributions), len(plan.themes)))
    for theme in range(len(plan.themes)):
        sums[:, theme] = contributions[:, plan.theme_of_feature == theme].sum(axis=1)
    names, kinds = (pa.array([theme[part] for theme in plan.themes], pa.string()) for part in (0, 1))
    repeated = pa.array(np.tile(np.arange(len(plan.themes)), len(contributions)))
    members = [names.take(repeated), kinds.take(repeated), pa.array(sums.ravel())]
    offsets = pa.array(np.arange(len(contributions) + 1, dtype=np.int32) * len(plan.themes))
    return pa.ListArray.from_arrays(offsets, pa.StructArray.from_arrays(members, fields=list(THEME)))
