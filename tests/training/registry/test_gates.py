"""What a model must show before it may serve."""

import shutil
from dataclasses import replace

import pytest

from graduasi.bundle.manifest import seal, unseal
from graduasi.declarations.programme import Promotion
from graduasi_training.registry.gates import Candidate, findings, findings_in_figures, whole_bundle


def _rows(**against):
    """Paired AUC differences as (difference, low, high)."""
    return [
        {"against": name if " " in name else f"baseline:{name}", "metric": "auc", "difference": difference, "low": low, "high": high}
        for name, (difference, low, high) in against.items()
    ]  # fmt: skip


GOOD = {"prior": (0.15, 0.10, 0.20), "income_only": (0.03, -0.01, 0.07), "longest_enrolled": (0.2, 0.1, 0.3)}
FIGURES = {"auc": 0.65, "auc_low": 0.6, "auc_high": 0.7, "calibration_slope": 1.1}
LISTED = {"listed_labelled": 60, "forecast_at_quota": 0.5, "precision_at_quota": 0.45, "precision_at_quota_low": 0.35, "precision_at_quota_high": 0.55}  # fmt: skip
TOO_BOLD = {**LISTED, "precision_at_quota": 0.3, "precision_at_quota_low": 0.2, "precision_at_quota_high": 0.39}
TOP = {"n": 100, "score": 0.5, "observed": 0.48, "low": 0.4, "high": 0.56}


def _evaluation(against=GOOD, *, figures=FIGURES, top=TOP, incumbent=None, **others):
    return {
        "comparison": _rows(**against),
        "folds": [{"candidates": {"champion": figures}, "eligible_rows": 400}],
        "calibration": {"bins": [{**TOP, "score": 0.1}, top]},
        "incumbent": incumbent,
        **others,
    }


@pytest.fixture
def candidate(trained):
    return Candidate(_evaluation(), trained.out / "bundle", trained.digest)


def _gates(candidate, **changes):
    return [(finding.gate, finding.refuses) for finding in findings_in_figures(replace(candidate, **changes))]


def _sealed_gates(candidate):
    return [finding.gate for finding in whole_bundle(candidate)]


def test_a_good_model_has_nothing_to_answer_for(candidate):
    assert findings(candidate) == []


@pytest.mark.parametrize(
    ("evaluation", "gate"),
    [
        (_evaluation({**GOOD, "prior": (0.02, -0.05, 0.09)}), "prior"),
        (_evaluation({**GOOD, "prior": (0.0, 0.0, 0.0)}), "prior"),
        (_evaluation(figures={**FIGURES, "auc_low": 0.5}), "prior"),
        (_evaluation({name: GOOD[name] for name in ("income_only",)}), "prior"),
        (_evaluation({**GOOD, "income_only": (0.0, -0.02, 0.02)}), "baselines"),
        (_evaluation({**GOOD, "weighted_criteria": (-0.04, -0.10, 0.02)}), "baselines"),
        (_evaluation(folds=[{"candidates": {"champion": FIGURES}, "eligible_rows": 0}]), "nobody"),
        (_evaluation(figures={**FIGURES, "calibration_slope": 0.4}), "calibration"),
        (_evaluation(figures={**FIGURES, "calibration_slope": 2.0}), "calibration"),
        (_evaluation(figures={**FIGURES, "calibration_slope": None}), "calibration"),
        (_evaluation(top={**TOP, "observed": 0.25, "low": 0.2, "high": 0.3}), "listed"),
        (_evaluation(top={**TOP, "observed": 0.75, "low": 0.7, "high": 0.8}), "listed"),
        (_evaluation(figures={**FIGURES, **TOO_BOLD}), "listed"),
    ],
)
def test_each_gate_refuses_what_it_is_for_and_no_other_does(candidate, evaluation, gate):
    assert _gates(candidate, evaluation=evaluation) == [(gate, True)]


def test_an_evaluation_that_does_not_count_who_could_be_listed_is_told_and_not_refused(candidate):
    older = _evaluation(folds=[{"candidates": {"champion": FIGURES}}])
    assert _gates(candidate, evaluation=older) == [("nobody", False)]


def test_a_loss_that_nobody_would_notice_is_allowed(candidate):
    near = _evaluation({**GOOD, "income_only": (-0.01, -0.019, 0.0)})
    assert _gates(candidate, evaluation=near) == []
    assert _gates(candidate, evaluation=near, limits=Promotion(max_loss=0.01)) == [("baselines", True)]


