"""Who counts as a graduate, what became of each, and when there are too few to learn from."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pytest

from graduasi.dates import from_day
from graduasi.panel.events import NO_EVENTS, check_events
from graduasi.panel.table_contract import check_panel
from graduasi_training.evaluation.relapse import judge_relapse, learn_from, learn_relapse
from graduasi_training.fitting import relapse as relapse_fitting
from graduasi_training.fitting.relapse import fit_relapse
from graduasi_training.notes import note
from graduasi_training.study.graduates import MIN_GRADUATES, MIN_OUTCOMES, find_graduates
from graduasi_training.study.study import prepare
from tests.made_up.small_programme import (
    PROGRAMME,
    RULES,
    SMALL,
    declared,
    draw_table,
    household,
    panel_of,
    programme_of,
)
from tests.made_up.small_run import QUICK

NEVER_UNDONE = PROGRAMME.replace('undone_by = ["re_entered"]\n', "").replace("undone_within_months = 6\n", "")
VISITS = ("2020-01-01", "2020-07-01", "2021-01-01", "2021-07-01", "2022-01-01")


def study_of(panel, *events, programme=RULES):
    rows = [
        dict(zip(("household_id", "event", "event_date", "known_on"), (*event, event[2])[:4], strict=True))
        for event in events
    ]
    found = check_events(pa.Table.from_pylist(rows), programme) if events else NO_EVENTS
    return prepare(panel, found, declared(SMALL, programme))


def graduates(*events, visits=VISITS, **columns):
    """What is found of one family with these visits; the panel ends on the last of them."""
    panel = panel_of(
        *(household("K1", visit, graduated=True, **columns) for visit in visits),
        *(household("K2", visit, graduated=False) for visit in VISITS),
    )
    study = study_of(panel, *events)
    return find_graduates(study, study.programme.relapse_label)


GRADUATED = ("K1", "graduated", "2020-08-01")


def test_a_graduate_is_seen_as_known_that_day_and_followed_for_the_months_of_the_label():
    rows = [household("K1", visit, income_idr=1e6 * place) for place, visit in enumerate(VISITS, start=2)]
    study = study_of(panel_of(*rows), GRADUATED)
    found = find_graduates(study, study.programme.relapse_label)
    assert found.stayed_out.tolist() == [1.0]
    assert from_day(int(found.day[0])).isoformat() == "2020-08-01"
    assert from_day(int(found.known_on[0])).isoformat() == "2021-02-01"
    assert found.values[0, 0] == 1.5  # income over the poverty line, from the visit of July
    assert found.area.tolist() == ["32.01"]


@pytest.mark.parametrize(
    ("later", "stayed_out"),
    [
        (("K1", "re_entered", "2020-08-02"), [0.0]),
        (("K1", "re_entered", "2021-02-01"), [0.0]),
        (("K1", "re_entered", "2021-02-02"), [1.0]),  # after the window
        (("K1", "re_entered", "2020-07-31"), [1.0]),  # before it graduated
        (("K1", "re_entered", "2020-08-01"), [1.0]),  # the same day
        (("K2", "re_entered", "2020-09-01"), [1.0]),  # somebody else
        (("K1", "moved_or_died", "2020-12-01"), []),  # nobody can say whether it would have stayed out
        (("K1", "moved_or_died", "2021-03-01"), [1.0]),
    ],
)
def test_what_comes_after_decides_what_became_of_a_graduate(later, stayed_out):
    assert graduates(GRADUATED, later).stayed_out.tolist() == stayed_out


def test_who_returned_and_then_moved_returned():
    found = graduates(GRADUATED, ("K1", "re_entered", "2020-09-01"), ("K1", "moved_or_died", "2020-12-01"))
    assert found.stayed_out.tolist() == [0.0]


def test_a_window_that_is_not_over_is_not_known_even_if_the_family_has_returned():
    assert len(graduates(("K1", "graduated", "2021-07-01"))) == 1  # it ends on the panel's last day
    assert len(graduates(("K1", "graduated", "2021-07-02"))) == 0
    assert len(graduates(("K1", "graduated", "2021-08-01"), ("K1", "re_entered", "2021-09-01"))) == 0


@pytest.mark.parametrize(
    ("events", "known_on"),
    [
        ([GRADUATED, ("K1", "re_entered", "2020-09-01", "2021-10-06")], ["2021-10-06"]),
        ([(*GRADUATED, "2021-05-03")], ["2021-05-03"]),
        ([GRADUATED, ("K1", "re_entered", "2020-09-01", "2020-10-01")], ["2021-02-01"]),
        ([GRADUATED, ("K1", "re_entered", "2020-09-01"), ("K1", "moved_or_died", "2020-12-01", "2021-06-01")], ["2021-06-01"]),
    ],
    ids=["return told late", "graduation told late", "told within the window", "end told late"],
)  # fmt: skip
def test_what_became_of_a_graduate_is_known_when_the_window_is_over_and_all_of_it_was_told(events, known_on):
    assert [from_day(int(day)).isoformat() for day in graduates(*events).known_on] == known_on


def told_late(study, days):
    """The same study, but every return is told so many days after it happened."""
    late = np.where(study.events.event == "re_entered", days, 0).astype(np.int32)
    return replace(study, events=replace(study.events, known_on=study.events.event_date + late))


def test_a_return_told_late_is_learned_from_only_once_it_was_told():
    study, soon = many()
    late = find_graduates(told_late(study, 400), study.programme.relapse_label)
    assert (late.known_on - late.day)[late.stayed_out == 0].min() >= 460  # they return after 60 days
    told = {
        each: judge_relapse(found, study, QUICK)["train_rows"] for each, found in {"soon": soon, "late": late}.items()
    }
    assert told["late"] < told["soon"]


def test_a_graduation_that_no_visit_precedes_or_of_an_unknown_family_is_left_out():
    assert len(graduates(("K1", "graduated", "2019-12-31"))) == 0
    assert len(graduates(("K9", "graduated", "2020-08-01"))) == 0


def test_a_visit_that_was_not_known_that_day_does_not_tell_of_the_graduate():
    panel = panel_of(household("K1", "2020-07-01", known_on="2020-09-01"), household("K2", "2022-01-01"))
    study = study_of(panel, GRADUATED)
    assert len(find_graduates(study, study.programme.relapse_label)) == 0


def test_without_events_or_without_a_label_that_says_what_undoes_graduating_there_is_a_note():
    panel = panel_of(*(household("K1", visit, graduated=True) for visit in VISITS))
    never = study_of(panel, GRADUATED, programme=programme_of(NEVER_UNDONE))
    for study in (study_of(panel), never):
        assert learn_relapse(study, QUICK) == (None, {"n": 0, "note": note("relapse_no_events")})
    assert never.programme.relapse_label is None


def drawn_study(count, *, seed=3):
    """The first `count` households graduate at their third visit; the poorer ones come back more often."""
    rng = np.random.default_rng(seed)
    table = draw_table(rng, households=900, visits=6, unknown=0.05).drop_columns(["known_on"])
    panel = check_panel(table, SMALL)[0]
    income = panel.values[:, SMALL.column("income_idr")]
    events = []
    for start in np.unique(panel.starts())[:count]:
        name, day = panel.household_id[int(start)].as_py(), int(panel.as_of[start]) + rng.integers(30, 430)
        events.append((name, "graduated", from_day(int(day)).isoformat()))
        if rng.random() < (0.7 if income[start] < 1_600_000 else 0.1):
            events.append((name, "re_entered", from_day(int(day) + 60).isoformat()))
    every_four_months = PROGRAMME.replace("folds = 1", "folds = 1\nevery_months = 4")
    return study_of(panel, *events, programme=programme_of(every_four_months))


@lru_cache
def many():
    study = drawn_study(900)
    return study, find_graduates(study, study.programme.relapse_label)


def test_too_few_graduates_teach_nothing_and_the_note_says_how_many_there_were():
    study = drawn_study(60)
    model, told = learn_relapse(study, QUICK)
    assert model is None
    assert told["n"] == len(find_graduates(study, study.programme.relapse_label)) < MIN_GRADUATES
    assert f"{told['n']} graduates could be followed" in told["note"]


@pytest.mark.parametrize(("count", "teach"), [(MIN_OUTCOMES - 1, False), (MIN_OUTCOMES, True)])
def test_graduates_of_whom_hardly_any_returned_teach_nothing(count, teach):
    _, found = many()
    kept = (found.stayed_out == 1) | (np.cumsum(found.stayed_out == 0) <= count)
    assert kept.sum() >= MIN_GRADUATES
    assert found.take(kept).teach == teach


def test_the_risk_is_higher_where_graduates_came_back_and_calibrated_on_the_whole():
    study, found = many()
    model = fit_relapse(found, study, QUICK)
    risk = model.risk(found.values, pa.array(found.area, pa.string()), np.zeros(found.values.shape, dtype=bool)).risk
    known = ~np.isnan(risk)
    assert 0.97 < known.mean() < 1
    returned = found.stayed_out[known] == 0
    assert risk[known][returned].mean() > risk[known][~returned].mean() + 0.1
    assert risk[known].mean() == pytest.approx(returned.mean(), abs=0.05)


def test_the_judgement_is_of_later_graduates_by_a_model_of_earlier_ones():
    study, found = many()
    told = judge_relapse(found, study, QUICK)
    assert told["train_rows"] + told["n"] <= told["graduates"] == len(found)
    assert told["auc_low"] <= told["auc"] <= told["auc_high"]
    assert told["auc"] > 0.65
    assert told["brier"] < told["brier_prior"]
    assert told["brier_prior"] > told["base_rate"] * (1 - told["base_rate"])  # the prior is that of earlier graduates


def twice(found):
    return found.take(np.repeat(np.arange(len(found)), 2))


def test_who_graduated_twice_is_never_calibrated_by_a_model_that_learned_from_them(monkeypatch):
    study, found = many()
    fit, learned_from = relapse_fitting._stays_out, []
    monkeypatch.setattr(
        relapse_fitting, "_stays_out", lambda part, *rest: learned_from.append(part) or fit(part, *rest)
    )
    fit_relapse(twice(found), study, QUICK)
    assert len(learned_from) > 2
    assert all((np.unique(part.household, return_counts=True)[1] == 2).all() for part in learned_from)


def test_who_graduated_twice_does_not_make_the_judgement_surer():
    study, found = many()
    once, again = (judge_relapse(each, study, QUICK) for each in (found, twice(found)))
    widths = [told["auc_high"] - told["auc_low"] for told in (once, again)]
    assert widths[1] == pytest.approx(widths[0], rel=0.1)


def test_where_earlier_graduates_are_too_few_to_judge_a_model_by_later_ones_a_note_says_so():
    study, found = many()
    few = found.take(np.arange(len(found)) % 3 == 0)
    told = judge_relapse(few, study, QUICK)
    assert few.teach
    assert told["auc"] is None
    assert "too few graduates to learn from before" in told["note"]


def test_a_risk_that_could_not_be_judged_is_not_told():
    study, found = many()
    model, told = learn_from(found.take(np.arange(len(found)) % 3 == 0), study, QUICK)
    assert model is None
    assert told["note"].startswith("There is no relapse risk")


def turned_late(found):
    """The same graduates, but of the latest those stayed out who had returned."""
    late = found.day >= np.quantile(found.day, 0.7)
    return replace(found, stayed_out=np.where(late, 1 - found.stayed_out, found.stayed_out))


@pytest.mark.parametrize("turned", [False, True])
def test_the_interval_of_a_risk_is_told_only_where_it_held_for_later_graduates(turned):
    study, found = many()
    model, told = learn_from(turned_late(found) if turned else found, study, QUICK)
    assert told["intervals"]["shown"] == (not turned)
    assert (model.stays_out.intervals is None) == turned
    assert ("relapse_low and relapse_high are null" in told.get("note", "")) == turned
    low = model.risk(found.values, pa.array(found.area, pa.string()), np.zeros(found.values.shape, dtype=bool)).low
    assert np.isnan(low).all() == turned


def test_a_risk_that_ranks_no_better_than_chance_says_so():
    study, found = many()
    chance = replace(found, stayed_out=np.random.default_rng(5).permutation(found.stayed_out))
    assert "better than chance" in learn_from(chance, study, QUICK)[1]["note"]
    assert "note" not in learn_from(found, study, QUICK)[1]
