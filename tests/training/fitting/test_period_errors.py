"""Forecasting the past: which dates are origins, that nothing later is seen from them, and that the error is what it was."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import expit

from graduasi_training.fitting.period_errors import MAX_ORIGINS, _origins, period_errors
from graduasi_training.study.rows import TrainingRows
from tests.made_up.learned_model import FEATURES, QUICK

FREE = tuple(feature for feature in FEATURES if feature.effect == "any" and not feature.is_nominal)[:2]


def rows_with(level, *, months=12, families=2000, seed=0):
    """Dates so many months apart with a level each; a label is known a year after its date."""
    rng = np.random.default_rng(seed)
    date = np.repeat(np.arange(len(level)), families)
    values = rng.normal(size=(len(date), 2))
    y = (rng.random(len(date)) < expit(values[:, 0] + np.asarray(level, dtype=float)[date])).astype(float)
    day = (date * months * 30.4375).astype(np.int32)
    return TrainingRows(values, y, np.tile(np.arange(families, dtype=np.int32), len(level)), day, day + 365)


@pytest.mark.parametrize(("months", "dates"), [(12, 4), (12, 12), (3, 20), (1, 60), (1, 11)])
def test_origins_lie_a_label_window_apart_and_know_only_labels_of_their_past(months, dates):
    rows = rows_with([0.0] * dates, months=months, families=40)
    origins = _origins(rows)
    days = [int(rows.day[origin.forecast][0]) for origin in origins]
    assert all(later - earlier >= 365 for later, earlier in pairwise(days))
    assert len(origins) == min(MAX_ORIGINS, max(0, int((dates - 1) * months // 12)))
    for origin, day in zip(origins, days, strict=True):
        assert (rows.known_on[origin.known] <= day).all()
        assert (rows.day[origin.forecast] == day).all()


def test_the_error_of_a_period_is_how_far_its_level_lay_from_the_past_ones():
    errors = period_errors(rows_with([0, 0, 0, 0.8, 0.8]), FREE, settings=QUICK)
    assert errors[1].value == pytest.approx(0.8, abs=0.15)  # the step was not known on the day
    assert errors[1].variance < 0.01
    assert abs(errors[2].value) < 0.15


def test_what_happened_after_an_origin_does_not_change_its_error():
    rows = rows_with([0] * 5, families=300)
    later = rows.day > np.unique(rows.day)[3]
    changed = replace(rows, y=np.where(later, 1 - rows.y, rows.y))
    assert period_errors(changed, FREE, settings=QUICK)[1:] == period_errors(rows, FREE, settings=QUICK)[1:]


def test_a_panel_too_short_for_any_origin_has_no_errors():
    assert period_errors(rows_with([0.0]), FREE, settings=QUICK) == []
