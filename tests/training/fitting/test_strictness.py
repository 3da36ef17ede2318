"""Scores do not follow the mentor's strictness: offsets are recovered, and families of strict mentors lose nothing."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit

from graduasi.readiness.model import ReadinessModel
from graduasi_training.fitting import strictness
from graduasi_training.fitting.linear_and_trees import fit_parts
from graduasi_training.fitting.logistic_regression import SignedLogisticRegression
from graduasi_training.fitting.selection import calibrate_blend, fit_and_choose
from graduasi_training.fitting.strictness import mentor_offsets, shrunken_offsets
from graduasi_training.judging.metrics import auc
from graduasi_training.judging.slope import calibrate
from graduasi_training.study.rows import TrainingRows
from tests.made_up.learned_model import FEATURES, QUICK
from tests.made_up.small_run import drawn_study

MENTORS, FAMILIES = 20, 120
STRICT = np.arange(MENTORS) < 6
INCOME, LAND = (next(i for i, f in enumerate(FEATURES) if f.name == name) for name in ("income_idr", "land_ha"))


def _graduations(dropped_share, seed=1, land=0.1):
    """Families whose graduation follows income; each mentor works in a place of its own kind of land (a context field)."""
    rng = np.random.default_rng(seed)
    mentor = np.repeat(np.arange(MENTORS), FAMILIES)
    values = np.zeros((len(mentor), len(FEATURES)))
    values[:, INCOME] = rng.normal(1.2, 0.4, len(mentor))
    values[:, LAND] = STRICT[mentor] + rng.normal(0, land, len(mentor))
    graduates = rng.random(len(mentor)) < expit(3.0 * (values[:, INCOME] - 1.6))
    dropped = rng.random(len(mentor)) < dropped_share[mentor]  # a stricter mentor graduates fewer of the same families
    household, day = np.arange(len(mentor), dtype=np.int32), np.zeros(len(mentor), dtype=np.int32)
    return TrainingRows(values, (graduates & ~dropped).astype(float), household, day, day, mentor)


def _margin_lost(separate, land):
    """How far the strict mentors' families' mean margin falls, against the others', once those graduate 60 % fewer."""
    differences = []
    for dropped in (np.zeros(MENTORS), 0.6 * STRICT):
        rows = _graduations(dropped, land=land)
        fitted = fit_and_choose(rows if separate else replace(rows, mentor=None), FEATURES, settings=QUICK)
        margin, strict = fitted.champion.explain(rows.values).margin, STRICT[rows.mentor]
        differences.append(margin[strict].mean() - margin[~strict].mean())
    return differences[0] - differences[1]


@pytest.mark.parametrize("land", [0.1, 0.3], ids=["follows the mentor", "differs within a mentor's families too"])
def test_stricter_mentors_do_not_lower_their_families_scores_as_they_do_without_offsets(land):
    naive, separated = (_margin_lost(separate, land) for separate in (False, True))
    assert naive > 0.7  # the odds of the same families fall by half and more
    assert abs(separated) < naive / 4


@pytest.mark.parametrize("name", ["logistic", "lightgbm"])
def test_both_kinds_of_model_forecast_the_chance_under_the_average_mentor(name):
    rows = _graduations(0.6 * STRICT)
    score = fit_and_choose(rows, FEATURES, settings=QUICK).candidates[name].explain(rows.values).score
    rate = [rows.y[group].mean() for group in (STRICT[rows.mentor], ~STRICT[rows.mentor])]
    assert rate[0] < score.mean() < rate[1]


def test_without_mentors_who_decide_nothing_changes():
    rows = _graduations(np.zeros(MENTORS))
    plain, few = replace(rows, mentor=None), replace(rows, mentor=np.minimum(rows.mentor, 3))
    first, second = (fit_and_choose(part, FEATURES, settings=QUICK) for part in (plain, few))
    assert first.mentor_spread is second.mentor_spread is None
    np.testing.assert_array_equal(
        first.champion.explain(rows.values).margin, second.champion.explain(rows.values).margin
    )


def test_an_offset_of_zero_for_all_rows_changes_neither_linear_part_nor_trees():
    rows = _graduations(np.zeros(MENTORS))
    plain = fit_parts(rows.values, rows.y, FEATURES, settings=QUICK)
    with_zeros = fit_parts(rows.values, rows.y, FEATURES, settings=QUICK, offset=np.zeros(len(rows.y)))
    for share, kind in ((1.0, "lightgbm"), (0.0, "lightgbm"), (0.0, "additive")):
        first, second = (
            ReadinessModel(FEATURES, part.preparation, part.linear, part.trees[kind], share, 1.0, 0.0)
            for part in (plain, with_zeros)
        )
        np.testing.assert_allclose(second.explain(rows.values).margin, first.explain(rows.values).margin, atol=1e-4)


def test_a_target_that_is_no_event_is_not_the_mentors_to_decide():
    study = drawn_study(3)
    assert study.training_rows(np.arange(10)).mentor is None
    programme = study.programme
    of_event = programme.model_copy(update={"labels": programme.labels[1:]})
    by_event = replace(study, declarations=replace(study.declarations, programme=of_event))
    assert by_event.training_rows(np.arange(10)).mentor.max() >= 0


