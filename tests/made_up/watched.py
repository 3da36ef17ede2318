"""A bundle trained on a drawn panel of 500 households, and later panels to watch with it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from graduasi.bundle import Bundle, open_sealed
from graduasi.bundle.manifest import unseal
from graduasi.panel.events import NO_EVENTS
from graduasi_training.drift.watch import watch_panel
from graduasi_training.pipeline import Inputs, train
from tests.made_up.small_programme import DICTIONARY, draw_table
from tests.made_up.small_run import HELD_ONCE, QUICK


def panel_table(seed: int = 3, visits: int = 6, households: int = 500) -> pa.Table:
    table = draw_table(np.random.default_rng(seed), households=households, visits=visits, unknown=0.05)
    return table.drop_columns(["known_on"])


def trained_bundle(folder: Path, table: pa.Table) -> Bundle:
    folder.mkdir(parents=True)
    pq.write_table(table, folder / "households.parquet")
    (folder / "dictionary.toml").write_text(DICTIONARY, encoding="utf-8")
    (folder / "programme.toml").write_text(HELD_ONCE, encoding="utf-8")
    inputs = Inputs(folder / "households.parquet", None, folder / "dictionary.toml", folder / "programme.toml")
    train(inputs, folder / "out", settings=QUICK, tell=lambda text: None)
    return open_sealed(unseal(folder / "out" / "bundle"))


def with_limits(bundle: Bundle, **limits: Any) -> Bundle:
    drift = bundle.programme.drift.model_copy(update=limits)
    return replace(
        bundle,
        declarations=replace(bundle.declarations, programme=bundle.programme.model_copy(update={"drift": drift})),
    )


def watch(folder: Path, table: pa.Table, bundle: Bundle, day: int | None = None) -> dict[str, Any]:
    pq.write_table(table, folder / "watched.parquet")
    return watch_panel(folder / "watched.parquet", NO_EVENTS, bundle=bundle, day=day)


def changed(table: pa.Table, name: str, values: Any) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, values)


def scaled(table: pa.Table, name: str, factor: float) -> pa.Table:
    return changed(table, name, pc.multiply(table.column(name), factor))


def blanked(table: pa.Table, name: str, share: float) -> pa.Table:
    """The table with a random `share` of the column unknown."""
    is_blank = np.random.default_rng(0).random(len(table)) < share
    return changed(
        table, name, pc.if_else(pa.array(is_blank), pa.scalar(None, table.column(name).type), table.column(name))
    )


def replaced(table: pa.Table, name: str, value: str, share: float) -> pa.Table:
    """The table with `value` in a random `share` of the column."""
    is_replaced = np.random.default_rng(0).random(len(table)) < share
    return changed(table, name, pc.if_else(pa.array(is_replaced), value, table.column(name)))
