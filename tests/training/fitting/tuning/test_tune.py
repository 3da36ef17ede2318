"""A search over settings: seeded, resumable, bounded in time, blind to the test folds, and towards smaller trees."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from graduasi.errors import TrainingError
from graduasi.readiness.trees import MAX_LEAVES, parse_trees
from graduasi_training.fitting.linear_and_trees import Settings, TreeSettings
from graduasi_training.fitting.selection import fit_and_choose
from graduasi_training.fitting.tuning.inner_folds import InnerFolds
from graduasi_training.fitting.tuning.search import SPACE, flat, search
from graduasi_training.fitting.tuning.trials import Budget, Trial, choose
from graduasi_training.fitting.tuning.tune import study_key, tune
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


def look(file, trials, *, loss=fake_loss, key="panel", minutes=None, tell=_quiet, clock=lambda: 0.0):
    budget = Budget(trials, minutes)
    return search(loss, rows=80, settings=Settings(), key=key, file=file, budget=budget, tell=tell, clock=clock)


def tried(trials) -> list:
    return [(trial.settings, trial.log_loss) for trial in trials]


def test_the_same_seed_tries_the_same_settings(tmp_path):
    first = look(tmp_path / "a.db", 14)
    assert tried(look(tmp_path / "b.db", 14)) == tried(first)
    assert len({str(flat(trial.settings)) for trial in first}) == 14


def test_the_first_trial_is_what_runs_without_a_search(tmp_path):
    assert look(tmp_path / "a.db", 1)[0].settings == Settings()


def test_an_interrupted_search_goes_on_and_ends_as_if_nothing_had_happened(tmp_path):
    calls, said = [], []

    def interrupted(settings):
        calls.append(settings)
        if len(calls) == 12:
            raise KeyboardInterrupt
        return fake_loss(settings)

    with pytest.raises(KeyboardInterrupt):
        look(tmp_path / "a.db", 14, loss=interrupted)
    resumed = look(tmp_path / "a.db", 14, tell=said.append)
    assert said[0] == "resumed: 11 of 14 trials"
    assert tried(resumed) == tried(look(tmp_path / "b.db", 14))


def test_a_finished_search_costs_nothing_the_second_time_and_can_be_prolonged(tmp_path):
    first = look(tmp_path / "a.db", 3)
    assert tried(look(tmp_path / "a.db", 3, loss=None)) == tried(first)
    assert tried(look(tmp_path / "a.db", 5))[:3] == tried(first)


def test_a_search_of_another_panel_is_never_gone_on_with(tmp_path):
    said: list[str] = []
    look(tmp_path / "a.db", 3)
    look(tmp_path / "a.db", 2, key="another panel", tell=said.append)
    assert "left alone" in said[0]
    assert not any(text.startswith("resumed") for text in said)


def test_the_key_changes_with_data_seed_and_settings():
    rows, base = training_rows(), Settings()
    other = replace(rows, y=1 - rows.y)
    keys = {
        study_key(rows, FEATURES, base),
        study_key(other, FEATURES, base),
        study_key(rows, FEATURES, replace(base, seed=1)),
        study_key(rows, FEATURES, replace(base, C=0.1)),
        study_key(rows, FEATURES[1:], base),
    }
    assert len(keys) == 5


def test_when_the_minutes_are_over_no_trial_is_begun_and_it_is_said(tmp_path):
    now, said = [0.0], []

    def slow(settings):
        now[0] += 50.0
        return fake_loss(settings)

    assert len(look(tmp_path / "a.db", 10, loss=slow, minutes=2, tell=said.append, clock=lambda: now[0])) == 3
    assert said[-1].startswith("the 2 minutes for tuning are over after 3 of 10 trials")


def test_a_file_that_is_no_study_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "a.db").write_text("not a database, but long enough to be read as one\n" * 50, encoding="utf-8")
    with pytest.raises(TrainingError, match="remove it or choose another --out"):
        look(tmp_path / "a.db", 1)


def _trial(number: int, trees: int, above: np.ndarray) -> Trial:
    loss = np.full(40, 1.0) + above
    return Trial(number, Settings(trees=TreeSettings(trees=trees)), float(loss.sum() / 80), loss, 0.1)


def test_of_two_that_are_not_told_apart_the_smaller_is_taken():
    wavering = np.tile([0.3, -0.28], 20)
    best, small = _trial(0, 300, np.zeros(40)), _trial(1, 40, wavering)
    found = choose([best, small], SIZES)
    assert (found.best, found.chosen) == (best, small)


@pytest.mark.parametrize("above", [(0.02, 0.018), (0.36, -0.22)], ids=["surely", "by one and a half standard errors"])
def test_a_smaller_one_that_is_worse_is_not_taken(above):
    best, worse = _trial(0, 300, np.zeros(40)), _trial(1, 40, np.tile(above, 20))
    assert choose([best, worse], SIZES).chosen == best


def test_what_is_rehearsed_is_what_the_procedure_does():
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
    assert SPACE["leaves"].high == MAX_LEAVES
    model = tuned.fitted.candidates["lightgbm"]
    assert max(len(tree.splits) + 1 for tree in parse_trees(model.trees)) <= MAX_LEAVES


def test_a_tuned_model_moves_only_the_declared_way_even_where_the_data_say_otherwise(tmp_path):
    rows = replace(training_rows(), y=1 - training_rows().y)
    folds = InnerFolds(rows, FEATURES, seed=0)
    trials = look(tmp_path / "a.db", 6, loss=folds.loss_by_household)
    for settings in {choose(trials, folds.sizes).chosen.settings, trials[-1].settings, QUICK}:
        model = fit_and_choose(rows, FEATURES, settings=settings).candidates["lightgbm"]
        for place, feature in enumerate(FEATURES):
            if feature.effect == "any":
                continue
            low, high = rows.values[:200].copy(), rows.values[:200].copy()
            low[:, place], high[:, place] = np.nanquantile(rows.values[:, place], [0.1, 0.9])
            gain = model.explain(high).margin - model.explain(low).margin
            assert (gain * (1 if feature.effect == "increasing" else -1)).min() >= -1e-9


def test_the_evaluation_says_what_was_searched_chosen_and_whether_it_was_worth_it(tuned):
    found = json.loads((tuned.out / "evaluation.json").read_text(encoding="utf-8"))
    section, used = found["tuning"], found["settings"]
    assert section["trials"] == len(section["history"]) == 6
    assert section["chosen"] == {"C": used["C"], **used["trees"]}
    assert section["log_loss_best"] <= section["log_loss_chosen"]
    assert section["log_loss_chosen"] - section["log_loss_best"] <= section["standard_error"]
    later = section["gain_later"]["log_loss"]
    assert later["low"] <= later["difference"] <= later["high"]
    assert tuning_paragraph(section) in (tuned.out / "card.md").read_text(encoding="utf-8")


def test_no_test_fold_has_a_say(tuned, tmp_path):
    study = tuned.study
    first = temporal_folds(study.observations, study.labels, count=2)[0]
    late = study.labels.known_on > first.day
    spoiled = replace(
        study, labels=replace(study.labels, value=np.where(late, 1 - study.labels.value, study.labels.value))
    )
    settings, report = tune(spoiled, QUICK, Budget(6), out=tmp_path, tell=_quiet)
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
def test_the_card_says_it_in_both_languages(tuned, verdict):
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
        "assert any('--tuning' in note for note in trained.evaluation['notes']); "
        "sys.exit('optuna' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


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
    done = run_cli("train", inputs.panel, "--out", tmp_path / "out", *options)
    assert done.returncode == 2
    assert words in " ".join(done.stderr.replace("│", " ").split())


def run_cli(*arguments):
    command = [sys.executable, "-c", "from graduasi.commands.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True)
