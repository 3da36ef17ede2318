"""The lists that evaluation judges are those that mentors get."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from graduasi.panel.events import NO_EVENTS
from graduasi_training.evaluation.evaluate import evaluate
from graduasi_training.evaluation.folds.judged import JudgedFold, judge_folds
from graduasi_training.evaluation.folds.proposed import note_on_band, note_on_caseloads, proposed_by
from graduasi_training.fitting.linear_and_trees import Settings
from graduasi_training.judging.held_out import HeldOut
from graduasi_training.judging.lists import listed
from graduasi_training.pipeline import Inputs, read_study
from graduasi_training.registry.gates import Challenger, somebody_to_list
from graduasi_training.report.sections.lists import lists as list_section
from graduasi_training.study.study import Study, prepare
from tests.made_up.given_lists import given_lists
from tests.made_up.small_run import QUICK
from tests.made_up.worlds import PROGRAMME, declarations_of, draw_welfare, world_of

REAL = Path(__file__).parents[3] / "data" / "graduation_pakistan"
RARE, SOME, HALF, NEARLY_ALL = 0.01, 0.05, 0.5, 0.99


def _quiet(_text):
    """Takes the progress of training and shows it to nobody."""


@lru_cache
def world(prevalence: float, *, households: int = 2400, ready: float = 0.4) -> Study:
    """A share `prevalence` of the families is well off at any time; 40 mentors, yearly visits."""
    rng = np.random.default_rng(11)
    welfare = draw_welfare(rng, households, np.full(28, norm.ppf(prevalence)))
    yearly = np.broadcast_to(np.arange(28) % 4 == 0, welfare.shape)
    programme = PROGRAMME.replace("every_months = 3", "every_months = 12").replace("ready = 0.40", f"ready = {ready}")
    drawn = world_of(rng, welfare, yearly, declarations=declarations_of(programme))
    return prepare(drawn.panel, NO_EVENTS, drawn.declarations)


@lru_cache
def last_fold(prevalence: float, **changes: float) -> tuple[Study, JudgedFold]:
    study = world(prevalence, **changes)
    return study, judge_folds(study, settings=QUICK, tell=_quiet)[-1]


def judged_lists(study: Study, last: JudgedFold) -> dict[str, dict[str, float]]:
    """By mentor, the households that are judged as listed and their shares of a place."""
    share = listed(last.champion, last.proposed)
    snapshots = study.observations.snapshot[last.fold.test]
    mentors, households = study.panel.mentor_id.take(snapshots), study.panel.household_id.take(snapshots)
    lists: dict[str, dict[str, float]] = {mentor or "": {} for mentor in mentors.to_pylist()}
    for row in np.flatnonzero(share > 0):
        lists[mentors[row].as_py() or ""][households[row].as_py()] = float(share[row])
    return lists


@pytest.mark.parametrize("prevalence", [RARE, SOME, HALF, NEARLY_ALL])
def test_the_judged_lists_hold_whom_the_given_lists_hold_however_many_are_ready(prevalence):
    study, last = last_fold(prevalence)
    given = given_lists(study, last.model(with_intervals=last.shows_intervals), last.fold.day)
    judged = judged_lists(study, last)
    assert set(given) == set(judged)
    for mentor, households in given.items():
        assert len(households) == pytest.approx(sum(judged[mentor].values()))
        assert set(households) <= set(judged[mentor])  # more only where scores are equal
    figures = last.judged["champion"].figures
    total = sum(map(len, given.values()))
    assert figures["listed"] == total
    assert figures["quota_filled"] == pytest.approx(total / 400)
    assert (total < 400) == (prevalence <= SOME)


def test_a_list_leaves_out_whom_an_interval_makes_unsure_as_the_given_list_does():
    study, last = last_fold(HALF)
    wide = replace(last.intervals, z=25.0)
    model = replace(last.fitted.champion, intervals=wide)
    unsure = replace(last, proposed=proposed_by(study, last, model, last.champion))
    given = given_lists(study, model, last.fold.day)
    assert {mentor: len(households) for mentor, households in given.items()} == {
        mentor: round(sum(shares.values())) for mentor, shares in judged_lists(study, unsure).items()
    }
    assert sum(map(len, given.values())) < last.judged["champion"].figures["listed"]


def test_on_a_real_panel_without_mentors_the_judged_list_holds_nobody_below_the_band():
    folder = REAL.parent / "teen_poverty"
    files = (folder / name for name in ("dictionary.toml", "programme.toml"))
    study, _ = read_study(Inputs(folder / "households.csv", None, *files))
    last = judge_folds(study, settings=Settings(), tell=_quiet)[-1]
    judged = judged_lists(study, last)[""]
    (given,) = given_lists(study, last.model(with_intervals=last.shows_intervals), last.fold.day).values()
    assert given
    assert set(given) <= set(judged)
    assert (last.champion[listed(last.champion, last.proposed) > 0] >= study.programme.bands.ready).all()


def test_every_other_ranking_fills_as_many_places_of_each_mentor_as_the_champion():
    _, last = last_fold(SOME)
    champion = _by_mentor(last.test, listed(last.champion, last.proposed))
    assert 0 < champion.sum() < 400
    for name, forecast in last.probability.items():
        assert _by_mentor(last.test, listed(forecast, last.test)) == pytest.approx(champion)
        figures = last.judged[name].figures
        assert figures["listed"] == round(champion.sum())
        assert figures["at_quota_share"]["50"]["listed"] <= figures["listed"]


def _by_mentor(test: HeldOut, share: np.ndarray) -> np.ndarray:
    return np.bincount(np.unique(test.mentor, return_inverse=True)[1], weights=share)


def test_where_no_score_reaches_the_band_precision_at_quota_is_null_and_the_note_and_the_gate_say_why():
    study = world(SOME, ready=0.97)
    evaluation = evaluate(study, settings=QUICK, tell=_quiet)
    fold = evaluation["folds"][-1]
    champion = fold["candidates"]["champion"]
    assert (fold["ready_rows"], champion["listed"], champion["precision_at_quota"]) == (0, 0, None)
    assert fold["eligible_rows"] == fold["test_rows"]
    assert evaluation["primary_metric"] == "precision_at_10pct"
    highest = f"{fold['highest_eligible_score']:.3f}"
    assert any(
        f"no score reaches bands.ready (0.97); the highest among families that could be listed is {highest}"
        in note["text"]
        for note in evaluation["notes"]
    )
    assert "no score reaches bands.ready" in list_section(evaluation).body
    (finding,) = somebody_to_list(Challenger(evaluation, REAL, ""))
    assert finding.refuses
    assert "no score reaches bands.ready (0.97)" in finding.sentence
    assert highest in finding.sentence


def test_where_every_ready_family_is_unsure_the_note_and_the_gate_say_so():
    _, last = last_fold(HALF)
    nobody = last.test.as_proposed(np.zeros(len(last.test), dtype=bool))
    note = note_on_band(last.test, nobody, last.champion, ready=0.4, days=400)
    assert note is not None
    assert f"{(last.champion >= 0.4).sum()} families reach bands.ready (0.4)" in note["text"]
    fold = {"eligible_rows": 400, "ready_rows": 0, "highest_eligible_score": 0.7}
    evaluation = {"bands": {"ready": 0.4, "nearly": 0.2}, "folds": [fold]}
    (finding,) = somebody_to_list(Challenger(evaluation, REAL, ""))
    assert "it is unsure" in finding.sentence


def test_a_note_says_that_most_caseloads_are_within_the_quota_and_where_every_ranking_lists_the_same():
    study, last = last_fold(NEARLY_ALL, households=360)  # nine families a mentor, and a quota of ten
    assert (np.bincount(last.test.mentor) <= 10).all()
    note = note_on_caseloads(last.test)
    assert note is not None
    assert "40 of 40 mentors have no more families that could be listed than the quota of 10" in note["text"]
    precision = {name: judged.figures["precision_at_quota"] for name, judged in last.judged.items()}
    everyone = float(np.nanmean(last.test.y))
    assert list(precision.values()) == pytest.approx([everyone] * len(precision), abs=0.02)
    assert note_on_caseloads(last_fold(HALF)[1].test) is None
    assert any(
        found["key"] == "caseload_within_quota" for found in evaluate(study, settings=QUICK, tell=_quiet)["notes"]
    )
