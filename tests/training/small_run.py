"""A whole training run on a drawn panel, small enough for a test."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from graduasi_training.fitting import Settings, TreeSettings
from graduasi_training.pipeline import Inputs, Trained, train
from tests.models.small_programme import DICTIONARY, PROGRAMME, draw_table

QUICK = Settings(trees=TreeSettings(trees=30, learning_rate=0.2, min_child_samples=10))
HELD_ONCE = PROGRAMME.replace("hold = 2", "hold = 1").replace("folds = 1", "folds = 2\nevery_months = 4")


def write_inputs(folder: Path, seed: int = 3) -> Inputs:
    folder.mkdir(parents=True, exist_ok=True)
    table = draw_table(np.random.default_rng(seed), households=150, visits=6, unknown=0.05)
    pq.write_table(table, folder / "households.parquet")
    (folder / "events.csv").write_text("household_id,event,event_date\nK00001,graduated,2020-06-01\n", encoding="utf-8")
    (folder / "dictionary.toml").write_text(DICTIONARY, encoding="utf-8")
    (folder / "programme.toml").write_text(HELD_ONCE, encoding="utf-8")
    names = ("households.parquet", "events.csv", "dictionary.toml", "programme.toml")
    return Inputs(*(folder / name for name in names))


def train_small(folder: Path, seed: int = 3) -> Trained:
    return train(write_inputs(folder / "inputs", seed), folder / "out", settings=QUICK, tell=lambda text: None)
