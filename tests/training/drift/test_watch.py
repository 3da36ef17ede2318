"""Watching a panel: what moved alarms by name, what did not stays quiet, and too little data claims nothing."""

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from graduasi.bundle.reference import parse_reference, write_reference
from graduasi.commands.cli import build_app
from graduasi.errors import BundleError, PanelError
from graduasi_training.drift.matured_labels import judge_calibration
from graduasi_training.drift.text import lines_of
from graduasi_training.judging.clusters import clusters_from
from tests.made_up.small_programme import SMALL
from tests.made_up.watched import blanked, panel_table, replaced, scaled, trained_bundle, watch, with_limits

TABLE = panel_table()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("drift")


@pytest.fixture(scope="module")
def bundle(folder):
    return trained_bundle(folder / "training", TABLE)


def test_the_training_panel_itself_is_quiet(bundle, folder):
    report = watch(folder, TABLE, bundle)
    assert (report["status"], report["alarms"]) == ("ok", [])
    assert report["n"] == report["n_reference"] > 400
    assert max(entry["psi"] for entry in report["fields"].values()) < 0.02


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_other_families_of_the_same_kind_are_quiet(bundle, folder, seed):
    assert watch(folder, panel_table(seed), bundle)["alarms"] == []


def test_money_scaled_to_a_fifth_is_named(bundle, folder):
    report = watch(folder, scaled(TABLE, "income_idr", 0.2), bundle)
    assert report["status"] == "alarm"
    assert [name for name, entry in report["fields"].items() if entry["status"] == "alarm"] == ["income_idr"]
    assert any(
        sentence.startswith("income_idr: PSI") and "ratio to line_idr" in sentence for sentence in report["alarms"]
    )


def test_money_that_moves_with_its_yardstick_is_no_drift_of_the_feature(bundle, folder):
    report = watch(folder, scaled(scaled(TABLE, "income_idr", 1.8), "line_idr", 1.8), bundle)
    entry = report["fields"]["income_idr"]
    assert entry["status"] == "ok"
    assert entry["own_psi"] > 0.25 > entry["psi"]


def test_values_that_go_missing_are_named(bundle, folder):
    report = watch(folder, blanked(TABLE, "land_ha", 0.4), bundle)
    assert [sentence.split(":")[0] for sentence in report["alarms"]] == ["land_ha"]
    assert report["fields"]["land_ha"]["missing_change"] == pytest.approx(0.38, abs=0.06)


def test_a_category_that_the_dictionary_does_not_list_is_named(bundle, folder):
    report = watch(folder, replaced(TABLE, "work", "gig", 0.3), bundle)
    assert report["fields"]["work"]["unseen"]["gig"] > 100
    assert any(sentence.startswith("work: gig:") and "does not list" in sentence for sentence in report["alarms"])
    assert not any("unknown for" in sentence for sentence in report["alarms"])


def test_a_category_listed_but_never_seen_in_training_is_named(folder):
    old = panel_table().filter(pc.not_equal(TABLE.column("floor"), "cement").fill_null(True))
    bundle = trained_bundle(folder / "no-cement", old)
    report = watch(folder, TABLE, bundle)
    assert any(sentence.startswith("floor: cement:") for sentence in report["alarms"])


def test_an_unlisted_category_that_training_had_too_is_no_alarm(folder):
    table = replaced(TABLE, "work", "gig", 0.3)
    report = watch(folder, table, trained_bundle(folder / "gig", table))
    assert (report["alarms"], report["fields"]["work"]["unseen"]) == ([], {})


def test_a_sensitive_field_alarms_without_its_values(bundle, folder):
    report = watch(folder, scaled(TABLE.set_column(TABLE.column_names.index("debt_idr"), "debt_idr", pc.add(TABLE.column("debt_idr"), 7e6)), "debt_idr", 3.0), bundle)  # fmt: skip
    (sentence,) = [sentence for sentence in report["alarms"] if sentence.startswith("debt_idr")]
    assert sentence.endswith("its values moved")


def test_forty_rows_are_not_enough(bundle, folder):
    report = watch(folder, scaled(TABLE, "income_idr", 0.01).slice(0, 40), bundle)
    assert (report["status"], report["alarms"]) == ("not_enough_data", [])
    assert "not enough data" in "\n".join(lines_of(report))


def test_a_field_known_for_too_few_claims_nothing_of_its_values(bundle, folder):
    report = watch(folder, scaled(blanked(TABLE, "land_ha", 0.9), "land_ha", 50.0), bundle)
    assert report["fields"]["land_ha"]["psi"] is None
    assert [sentence.split(":")[0] for sentence in report["alarms"]] == ["land_ha"]  # that it is missing


