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


def column_label_first():
    """The small programme with only the label that is a column, which is known the same day."""
    head, rest = PROGRAMME.split("[[labels]]", 1)
    _, *others = rest.split("[[labels]]")
    given, tail = others[-1].split("[[floor]]", 1)
    return f"{head}[[labels]]{given}[[floor]]{tail}".replace("folds = 1", "folds = 1\nevery_months = 4")


def table(*, flipped):
    """A drawn panel; `flipped`: in its last fifth exactly those become ready who would not have."""
    drawn = draw_table(np.random.default_rng(3), households=400, visits=6, unknown=0.05)
    drawn = drawn.drop_columns(["known_on"])
    if not flipped:
        return drawn
    day = drawn["as_of"].to_numpy()
    late = day >= np.quantile(day.astype("int64"), 0.8).astype("datetime64[D]")
    column = [
        value if value is None or not is_late else not value
        for value, is_late in zip(drawn["graduated"].to_pylist(), late, strict=True)
    ]
    return drawn.set_column(drawn.column_names.index("graduated"), "graduated", [column])


@lru_cache
def judged(*, flipped):
    panel = check_panel(table(flipped=flipped), SMALL)[0]
    study = prepare(panel, NO_EVENTS, declared(SMALL, programme_of(column_label_first())))
    return study, judge_folds(study, settings=QUICK, tell=lambda text: None)[-1]


def checked(*, flipped=False):
    return check_intervals(*judged(flipped=flipped))


def trained(folder, *, flipped):
    pq.write_table(table(flipped=flipped), folder / "households.parquet")
    (folder / "dictionary.toml").write_text(DICTIONARY, encoding="utf-8")
    (folder / "programme.toml").write_text(column_label_first(), encoding="utf-8")
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


def test_intervals_are_not_shown_where_every_bin_holds_and_the_whole_period_does_not():
    margin, outcome = np.arange(300.0), np.tile(np.repeat([0, 1], [27, 3]), 10)  # 10 % of each bin of thirty
    stated = StatedIntervals(margin, np.full(300, 0.16), np.full(300, 0.3), outcome)
    assert all(map(holds, stated.bins()))
    assert not stated.hold_as_stated()
    period = {"held": 10, "bins": stated.bins(), "whole": stated.whole()}
    (note,) = note_on_intervals({"shown": False, "next_period": period})
    assert "as a whole (observed 0.100" in note["text"]


@pytest.mark.parametrize(("families", "sizes"), [(7, [7]), (45, [23, 22]), (1000, [100] * 10)])
def test_a_bin_has_twenty_families_or_more_where_there_are_as_many(families, sizes):
    figures = np.linspace(0, 1, families)
    assert [row["n"] for row in StatedIntervals(figures, figures, figures, figures).bins()] == sizes


def test_a_later_period_like_the_earlier_ones_lies_within_and_intervals_are_shown():
    report = checked()
    assert report["shown"]
    assert report["next_period"]["held"] >= 8
    assert note_on_intervals(report) == []


def test_an_area_in_which_intervals_did_not_hold_is_named():
    report = {"shown": True, "areas": {"north": {"n": 400, "low": 0.1, "high": 0.2, "observed": 0.4}, "south": {"n": 400, "low": 0.1, "high": 0.2, "observed": 0.15}}}  # fmt: skip
    (note,) = note_on_intervals(report)
    assert "in 1 of 2 areas" in note["text"]
    assert note["text"].endswith("north.")


def test_the_bins_share_out_the_labelled_cohort_of_the_last_test_date():
    report, last = checked(), judged(flipped=False)[1]
    assert (
        sum(row["n"] for row in report["next_period"]["bins"]) == report["next_period"]["n"] == last.test.labelled.sum()
    )
    assert report["next_period"]["test_as_of"] == last.date
    assert set(report["areas"]) == {"32.00", "32.01", "32.02"}


def test_intervals_that_fail_on_a_flipped_period_are_not_shown_and_the_note_says_what_follows():
    report = checked(flipped=True)
    assert not report["shown"]
    assert "score_low and score_high are null" in note_on_intervals(report)[0]["text"]


def test_intervals_are_tested_as_wide_as_they_are_shown_where_fields_are_unknown_or_carried_forward():
    study, last = judged(flipped=False)
    unknown = study.values.copy()
    unknown[last.fold.test, 0] = np.nan
    carried = np.full_like(study.panel.values, np.nan)  # nothing was reported at the latest visit
    for other in (replace(study, values=unknown), replace(study, panel=replace(study.panel, values=carried))):
        assert check_intervals(other, last)["mean_width"] > 2 * checked()["mean_width"]


@pytest.mark.parametrize("flipped", [False, True])
def test_intervals_that_did_not_hold_are_not_in_the_bundle(flipped, tmp_path):
    out = trained(tmp_path, flipped=flipped).out
    bundle, evaluation = load_bundle(out / "bundle"), json.loads((out / "evaluation.json").read_text())
    assert evaluation["intervals"]["shown"] == (not flipped)
    assert (bundle.model.intervals is None) == flipped
    assert ends_from(bundle).isna().all(axis=None) == flipped
    assert any("score_low and score_high are null" in note["text"] for note in evaluation["notes"]) == flipped


def test_there_are_no_label_sets_where_no_held_out_family_had_one_of_the_outcomes():
    study, last = judged(flipped=False)
    ready = replace(study, labels=replace(study.labels, value=np.ones_like(study.labels.value)))
    assert conformal_sets(ready, last) is None


def test_label_sets_cover_each_class_about_as_stated_and_fail_on_a_flipped_period():
    sets, failed = (conformal_sets(*judged(flipped=flipped)) for flipped in (False, True))
    assert min(sets["coverage"].values()) > 0.8
    assert max(failed["coverage"].values()) < 0.6
    assert 0 <= sets["both"] + sets["neither"] <= 1
