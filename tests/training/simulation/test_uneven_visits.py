"""A programme in which families above the target's line are found less often, and what labels make of it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from graduasi.arrays import Array
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.programme import Label, SnapshotsLabel
from graduasi.panel.events import read_events
from graduasi.panel.files import read_table
from graduasi.panel.table_contract import check_panel
from graduasi_training.simulation import simulate
from graduasi_training.study.labels import label
from graduasi_training.study.observations import as_of_grid, observe
from tests.training.simulation.factory import Simulated

SHARE = 0.5
KEYS = ["household_id", "as_of"]


@pytest.fixture(scope="module")
def uneven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The families of `simulated`, with half of the visits to those above the target's line left out."""
    folder = tmp_path_factory.mktemp("uneven")
    simulate(folder, households=6000, quarters=20, seed=7, ready_visited=SHARE)
    return folder


def test_lives_events_and_truth_are_those_of_a_programme_in_which_all_are_found(
    simulated: Simulated, uneven: Path
) -> None:
    for name in ("events.parquet", "truth.parquet", "dictionary.toml", "programme.toml"):
        assert (uneven / name).read_bytes() == (simulated.folder / name).read_bytes(), name
    found = pd.read_parquet(uneven / "households.parquet")
    kept = simulated.panel.merge(found[KEYS], on=KEYS)
    pd.testing.assert_frame_equal(kept, found)


def test_half_of_the_visits_above_the_line_are_made_and_all_others(simulated: Simulated, uneven: Path) -> None:
    truth = simulated.panel[KEYS].merge(simulated.truth, on=KEYS)
    found = pd.MultiIndex.from_frame(pd.read_parquet(uneven / "households.parquet", columns=KEYS))
    was_found = pd.MultiIndex.from_frame(truth[KEYS]).isin(found)
    is_ready = truth["log_welfare"] >= np.log(1.2)
    assert was_found[~is_ready].all()
    assert was_found[is_ready].mean() == pytest.approx(SHARE, abs=0.01)


def test_all_are_found_where_the_share_is_not_given_and_it_is_a_share(tmp_path: Path) -> None:
    for name, arguments in {"without": {}, "all": {"ready_visited": 1.0}}.items():
        simulate(tmp_path / name, households=300, quarters=3, seed=1, **arguments)
    assert (tmp_path / "without" / "households.parquet").read_bytes() == (
        tmp_path / "all" / "households.parquet"
    ).read_bytes()
    with pytest.raises(ValueError, match="a share of visits, from 0 to 1"):
        simulate(tmp_path, households=300, quarters=3, seed=1, ready_visited=1.1)


def _base_rates(folder: Path, simulated: Simulated, definition: Label) -> Array:
    """The base rate of each date whose labels could be learned from on the panel's last day."""
    panel, _ = check_panel(read_table(folder / "households.parquet"), simulated.dictionary, file="households")
    events = read_events(folder / "events.parquet", simulated.programme)
    grid = as_of_grid(panel, simulated.programme)
    observations = observe(panel, events, grid, Declarations(simulated.dictionary, simulated.programme))
    labels = label(observations, definition, panel=panel, events=events, dictionary=simulated.dictionary)
    known = labels.trainable(int(panel.known_on.max()))
    by_date = pd.DataFrame({"day": observations.day[known], "ready": labels.value[known]}).groupby("day")["ready"]
    return by_date.mean()[by_date.size() >= 100].to_numpy()


def test_the_shipped_label_finds_as_many_ready_families_on_young_dates_as_on_old_ones(
    simulated: Simulated, uneven: Path
) -> None:
    """A label that counts visits finds a third as many on the youngest dates, and on all dates less than half of the truth."""
    by_time, all_found = (_base_rates(f, simulated, simulated.programme.target) for f in (uneven, simulated.folder))
    counted = SnapshotsLabel(
        kind="snapshots", name="counted", after=4, hold=4, within_months=30, rules=simulated.programme.target.rules
    )
    by_visits = _base_rates(uneven, simulated, counted)
    assert len(by_time) == len(all_found) >= 10
    assert by_time[-2:].mean() == pytest.approx(by_time[:-2].mean(), abs=0.02)
    assert by_visits[-2:].mean() < 0.6 * by_visits[:-2].mean()
    # Who is ready is missed on all three visits near an end in one case of eight: that remains.
    assert all_found.mean() - 0.035 < by_time.mean() < all_found.mean()
    assert by_visits.mean() < 0.5 * all_found.mean()
