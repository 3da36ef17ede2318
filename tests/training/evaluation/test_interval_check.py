"""Intervals are held against a later period, and where they do not hold none is shown."""

import json
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pyarrow.parquet as pq
import pytest

from graduasi.bundle import load_bundle
from graduasi.panel.events import NO_EVENTS
from graduasi.panel.table_contract import check_panel
from graduasi.scoring.scores import score_rows, to_table
from graduasi_training.evaluation.folds.judged import judge_folds
from graduasi_training.evaluation.interval_check import (
    StatedIntervals,
    check_intervals,
    conformal_sets,
    holds,
    note_on_intervals,
    sampling_error,
)
from graduasi_training.pipeline import Inputs, train
from graduasi_training.study.study import prepare
from tests.made_up.small_programme import DICTIONARY, PROGRAMME, SMALL, declared, draw_panel, draw_table, programme_of
from tests.made_up.small_run import QUICK


def label_given_first():
    """The small programme with the label that stands in a column, which is known the same day."""
    head, rest = PROGRAMME.split("[[labels]]", 1)
    _, *others = rest.split("[[labels]]")
    given, tail = others[-1].split("[[floor]]", 1)
    return f"{head}[[labels]]{given}[[floor]]{tail}".replace("folds = 1", "folds = 1\nevery_months = 4")


def table(*, turned):
    """A drawn panel; `turned`: in its last quarter exactly those who would not have become ready do."""
    drawn = draw_table(np.random.default_rng(3), households=400, visits=6, unknown=0.05)
    drawn = drawn.drop_columns(["known_on"])
    if not turned:
        return drawn
    day = drawn["as_of"].to_numpy()
    late = day >= np.quantile(day.astype("int64"), 0.8).astype("datetime64[D]")
    column = [
        value if value is None or not moved else not value
        for value, moved in zip(drawn["graduated"].to_pylist(), late, strict=True)
    ]
    return drawn.set_column(drawn.column_names.index("graduated"), "graduated", [column])


@lru_cache
def judged(*, turned):
    panel = check_panel(table(turned=turned), SMALL)[0]
    study = prepare(panel, NO_EVENTS, declared(SMALL, programme_of(label_given_first())))
    return study, judge_folds(study, settings=QUICK, tell=lambda text: None)[-1]


def checked(*, turned=False):
    return check_intervals(*judged(turned=turned), QUICK)


def trained(folder, *, turned):
    pq.write_table(table(turned=turned), folder / "households.parquet")
    (folder / "dictionary.toml").write_text(DICTIONARY, encoding="utf-8")
    (folder / "programme.toml").write_text(label_given_first(), encoding="utf-8")
    inputs = Inputs(folder / "households.parquet", None, folder / "dictionary.toml", folder / "programme.toml")
    return train(inputs, folder / "out", settings=QUICK, tell=lambda text: None)


def ends_from(bundle):
    panel = draw_panel(1)
    scored = score_rows(panel, np.arange(len(panel)), as_of=int(panel.known_on.max()), bundle=bundle)
    return to_table(scored, bundle).select(["score_low", "score_high"]).to_pandas()


@pytest.mark.parametrize(
    ("observed", "n", "error"), [(0.5, 100, 0.1), (0.0, 171, 0.03), (0.04, 96, 0.04), (0.1, 400, 0.03)]
)
def test_the_sampling_error_is_two_standard_errors_of_the_rate_or_of_the_end_it_lies_beyond(observed, n, error):
    assert sampling_error({"n": n, "low": 0.04, "high": 0.6, "observed": observed}) == pytest.approx(error, abs=2e-4)


@pytest.mark.parametrize(("observed", "inside"), [(0.35, True), (0.5, True), (0.29, True), (0.15, False), (0.7, False)])
def test_a_bin_holds_if_its_rate_lies_between_the_ends_give_or_take_its_sampling_error(observed, inside):
    assert holds({"n": 100, "low": 0.3, "high": 0.5, "observed": observed}) == inside


@pytest.mark.parametrize(("held", "shown"), [(6, False), (7, True)])
def test_intervals_are_shown_where_seven_bins_of_ten_hold(held, shown):
    outcome = np.tile(np.repeat([0, 1], 50), 10)  # half of each bin of a hundred
    low = np.repeat([0.4] * held + [0.1, 0.7, 0.1, 0.7][: 10 - held], 100)
    assert StatedIntervals(np.arange(1000.0), low, low + 0.2, outcome).hold_as_stated() == shown


