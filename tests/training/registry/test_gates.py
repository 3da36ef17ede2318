"""What a model must show before it may serve."""

import shutil
from dataclasses import replace

import pytest

from graduasi.bundle.manifest import seal, unseal
from graduasi.declarations.programme import Promotion
from graduasi_training.registry.gates import Challenger, findings, findings_in_bundle, findings_in_figures


def _rows(**against):
    """Paired AUC differences as (difference, low, high)."""
    return [
        {"against": name if " " in name else f"baseline:{name}", "metric": "auc", "difference": difference, "low": low, "high": high}
        for name, (difference, low, high) in against.items()
    ]  # fmt: skip


GOOD = {"prior": (0.15, 0.10, 0.20), "income_only": (0.03, -0.01, 0.07), "longest_enrolled": (0.2, 0.1, 0.3)}
FIGURES = {
    "auc": 0.65, "auc_low": 0.6, "auc_high": 0.7, "calibration_slope": 1.1, "calibration_slope_low": 0.9, "calibration_slope_high": 1.3,
}  # fmt: skip
LISTED = {"listed_labelled": 60, "forecast_at_quota": 0.5, "precision_at_quota": 0.45, "precision_at_quota_low": 0.35, "precision_at_quota_high": 0.55}  # fmt: skip
TOO_BOLD = {**LISTED, "precision_at_quota": 0.3, "precision_at_quota_low": 0.2, "precision_at_quota_high": 0.39}
TOP = {"n": 100, "score": 0.5, "observed": 0.48, "low": 0.4, "high": 0.56}


def _evaluation(against=GOOD, *, figures=FIGURES, top=TOP, incumbent=None, unseen=0.55, **others):
    return {
        "comparison": _rows(**against),
        "folds": [{"candidates": {"champion": figures}, "eligible_rows": 400, "household_disjoint_auc_low": unseen}],
        "calibration": {"bins": [{**TOP, "score": 0.1}, top]},
        "incumbent": incumbent,
        **others,
    }


def _sloped(slope, low, high):
    return {**FIGURES, "calibration_slope": slope, "calibration_slope_low": low, "calibration_slope_high": high}


@pytest.fixture
def challenger(trained):
    return Challenger(_evaluation(), trained.out / "bundle", trained.digest)


def _gates(challenger, **changes):
    return [(finding.gate, finding.refuses) for finding in findings_in_figures(replace(challenger, **changes))]


def _sealed_gates(challenger):
    return [finding.gate for finding in findings_in_bundle(challenger)]


def test_a_good_model_passes_every_gate(challenger):
    assert findings(challenger) == []


@pytest.mark.parametrize(
    ("evaluation", "gate"),
    [
        (_evaluation({**GOOD, "prior": (0.02, -0.05, 0.09)}), "prior"),
        (_evaluation({**GOOD, "prior": (0.0, 0.0, 0.0)}), "prior"),
        (_evaluation(figures={**FIGURES, "auc_low": 0.5}), "prior"),
        (_evaluation({name: GOOD[name] for name in ("income_only",)}), "prior"),
        (_evaluation(unseen=0.5), "prior"),
        (_evaluation({**GOOD, "income_only": (0.0, -0.02, 0.02)}), "baselines"),
        (_evaluation({**GOOD, "weighted_criteria": (-0.04, -0.10, 0.02)}), "baselines"),
        (_evaluation(folds=[{"candidates": {"champion": FIGURES}, "eligible_rows": 0}]), "nobody"),
        (_evaluation(figures=_sloped(0.4, 0.2, 0.59)), "calibration"),
        (_evaluation(figures=_sloped(2.0, 1.61, 2.4)), "calibration"),
        (_evaluation(figures=_sloped(None, None, None)), "calibration"),
        (_evaluation(top={**TOP, "observed": 0.25, "low": 0.2, "high": 0.3}), "listed"),
        (_evaluation(top={**TOP, "observed": 0.75, "low": 0.7, "high": 0.8}), "listed"),
        (_evaluation(figures={**FIGURES, **TOO_BOLD}), "listed"),
    ],
)
def test_each_gate_refuses_what_it_is_for_and_no_other_does(challenger, evaluation, gate):
    assert _gates(challenger, evaluation=evaluation) == [(gate, True)]


@pytest.mark.parametrize("fold", [{}, {"household_disjoint_auc_low": None}])
def test_an_evaluation_that_does_not_say_how_unseen_families_are_ranked_is_not_refused_for_it(challenger, fold):
    folds = [{"candidates": {"champion": FIGURES}, "eligible_rows": 400, **fold}]
    assert _gates(challenger, evaluation=_evaluation(folds=folds)) == []


