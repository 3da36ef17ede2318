"""Which snapshots drift looks at: the right day, the cohort, and nothing stale."""

from dataclasses import replace

import numpy as np
import pytest

from graduasi.panel.events import NO_EVENTS
from graduasi_training.drift.sampling import last_day, watched_rows
from tests.made_up.small_programme import DECLARED, draw_panel

PANEL = draw_panel(1)
MAX_AGE = DECLARED.max_data_age_days


def known_late(days: int):
    """The panel in which one row became known `days` after the latest as-of date, and every other row at once."""
    known_on = PANEL.as_of.copy()
    known_on[0] = PANEL.as_of.max() + days
    return replace(PANEL, known_on=known_on)


def test_one_row_known_a_year_late_does_not_make_every_other_row_stale():
    panel = known_late(days=365)
    day = last_day(panel, NO_EVENTS, DECLARED)
    assert day == panel.as_of.max()
    assert len(watched_rows(panel, NO_EVENTS, day=day, declarations=DECLARED)) > 0
    assert len(watched_rows(panel, NO_EVENTS, day=int(panel.known_on.max()), declarations=DECLARED)) == 0


def test_rows_known_a_little_late_are_looked_at_on_the_day_they_became_known():
    known_on = PANEL.as_of + 20
    panel = replace(PANEL, known_on=known_on)
    assert last_day(panel, NO_EVENTS, DECLARED) == known_on.max()


@pytest.mark.parametrize(("age", "is_watched"), [(MAX_AGE, True), (MAX_AGE + 1, False)])
def test_a_snapshot_is_stale_from_the_day_after_the_programmes_limit(age, is_watched):
    row = int(np.argmax(PANEL.as_of))
    only = PANEL.take(np.array([row]))
    only = replace(only, known_on=only.as_of.copy())
    watched = watched_rows(only, NO_EVENTS, day=int(only.as_of[0]) + age, declarations=DECLARED)
    assert (len(watched) == 1) == is_watched
