"""A panel made ready to learn from."""

import numpy as np

from graduasi.panel.events import NO_EVENTS
from graduasi.panel.table_contract import check_panel
from graduasi_training.study import study
from tests.made_up.small_programme import PROGRAMME, SMALL, declared, draw_table, programme_of

RULES = programme_of(PROGRAMME.replace("folds = 1", "folds = 1\nevery_months = 4"))


def test_features_made_some_households_at_a_time_are_those_made_at_once(monkeypatch):
    panel = check_panel(draw_table(np.random.default_rng(0), households=60), SMALL)[0]
    at_once = study.prepare(panel, NO_EVENTS, declared(programme=RULES)).values
    monkeypatch.setattr(study, "BLOCK_SNAPSHOTS", 7)
    np.testing.assert_array_equal(study.prepare(panel, NO_EVENTS, declared(programme=RULES)).values, at_once)
