"""The five files: the same for the same arguments, in order, marked synthetic, and without a fault."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from graduasi.declarations.dictionary import KEY_COLUMNS, read_dictionary
from graduasi.declarations.shipped import default_dictionary
from graduasi.panel.events import read_events
from graduasi.panel.files import read_table
from graduasi.panel.table_contract import check_panel
from graduasi_training.simulation import simulate
from tests.training.simulation.factory import Simulated

NAMES = ("households", "events", "truth")


def simulated_tables(folder: Path, **arguments: int) -> list[pd.DataFrame]:
    simulate(folder, **{"households": 300, "quarters": 4, "seed": 1, **arguments})
    return [pd.read_parquet(folder / f"{name}.parquet") for name in NAMES]


def test_the_same_arguments_give_the_same_files(tmp_path: Path) -> None:
    for name, first, second in zip(
        NAMES, simulated_tables(tmp_path / "a"), simulated_tables(tmp_path / "b"), strict=True
    ):
        pd.testing.assert_frame_equal(first, second)
        assert (tmp_path / "a" / f"{name}.parquet").read_bytes() == (tmp_path / "b" / f"{name}.parquet").read_bytes()


def test_another_seed_gives_other_families(tmp_path: Path) -> None:
    first, second = simulated_tables(tmp_path / "a")[0], simulated_tables(tmp_path / "b", seed=2)[0]
    assert first["income_excl_aid_pc_idr"].iloc[:50].tolist() != second["income_excl_aid_pc_idr"].iloc[:50].tolist()


def test_the_panel_and_the_events_pass_the_checks_of_a_real_panel(simulated: Simulated) -> None:
    panel, _ = check_panel(read_table(simulated.folder / "households.parquet"), simulated.dictionary, file="households")
    events = read_events(simulated.folder / "events.parquet", simulated.programme)
    assert len(panel) == len(simulated.panel)
    assert len(events) == len(simulated.events)


def test_every_column_is_a_key_or_a_declared_field(simulated: Simulated) -> None:
    assert list(simulated.panel.columns) == [*KEY_COLUMNS, *simulated.dictionary.fields]


def test_no_field_is_often_blank_and_those_the_system_fills_in_never_are(simulated: Simulated) -> None:
    blank = simulated.panel.isna().mean()
    assert blank.max() < 0.35  # school attendance is unknown without a child at school
    assert blank[["poverty_line_idr", "minimum_wage_idr", "receives_pkh", "rural", "island_group"]].max() == 0


def test_rows_are_ordered_by_household_and_date_and_none_is_repeated(simulated: Simulated) -> None:
    keys = pd.MultiIndex.from_frame(simulated.panel[["household_id", "as_of"]])
    assert keys.is_unique
    assert keys.is_monotonic_increasing


def test_truth_has_a_row_for_every_family_in_aid_visited_or_not(simulated: Simulated) -> None:
    truth = pd.MultiIndex.from_frame(simulated.truth[["household_id", "as_of"]])
    panel = pd.MultiIndex.from_frame(simulated.panel[["household_id", "as_of"]])
    assert truth.is_unique
    assert truth.is_monotonic_increasing
    assert panel.isin(truth).all()
    # About one visit in twenty is skipped. A family that is in aid before and after a quarter without a visit was in aid in it.
    visited = truth.isin(panel)
    assert 0.03 < 1 - visited.mean() < 0.10
    skipped_between = ~visited[1:-1] & visited[:-2] & visited[2:] & (truth.codes[0][:-2] == truth.codes[0][2:])
    assert skipped_between.sum() > 100


def test_rows_are_three_months_apart_and_nothing_is_known_after_the_extract(simulated: Simulated) -> None:
    dates = sorted(simulated.panel["as_of"].unique())
    assert (len(dates), dates[0], dates[-1]) == (20, date(2021, 12, 31), date(2026, 9, 30))
    assert (simulated.panel["known_on"] > simulated.panel["as_of"]).all()
    assert max(simulated.panel["known_on"].max(), simulated.events["known_on"].max()) <= date(2026, 11, 30)


@pytest.mark.parametrize(
    ("column", "pattern"), [("household_id", r"SYN-\d{7}"), ("mentor_id", r"M-\d{4}"), ("area_code", r"99\.\d\d\.\d\d")]
)
def test_identifiers_cannot_belong_to_anybody(simulated: Simulated, column: str, pattern: str) -> None:
    assert simulated.panel[column].str.fullmatch(pattern).all()


def test_the_files_say_that_they_are_synthetic(simulated: Simulated) -> None:
    assert simulated.dictionary.synthetic
    assert not read_dictionary(default_dictionary()).synthetic
    for name in ("dictionary", "programme"):
        assert (simulated.folder / f"{name}.toml").read_text(encoding="utf-8").startswith("# SYNTHETIC")
    for name in NAMES:
        assert pq.read_schema(simulated.folder / f"{name}.parquet").metadata[b"synthetic"] == b"true"


def test_small_chunks_give_a_whole_programme(tmp_path: Path) -> None:
    panel, _, truth = simulated_tables(tmp_path, households=1500, chunk_households=400)
    assert panel["area_code"].str[:5].nunique() > 1
    assert panel.groupby("household_id")["mentor_id"].nunique().max() == 1
    assert panel["household_id"].is_monotonic_increasing
    assert set(panel["household_id"]) <= set(truth["household_id"])
    assert np.isclose(len(panel[panel["as_of"] == panel["as_of"].min()]), 1500, rtol=0.05)


def test_progress_is_reported_up_to_the_end(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    simulate(
        tmp_path,
        households=900,
        quarters=1,
        seed=1,
        chunk_households=300,
        progress=lambda done, total: calls.append((done, total)),
    )
    assert calls[-1] == (900, 900)
    assert len(calls) > 1


def test_a_programme_of_nobody_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one household"):
        simulate(tmp_path, households=0, quarters=4, seed=1)
