"""Who would have been harmed had it been listed; not told before the whole window is known."""

import numpy as np
import pytest

from graduasi.events import NO_EVENTS
from graduasi_training.harm import harmed
from graduasi_training.observations import Observations
from tests.models.small_programme import PROGRAMME, SMALL, household, panel_of, programme_of

RULES = programme_of(
    PROGRAMME + '\n[[harm.rules]]\nfield = "income_idr"\nop = "<"\nvalue_field = "line_idr"\n'
)  # the label asks for two visits in a row, from the next one on
RICH, POOR, UNKNOWN = 3_000_000.0, 1_000_000.0, None


@pytest.mark.parametrize(
    ("incomes", "expected"),
    [
        ((RICH, RICH, RICH), 0.0),
        ((RICH, RICH, POOR), 1.0),
        ((RICH, POOR, RICH), 1.0),
        ((RICH, RICH), np.nan),
        ((RICH, POOR), np.nan),
        ((RICH, RICH, UNKNOWN), np.nan),
        ((RICH, POOR, UNKNOWN), np.nan),
        ((RICH, RICH, RICH, POOR), 0.0),
    ],
)
def test_harm_is_told_where_the_whole_window_is_known_for_both_outcomes_alike(incomes, expected):
    visits = ("2021-01-01", "2021-07-01", "2022-01-01", "2022-07-01")
    panel = panel_of(
        *(household("K", visit, income_idr=income) for visit, income in zip(visits, incomes, strict=False))
    )
    seen = Observations(np.array([0]), panel.as_of[:1], np.array([True]))
    found = harmed(seen, panel=panel, events=NO_EVENTS, programme=RULES, dictionary=SMALL)
    np.testing.assert_array_equal(found, [expected])