def test_an_empty_cohort_is_not_enough_and_a_day_before_the_panel_is_refused(bundle, folder):
    nobody = TABLE.set_column(TABLE.column_names.index("receives_aid"), "receives_aid", pa.array([False] * len(TABLE)))
    assert watch(folder, nobody, bundle)["status"] == "not_enough_data"
    with pytest.raises(PanelError, match="check --as-of"):
        watch(folder, TABLE, bundle, day=0)


def test_limits_come_from_the_programme(bundle, folder):
    moved = scaled(TABLE, "income_idr", 0.2)
    assert watch(folder, moved, with_limits(bundle, psi=20.0, ks=0.99))["alarms"] == []
    assert watch(folder, TABLE, with_limits(bundle, min_rows=5000))["status"] == "not_enough_data"


def test_a_bundle_without_a_reference_is_refused_with_what_to_do(bundle, folder):
    with pytest.raises(BundleError, match="train it again"):
        watch(folder, TABLE, replace(bundle, reference=None))


def test_no_cell_of_the_reference_tells_of_fewer_than_ten_households(bundle):
    def counts(value):
        if isinstance(value, dict):
            for key, part in value.items():
                yield from counts(part) if key not in ("edges", "as_of", "labels_known_through") else ()
        elif isinstance(value, list):
            for part in value:
                yield from counts(part)
        elif isinstance(value, int):
            yield value

    cells = list(counts(json.loads(write_reference(bundle.reference))))
    assert len(cells) > 100
    assert not [count for count in cells if 0 < count < 10]


def test_a_reference_is_read_as_it_was_written_and_is_small(bundle):
    text = write_reference(bundle.reference)
    assert parse_reference(text, SMALL) == bundle.reference
    assert len(text) < 30_000


@pytest.mark.parametrize(
    ("old", "new"),
    [('"missing":', '"lacking":'), ('"income_idr":', '"wealth":'), ('"n":', '"n":-'), ('"mean_score":', '"mean_score":NaN,"x":')],
)  # fmt: skip
def test_a_reference_of_another_form_is_refused(bundle, old, new):
    text = write_reference(bundle.reference)
    assert old in text
    with pytest.raises(BundleError, match=r"reference\.json"):
        parse_reference(text.replace(old, new, 1), SMALL)


def test_a_reference_with_a_small_cell_is_refused(bundle):
    tables = json.loads(write_reference(bundle.reference))
    tables["fields"]["missed_meals"]["cells"]["counts"] = {"false": 3, "true": 400}
    with pytest.raises(BundleError, match="missed_meals"):
        parse_reference(json.dumps(tables), SMALL)


@pytest.mark.parametrize(("factor", "status", "word"), [(1.0, 0, "ok"), (0.2, 1, "alarm")])
def test_the_command_exits_with_one_on_alarm_and_prints_one_json_object(bundle, folder, factor, status, word):
    pq.write_table(scaled(TABLE, "income_idr", factor), folder / "panel.parquet")
    model = str(folder / "training" / "out" / "bundle")
    ended = CliRunner().invoke(build_app(), ["drift", str(folder / "panel.parquet"), "--model", model, "--json"])
    report = json.loads(ended.stdout)
    assert (ended.exit_code, report["status"]) == (status, word)
    assert {"as_of", "n", "n_reference", "fields", "score", "calibration", "alarms"} <= set(report)
    assert report["calibration"]["note"] == "not enough data: no label has matured since training"


def test_labels_that_matured_after_training_are_compared_with_the_scores(bundle, folder):
    later = panel_table(visits=10)
    report = watch(folder, later, bundle)["calibration"]
    assert report["n"] > 200
    assert report["gap_low"] <= report["observed"] - report["mean_score"] <= report["gap_high"]
    assert report["slope_low"] < report["slope"] < report["slope_high"]


def test_scores_that_no_longer_come_true_alarm(bundle, folder):
    """The line doubles for those who come later only in what followed, so that outcomes fall and features do not."""
    later = panel_table(visits=10)
    days = np.asarray(later.column("as_of").combine_chunks().cast(pa.int32()))
    last = days > np.quantile(days, 0.7)
    line = np.where(last, 2.5, 1.0) * later.column("line_idr").to_numpy()
    later = later.set_column(later.column_names.index("line_idr"), "line_idr", pa.array(line))
    mentors = pa.array([f"M{int(name[1:]) % 30}" for name in later.column("household_id").to_pylist()])
    of_thirty = later.set_column(later.column_names.index("mentor_id"), "mentor_id", mentors)
    report = watch(folder, of_thirty, bundle)
    assert report["calibration"]["status"] == "alarm"
    assert report["calibration"]["clusters"] == 30
    assert any(sentence.startswith("calibration:") for sentence in report["alarms"])


