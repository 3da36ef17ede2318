"""The reasons of single households in a request are those of a file, word for word."""

import numpy as np
import pytest

from graduasi.declarations.dictionary import read_dictionary
from graduasi.declarations.shipped import default_dictionary
from graduasi.readiness.features import features_of
from graduasi.scoring.reasons import give_reasons, reason_maker, strongest
from tests.made_up.small_programme import SMALL

FEATURES = (*features_of(read_dictionary(default_dictionary())), *features_of(SMALL))


def _draw_values(feature, rng: np.random.Generator, rows: int) -> np.ndarray:
    """Values of the feature's own kind: codes, days, or numbers of every size."""
    field = feature.field
    if field.type == "date":
        return rng.integers(0, 20_000, rows).astype(float)
    if field.type in ("boolean", "category") and feature.derivation in ("value", "previous"):
        return rng.integers(0, max(2, len(field.categories)), rows).astype(float)
    return rng.normal(size=rows) * 10.0 ** rng.integers(-6, 12, rows)


@pytest.mark.parametrize("count", [1, 5, len(FEATURES)])
def test_one_household_at_a_time_has_the_same_reasons_as_a_table_word_for_word(count):
    rng = np.random.default_rng(count)
    shown = np.column_stack([_draw_values(feature, rng, 300) for feature in FEATURES])
    shown = np.where(rng.random(shown.shape) < 0.1, np.nan, shown)
    contributions = np.where(rng.random(shown.shape) < 0.2, 0.0, rng.normal(size=shown.shape))
    table = give_reasons(contributions, shown, FEATURES, count=count).table
    makers = [reason_maker(feature) for feature in FEATURES]
    one_by_one = [
        [makers[column](float(row[column]), float(values[column])) for column in columns if row[column] != 0.0]
        for row, values, columns in zip(contributions, shown, strongest(contributions, count), strict=True)
    ]
    assert one_by_one == table.to_pylist()
