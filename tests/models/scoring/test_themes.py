"""The picture's numbers: every contribution in exactly one theme, levers apart from what nobody can change."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graduasi.readiness.features import features_of
from graduasi.scoring.themes import NO_THEME, by_theme
from tests.made_up.small_programme import SMALL

FEATURES = features_of(SMALL)


@given(st.integers(0, 10_000), st.integers(1, 5))
def test_themes_add_up_to_all_contributions_and_keep_levers_apart(seed, rows):
    contributions = np.random.default_rng(seed).normal(size=(rows, len(FEATURES)))
    for row, themes in zip(contributions, by_theme(contributions, FEATURES).to_pylist(), strict=True):
        assert sum(theme["contribution"] for theme in themes) == pytest.approx(row.sum())
        for kind in ("lever", "context"):
            own = sum(value for value, feature in zip(row, FEATURES, strict=True) if feature.field.kind == kind)
            assert sum(theme["contribution"] for theme in themes if theme["kind"] == kind) == pytest.approx(own)
        assert len({(theme["theme"], theme["kind"]) for theme in themes}) == len(themes)


def test_a_theme_is_the_field_s_own_and_what_declares_none_has_one_together():
    contributions = np.zeros((1, len(FEATURES)))
    contributions[0, [feature.name for feature in FEATURES].index("income_idr")] = 1.5
    (themes,) = by_theme(contributions, FEATURES).to_pylist()
    (of_income,) = [theme for theme in themes if theme["contribution"]]
    assert of_income["theme"] == (SMALL.fields["income_idr"].theme or NO_THEME)
    assert of_income["kind"] == "lever"
