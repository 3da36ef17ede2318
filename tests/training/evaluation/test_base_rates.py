"""Who is found, and what that does to base rates: families visited lately against those that nobody has found for longer."""

import numpy as np
import pytest

from graduasi.panel.events import NO_EVENTS
from graduasi_training.evaluation.base_rates import by_last_visit, note_on_last_visit
from graduasi_training.evaluation.folds.judged import JudgedFold, judge_folds
from graduasi_training.study.study import Study, prepare
from tests.made_up.small_run import QUICK
from tests.made_up.worlds import uneven_visits


def judged(ready: float, others: float) -> tuple[Study, JudgedFold]:
    world = uneven_visits(5, households=1500, quarters=16, ready=ready, others=others, longest_report=60)
    study = prepare(world.panel, NO_EVENTS, world.declarations)
    return study, judge_folds(study, settings=QUICK, tell=lambda text: None)[-1]


@pytest.fixture(scope="module")
def uneven() -> tuple[Study, JudgedFold]:
    return judged(ready=0.5, others=0.95)


def test_families_visited_longer_ago_are_counted_apart(uneven: tuple[Study, JudgedFold]) -> None:
    study, fold = uneven
    parts = by_last_visit(study, fold)
    ages = [fold.fold.day - int(study.panel.as_of[row]) for row in study.observations.snapshot[fold.fold.test]]
    assert parts["usual_days"] == sorted(ages)[len(ages) // 2]
    late = np.array(ages) > parts["usual_days"]
    assert (parts["lately"]["rows"], parts["longer_ago"]["rows"]) == ((~late).sum(), late.sum())
    known = late & ~np.isnan(fold.test.y)
    assert parts["longer_ago"]["labelled"] == known.sum() > 100
    assert parts["longer_ago"]["base_rate"] == pytest.approx(fold.test.y[known].mean())
    assert parts["longer_ago"]["mean_forecast"] == pytest.approx(fold.champion[known].mean())


def test_a_note_says_that_families_who_are_hard_to_find_are_readier_than_forecast() -> None:
    study, fold = judged(ready=0.3, others=0.95)
    (note,) = note_on_last_visit(study, fold)
    assert note["key"] == "last_visit"
    assert note["values"]["ready"] > note["values"]["expected"] + 0.05 * note["values"]["known"]
    assert "A score does not know who is hard to find" in note["text"]


def test_there_is_no_note_where_all_are_found_alike_and_none_where_all_were_found() -> None:
    assert note_on_last_visit(*judged(ready=0.8, others=0.8)) == []
    study, fold = judged(ready=1.0, others=1.0)
    assert by_last_visit(study, fold)["longer_ago"] == {
        "rows": 0,
        "labelled": 0,
        "base_rate": None,
        "mean_forecast": None,
    }
    assert note_on_last_visit(study, fold) == []
