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
from graduasi_training.study.graduates import MIN_GRADUATES, MIN_GRADUATES_PER_OUTCOME, find_graduates
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
    checked = check_events(pa.Table.from_pylist(rows), programme) if events else NO_EVENTS
    return prepare(panel, checked, declared(SMALL, programme))


def graduates(*events, visits=VISITS, **columns):
    """The graduates among two families, of which K1 has these visits and events; the panel ends on VISITS' last day."""
    panel = panel_of(
        *(household("K1", visit, graduated=True, **columns) for visit in visits),
        *(household("K2", visit, graduated=False) for visit in VISITS),
    )
    study = study_of(panel, *events)
    return find_graduates(study, study.programme.relapse_label)


GRADUATED = ("K1", "graduated", "2020-08-01")


def test_a_graduate_is_seen_as_known_that_day_and_followed_for_the_months_of_the_label():
    rows = [household("K1", visit, income_idr=1e6 * millions) for millions, visit in enumerate(VISITS, start=2)]
    study = study_of(panel_of(*rows), GRADUATED)
    graduate = find_graduates(study, study.programme.relapse_label)
    assert graduate.stayed_out.tolist() == [1.0]
    assert from_day(int(graduate.day[0])).isoformat() == "2020-08-01"
    assert from_day(int(graduate.known_on[0])).isoformat() == "2021-02-01"
    assert graduate.values[0, 0] == 1.5  # income over the poverty line, from the visit of July
    assert graduate.area.tolist() == ["32.01"]


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


def test_a_family_that_returned_and_then_moved_counts_as_returned():
    graduate = graduates(GRADUATED, ("K1", "re_entered", "2020-09-01"), ("K1", "moved_or_died", "2020-12-01"))
    assert graduate.stayed_out.tolist() == [0.0]


def test_a_window_that_is_not_over_is_not_known_even_if_the_family_has_returned():
    assert len(graduates(("K1", "graduated", "2021-07-01"))) == 1  # it ends on the panel's last day
    assert len(graduates(("K1", "graduated", "2021-07-02"))) == 0
    assert len(graduates(("K1", "graduated", "2021-08-01"), ("K1", "re_entered", "2021-09-01"))) == 0


@pytest.mark.parametrize(
    ("events", "known_on"),
    [
        ([GRADUATED, ("K1", "re_entered", "2020-09-01", "2021-10-06")], ["2021-10-06"]),
        ([(*GRADUATED, "2021-05-03")], ["2021-08-03"]),
        ([GRADUATED, ("K1", "re_entered", "2020-09-01", "2020-10-01")], ["2021-03-03"]),
        ([GRADUATED, ("K1", "re_entered", "2020-09-01"), ("K1", "moved_or_died", "2020-12-01", "2021-06-01")], ["2021-08-02"]),
    ],
    ids=["return reported late", "graduation reported late", "reported within the window", "end reported late"],
)  # fmt: skip
def test_the_outcome_of_a_graduate_is_known_when_the_window_is_over_and_reports_of_it_usually_are_in(events, known_on):
    """The wait is what reports here take, half a year at most, and longer for a report that took longer still."""
    assert [from_day(int(day)).isoformat() for day in graduates(*events).known_on] == known_on


def with_late_returns(study, days):
    """The same study, but every return is reported so many days after it happened."""
    late = np.where(study.events.event == "re_entered", days, 0).astype(np.int32)
    return replace(study, events=replace(study.events, known_on=study.events.event_date + late))


def test_a_return_that_is_reported_late_is_learned_from_only_then():
    study, soon = many()
    late = find_graduates(with_late_returns(study, 400), study.programme.relapse_label)
    assert (late.known_on - late.day)[late.stayed_out == 0].min() >= 460  # they return after 60 days
    train_rows = [judge_relapse(graduates, study, QUICK)["train_rows"] for graduates in (soon, late)]
    assert train_rows[1] < train_rows[0]


def test_a_graduation_that_no_visit_precedes_or_of_an_unknown_family_is_left_out():
    assert len(graduates(("K1", "graduated", "2019-12-31"))) == 0
    assert len(graduates(("K9", "graduated", "2020-08-01"))) == 0


def test_a_graduation_with_no_visit_known_that_day_is_left_out():
    panel = panel_of(household("K1", "2020-07-01", known_on="2020-09-01"), household("K2", "2022-01-01"))
    study = study_of(panel, GRADUATED)
    assert len(find_graduates(study, study.programme.relapse_label)) == 0


def test_without_events_or_a_label_that_says_what_undoes_graduating_there_is_a_note():
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
        if rng.random() < (0.75 if income[start] < 1_600_000 else 0.08):
            events.append((name, "re_entered", from_day(int(day) + 60).isoformat()))
    every_four_months = PROGRAMME.replace("folds = 1", "folds = 1\nevery_months = 4")
    return study_of(panel, *events, programme=programme_of(every_four_months))


def text_of(report):
    """The English text of the report's note; empty where it has none."""
    return report["note"]["text"] if "note" in report else ""


@lru_cache
def many():
    study = drawn_study(900)
    return study, find_graduates(study, study.programme.relapse_label)