def test_intervals_whose_bins_all_forgive_are_not_shown_where_the_whole_period_does_not():
    margin, outcome = np.arange(300.0), np.tile(np.repeat([0, 1], [27, 3]), 10)  # 10 % of each bin of thirty
    told = StatedIntervals(margin, np.full(300, 0.16), np.full(300, 0.3), outcome)
    assert all(map(holds, told.bins()))
    assert not told.hold_as_stated()
    period = {"held": 10, "bins": told.bins(), "whole": told.whole()}
    assert "as a whole (observed 0.100" in note_on_intervals({"shown": False, "next_period": period})[0]


@pytest.mark.parametrize(("families", "sizes"), [(7, [7]), (45, [23, 22]), (1000, [100] * 10)])
def test_a_bin_has_twenty_families_or_more_where_there_are_as_many(families, sizes):
    figures = np.linspace(0, 1, families)
    assert [row["n"] for row in StatedIntervals(figures, figures, figures, figures).bins()] == sizes


def test_a_later_period_like_the_earlier_ones_lies_within_and_intervals_are_shown():
    found = checked()
    assert found["shown"]
    assert found["next_period"]["held"] >= 8
    assert note_on_intervals(found) == []


def test_an_area_in_which_intervals_did_not_hold_is_named():
    found = {"shown": True, "areas": {"north": {"n": 400, "low": 0.1, "high": 0.2, "observed": 0.4}, "south": {"n": 400, "low": 0.1, "high": 0.2, "observed": 0.15}}}  # fmt: skip
    (note,) = note_on_intervals(found)
    assert "in 1 of 2 areas" in note
    assert note.endswith("north.")


def test_the_bins_share_out_the_labelled_cohort_of_the_last_test_date():
    found, last = checked(), judged(turned=False)[1]
    assert (
        sum(row["n"] for row in found["next_period"]["bins"]) == found["next_period"]["n"] == last.test.labelled.sum()
    )
    assert found["next_period"]["test_as_of"] == last.date
    assert set(found["areas"]) == {"32.00", "32.01", "32.02"}


def test_a_later_period_turned_about_is_noticed_and_the_note_says_what_follows():
    found = checked(turned=True)
    assert not found["shown"]
    assert "score_low and score_high are null" in note_on_intervals(found)[0]


def test_intervals_are_tested_as_wide_as_they_are_told_where_fields_are_unknown_or_carried_forward():
    study, last = judged(turned=False)
    unknown, carried = (
        study.values.copy(),
        np.full_like(study.panel.values, np.nan),
    )  # nothing stood in the latest visit
    unknown[last.fold.test, 0] = np.nan
    for other in (replace(study, values=unknown), replace(study, panel=replace(study.panel, values=carried))):
        assert check_intervals(other, last, QUICK)["mean_width"] > 2 * checked()["mean_width"]


@pytest.mark.parametrize("turned", [False, True])
def test_what_did_not_hold_is_not_in_the_bundle(turned, tmp_path):
    found = trained(tmp_path, turned=turned)
    bundle, evaluation = load_bundle(found.out / "bundle"), json.loads((found.out / "evaluation.json").read_text())
    assert evaluation["intervals"]["shown"] == (not turned)
    assert (bundle.model.intervals is None) == turned
    assert ends_from(bundle).isna().all(axis=None) == turned
    assert any("score_low and score_high are null" in note for note in evaluation["notes"]) == turned


def test_label_sets_are_not_told_where_no_held_out_family_had_one_of_the_outcomes():
    study, last = judged(turned=False)
    ready = replace(study, labels=replace(study.labels, value=np.ones_like(study.labels.value)))
    assert conformal_sets(ready, last) is None


def test_label_sets_cover_each_class_about_as_stated_and_fail_when_the_period_is_turned():
    found, turned = (conformal_sets(*judged(turned=each)) for each in (False, True))
    assert min(found["coverage"].values()) > 0.8
    assert max(turned["coverage"].values()) < 0.6
    assert 0 <= found["both"] + found["neither"] <= 1
