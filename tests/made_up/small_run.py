"""A drawn panel ready to learn from, and a whole training run on one, small enough for a test."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from graduasi.panel.events import NO_EVENTS
from graduasi.panel.table_contract import check_panel
from graduasi_training.fitting.linear_and_trees import Settings, TreeSettings
from graduasi_training.pipeline import Inputs, Trained, train
from graduasi_training.study.study import Study, prepare
from tests.made_up.small_programme import DICTIONARY, PROGRAMME, SMALL, declared, draw_table, programme_of

QUICK = Settings(trees=TreeSettings(trees=30, learning_rate=0.2, min_child_samples=10))
"""Settings with which a fit takes a moment."""
HELD_ONCE = PROGRAMME.replace("hold = 2", "hold = 1").replace("folds = 1", "folds = 2\nevery_months = 4")
"""The small programme with a label that matures a visit sooner, and two folds on a grid of dates."""
YEARLY = programme_of(
    PROGRAMME.replace("folds = 1", "folds = 2\nevery_months = 4").replace(
        'name = "held"\nkind = "snapshots"\nafter = 1\nhold = 2\nwithin_months = 24',
        'name = "held"\nkind = "snapshots"\nafter = 1\nhold = 1',
    )
)
"""The same without a limit of months for the label."""


def drawn_study(seed: int, *, shuffled: bool = False, households: int = 150) -> Study:
    """A drawn panel; `shuffled`: every field of a row is that of a random other row, so nothing can be learned."""
    rng = np.random.default_rng(seed)
    table = draw_table(rng, households=households, visits=6, unknown=0.05)
    if shuffled:
        table = table.drop_columns(["mentor_id"])  # four mentors are too few clusters for an interval
        for name in SMALL.fields:
            if name not in ("receives_aid", "line_idr"):
                column = table.column_names.index(name)
                table = table.set_column(column, name, table[name].take(pa.array(rng.permutation(len(table)))))
    return prepare(check_panel(table, SMALL)[0], NO_EVENTS, declared(SMALL, YEARLY))


def write_inputs(folder: Path, seed: int = 3) -> Inputs:
    """The four files of a training run: a drawn panel, one event, and the small declarations."""
    folder.mkdir(parents=True, exist_ok=True)
    table = draw_table(np.random.default_rng(seed), households=150, visits=6, unknown=0.05)
    pq.write_table(table, folder / "households.parquet")
    (folder / "events.csv").write_text("household_id,event,event_date\nK00001,graduated,2020-06-01\n", encoding="utf-8")
    (folder / "dictionary.toml").write_text(DICTIONARY, encoding="utf-8")
    (folder / "programme.toml").write_text(HELD_ONCE, encoding="utf-8")
    names = ("households.parquet", "events.csv", "dictionary.toml", "programme.toml")
    return Inputs(*(folder / name for name in names))


def train_small(folder: Path, seed: int = 3) -> Trained:
    """A whole training run into `folder`/out."""
    return train(write_inputs(folder / "inputs", seed), folder / "out", settings=QUICK, tell=lambda text: None)
