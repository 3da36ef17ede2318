"""A search over settings: seeded, resumable, bounded in time, blind to the test folds, and in favour of smaller trees."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import lightgbm
import numpy as np
import pytest
from optuna.distributions import IntDistribution

from graduasi.errors import TrainingError
from graduasi.readiness.trees import MAX_LEAVES, parse_trees
from graduasi_training.fitting.linear_and_trees import Settings, TreeSettings
from graduasi_training.fitting.selection import fit_and_choose
from graduasi_training.fitting.tuning import tune as tune_module
from graduasi_training.fitting.tuning.inner_folds import InnerFolds
from graduasi_training.fitting.tuning.search import SEARCH_SPACE, search, searched_values
from graduasi_training.fitting.tuning.trials import Budget, Trial, choose
from graduasi_training.fitting.tuning.tune import study_key, tune
from graduasi_training.judging.metrics import auc, log_loss
from graduasi_training.pipeline import train
from graduasi_training.registry.store import quiet_mlflow
from graduasi_training.registry.tracking import log_run
from graduasi_training.report.card.tuning import tuning_paragraph
from graduasi_training.study.splits import temporal_folds
from tests.made_up.learned_model import FEATURES, training_rows
from tests.made_up.small_run import QUICK, write_inputs

SIZES = np.full(40, 2)


def _quiet(text: str) -> None:
    pass


def fake_loss(settings: Settings) -> np.ndarray:
    """Cheap stand-in for fitting: 40 households of two rows, better with slower learning."""
    noise = np.random.default_rng(settings.trees.trees).normal(scale=0.01, size=40)
    return 2 * (0.5 + abs(settings.trees.learning_rate - 0.03)) + noise


def run_search(file, trials, *, loss=fake_loss, key="panel", minutes=None, tell=_quiet, clock=lambda: 0.0):
    budget = Budget(trials, minutes)
    return search(loss, rows=80, settings=Settings(), key=key, file=file, budget=budget, tell=tell, clock=clock)


def settings_and_losses(trials) -> list:
    return [(trial.settings, trial.log_loss) for trial in trials]


def test_the_same_seed_tries_the_same_settings(tmp_path):
    first = run_search(tmp_path / "a.db", 14)
    assert settings_and_losses(run_search(tmp_path / "b.db", 14)) == settings_and_losses(first)
    assert len({str(searched_values(trial.settings)) for trial in first}) == 14


def test_the_first_trial_is_what_runs_without_a_search(tmp_path):
    assert run_search(tmp_path / "a.db", 1)[0].settings == Settings()


def test_an_interrupted_search_resumes_and_ends_as_an_uninterrupted_one(tmp_path):
    calls, progress = [], []

    def interrupted(settings):
        calls.append(settings)
        if len(calls) == 12:
            raise KeyboardInterrupt
        return fake_loss(settings)

    with pytest.raises(KeyboardInterrupt):
        run_search(tmp_path / "a.db", 14, loss=interrupted)
    resumed = run_search(tmp_path / "a.db", 14, tell=progress.append)
    assert progress[0] == "resumed: 11 of 14 trials"
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        states = dict(connection.execute("SELECT state, count(*) FROM trials GROUP BY state").fetchall())
    assert states == {"COMPLETE": 14, "FAIL": 1}
    assert settings_and_losses(resumed) == settings_and_losses(run_search(tmp_path / "b.db", 14))


def test_a_finished_search_costs_nothing_the_second_time_and_can_be_prolonged(tmp_path):
    first = run_search(tmp_path / "a.db", 3)
    assert settings_and_losses(run_search(tmp_path / "a.db", 3, loss=None)) == settings_and_losses(first)
    assert settings_and_losses(run_search(tmp_path / "a.db", 5))[:3] == settings_and_losses(first)


def test_a_search_of_another_panel_is_never_resumed(tmp_path):
    progress: list[str] = []
    run_search(tmp_path / "a.db", 3)
    run_search(tmp_path / "a.db", 2, key="another panel", tell=progress.append)
    assert "left alone" in progress[0]
    assert not any(text.startswith("resumed") for text in progress)


def test_the_key_changes_with_data_seed_and_settings():
    rows, base = training_rows(), Settings()
    keys = {
        study_key(rows, FEATURES, base),
        study_key(rows, FEATURES, replace(base, seed=1)),
        study_key(rows, FEATURES, replace(base, C=0.1)),
        study_key(rows, FEATURES[1:], base),
    }
    assert len(keys) == 4


@pytest.mark.parametrize("name", ["values", "y", "household", "day", "known_on"])
def test_the_key_changes_with_every_array_that_a_trial_reads(name):
    rows = training_rows()
    other = replace(rows, **{name: getattr(rows, name) + 1})
    assert study_key(other, FEATURES, Settings()) != study_key(rows, FEATURES, Settings())


def test_the_key_changes_with_the_version_of_lightgbm_and_the_space_that_is_searched(monkeypatch):
    keys = {study_key(training_rows(), FEATURES, Settings())}
    monkeypatch.setattr(lightgbm, "__version__", "0.0.0")
    keys.add(study_key(training_rows(), FEATURES, Settings()))
    monkeypatch.setitem(SEARCH_SPACE, "leaves", IntDistribution(2, 3))
    keys.add(study_key(training_rows(), FEATURES, Settings()))
    assert len(keys) == 3


def test_when_the_minutes_are_over_no_trial_begins_and_the_progress_says_so(tmp_path):
    now, progress = [0.0], []

    def slow(settings):
        now[0] += 50.0
        return fake_loss(settings)

    assert len(run_search(tmp_path / "a.db", 10, loss=slow, minutes=2, tell=progress.append, clock=lambda: now[0])) == 3
    assert progress[-1].startswith("the 2 minutes for tuning are over after 3 of 10 trials")


def _text(file):
    file.write_text("not a database, but long enough to be read as one\n" * 50, encoding="utf-8")


def _another_database(file):
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE studies (name)")


UNUSABLE = {"text": _text, "another program's database": _another_database, "a folder": Path.mkdir}


@pytest.mark.parametrize("make", UNUSABLE.values(), ids=UNUSABLE)
def test_a_file_that_is_no_study_is_refused_with_what_to_do(make, tmp_path):
    make(tmp_path / "a.db")
    with pytest.raises(TrainingError, match="remove it or choose another --out"):
        run_search(tmp_path / "a.db", 1)


class TrackedConnection(sqlite3.Connection):
    """A connection that stays referenced in `opened`, so that nothing but `close` closes it."""

    opened: ClassVar[list["TrackedConnection"]] = []

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.opened.append(self)

    def is_open(self):
        try:
            self.total_changes  # noqa: B018
        except sqlite3.ProgrammingError:
            return False
        return True


@pytest.fixture
def connections(monkeypatch):
    """Every connection to a SQLite file that a search opens."""
    monkeypatch.setattr(TrackedConnection, "opened", [])
    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=TrackedConnection))
    return TrackedConnection.opened


def _cut_off(settings):
    raise KeyboardInterrupt


@pytest.mark.parametrize("loss", [fake_loss, _cut_off], ids=["finished", "cut off"])
def test_a_search_leaves_no_connection_open(loss, tmp_path, connections):
    with suppress(KeyboardInterrupt):
        run_search(tmp_path / "a.db", 2, loss=loss)
    assert connections
    assert not any(connection.is_open() for connection in connections)


@pytest.mark.parametrize("make", [_text, _another_database], ids=["text", "another program's database"])
def test_a_search_that_is_refused_leaves_no_connection_open(make, tmp_path, connections):
    """Python 3.13 warns of a connection that is not closed."""
    make(tmp_path / "a.db")
    connections.clear()
    with pytest.raises(TrainingError):
        run_search(tmp_path / "a.db", 1)
    assert connections
    assert not any(connection.is_open() for connection in connections)


def test_a_search_is_kept_in_a_folder_of_any_name(tmp_path):
    folder = tmp_path / "100% {draft}? #2"
    folder.mkdir()
    assert settings_and_losses(run_search(folder / "a.db", 1)) == settings_and_losses(run_search(folder / "a.db", 1))
    assert (folder / "a.db").stat().st_size > 0


def _trial(number: int, trees: int, above: np.ndarray) -> Trial:
    loss = np.full(40, 1.0) + above
    return Trial(number, Settings(trees=TreeSettings(trees=trees)), float(loss.sum() / 80), loss, 0.1)


def test_of_two_trials_that_cannot_be_told_apart_the_smaller_is_chosen():
    wavering = np.tile([0.3, -0.28], 20)
    best, small = _trial(0, 300, np.zeros(40)), _trial(1, 40, wavering)
    choice = choose([best, small], SIZES)
    assert (choice.best, choice.chosen) == (best, small)


def test_small_trees_are_those_with_few_leaves_in_all():
    many_leaves, few_leaves = _trial(0, 100, np.zeros(40)), _trial(1, 300, np.tile([0.3, -0.28], 20))
    many_leaves = replace(many_leaves, settings=Settings(trees=TreeSettings(trees=100, leaves=31)))
    few_leaves = replace(few_leaves, settings=Settings(trees=TreeSettings(trees=300, leaves=2)))
    assert choose([many_leaves, few_leaves], SIZES).chosen == few_leaves


@pytest.mark.parametrize("above", [(0.02, 0.018), (0.36, -0.22)], ids=["surely", "by one and a half standard errors"])
def test_a_smaller_trial_that_is_worse_is_not_chosen(above):
    best, worse = _trial(0, 300, np.zeros(40)), _trial(1, 40, np.tile(above, 20))
    assert choose([best, worse], SIZES).chosen == best


def test_the_loss_that_is_searched_is_that_of_the_whole_procedure():
    rows = training_rows()
    folds = InnerFolds(rows, FEATURES, seed=0)
    for settings in (QUICK, replace(QUICK, C=0.3, trees=replace(QUICK.trees, leaves=4, min_child_samples=20)), QUICK):
        expected = min(fit_and_choose(rows, FEATURES, settings=settings).log_loss.values())
        assert folds.loss_by_household(settings).sum() / len(folds.y) == pytest.approx(expected, rel=1e-9)


@pytest.fixture(scope="module")
def tuned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tuned")
    inputs = write_inputs(folder / "in")
    return train(inputs, folder / "out", settings=QUICK, tell=_quiet, tuning=Budget(6))


def test_no_trial_could_have_more_leaves_than_can_be_explained_exactly(tuned):
    assert SEARCH_SPACE["leaves"].high == MAX_LEAVES
    model = tuned.fitted.candidates["lightgbm"]
    assert max(len(tree.splits) + 1 for tree in parse_trees(model.trees)) <= MAX_LEAVES


def test_a_tuned_model_moves_only_the_declared_way_even_where_the_data_say_otherwise(tmp_path):
    rows = replace(training_rows(), y=1 - training_rows().y)
    folds = InnerFolds(rows, FEATURES, seed=0)
    trials = run_search(tmp_path / "a.db", 6, loss=folds.loss_by_household)
    for settings in {choose(trials, folds.sizes).chosen.settings, trials[-1].settings, QUICK}:
        model = fit_and_choose(rows, FEATURES, settings=settings).candidates["lightgbm"]
        for index, feature in enumerate(FEATURES):
            if feature.effect == "any":
                continue
            low, high = rows.values[:200].copy(), rows.values[:200].copy()
            low[:, index], high[:, index] = np.nanquantile(rows.values[:, index], [0.1, 0.9])
            gain = model.explain(high).margin - model.explain(low).margin
            assert (gain * (1 if feature.effect == "increasing" else -1)).min() >= -1e-9


def test_the_evaluation_says_what_was_searched_chosen_and_whether_it_was_worth_it(tuned):
    evaluation = json.loads((tuned.out / "evaluation.json").read_text(encoding="utf-8"))
    section, used = evaluation["tuning"], evaluation["settings"]
    assert section["trials"] == len(section["history"]) == 6
    assert section["chosen"] == {"C": used["C"], **used["trees"]}
    assert section["log_loss_best"] <= section["log_loss_chosen"]
    assert section["log_loss_chosen"] - section["log_loss_best"] <= section["standard_error"]
    later = section["gain_later"]["log_loss"]
    assert later["low"] <= later["difference"] <= later["high"]
    assert tuning_paragraph(section) in (tuned.out / "card.md").read_text(encoding="utf-8")


def test_a_gain_on_the_rows_that_chose_is_what_the_log_loss_fell_by():
    folds = SimpleNamespace(sizes=SIZES)
    gain = tune_module._gain_inside(_trial(1, 40, np.full(40, -0.1)), _trial(0, 300, np.zeros(40)), folds)["log_loss"]
    assert (gain["difference"], gain["verdict"]) == (pytest.approx(0.05), "better")  # of two rows a household


def test_a_gain_on_the_first_test_date_is_what_the_log_loss_fell_by_and_the_auc_rose_by(tuned):
    study = tuned.study
    fold = temporal_folds(study.observations, study.labels, count=2)[0]
    useless = Settings(C=1e-7, trees=TreeSettings(trees=1, learning_rate=1e-6))
    known = study.labels.is_labelled[fold.test]
    y, values = study.labels.value[fold.test][known], study.values[fold.test][known]
    scores = [
        fit_and_choose(study.training_rows(fold.train), study.features, settings=settings)
        .champion.explain(values)
        .score
        for settings in (QUICK, useless)
    ]
    gain = tune_module._gain_later(study, fold, QUICK, useless)
    assert gain["log_loss"]["difference"] == pytest.approx(log_loss(scores[1], y) - log_loss(scores[0], y))
    assert gain["auc"]["difference"] == pytest.approx(auc(scores[0], y) - auc(scores[1], y))
    assert gain["log_loss"]["difference"] > 0
    assert gain["log_loss"]["low"] < gain["log_loss"]["difference"] < gain["log_loss"]["high"]


def test_labels_known_after_the_first_test_date_change_nothing(tuned, tmp_path):
    study = tuned.study
    first = temporal_folds(study.observations, study.labels, count=2)[0]
    late = study.labels.known_on > first.day
    flipped = replace(
        study, labels=replace(study.labels, value=np.where(late, 1 - study.labels.value, study.labels.value))
    )
    settings, report = tune(flipped, QUICK, Budget(6), out=tmp_path, tell=_quiet)
    assert settings == tuned.settings
    assert [trial["log_loss"] for trial in report["history"]] == [
        trial["log_loss"] for trial in tuned.evaluation["tuning"]["history"]
    ]


def test_with_an_embargo_the_search_learns_from_no_more_than_the_first_fold_does(tuned, tmp_path):
    study = tuned.study
    evaluation = study.programme.evaluation.model_copy(update={"embargo_months": 3})
    study = replace(
        study,
        declarations=replace(
            study.declarations, programme=study.programme.model_copy(update={"evaluation": evaluation})
        ),
    )
    first = temporal_folds(study.observations, study.labels, count=2, embargo_months=3)[0]
    _, report = tune(study, QUICK, Budget(1), out=tmp_path, tell=_quiet)
    assert report["window"]["rows"] == len(first.train)
    assert len(first.train) < tuned.evaluation["tuning"]["window"]["rows"]


@pytest.mark.parametrize("verdict", ["better", "worse", "indistinguishable"])
def test_the_card_tells_of_the_search_in_both_languages(tuned, verdict):
    section = json.loads(json.dumps(tuned.evaluation["tuning"]))
    section["gain_later"]["log_loss"]["verdict"] = verdict
    english, indonesian = tuning_paragraph(section), tuning_paragraph(section, "id")
    assert "{" not in english + indonesian
    assert (
        ("indistinguishable" in english) == ("tidak dapat dibedakan" in indonesian) == (verdict == "indistinguishable")
    )


def test_trials_are_runs_within_the_run(tuned, tmp_path):
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    log_run(tuned, uri=uri)
    with quiet_mlflow() as mlflow:
        client = mlflow.MlflowClient(uri)
        runs = client.search_runs([client.get_experiment_by_name("graduasi").experiment_id], "tags.kind = 'trial'")
    assert len(runs) == 6
    assert len({run.data.tags["mlflow.parentRunId"] for run in runs}) == 1
    assert min(run.data.metrics["log_loss"] for run in runs) == pytest.approx(
        tuned.evaluation["tuning"]["log_loss_best"]
    )


def test_without_a_search_optuna_is_not_imported(tmp_path):
    code = (
        "import sys; from pathlib import Path; from tests.made_up.small_run import train_small; "
        "trained = train_small(Path(sys.argv[1])); assert trained.evaluation['tuning'] is None; "
        "assert any('--tuning' in note['text'] for note in trained.evaluation['notes']); "
        "sys.exit('optuna' in sys.modules)"
    )
    process = subprocess.run([sys.executable, "-c", code, tmp_path], check=False, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--tuning", "-1"], "greater than or equal to 0"),
        (["--tuning", "3", "--tuning-minutes", "0"], "greater than or equal to 0.01"),
        (["--tuning", "3", "--tuning-minutes", "inf"], "--tuning-minutes bounds a search"),
        (["--tuning", "3", "--tuning-minutes", "nan"], "greater than or equal to 0.01"),
        (["--tuning-minutes", "5"], "--tuning-minutes bounds a search"),
    ],
)
def test_a_budget_that_makes_no_sense_is_wrong_usage(tmp_path, options, words):
    inputs = write_inputs(tmp_path / "in")
    process = run_cli("train", inputs.panel, "--out", tmp_path / "out", *options)
    assert process.returncode == 2
    assert words in " ".join(process.stderr.replace("│", " ").split())


def run_cli(*arguments):
    command = [sys.executable, "-c", "from graduasi.commands.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True)
