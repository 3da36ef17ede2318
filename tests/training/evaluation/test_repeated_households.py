"""An evaluation of a panel in which every household stands twice says so."""

import numpy as np
import pyarrow as pa

from graduasi.panel.events import NO_EVENTS
from graduasi.panel.table_contract import check_panel
from graduasi_training.evaluation.evaluate import evaluate
from graduasi_training.study.study import prepare
from tests.made_up.small_programme import SMALL, declared, draw_table
from tests.made_up.small_run import QUICK, YEARLY


def _notes(table):
    study = prepare(check_panel(table, SMALL)[0], NO_EVENTS, declared(SMALL, YEARLY))
    evaluation = evaluate(study, settings=QUICK, tell=lambda text: None)
    return [note for note in evaluation["notes"] if note["key"] == "repeated_households"]


def test_the_evaluation_counts_the_households_that_repeat_another_one_s_history():
    table = draw_table(np.random.default_rng(2), households=150, visits=8, unknown=0.05)
    copies = pa.array([f"copy of {name}" for name in table["household_id"].to_pylist()])
    twice = pa.concat_tables(
        [table, table.set_column(table.column_names.index("household_id"), "household_id", copies)]
    )
    assert _notes(table) == []
    (note,) = _notes(twice)
    assert 140 < int(note["values"]["count"]) <= 150