def test_too_few_graduates_teach_nothing_and_the_note_says_how_many_there_were():
    study = drawn_study(60)
    model, report = learn_relapse(study, QUICK)
    assert model is None
    assert report["n"] == len(find_graduates(study, study.programme.relapse_label)) < MIN_GRADUATES
    assert f"{report['n']} graduates could be followed" in report["note"]["text"]


@pytest.mark.parametrize(
    ("count", "enough"), [(MIN_GRADUATES_PER_OUTCOME - 1, False), (MIN_GRADUATES_PER_OUTCOME, True)]
)
def test_graduates_of_whom_hardly_any_returned_teach_nothing(count, enough):
    _, graduates = many()
    rows = (graduates.stayed_out == 1) | (np.cumsum(graduates.stayed_out == 0) <= count)
    assert rows.sum() >= MIN_GRADUATES
    assert graduates.take(rows).enough_to_learn == enough


def risks(model, graduates):
    nothing_carried = np.zeros(graduates.values.shape, dtype=bool)
    return model.risk(graduates.values, pa.array(graduates.area, pa.string()), nothing_carried)


def test_the_risk_is_higher_where_graduates_came_back_and_calibrated_on_the_whole():
    study, graduates = many()
    model = fit_relapse(graduates, study, QUICK)
    risk = risks(model, graduates).risk
    known = ~np.isnan(risk)
    assert 0.97 < known.mean() < 1
    returned = graduates.stayed_out[known] == 0
    assert risk[known][returned].mean() > risk[known][~returned].mean() + 0.1
    assert risk[known].mean() == pytest.approx(returned.mean(), abs=0.05)


def test_the_judgement_is_of_later_graduates_by_a_model_of_earlier_ones():
    study, graduates = many()
    report = judge_relapse(graduates, study, QUICK)
    assert report["train_rows"] + report["n"] <= report["graduates"] == len(graduates)
    assert report["auc_low"] <= report["auc"] <= report["auc_high"]
    assert report["auc"] > 0.65
    assert report["brier"] < report["brier_prior"]
    assert report["brier_prior"] > report["base_rate"] * (
        1 - report["base_rate"]
    )  # the prior is that of earlier graduates


def twice(graduates):
    return graduates.take(np.repeat(np.arange(len(graduates)), 2))


def test_a_family_that_graduated_twice_is_never_calibrated_by_a_model_that_learned_from_it(monkeypatch):
    study, graduates = many()
    fit, learned_from = relapse_fitting._fit_stays_out, []
    monkeypatch.setattr(
        relapse_fitting, "_fit_stays_out", lambda rows, *rest: learned_from.append(rows) or fit(rows, *rest)
    )
    fit_relapse(twice(graduates), study, QUICK)
    assert len(learned_from) > 2
    assert all((np.unique(rows.household, return_counts=True)[1] == 2).all() for rows in learned_from)


def test_graduates_of_the_same_mentor_are_one_unit_where_there_are_several_mentors():
    _, found = many()
    of_nobody = replace(found, mentor=np.full(len(found), -1))
    of_seven = replace(found, mentor=np.arange(len(found)) % 7)
    assert of_nobody.clusters.count == len(np.unique(found.household))
    assert of_seven.clusters.count == 7


def test_families_that_graduated_twice_do_not_make_the_judgement_surer():
    study, graduates = many()
    reports = [judge_relapse(rows, study, QUICK) for rows in (graduates, twice(graduates))]
    widths = [report["auc_high"] - report["auc_low"] for report in reports]
    assert widths[1] == pytest.approx(widths[0], rel=0.1)


def a_third(graduates):
    return graduates.take(np.arange(len(graduates)) % 3 == 0)


def test_where_earlier_graduates_are_too_few_to_judge_a_model_by_later_ones_a_note_says_so():
    study, graduates = many()
    few = a_third(graduates)
    report = judge_relapse(few, study, QUICK)
    assert few.enough_to_learn
    assert report["auc"] is None
    assert "too few graduates to learn from before" in report["note"]["text"]


def test_there_is_no_model_where_it_could_not_be_judged():
    study, graduates = many()
    model, report = learn_from(a_third(graduates), study, QUICK)
    assert model is None
    assert report["note"]["text"].startswith("There is no relapse risk")


def with_latest_flipped(graduates):
    """The same graduates, but among the latest those stayed out who had returned, and the other way round."""
    late = graduates.day >= np.quantile(graduates.day, 0.7)
    return replace(graduates, stayed_out=np.where(late, 1 - graduates.stayed_out, graduates.stayed_out))


@pytest.mark.parametrize("flipped", [False, True])
def test_the_interval_of_a_risk_is_kept_only_where_it_held_for_later_graduates(flipped):
    study, graduates = many()
    model, report = learn_from(with_latest_flipped(graduates) if flipped else graduates, study, QUICK)
    assert report["intervals"]["shown"] == (not flipped)
    assert (model.stays_out.intervals is None) == flipped
    assert ("relapse_low and relapse_high are null" in text_of(report)) == flipped
    assert np.isnan(risks(model, graduates).low).all() == flipped


def test_a_risk_that_ranks_no_better_than_chance_says_so():
    study, graduates = many()
    shuffled = replace(graduates, stayed_out=np.random.default_rng(5).permutation(graduates.stayed_out))
    assert "better than chance" in text_of(learn_from(shuffled, study, QUICK)[1])
    assert "note" not in learn_from(graduates, study, QUICK)[1]
