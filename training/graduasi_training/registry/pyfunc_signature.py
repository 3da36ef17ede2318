"""The pyfunc's signature: the columns of a panel in, the columns of a scores file out.

Every input column is optional and of type Any, because MLflow's own types cannot hold what the panel's contract allows: a
boolean or a whole number that is not known, a category as pandas keeps it, a date as text or as date, a column that
is empty throughout. What is allowed stands in the model's metadata; the contract checks it and names the faulty column.
"""

from typing import Any

import pyarrow as pa

from graduasi.declarations.dictionary import KEY_COLUMNS, Dictionary
from graduasi.scoring.scores import SCORES


def signature_of(dictionary: Dictionary) -> Any:
    """The MLflow signature. Its parameters are `as_of`, the day to score for (default: the latest known-on date), and how many `reasons`."""
    from mlflow.models import ModelSignature
    from mlflow.types import DataType, ParamSchema, ParamSpec
    from mlflow.types.schema import AnyType, ColSpec, Schema

    any_type: Any = AnyType
    names = [*KEY_COLUMNS, *dictionary.fields]
    return ModelSignature(
        inputs=Schema([ColSpec(any_type(), name, required=False) for name in names]),
        outputs=Schema([ColSpec(_mlflow_type(column.type), column.name, required=False) for column in SCORES]),
        params=ParamSchema([ParamSpec("as_of", DataType.string, None), ParamSpec("reasons", DataType.integer, 5)]),
    )


def allowed_columns(dictionary: Dictionary) -> dict[str, str]:
    """What each input column may hold, in words, for the model's metadata."""
    keys = {
        "household_id": "required; text, opaque",
        "as_of": "required; a date as YYYY-MM-DD",
        "known_on": "a date as YYYY-MM-DD; default: as_of",
        "mentor_id": "text",
        "area_code": "text",
    }
    return {**keys, **{name: f"{field.describe()}; or null" for name, field in dictionary.fields.items()}}


def _mlflow_type(arrow_type: pa.DataType) -> Any:
    """MLflow's type for an Arrow type of a scores file; everything else than listed here is text."""
    from mlflow.types import DataType
    from mlflow.types.schema import Array, Object, Property

    if pa.types.is_list(arrow_type):
        return Array(_mlflow_type(arrow_type.value_type))
    if pa.types.is_struct(arrow_type):
        return Object([Property(part.name, _mlflow_type(part.type), required=False) for part in arrow_type])
    if pa.types.is_floating(arrow_type):
        return DataType.double
    return DataType.boolean if pa.types.is_boolean(arrow_type) else DataType.string
