"""Reasons of a request's few households, as plain rows, are those of a file, word for word."""

import numpy as np
import pytest

from graduasi.declarations.dictionary import read_dictionary
from graduasi.declarations.shipped import default_dictionary
from graduasi.readiness.features import features_of
from graduasi.scoring.reasons import give_reasons, reason_teller, strongest
from tests.made_up.small_programme import SMALL

FEATURES = (*features_of(read_dictionary(default_dictionary())), *features_of(SMALL))


def _column(feature, rng: np.random.Generator, rows: int) -> np.ndarray:
    """Values of the feature's own kind: codes, days, or numbers of every size."""
    field = feature.field
    if field.type == "date":
        return rng.integers(0, 20_000, rows).astype(float)
    if field.type in ("boolean", "category") and feature.derivation in ("value", "previous"):
        return rng.integers(0, max(2, len(field.categories)), rows).astype(float)
    return rng.normal(size=rows) * 10.0 ** rng.integers(-6, 12, rows)


@pytest.mark.parametrize("count", [1, 5, len(FEATURES)])
def test_rows_and_table_give_the_same_reasons_word_for_word(count):
    rng = np.random.default_rng(count)
    shown = np.column_stack([_column(feature, rng, 300) for feature in FEATURES])
    shown = np.where(rng.random(shown.shape) < 0.1, np.nan, shown)
    contributions = np.where(rng.random(shown.shape) < 0.2, 0.0, rng.normal(size=shown.shape))
    table = give_reasons(contributions, shown, FEATURES, count=count).table
    tellers = [reason_teller(feature) for feature in FEATURES]
    rows = [
        [tellers[place](float(row[place]), float(values[place])) for place in chosen if row[place] != 0.0]
        for row, values, chosen in zip(contributions, shown, strongest(contributions, count), strict=True)
    ]
    assert rows == table.to_pylist()
