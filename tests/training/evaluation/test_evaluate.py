"""Evaluation end to end, on two real panels and on drawn ones of which the right result is known."""

import shutil
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from graduasi.dates import add_months, to_day
from graduasi.errors import Refused, TrainingError
from graduasi.panel.events import NO_EVENTS
from graduasi.panel.table_contract import check_panel
from graduasi_training.evaluation import extra_fits
from graduasi_training.evaluation.evaluate import evaluate
from graduasi_training.evaluation.folds.judged import judge_folds
from graduasi_training.evaluation.stability import score_drift
from graduasi_training.evaluation.uninformative import note_on_outcomes
from graduasi_training.fitting import selection
from graduasi_training.fitting.linear_and_trees import Settings
from graduasi_training.pipeline import Inputs, read_study
from graduasi_training.study.study import prepare
from tests.made_up.small_programme import SMALL, declared, draw_table
from tests.made_up.small_run import QUICK, YEARLY, drawn_study

DATA = Path(__file__).parents[2] / "data"
REAL = {"teen_poverty": (0.63, 0.80), "graduation_pakistan": (0.53, 0.70)}
"""By panel, the AUC that an untuned model reaches and the AUC that only a leak could reach (the panels' README)."""


def _quiet(_text):
    """Takes the progress of training and shows it to nobody."""


def _inputs(folder):
    return Inputs(folder / "households.csv", None, folder / "dictionary.toml", folder / "programme.toml")


def _texts(evaluation):
    return [note["text"] for note in evaluation["notes"]]


@lru_cache
def _real(name):
    study, _ = read_study(_inputs(DATA / name))
    return study, evaluate(study, settings=Settings(), tell=_quiet)


@pytest.mark.parametrize("name", REAL)
def test_the_champion_s_auc_on_a_real_panel_is_attainable_and_no_leak(name):
    low, high = REAL[name]
    for fold in _real(name)[1]["folds"]:
        assert low <= fold["candidates"]["champion"]["auc"] <= high


@pytest.mark.parametrize("name", REAL)
def test_on_a_real_panel_families_that_were_never_seen_are_ranked_beyond_doubt_too(name):
    *earlier, last = _real(name)[1]["folds"]
    assert (
        0.5 < last["household_disjoint_auc_low"] < last["household_disjoint_auc"] < last["household_disjoint_auc_high"]
    )
    assert not any("household_disjoint_auc" in fold for fold in earlier)


@pytest.mark.parametrize("name", REAL)
def test_an_evaluation_has_the_documented_shape(name):
    evaluation = _real(name)[1]
    assert evaluation["primary_metric"] == "precision_at_10pct"
    for fold in evaluation["folds"]:
        assert {
            "additive",
            "lightgbm",
            "logistic",
            "blend",
            "champion",
            "baseline:prior",
            "baseline:longest_enrolled",
        } <= set(fold["candidates"])
        assert fold["chosen"] in ("logistic", "additive", "lightgbm", "blend")
        champion, chosen = (fold["candidates"][key] for key in ("champion", fold["chosen"]))
        assert champion["auc"] == chosen["auc"]
        assert champion["auc_low"] <= champion["auc"] <= champion["auc_high"]
        assert 0 < fold["base_rate"] < 1
        assert fold["candidates"]["baseline:prior"]["auc"] == 0.5
    for row in (*evaluation["comparison"], *evaluation["comparison_pooled"]):
        assert row["low"] <= row["difference"] <= row["high"]
        assert row["verdict"] == ("better" if row["low"] > 0 else "worse" if row["high"] < 0 else "indistinguishable")


@pytest.mark.parametrize("name", REAL)
def test_the_champion_is_compared_with_every_candidate_and_baseline_in_every_metric(name):
    evaluation = _real(name)[1]
    others = set(evaluation["folds"][-1]["candidates"]) - {"champion"}
    for metric in ("auc", "precision_at_10pct", "brier", "log_loss"):
        assert {row["against"] for row in evaluation["comparison"] if row["metric"] == metric} == others


@pytest.mark.parametrize("name", REAL)
def test_without_mentors_lists_are_null_and_a_note_says_why(name):
    evaluation = _real(name)[1]
    champion = evaluation["folds"][-1]["candidates"]["champion"]
    assert evaluation["list_curve"] is None
    assert champion["precision_at_quota_macro"] is None
    assert champion["at_quota_share"] is None
    assert any("no mentors" in text for text in _texts(evaluation))


def test_fields_and_baselines_that_are_the_same_for_all_are_named_in_the_notes():
    # All families there were first seen on one day, and none had a business at the first visit.
    notes = " ".join(_texts(_real("graduation_pakistan")[1]))
    assert "it learned nothing from: ibusiness_month." in notes
    assert "being better than it says nothing: longest_enrolled." in notes


