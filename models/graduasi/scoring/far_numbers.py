"""Numbers that lie far from anything that training saw: more likely a slip of the pen or of a unit than a family.

They are told beside the family, so that somebody checks them. Only the family's own numbers are told, not what is derived
from them, and no dates.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graduasi.arrays import Array
from graduasi.declarations.caching import IdentityKey
from graduasi.readiness.features import Feature, FeatureMatrix
from graduasi.readiness.preparation import Preparation
from graduasi.scoring.reasons import number_text, number_texts

FAR_NUMBER = pa.struct([("field", pa.string()), ("side", pa.string()), ("value", pa.string()), ("limit", pa.string())])


def far_numbers(matrix: FeatureMatrix, preparation: Preparation, features: tuple[Feature, ...]) -> pa.ListArray:
    """For each household the numbers that are far, of FAR_NUMBER: the field, "above" or "below", the value and the limit passed.

    Value and limit are texts in the field's own unit, as reasons have them.
    """
    told = _told(features)
    values = matrix.values[:, told]
    row, column = np.nonzero(preparation.is_far(matrix.values)[:, told])
    feature_index = told[column]
    value, shown = values[row, column], matrix.shown[row, feature_index]
    above = value > preparation.ranges.most[feature_index]
    limit = np.where(above, preparation.ranges.most[feature_index], preparation.ranges.least[feature_index])
    offsets = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(values)))]).astype(np.int32)
    members = [
        pa.array([features[index].name for index in feature_index], pa.string()),
        pa.array(np.where(above, "above", "below"), pa.string()),
        number_texts(shown),
        number_texts(_in_shown_unit(limit, value, shown)),
    ]
    return pa.ListArray.from_arrays(pa.array(offsets), pa.StructArray.from_arrays(members, fields=list(FAR_NUMBER)))


def far_number_maker(feature: Feature, *, least: float, most: float) -> Callable[[float, float], dict[str, Any]] | None:
    """A function that describes one far value of `feature` (as models compare it, and as shown) as `far_numbers` does.

    None for a feature that is not told.
    """
    if not _is_told(feature):
        return None

    def make(value: float, shown: float) -> dict[str, Any]:
        above = value > most
        limit = _in_shown_unit(np.array(most if above else least), np.array(value), np.array(shown))
        return {
            "field": feature.name,
            "side": "above" if above else "below",
            "value": number_text(shown),
            "limit": number_text(float(limit)),
        }

    return make


def _told(features: tuple[Feature, ...]) -> npt.NDArray[np.intp]:
    return _told_of(IdentityKey(features))


@lru_cache(maxsize=16)
def _told_of(key: IdentityKey) -> npt.NDArray[np.intp]:
    (features,) = key.objects
    assert isinstance(features, tuple)
    return np.array([index for index, feature in enumerate(features) if _is_told(feature)], dtype=np.intp)


def _is_told(feature: Feature) -> bool:
    return feature.derivation == "value" and feature.field.type in ("number", "integer")


def _in_shown_unit(limit: Array, value: Array, shown: Array) -> Array:
    """A limit as the family's own value is shown: money is compared as a ratio to its yardstick and shown in its currency."""
    return limit * np.divide(shown, value, out=np.ones_like(value), where=value != 0)