@pytest.mark.parametrize(("n", "found"), [(30, [("listed", True)]), (29, [])])
def test_the_top_of_the_scores_is_the_highest_bin_of_thirty_families_or_more(candidate, n, found):
    evaluation = _evaluation(calibration={"bins": [TOP, {**TOP, "score": 0.9, "n": n}]})
    assert _gates(candidate, evaluation=evaluation) == found


@pytest.mark.parametrize(("listed", "found"), [(LISTED, []), ({**LISTED, "listed_labelled": 29}, [("listed", True)])])
def test_the_top_of_the_scores_counts_only_where_few_of_the_listed_have_an_outcome(candidate, listed, found):
    evaluation = _evaluation(figures={**FIGURES, **listed}, top={**TOP, "observed": 0.25, "low": 0.2, "high": 0.3})
    assert _gates(candidate, evaluation=evaluation) == found


def test_where_no_bin_is_large_enough_calibration_at_the_top_cannot_be_told(candidate):
    evaluation = _evaluation(calibration={"bins": [{**TOP, "n": 29}]})
    assert _gates(candidate, evaluation=evaluation) == [("listed", False)]


@pytest.mark.parametrize("slope", [Promotion().calibration_slope_min, Promotion().calibration_slope_max])
def test_a_calibration_slope_at_its_limit_is_allowed(candidate, slope):
    assert _gates(candidate, evaluation=_evaluation(figures={**FIGURES, "calibration_slope": slope})) == []


@pytest.mark.parametrize(("half", "refused"), [(0.04, True), (0.06, False)])
def test_precision_at_quota_counts_where_its_interval_is_narrow(candidate, half, refused):
    row = {
        "against": "baseline:income_only",
        "metric": "precision_at_quota",
        "difference": 0.0,
        "low": -half,
        "high": half,
    }
    evaluation = _evaluation()
    evaluation["comparison"].append(row)
    assert _gates(candidate, evaluation=evaluation) == ([("baselines", True)] if refused else [])


def test_the_version_in_service_may_not_be_better_beyond_what_may_be_lost(candidate):
    rows = _rows(**{"version 3": (-0.01, -0.05, 0.03)})
    worse = _evaluation(incumbent={"version": "3", "comparison": rows, "note": "…"})
    assert _gates(candidate, evaluation=worse, serving="3") == [("in service", True)]
    assert _gates(candidate, evaluation=worse) == []


def test_one_in_service_that_learned_from_these_labels_does_not_block_an_honest_newcomer(candidate):
    section = {
        "version": "3",
        "comparison": _rows(**{"version 3": (-0.02, -0.03, -0.01)}),
        "learned_from_fold": True,
        "note": "…",
    }
    ours = _evaluation(incumbent=section, data={"sha256": "same"})
    for theirs, refuses in ((0.66, False), (0.68, True)):
        serving = _evaluation(figures={**FIGURES, "auc": theirs}, data={"sha256": "same"})
        assert _gates(candidate, evaluation=ours, serving="3", serving_evaluation=serving) == [("in service", refuses)]


@pytest.mark.parametrize("incumbent", [None, {"version": None, "comparison": None, "note": "none served"},
                                       {"version": "2", "comparison": _rows(**{"version 2": (0.1, 0.1, 0.1)}), "note": "…"}])  # fmt: skip
def test_a_version_that_was_not_compared_with_the_one_in_service_is_told_and_not_refused(candidate, incumbent):
    assert _gates(candidate, evaluation=_evaluation(incumbent=incumbent), serving="3") == [("in service", False)]


def _judged(auc, *, panel="same", label="held", **fold):
    folds = [
        {
            "candidates": {"champion": {**FIGURES, "auc": auc}},
            "eligible_rows": 400,
            "test_as_of": "2025-03-31",
            "labelled_rows": 900,
            **fold,
        }
    ]
    return _evaluation(folds=folds, data={"sha256": panel}, label=label)


@pytest.mark.parametrize(
    ("theirs", "refuses"),
    [
        (_judged(0.68), True),
        (_judged(0.66), False),
        (_judged(0.68, panel="another"), False),
        (_judged(0.68, label="stayed_out"), False),
        (_judged(0.68, test_as_of="2024-12-31"), False),
        (_judged(0.68, labelled_rows=899), False),
    ],
)
def test_without_pairs_the_figures_count_where_they_are_of_the_same_families(candidate, theirs, refuses):
    ours = _judged(FIGURES["auc"])
    assert _gates(candidate, evaluation=ours, serving="3", serving_evaluation=theirs) == [("in service", refuses)]