def test_notes_say_that_nobody_could_be_listed_and_that_outcomes_are_few(tmp_path):
    shutil.copytree(DATA / "teen_poverty", tmp_path / "panel")
    rules = tmp_path / "panel" / "programme.toml"
    floor = '[[floor]]\ncode = "OLD"\ntext.en = "over 99"\n[[floor.rules]]\nfield = "age"\nop = ">"\nvalue = 99\n'
    rules.write_text(f"{rules.read_text(encoding='utf-8')}\n{floor}", encoding="utf-8")
    study, _ = read_study(_inputs(tmp_path / "panel"))
    evaluation = evaluate(study, settings=Settings(), tell=_quiet)
    notes = " ".join(_texts(evaluation))
    assert "No family of the last test date could be listed" in notes
    assert evaluation["folds"][-1]["eligible_rows"] == 0
    test = study.test_set(np.flatnonzero(study.labels.is_labelled & (study.labels.value == 0)))
    assert f"Of {len(test)} labelled families of the last test date 0 met the label" in str(note_on_outcomes(test))


def test_with_one_test_date_there_is_no_stability_and_a_note_says_so():
    evaluation = _real("graduation_pakistan")[1]
    assert evaluation["stability"] is None
    assert evaluation["score_drift"] == []
    assert any("one test date" in text for text in _texts(evaluation))


def test_successive_folds_are_compared():
    evaluation = _real("teen_poverty")[1]
    first, second = (fold["test_as_of"] for fold in evaluation["folds"])
    (row,) = evaluation["score_drift"]
    assert (row["from"], row["to"]) == (first, second)
    assert row["base_rate_change_low"] <= row["base_rate_change"] <= row["base_rate_change_high"]
    stability = evaluation["stability"]
    assert 0 <= stability["list_overlap"] < stability["same_families_overlap"] < 1  # who was ready is poor no more
    assert 0 <= stability["reason_flips"] <= 1


def test_score_drift_is_of_the_first_fold_s_model_which_learned_from_no_test_date():
    study = drawn_study(3)
    first, second = judge_folds(study, settings=QUICK, tell=_quiet)
    scores = [first.fitted.champion.explain(study.values[judged.fold.test]).score for judged in (first, second)]
    (row,) = evaluate(study, settings=QUICK, tell=_quiet)["score_drift"]
    assert {name: row[name] for name in ("psi", "ks", "n_from", "n_to")} == score_drift(*scores)


def test_the_groups_of_a_real_panel_are_reported_with_their_size():
    groups = _real("teen_poverty")[1]["groups"]["black"]
    assert set(groups) == {"true", "false"}
    assert groups["true"]["base_rate"] < groups["false"]["base_rate"]


def test_other_labels_are_judged_beside_the_target_where_they_have_matured():
    study, evaluation = _real("teen_poverty")
    section = evaluation["other_labels"]["out_two_years"]
    assert section["test_as_of"] < evaluation["folds"][-1]["test_as_of"]  # it takes a year longer to be known
    assert section["champion"]["auc_low"] > 0.5
    assert section["agreement"]["other_only"] == 0  # out for two years means out next year
    assert section["known_by"] > section["test_as_of"]
    (other,) = (label for label in study.programme.labels if label.name == "out_two_years")
    day = to_day(date.fromisoformat(section["test_as_of"]))
    value = study.label_by(other).value[study.observations.day == day]
    assert (section["n"], section["base_rate"]) == (np.sum(~np.isnan(value)), pytest.approx(np.nanmean(value)))


def test_the_same_seed_gives_the_same_evaluation():
    study, first = _real("graduation_pakistan")
    assert evaluate(study, settings=Settings(), tell=_quiet) == first