def test_an_older_evaluation_without_the_number_of_eligible_families_cannot_tell_and_is_not_refused(challenger):
    older = _evaluation(folds=[{"candidates": {"champion": FIGURES}}])
    assert _gates(challenger, evaluation=older) == [("nobody", False)]


def test_a_loss_that_nobody_would_notice_is_allowed(challenger):
    near = _evaluation({**GOOD, "income_only": (-0.01, -0.019, 0.0)})
    assert _gates(challenger, evaluation=near) == []
    assert _gates(challenger, evaluation=near, limits=Promotion(max_loss=0.01)) == [("baselines", True)]


@pytest.mark.parametrize(("n", "expected"), [(30, [("listed", True)]), (29, [])])
def test_the_top_of_the_scores_is_the_highest_bin_of_thirty_families_or_more(challenger, n, expected):
    evaluation = _evaluation(calibration={"bins": [TOP, {**TOP, "score": 0.9, "n": n}]})
    assert _gates(challenger, evaluation=evaluation) == expected


@pytest.mark.parametrize(
    ("listed", "expected"), [(LISTED, []), ({**LISTED, "listed_labelled": 29}, [("listed", True)])]
)
def test_the_top_of_the_scores_counts_only_where_few_of_the_listed_have_an_outcome(challenger, listed, expected):
    evaluation = _evaluation(figures={**FIGURES, **listed}, top={**TOP, "observed": 0.25, "low": 0.2, "high": 0.3})
    assert _gates(challenger, evaluation=evaluation) == expected


def test_where_no_bin_is_large_enough_calibration_at_the_top_cannot_be_told(challenger):
    evaluation = _evaluation(calibration={"bins": [{**TOP, "n": 29}]})
    assert _gates(challenger, evaluation=evaluation) == [("listed", False)]


@pytest.mark.parametrize(
    ("slope", "low", "high", "words"),
    [
        (0.4, 0.1, 0.6, "its 95 % interval, 0.10 to 0.60, reaches inside"),
        (2.0, 1.6, 2.4, "its 95 % interval, 1.60 to 2.40, reaches inside"),
        (0.4, None, None, "too few families for an interval"),
    ],
)
def test_a_calibration_slope_outside_its_limits_that_chance_could_explain_cannot_be_told(
    challenger, slope, low, high, words
):
    figures = _sloped(slope, low, high)
    (finding,) = findings_in_figures(replace(challenger, evaluation=_evaluation(figures=figures)))
    assert (finding.gate, finding.refuses) == ("calibration", False)
    assert words in finding.sentence


@pytest.mark.parametrize("slope", [Promotion().calibration_slope_min, Promotion().calibration_slope_max])
def test_a_calibration_slope_at_its_limit_is_allowed(challenger, slope):
    assert _gates(challenger, evaluation=_evaluation(figures=_sloped(slope, 0.0, 9.0))) == []


@pytest.mark.parametrize(("half", "refused"), [(0.04, True), (0.06, False)])
def test_precision_at_quota_counts_where_its_interval_is_narrow(challenger, half, refused):
    row = {
        "against": "baseline:income_only",
        "metric": "precision_at_quota",
        "difference": 0.0,
        "low": -half,
        "high": half,
    }
    evaluation = _evaluation()
    evaluation["comparison"].append(row)
    assert _gates(challenger, evaluation=evaluation) == ([("baselines", True)] if refused else [])


def test_the_version_in_service_may_not_be_better_beyond_what_may_be_lost(challenger):
    rows = _rows(**{"version 3": (-0.01, -0.05, 0.03)})
    worse = _evaluation(incumbent={"version": "3", "comparison": rows, "note": "…"})
    assert _gates(challenger, evaluation=worse, serving="3") == [("in service", True)]
    assert _gates(challenger, evaluation=worse) == []


def test_one_in_service_that_learned_from_these_labels_does_not_block_an_honest_newcomer(challenger):
    section = {
        "version": "3",
        "comparison": _rows(**{"version 3": (-0.02, -0.03, -0.01)}),
        "learned_from_fold": True,
        "note": "…",
    }
    ours = _evaluation(incumbent=section, data={"sha256": "same"})
    for theirs, refuses in ((0.66, False), (0.68, True)):
        serving = _evaluation(figures={**FIGURES, "auc": theirs}, data={"sha256": "same"})
        assert _gates(challenger, evaluation=ours, serving="3", serving_evaluation=serving) == [("in service", refuses)]


