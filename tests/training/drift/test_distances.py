"""PSI, KS and their tests: right on what is known by hand, and no alarm from chance alone."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from graduasi.bundle.reference import Cells, FieldReference
from graduasi.dates import from_day
from graduasi.readiness.features import features_of
from graduasi_training.drift.alarms import alarms_of
from graduasi_training.drift.distances import chi_square_p, holm, ks, ks_p, merged, psi, shares_p, tenths
from graduasi_training.drift.fields import compare_fields
from graduasi_training.drift.histograms import Sample, count_in, describe, histogram, sample_of
from graduasi_training.drift.in_training import field_drift
from graduasi_training.study.study import Study
from tests.made_up.small_programme import RULES, SMALL, draw_panel


def test_psi_is_zero_for_equal_shares_and_what_the_formula_says_otherwise():
    assert psi([100, 300], [200, 600]) == pytest.approx(0, abs=1e-4)
    assert psi([50_000, 50_000], [80_000, 20_000]) == pytest.approx(0.3 * np.log(1.6) + -0.3 * np.log(0.4), abs=1e-3)


def test_psi_is_large_but_finite_where_a_cell_was_empty():
    assert 1 < psi([1000, 0], [500, 500]) < 20


def test_ks_on_a_fine_histogram_comes_near_the_exact_one():
    rng = np.random.default_rng(0)
    then, now = rng.normal(size=4000), rng.normal(0.4, 1.2, 3000)
    bins = histogram(then)
    gap = ks(bins.counts, count_in(bins.edges, now))
    exact = stats.ks_2samp(then, now).statistic
    assert exact - 0.02 < gap <= exact + 1e-9


def test_tenths_are_deciles_and_ties_stay_together():
    bins = histogram(np.random.default_rng(0).normal(size=4000))
    assert merged(bins.counts, tenths(bins.counts)).tolist() == pytest.approx([400] * 10, abs=60)
    tied = histogram(np.array([0.0] * 700 + list(range(1, 301))))
    assert max(tied.counts) == 700


@pytest.mark.parametrize("value", [0.0, 1_234_567.0, -3.7, 0.3])
@pytest.mark.parametrize("shift", [-0.5, 0.5])
def test_a_constant_that_becomes_another_moves_ks_to_one(value, shift):
    bins = histogram(np.full(1000, value))
    moved = np.full(1000, value * (1 + shift) or shift)
    assert ks(bins.counts, count_in(bins.edges, moved)) == 1.0
    assert ks(bins.counts, count_in(bins.edges, np.full(1000, value))) == 0.0


@pytest.mark.parametrize("seed", range(20))
def test_no_bin_holds_one_to_nine_and_no_edge_is_a_households_own_figure(seed):
    rng = np.random.default_rng(seed)
    values = np.exp(rng.normal(14, 1, rng.integers(10, 900)))
    bins = histogram(values)
    assert sum(bins.counts) == len(values)
    assert not [count for count in bins.counts if 0 < count < 10]
    assert not set(bins.edges) & set(values.tolist())


def test_p_values_are_those_of_chance():
    """On samples of one population a test at 5 % may not reject more often than that."""
    rng = np.random.default_rng(1)
    rejected = np.zeros(3)
    for _ in range(400):
        then, now = rng.normal(size=(2, 500)).round(1)
        bins = histogram(then)
        after = count_in(bins.edges, now)
        cell_of_bin = tenths(bins.counts)
        count_then, count_now = rng.binomial(500, 0.1, 2).tolist()
        p = chi_square_p(merged(bins.counts, cell_of_bin), merged(after, cell_of_bin)), ks_p(ks(bins.counts, after), 500, 500), shares_p(count_then, 500, count_now, 500)  # fmt: skip
        rejected += np.array(p) < 0.05
    assert (rejected / 400 <= 0.085).all(), rejected / 400


def test_holm_lets_a_small_p_through_among_many_and_stops_the_rest():
    assert holm([0.2, 1e-6, 0.0004], 0.001) == [False, True, True]
    assert holm([0.0009] * 3, 0.001) == [False] * 3


@pytest.mark.parametrize("seed", range(30))
def test_random_halves_of_one_panel_never_alarm(seed):
    panel = draw_panel(1, households=900)
    rng = np.random.default_rng(seed)
    in_half = rng.random(len(panel)) < 0.5
    then, now = (sample_of(panel, np.flatnonzero(half), SMALL) for half in (in_half, ~in_half))
    _, checks = compare_fields(describe(then, SMALL), len(then), now, SMALL, RULES.drift.model_copy(update={"psi": 1e-9, "ks": 1e-9, "missing_change": 1e-9}))  # fmt: skip
    assert len(checks) > 10
    assert alarms_of(checks, significance=0.001) == []


def test_every_field_that_a_model_reads_is_described():
    panel = draw_panel(1)
    fields = describe(sample_of(panel, np.arange(len(panel)), SMALL), SMALL)
    assert set(fields) == {feature.field.name for feature in features_of(SMALL)}


def with_small_limit(trained, **changed) -> tuple[Study, np.ndarray, np.ndarray]:
    """The study with a `min_rows` that its cohorts reach, its rows up to the median date, and its last cohort."""
    rules = trained.study.programme.drift.model_copy(update={"min_rows": 60})
    programme = trained.study.programme.model_copy(update={"drift": rules})
    day = trained.study.observations.day
    train, test = np.flatnonzero(day <= np.median(day)), np.flatnonzero(day == day.max())
    return (
        replace(trained.study, declarations=replace(trained.study.declarations, programme=programme), **changed),
        train,
        test,
    )


def test_a_run_tells_which_fields_moved_from_the_training_rows_to_the_judged_day(trained):
    study, train, test = with_small_limit(trained)
    report = field_drift(study, train, test)
    households = study.panel.household[study.observations.snapshot[train]]
    assert report["n_then"] == len(np.unique(households)) < len(train)  # each household once
    assert report["n_now"] == len(test)
    moved = [row["psi"] for row in report["fields"].values() if row["status"] == "ok"]
    assert len(moved) > 3
    assert moved == sorted(moved, reverse=True)


def test_each_household_of_the_training_rows_counts_as_it_was_seen_last(trained):
    study, train, test = with_small_limit(trained)
    last: dict[int, int] = {}
    for row in train:
        household, day = int(study.panel.household[study.observations.snapshot[row]]), int(study.observations.day[row])
        last[household] = max(day, last.get(household, day))
    report = field_drift(study, train, test)
    assert report["from"] == from_day(min(last.values())).isoformat()
    assert report["through"] == from_day(max(last.values())).isoformat()


def test_a_field_that_became_unknown_alarms_first_and_too_few_households_never(trained):
    _, _, test = with_small_limit(trained)
    panel = trained.study.panel
    values = panel.values.copy()
    values[trained.study.observations.snapshot[test], SMALL.column("income_idr")] = np.nan
    study, train, test = with_small_limit(trained, panel=replace(panel, values=values))
    report = field_drift(study, train, test)
    assert next(iter(report["fields"].values()))["status"] == "alarm"
    assert any(sentence.startswith("income_idr: unknown") for sentence in report["alarms"])
    few = field_drift(study, train, test[:59])
    assert {row["status"] for row in few["fields"].values()} == {"not_enough_data"}
    assert few["alarms"] == []


def checks_on(fields: dict[str, FieldReference], extra: dict[str, tuple[str, ...]] | None = None, **now: np.ndarray):
    """The checks of 1,000 households then, as in `fields`, and 1,000 now; every other field is unknown in both."""
    values = np.full((1000, len(SMALL.features)), np.nan)
    for column, field in enumerate(SMALL.features):
        values[:, column] = now.get(field.name, np.nan)
    all_fields = {field.name: fields.get(field.name, FieldReference(missing=1000)) for field in SMALL.features}
    _, checks = compare_fields(all_fields, 1000, Sample(values, values, extra or {}), SMALL, RULES.drift)
    return [check for check in checks if check.name in fields]


def with_first(count: int, value: float, others: float) -> np.ndarray:
    return np.where(np.arange(1000) < count, value, others)


def test_values_that_move_exceed_the_limits_of_psi_and_of_ks():
    before = np.linspace(0, 1, 1000)
    then = FieldReference(missing=0, bins=histogram(before))
    for now, exceeded in ((before, [False, False, False]), (before + 0.5, [False, True, True])):
        assert [check.exceeds_limit for check in checks_on({"land_ha": then}, land_ha=now)] == exceeded


@pytest.mark.parametrize(("missing_then", "missing_now"), [(0, 400), (400, 0)])
def test_more_and_fewer_unknown_than_before_both_exceed_the_limit(missing_then, missing_now):
    then = FieldReference(missing=missing_then, bins=histogram(np.linspace(0, 1, 1000 - missing_then)))
    missing = checks_on({"land_ha": then}, land_ha=with_first(missing_now, np.nan, 0.5))[0]
    assert missing.exceeds_limit
    assert missing.p < 0.001


@pytest.mark.parametrize(("unknown_now", "exceeds"), [(108, False), (110, True)])
def test_a_change_of_the_unknown_exceeds_its_limit_from_the_limit_on(unknown_now, exceeds):
    """The 0 of the reference may hide nine households, so the change is of nine fewer."""
    assert RULES.drift.missing_change == 0.1
    then = FieldReference(missing=0, bins=histogram(np.linspace(0, 1, 1000)))
    missing = checks_on({"land_ha": then}, land_ha=with_first(unknown_now, np.nan, 0.5))[0]
    assert missing.exceeds_limit == exceeds


@pytest.mark.parametrize(("count", "exceeds"), [(9, False), (10, True)])
def test_values_that_nobody_had_in_training_exceed_their_limit_from_the_limit_on(count, exceeds):
    assert RULES.drift.unseen_share == 0.01
    then = FieldReference(missing=0, cells=Cells(counts={"none": 500, "casual": 500, "regular": 0}))
    (unseen,) = [check for check in checks_on({"work": then}, work=with_first(count, 2.0, 0.0)) if "nobody in training" in check.sentence]  # fmt: skip
    assert unseen.exceeds_limit == exceeds


def test_a_category_whose_share_moves_exceeds_the_limit_of_psi():
    then = FieldReference(missing=0, cells=Cells(counts={"none": 500, "casual": 250, "regular": 250}))
    _, moved = checks_on({"work": then}, work=with_first(800, 2.0, 0.0))
    assert moved.exceeds_limit
    assert "regular went from 25% to 80%" in moved.sentence


def test_what_the_reference_hides_in_a_small_cell_is_no_evidence_of_drift():
    """Nine households may have had it then, so nine now are nothing new."""
    hidden = FieldReference(missing=0, cells=Cells(counts={"false": 1000, "true": 0}, rare=("true",)))
    for few in (with_first(9, 1.0, 0.0), with_first(9, np.nan, 0.0)):
        assert min(check.p for check in checks_on({"missed_meals": hidden}, missed_meals=few)) > 0.5


def test_an_unlisted_category_may_have_been_there_nine_times_before():
    then = FieldReference(missing=0, cells=Cells(counts={"none": 500, "casual": 500, "regular": 0}))
    now = with_first(20, 3.0, 0.0)
    (unseen,) = [check for check in checks_on({"work": then}, {"work": ("gig",)}, work=now) if "gig" in check.sentence.split(":")[1]]  # fmt: skip
    assert unseen.exceeds_limit
    assert unseen.p > 0.01