def _planted(folder, declaration='kind = "outcome"'):
    """The Pakistani panel with the next visit's outcome in a field of this one, declared as given."""
    shutil.copytree(DATA / "graduation_pakistan", folder)
    lines = (folder / "households.csv").read_text(encoding="utf-8").splitlines()
    names = lines[0].split(",")
    column = names.index("ctotal_pcmonth")
    planted = [f"{lines[0]},future"]
    for line, following in zip(lines[1:], [*lines[2:], ""], strict=True):
        same = following.split(",")[0] == line.split(",")[0]
        planted.append(f"{line},{following.split(',')[column] if same else ''}")
    (folder / "households.csv").write_text("\n".join(planted) + "\n", encoding="utf-8")
    with (folder / "dictionary.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[fields.future]\ntype = "number"\n{declaration}\nlabel.en = "Future"\nsource = "planted"\n')
    return read_study(_inputs(folder))[0]


def test_a_planted_outcome_is_no_feature_and_changes_nothing(tmp_path):
    study = _planted(tmp_path / "panel")
    assert not [feature for feature in study.features if feature.field.name == "future"]
    folds = evaluate(study, settings=Settings(), tell=_quiet)["folds"]
    assert (
        folds[0]["candidates"]["champion"]["auc"]
        == _real("graduation_pakistan")[1]["folds"][0]["candidates"]["champion"]["auc"]
    )


@pytest.mark.parametrize(("lag", "leaks"), [("", True), ("lag_days = 10000", False)])
def test_a_field_that_tells_the_future_is_hidden_by_its_lag(tmp_path, lag, leaks):
    study = _planted(tmp_path / "panel", f'kind = "lever"\n{lag}')
    champion = evaluate(study, settings=Settings(), tell=_quiet)["folds"][-1]["candidates"]["champion"]
    assert (champion["auc"] > 0.9) == leaks
    assert leaks or champion["auc"] <= REAL["graduation_pakistan"][1]


def test_on_noise_the_interval_of_the_auc_holds_a_half():
    for seed in (1, 2):
        evaluation = evaluate(drawn_study(seed, shuffled=True), settings=QUICK, tell=_quiet)
        champion = evaluation["folds"][-1]["candidates"]["champion"]
        assert champion["auc_low"] <= 0.5 <= champion["auc_high"]


def test_what_a_panel_teaches_is_learned_and_judged_by_the_mentors_lists():
    evaluation = evaluate(drawn_study(3, households=450), settings=QUICK, tell=_quiet)
    champion = evaluation["folds"][-1]["candidates"]["champion"]
    assert evaluation["primary_metric"] == "precision_at_quota"
    assert champion["auc_low"] > 0.5
    low, high = champion["precision_at_quota_bounds"]
    assert 0 <= low <= champion["precision_at_quota"] <= high <= 1
    assert champion["listed_labelled"] <= champion["listed"] <= 3 * 4


def test_each_area_and_group_too_small_to_judge_says_so():
    groups = evaluate(drawn_study(3), settings=QUICK, tell=_quiet)["groups"]
    assert set(groups) == {"missed_meals", "area_code"}
    for rows in groups.values():
        assert all(row["n"] >= 30 or row["note"] == "too few" for row in rows.values())


def test_a_panel_that_can_teach_nothing_is_refused():
    table = draw_table(np.random.default_rng(1), households=20, visits=1)
    with pytest.raises(TrainingError):
        evaluate(
            prepare(check_panel(table, SMALL)[0], NO_EVENTS, declared(SMALL, YEARLY)),
            settings=QUICK,
            tell=_quiet,
        )


def test_faults_of_panel_and_events_are_reported_together(tmp_path):
    shutil.copytree(DATA / "teen_poverty", tmp_path / "p")
    panel, events = tmp_path / "p" / "households.csv", tmp_path / "p" / "events.csv"
    panel.write_text(panel.read_text(encoding="utf-8").replace(",16,", ",160,", 1), encoding="utf-8")
    events.write_text("household_id,event,event_date\nNLSY-22,vanished,1980-01-01\n", encoding="utf-8")
    with pytest.raises(Refused) as refused:
        read_study(Inputs(panel, events, tmp_path / "p" / "dictionary.toml", tmp_path / "p" / "programme.toml"))
    assert [sentence.split(":")[0] for sentence in refused.value.reasons] == ["households.csv", "events.csv"]


def test_families_that_fail_the_floor_or_are_protected_or_stale_are_not_eligible():
    study = drawn_study(3)
    rows = study.observations.snapshot[study.eligible]
    values = study.panel.values[rows]
    assert (values[:, SMALL.column("missed_meals")] == 0).all()
    assert (values[:, SMALL.column("all_elderly")] == 0).all()
    assert (study.observations.day[study.eligible] - study.panel.as_of[rows] <= 200).all()
    assert 0 < study.eligible.mean() < 1
    assert study.panel.as_of.min() >= to_day(np.datetime64("2020-01-01").astype(object))


def test_a_full_evaluation_leaves_out_areas_and_tries_other_seeds_and_reports_its_progress(monkeypatch):
    monkeypatch.setattr(selection, "DOUBT", 0.0)  # the best is taken, which has trees: a regression knows no seed
    progress = []
    evaluation = evaluate(drawn_study(3, households=450), settings=QUICK, tell=progress.append, full=True)
    areas = evaluation["areas_left_out"]
    assert set(areas) == {"32.00", "32.01", "32.02"}
    for row in areas.values():
        assert "note" in row or row["auc_low"] <= row["auc"] <= row["auc_high"]
    seeds = evaluation["stability"]["seeds"]
    assert sum(seeds["chosen"].values()) == seeds["n"] == 5
    assert seeds["auc_min"] <= evaluation["folds"][-1]["candidates"]["champion"]["auc"] <= seeds["auc_max"]
    assert seeds["auc_min"] < seeds["auc_max"]
    assert any("32.01" in line for line in progress)
    assert "seed 5 of 5" in progress


def test_the_first_reasons_of_every_two_seeds_are_compared(monkeypatch):
    study = drawn_study(3)
    last, reasons = judge_folds(study, settings=QUICK, tell=_quiet)[-1], iter("aabbb")
    monkeypatch.setattr(extra_fits, "first_reasons", lambda model, values: np.full(len(values), next(reasons)))
    seeds = extra_fits.across_seeds(study, last, settings=QUICK, tell=_quiet)
    assert seeds["reason_flips"] == pytest.approx(6 / 10)


def _rows_learned_from(monkeypatch):
    """The training rows of every fit that `--full` adds, filled in as the fits are made."""
    rows_of_fits, fit = [], extra_fits.fit_and_choose
    monkeypatch.setattr(
        extra_fits,
        "fit_and_choose",
        lambda rows, *rest, **options: rows_of_fits.append(rows) or fit(rows, *rest, **options),
    )
    return rows_of_fits


def test_a_model_that_is_judged_on_an_area_never_learned_from_a_family_of_it(monkeypatch):
    study = drawn_study(3, households=450)
    last = judge_folds(study, settings=QUICK, tell=_quiet)[-1]
    learned_from = _rows_learned_from(monkeypatch)
    areas = extra_fits.areas_left_out(study, last, settings=QUICK, tell=_quiet)
    area_of = dict(zip(study.panel.household.tolist(), study.panel.area_code.to_pylist(), strict=True))
    for name, rows in zip(areas, learned_from, strict=True):
        assert {area_of[household] for household in rows.household.tolist()} == set(areas) - {name}


def _with_movers(study):
    """The same families, but every fourth lives in the next area from its fourth snapshot on."""
    panel = study.panel
    visit = np.arange(len(panel)) - panel.starts()[panel.household]
    moved = (panel.household % 4 == 0) & (visit >= 3)
    area = (panel.household + moved) % 3
    return replace(study, panel=replace(panel, area_code=pa.array([f"32.{number:02}" for number in area])))


def test_a_family_that_moved_into_an_area_or_out_of_it_is_not_learned_from_when_the_area_is_left_out(monkeypatch):
    study = _with_movers(drawn_study(3, households=450))
    last = judge_folds(study, settings=QUICK, tell=_quiet)[-1]
    learned_from = _rows_learned_from(monkeypatch)
    areas = extra_fits.areas_left_out(study, last, settings=QUICK, tell=_quiet)
    observed_area = study.group_values("area_code", np.arange(len(study.observations)))
    household = study.panel.household[study.observations.snapshot]
    area_at = dict(
        zip(zip(household.tolist(), study.observations.day.tolist(), strict=True), observed_area, strict=True)
    )
    moved_in = moved_out = 0
    for name, rows in zip(areas, learned_from, strict=True):
        lives_there = set(household[last.fold.test][observed_area[last.fold.test] == name].tolist())
        seen_there = set(household[last.fold.train][observed_area[last.fold.train] == name].tolist())
        assert not lives_there & set(rows.household.tolist())
        assert all(area_at[key] != name for key in zip(rows.household.tolist(), rows.day.tolist(), strict=True))
        elsewhere = set(household[last.fold.train][observed_area[last.fold.train] != name].tolist())
        moved_in += len(lives_there & elsewhere)
        moved_out += len(seen_there - lives_there)
    assert min(moved_in, moved_out) > 30


def test_an_embargo_holds_in_every_fold():
    study = drawn_study(3)
    rules = study.programme.evaluation.model_copy(update={"embargo_months": 3})
    embargoed = replace(
        study,
        declarations=replace(study.declarations, programme=study.programme.model_copy(update={"evaluation": rules})),
    )
    for judged in judge_folds(embargoed, settings=QUICK, tell=_quiet):
        latest = study.labels.known_on[judged.fold.train].max()
        assert latest <= add_months(np.array([judged.fold.day], dtype=np.int32), -3)[0]


def test_without_full_a_note_says_how_to_get_it():
    evaluation = _real("teen_poverty")[1]
    assert evaluation["areas_left_out"] is None
    assert evaluation["stability"]["seeds"] is None
    assert any("--full" in text for text in _texts(evaluation))


@pytest.mark.parametrize(("name", "offsets"), [("teen_poverty", [-0.29, 0.17]), ("graduation_pakistan", [-0.26])])
def test_a_fold_reports_how_far_its_whole_period_came_out_beside_the_forecast(name, offsets):
    """The figures beside which the prior of the spread of periods stands (docs/decisions/0012)."""
    assert [fold["offset"] for fold in _real(name)[1]["folds"]] == pytest.approx(offsets, abs=0.01)