@pytest.mark.parametrize("incumbent", [None, {"version": None, "comparison": None, "note": "none served"},
                                       {"version": "2", "comparison": _rows(**{"version 2": (0.1, 0.1, 0.1)}), "note": "…"}])  # fmt: skip
def test_a_version_that_was_not_compared_with_the_one_in_service_cannot_tell_and_is_not_refused(challenger, incumbent):
    assert _gates(challenger, evaluation=_evaluation(incumbent=incumbent), serving="3") == [("in service", False)]


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
def test_without_pairs_the_figures_count_where_they_are_of_the_same_families(challenger, theirs, refuses):
    ours = _judged(FIGURES["auc"])
    assert _gates(challenger, evaluation=ours, serving="3", serving_evaluation=theirs) == [("in service", refuses)]


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
def test_no_group_may_fall_further_behind_than_under_the_version_in_service(challenger, now, refused):
    rows = {"version": "3", "comparison": _rows(**{"version 3": (0.0, -0.01, 0.01)}), "note": "…"}
    group_findings = findings_in_figures(
        replace(
            challenger, evaluation=_evaluation(groups=now, incumbent=rows), serving="3",
            serving_evaluation={"groups": _groups(0.3, 0.3)},
        )
    )  # fmt: skip
    assert [finding.gate for finding in group_findings] == (["groups"] if refused else [])
    assert not refused or "head_is_female = true" in str(group_findings[0])


def _resealed(challenger, folder, **files):
    sealed = unseal(challenger.bundle)
    digest = seal(folder, {**sealed.files, **files}, about=sealed.about)
    return replace(challenger, bundle=folder, digest=digest)


def test_a_bundle_that_is_not_the_registered_one_is_refused(challenger):
    assert _sealed_gates(replace(challenger, digest="0" * 64)) == ["digest"]


def test_a_bundle_whose_golden_households_come_out_differently_is_refused(challenger, tmp_path):
    model = unseal(challenger.bundle).files["model.json"].replace(b'"intercept": ', b'"intercept": 1')
    assert _sealed_gates(_resealed(challenger, tmp_path / "b", **{"model.json": model})) == ["golden"]


def test_a_damaged_bundle_is_refused(challenger, tmp_path):
    folder = shutil.copytree(challenger.bundle, tmp_path / "b")
    (folder / "model.json").write_text("{}", encoding="utf-8")
    assert _sealed_gates(replace(challenger, bundle=folder)) == ["golden"]


def test_a_bundle_without_a_card_is_refused(challenger, tmp_path):
    assert _sealed_gates(_resealed(challenger, tmp_path / "b", **{"card.md": b"# Card\n"})) == ["card"]


@pytest.mark.parametrize(("characters", "gates"), [(199, ["card"]), (200, [])])
def test_a_card_too_short_to_hold_more_than_a_title_is_refused(challenger, tmp_path, characters, gates):
    card = b"# Card\n".ljust(characters, b"x")
    assert _sealed_gates(_resealed(challenger, tmp_path / "b", **{"card.md": card})) == gates


@pytest.mark.parametrize(("name", "version"), [("programme", b'version = "1"'), ("dictionary", b'version = "3"')])
def test_a_model_of_a_draft_is_refused_with_what_to_complete(challenger, tmp_path, name, version):
    text = unseal(challenger.bundle).files[f"{name}.toml"]
    assert text.count(version) == 1
    drafted = _resealed(challenger, tmp_path / "b", **{f"{name}.toml": text.replace(version, b'version = "draft"')})
    (finding,) = findings_in_bundle(drafted)
    assert finding.refuses
    assert str(finding).startswith(f"gate draft: the {name} is a draft, by its version: complete its ")
    assert str(finding).endswith("then give it a version, and train again")


def test_every_reason_is_told_at_once(challenger):
    noise = _evaluation(
        {**GOOD, "prior": (0, -0.1, 0.1), "income_only": (0, -0.1, 0.1)}, figures={**FIGURES, "auc_low": 0.4}
    )
    all_findings = findings(replace(challenger, evaluation=noise, digest=""))
    assert [finding.gate for finding in all_findings] == ["prior", "baselines", "digest"]


def test_candidates_of_the_same_run_are_no_gate(challenger):
    evaluation = _evaluation()
    evaluation["comparison"].append(
        {"against": "logistic", "metric": "auc", "difference": -0.2, "low": -0.3, "high": -0.1}
    )
    assert _gates(challenger, evaluation=evaluation) == []
