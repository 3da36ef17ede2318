import numpy as np
import pytest

from graduasi.dictionary import read_dictionary
from graduasi.features import features_of
from graduasi.reasons import give_reasons, reason_rows
from graduasi.shipped import default_dictionary

FEATURES = features_of(read_dictionary(default_dictionary()))


def _values(rng: np.random.Generator, rows: int) -> np.ndarray:
    """Every feature with values of its own kind: codes for categories and booleans, all sizes for numbers."""
    columns = []
    for feature in FEATURES:
        options = {"boolean": 2, "category": len(feature.field.categories)}.get(feature.field.type)
        coded = options is not None and feature.derivation in ("value", "previous")
        columns.append(
            rng.integers(0, options, rows) if coded else rng.normal(size=rows) * 10.0 ** rng.integers(-6, 12, rows)
        )
    values = np.column_stack(columns).astype(float)
    return np.where(rng.random(values.shape) < 0.1, np.nan, values)


@pytest.mark.parametrize("count", [1, 5, len(FEATURES)])
def test_rows_and_table_give_the_same_reasons_word_for_word(count):
    rng = np.random.default_rng(count)
    shown = _values(rng, 400)
    contributions = np.where(rng.random(shown.shape) < 0.2, 0.0, rng.normal(size=shown.shape))
    table = give_reasons(contributions, shown, FEATURES, count=count).table
    assert reason_rows(contributions, shown, FEATURES, count=count) == table.to_pylist()


def test_reasons_come_strongest_first_and_leave_the_rest_to_other():
    contributions = np.array([[0.1, -0.5, 0.0, 0.3] + [0.0] * (len(FEATURES) - 4)])
    given = give_reasons(contributions, np.zeros_like(contributions), FEATURES, count=2)
    assert [reason["contribution"] for reason in given.table.to_pylist()[0]] == [-0.5, 0.3]
    assert given.other[0] == pytest.approx(0.1)


def test_a_contribution_of_nothing_is_no_reason():
    contributions = np.zeros((1, len(FEATURES)))
    assert give_reasons(contributions, contributions, FEATURES, count=5).table.to_pylist() == [[]]
