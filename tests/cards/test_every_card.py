"""Every card of a simulated district, in a good year and after a bad one, read beside the families' files."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from graduasi.dates import from_day
from graduasi.declarations.declarations import Declarations, read_declarations
from graduasi.lists.entries import SECTIONS, ListEntry
from graduasi.lists.ranking import build_lists
from graduasi.panel.events import read_events
from graduasi.panel.files import read_table
from graduasi.panel.record import Panel
from graduasi.panel.table_contract import check_panel
from graduasi.scoring.cohort import cohort_on, households_out
from graduasi.scoring.scores import score_rows, to_table
from graduasi_training.fitting.linear_and_trees import Settings, TreeSettings
from graduasi_training.fitting.selection import fit_and_choose
from graduasi_training.simulation import simulate
from graduasi_training.study.splits import all_trainable_rows
from graduasi_training.study.study import Study, prepare
from tests.cards.reader import faults_of, file_of
from tests.made_up.learned_model import UnsavedBundle

HOUSEHOLDS = 1200
RECESSION = 0.6
"""What is left of incomes, spending and profits at each family's latest visit after the bad year."""
MONEY = ("income_excl_aid_pc_idr", "income_excl_aid_idr", "consumption_pc_idr", "business_profit_idr")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("district")
    simulate(folder, households=HOUSEHOLDS, quarters=14, seed=21)
    declarations = read_declarations(folder / "dictionary.toml", folder / "programme.toml")
    panel, _ = check_panel(read_table(folder / "households.parquet"), declarations.dictionary)
    return prepare(panel, read_events(folder / "events.parquet", declarations.programme), declarations)


@pytest.fixture(scope="module")
def bundle(study: Study) -> UnsavedBundle:
    settings = Settings(trees=TreeSettings(trees=30, learning_rate=0.2))
    rows = study.training_rows(all_trainable_rows(study.observations, study.labels))
    fitted = fit_and_choose(rows, study.features, settings=settings)
    return UnsavedBundle(study.declarations, fitted.champion, "cards", None)


def after_a_bad_year(panel: Panel, declarations: Declarations) -> Panel:
    """The panel with less money in every family at its latest visit, and a quarter of the families the other way round."""
    values, latest = panel.values.copy(), panel.latest_known(int(panel.known_on.max()))
    factor = np.where(np.random.default_rng(5).random(len(latest)) < 0.25, 1 / RECESSION, RECESSION)
    for name in MONEY:
        values[latest, declarations.dictionary.column(name)] *= factor
    return replace(panel, values=np.round(values, 4))


def cards(study: Study, panel: Panel, bundle: UnsavedBundle) -> list[ListEntry]:
    """The cards of all lists, in Indonesian."""
    day = int(panel.known_on.max())
    rows = cohort_on(panel, day, study.declarations, out=households_out(study.events, study.programme, day=day))
    scores = to_table(score_rows(panel, rows, as_of=day, bundle=bundle), bundle)
    lists = build_lists(scores, declarations=study.declarations, quota=10, used={}, language="id", today=from_day(day))
    return [entry for mentor in lists for entry in mentor.entries]


@pytest.mark.parametrize("year", ["good", "bad"])
def test_no_card_says_what_the_family_s_file_does_not(study: Study, bundle: UnsavedBundle, year: str) -> None:
    panel = study.panel if year == "good" else after_a_bad_year(study.panel, study.declarations)
    entries, day = cards(study, panel, bundle), int(panel.known_on.max())
    assert len(entries) > 60
    faults: dict[str, Sequence[str]] = {}
    for entry in entries:
        file = file_of(panel, entry.household_id, study.declarations.dictionary, day=day)
        assert file.visits[-1][0] == entry.as_of
        if found := list(faults_of(entry, file, study.declarations.dictionary)):
            faults[entry.household_id] = found
    assert faults == {}
    told = [sentence for entry in entries for sentence in entry.hinders]
    assert any("turun dari" in sentence for sentence in told)
    assert {entry.section for entry in entries} <= set(SECTIONS)


def test_the_reader_finds_what_is_wrong(study: Study, bundle: UnsavedBundle) -> None:
    dictionary = study.declarations.dictionary
    (entry, *_) = cards(study, study.panel, bundle)
    file = file_of(study.panel, entry.household_id, dictionary, day=int(study.panel.known_on.max()))
    amount = f"{round(file.visits[-1][1]['consumption_pc_idr']):,}".replace(",", ".")
    wrong = {
        "helps": (
            "Pengeluaran Rp1.234.567 per orang.",
            "Usaha sudah berjalan 381 bulan.",
            "Kebutuhan makin terpenuhi.",
        ),
        "hinders": (
            f"Pengeluaran Rp{amount} turun.",
            f"Pengeluaran Rp{amount} turun.",
            "Keluarga ini dijamin berhasil.",
        ),
        "facts": ("Tanggungan 0,67 orang.",),
    }
    faults = " ".join(faults_of(replace(entry, **wrong), file, dictionary))
    for fault in ("not in the file", "odd: Usaha", "a rise is claimed", "doubled", "a promise", "odd: Tanggungan"):
        assert fault in faults
    both = replace(entry, helps=(f"Pengeluaran Rp{amount}.",), hinders=(f"Belanja Rp{amount}.",))
    assert f"helps and holds back: {amount}" in list(faults_of(both, file, dictionary))