def judge_by_household(margin, y, household, bundle):
    return judge_calibration(margin, y, household, bundle, clusters=clusters_from(household)[0])


@pytest.mark.parametrize("shift", [-1.0, 1.0])
def test_a_gap_between_scores_and_outcomes_alarms_whichever_way_it_lies(bundle, shift):
    y = np.tile([0.0, 1.0], 150)
    figures, (gap, _) = judge_by_household(2 * y - 1 + shift, y, np.arange(300), bundle)
    assert np.sign(figures["gap"]) == -shift
    assert gap.exceeds_limit
    assert gap.p < 0.001


@pytest.mark.parametrize(("share_of_limit", "exceeds"), [(0.9, False), (1.1, True)])
def test_a_gap_exceeds_its_limit_from_the_limit_on(bundle, share_of_limit, exceeds):
    gap = share_of_limit * bundle.programme.drift.calibration_gap
    margin = np.full(400, np.log((0.5 - gap) / (0.5 + gap)))
    figures, (check,) = judge_by_household(margin, np.tile([0.0, 1.0], 200), np.arange(400), bundle)
    assert figures["gap"] == pytest.approx(gap)
    assert check.exceeds_limit == exceeds


def test_families_that_stand_twice_do_not_make_calibration_surer(bundle):
    rng = np.random.default_rng(0)
    margin, household = rng.normal(size=300), np.arange(300)
    y = (rng.random(300) < 0.5).astype(float)
    once, _ = judge_by_household(margin, y, household, bundle)
    again, _ = judge_by_household(np.tile(margin, 2), np.tile(y, 2), np.tile(household, 2), bundle)
    for name in ("gap_low", "gap_high", "slope_low", "slope_high"):
        assert again[name] == pytest.approx(once[name], abs=1e-3)


def test_a_shock_that_mentors_share_is_no_drift_of_the_model(bundle):
    """Eight mentors, whose families did better or worse together: by household one run in two would alarm."""
    alarms = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        mentor, margin = np.repeat(np.arange(8), 50), rng.normal(size=400)
        y = (rng.random(400) < 1 / (1 + np.exp(-margin - rng.normal(0, 1, 8)[mentor]))).astype(float)
        figures, _ = judge_calibration(margin, y, np.arange(400), bundle, clusters=clusters_from(mentor)[0])
        alarms += not figures["gap_low"] <= 0 <= figures["gap_high"]
    assert alarms <= 6  # nominal: 2


def test_labels_not_known_on_the_day_are_not_used(bundle, folder):
    later = panel_table(visits=10)
    through = bundle.reference.calibration.labels_known_through
    report = watch(folder, later, bundle, day=(through - type(through)(1970, 1, 1)).days)
    assert report["calibration"]["status"] == "not_enough_data"
    day = (through + timedelta(days=300) - type(through)(1970, 1, 1)).days
    known_by_day, known_at_all = (watch(folder, later, bundle, day=as_of)["calibration"]["n"] for as_of in (day, None))
    assert 0 < known_by_day < known_at_all


@pytest.mark.parametrize(("factor", "outside"), [(0.3, True), (1.0, False), (3.0, True)])
def test_scores_too_timid_or_too_bold_alarm(bundle, factor, outside):
    rng = np.random.default_rng(0)
    margin = rng.normal(size=2000)
    y = (rng.random(2000) < 1 / (1 + np.exp(-margin))).astype(float)
    _, (_, slope) = judge_by_household(factor * margin, y, np.arange(2000), bundle)
    assert (slope.exceeds_limit, slope.p < 0.001) == (outside, outside)


def test_labels_that_training_had_are_not_counted_again(bundle, folder):
    later = panel_table(visits=10)
    facts = bundle.reference.calibration
    moved = facts.model_copy(update={"labels_known_through": facts.labels_known_through + timedelta(days=240)})
    younger = replace(bundle, reference=bundle.reference.model_copy(update={"calibration": moved}))
    all_of_them, fewer = (watch(folder, later, watched)["calibration"]["n"] for watched in (bundle, younger))
    assert 0 < fewer < all_of_them


def test_families_last_seen_long_ago_are_not_watched(bundle, folder):
    old = scaled(panel_table(seed=21, visits=3), "income_idr", 0.2)
    names = pc.binary_join_element_wise("old", old.column("household_id").cast(pa.string()), "")
    both = pa.concat_tables([TABLE, old.set_column(old.column_names.index("household_id"), "household_id", names)])
    report = watch(folder, both, bundle)
    assert (report["n"], report["alarms"]) == (report["n_reference"], [])