def _groups(low, high, half=0.05):
    rows = {
        "true": {"n": 50, "recall_at_quota": low},
        "false": {"n": 50, "recall_at_quota": high},
        "?": {"n": 3, "note": "too few"},
    }
    for value in ("true", "false") if half else ():
        recall = rows[value]["recall_at_quota"]
        rows[value] |= {"recall_at_quota_low": recall - half, "recall_at_quota_high": recall + half}
    return {"head_is_female": rows}


@pytest.mark.parametrize(
    ("now", "refused"),
    [
        (_groups(0.1, 0.4), True),
        (_groups(0.1, 0.19), False),
        (_groups(0.125, 0.375, half=0.125), False),  # the two intervals touch
        (_groups(0.1, 0.25, half=None), True),
        ({}, False),
    ],
)
def test_no_group_may_fall_further_behind_than_under_the_version_in_service(candidate, now, refused):
    rows = {"version": "3", "comparison": _rows(**{"version 3": (0.0, -0.01, 0.01)}), "note": "…"}
    found = findings_in_figures(
        replace(
            candidate, evaluation=_evaluation(groups=now, incumbent=rows), serving="3",
            serving_evaluation={"groups": _groups(0.3, 0.3)},
        )
    )  # fmt: skip
    assert [finding.gate for finding in found] == (["groups"] if refused else [])
    assert not refused or "head_is_female = true" in str(found[0])


def _resealed(candidate, folder, **files):
    sealed = unseal(candidate.bundle)
    digest = seal(folder, {**sealed.files, **files}, about=sealed.about)
    return replace(candidate, bundle=folder, digest=digest)


def test_a_bundle_that_is_not_the_registered_one_is_refused(candidate):
    assert _sealed_gates(replace(candidate, digest="0" * 64)) == ["digest"]


def test_a_bundle_whose_golden_households_come_out_otherwise_is_refused(candidate, tmp_path):
    model = unseal(candidate.bundle).files["model.json"].replace(b'"intercept": ', b'"intercept": 1')
    assert _sealed_gates(_resealed(candidate, tmp_path / "b", **{"model.json": model})) == ["golden"]


def test_a_damaged_bundle_is_refused(candidate, tmp_path):
    folder = shutil.copytree(candidate.bundle, tmp_path / "b")
    (folder / "model.json").write_text("{}", encoding="utf-8")
    assert _sealed_gates(replace(candidate, bundle=folder)) == ["golden"]


def test_a_bundle_without_a_card_is_refused(candidate, tmp_path):
    assert _sealed_gates(_resealed(candidate, tmp_path / "b", **{"card.md": b"# Card\n"})) == ["card"]


@pytest.mark.parametrize(("name", "version"), [("programme", b'version = "1"'), ("dictionary", b'version = "3"')])
def test_a_model_of_a_draft_is_refused_with_what_to_complete(candidate, tmp_path, name, version):
    text = unseal(candidate.bundle).files[f"{name}.toml"]
    assert text.count(version) == 1
    drafted = _resealed(candidate, tmp_path / "b", **{f"{name}.toml": text.replace(version, b'version = "draft"')})
    (found,) = whole_bundle(drafted)
    assert found.refuses
    assert str(found).startswith(f"gate draft: the {name} is a draft, by its version: complete its ")
    assert str(found).endswith("then give it a version, and train again")


def test_every_reason_is_told_at_once(candidate):
    noise = _evaluation(
        {**GOOD, "prior": (0, -0.1, 0.1), "income_only": (0, -0.1, 0.1)}, figures={**FIGURES, "auc_low": 0.4}
    )
    told = findings(replace(candidate, evaluation=noise, digest=""))
    assert [finding.gate for finding in told] == ["prior", "baselines", "digest"]


def test_candidates_of_the_same_run_are_no_gate(candidate):
    evaluation = _evaluation()
    evaluation["comparison"].append(
        {"against": "logistic", "metric": "auc", "difference": -0.2, "low": -0.3, "high": -0.1}
    )
    assert _gates(candidate, evaluation=evaluation) == []