def test_offsets_are_recovered_and_shrunken_where_families_are_few():
    rng = np.random.default_rng(0)
    true = rng.normal(0, 0.8, 60)
    mentor = np.repeat(np.arange(60), np.where(np.arange(60) < 30, 400, 5))
    margin = rng.normal(-1, 1, len(mentor))
    y = (rng.random(len(mentor)) < expit(margin + true[mentor])).astype(float)
    offset, variance = shrunken_offsets(margin, y, mentor, 60)
    assert np.corrcoef(offset[:30], true[:30])[0, 1] > 0.95
    assert np.std(offset[30:]) < 0.8 * np.std(true[30:])
    assert 0.4 < np.sqrt(variance) < 1.2
    assert offset[mentor].mean() == pytest.approx(0)


def test_mentors_who_do_not_differ_get_no_offset():
    rng = np.random.default_rng(0)
    mentor, margin = np.repeat(np.arange(40), 100), rng.normal(size=4000)
    y = (rng.random(4000) < expit(margin)).astype(float)
    assert np.abs(shrunken_offsets(margin, y, mentor, 40)[0]).max() < 0.2


def test_a_mentor_never_seen_and_a_family_without_one_count_as_average():
    rows = _graduations(0.6 * STRICT)
    offsets = mentor_offsets(
        rows.values, rows.y, rows.mentor, rows.household, FEATURES, C=0.3, rng=np.random.default_rng(0)
    )
    assert offsets.of(np.array([-1, 99])).tolist() == [0.0, 0.0]
    assert offsets.of(np.array([0]))[0] < 0 < offsets.of(np.array([MENTORS - 1]))[0]


def test_no_household_s_margin_comes_from_a_fit_that_saw_it():
    """Outcomes that are noise, the same at every visit: who remembers a family from another visit ranks them all right."""
    rng = np.random.default_rng(0)
    household = np.repeat(np.arange(120), 4)
    design, outcome = rng.normal(size=(120, 100))[household], rng.integers(0, 2, 120).astype(float)[household]
    mentor = household % 6
    remembered = SignedLogisticRegression(C=10.0).fit(design, outcome)
    assert auc(remembered.decision_function(design), outcome) > 0.99
    margin = strictness._out_of_fold_margins(
        design, np.zeros(100, dtype=np.intp), outcome, mentor, household.astype(np.int32), C=10.0, rng=rng
    )
    assert auc(margin, outcome) < 0.65


def test_a_column_that_hardly_varies_within_mentors_is_not_told_apart_from_the_mentor():
    mentor, household = np.repeat(np.arange(6), 50), np.arange(300, dtype=np.int32)
    outcome = (np.arange(300) % 2).astype(float)
    design = (mentor + 0.05 * outcome)[:, None]  # a perfect predictor within mentors, which differ by far more
    margin = strictness._out_of_fold_margins(
        design, np.zeros(1, dtype=np.intp), outcome, mentor, household, C=1.0, rng=np.random.default_rng(0)
    )
    np.testing.assert_array_equal(margin, 0.0)


def test_one_family_with_an_enormous_income_does_not_decide_the_offsets(monkeypatch):
    rows = _graduations(0.6 * STRICT)
    rows.values[0, INCOME] = 1e6
    designs = []
    monkeypatch.setattr(
        strictness,
        "_out_of_fold_margins",
        lambda design, *rest, **options: designs.append(design) or np.zeros(len(design)),
    )
    mentor_offsets(rows.values, rows.y, rows.mentor, rows.household, FEATURES, C=0.3, rng=np.random.default_rng(0))
    assert designs[0].max() < 5


def test_a_logistic_regression_with_an_offset_learns_what_the_offset_leaves():
    rng = np.random.default_rng(0)
    x, offset = rng.normal(size=(5000, 1)), np.where(np.arange(5000) % 2, 1.5, -1.5)
    y = (rng.random(5000) < expit(x[:, 0] + offset - 0.5)).astype(float)
    fitted = SignedLogisticRegression(C=100).fit(x, y, offset=offset)
    assert fitted.coef_[0] == pytest.approx(1.0, abs=0.1)
    assert fitted.intercept_ == pytest.approx(-0.5, abs=0.1)


def test_a_calibration_leaves_the_offset_as_it_is():
    margin, offset = np.zeros(4), np.array([2.0, 2.0, -2.0, -2.0])
    _, intercept = calibrate(margin, np.array([1.0, 0.0, 1.0, 0.0]), offset)
    assert intercept == pytest.approx(0.0, abs=1e-3)
    _, plain = calibrate(margin, np.array([1.0, 1.0, 1.0, 0.0]))
    assert plain == pytest.approx(logit(0.75), abs=1e-3)


def test_a_candidate_s_loss_is_that_of_its_forecast_under_the_family_s_own_mentor():
    margin, offset, y = np.zeros(4), np.array([2.0, 2.0, -2.0, -2.0]), np.array([1.0, 1.0, 0.0, 0.0])
    blend = calibrate_blend(1.0, margin, margin, y, offset)
    np.testing.assert_allclose(blend.losses, np.log1p(np.exp(-2.0)), atol=1e-3)
    np.testing.assert_allclose(blend.margin, 0.0, atol=1e-3)
