"""The version in service is compared with the candidate in pairs, or a sentence says why it cannot be."""

from dataclasses import replace

import pytest

from graduasi.bundle import load_bundle
from graduasi.scoring.scores import score_rows
from graduasi_training.evaluation.evaluate import evaluate
from graduasi_training.evaluation.folds.judged import judge_folds
from graduasi_training.evaluation.incumbent import Incumbent, against_incumbent
from graduasi_training.judging.metrics import auc
from tests.made_up.small_run import QUICK


@pytest.fixture(scope="module")
def bundle(trained):
    return load_bundle(trained.out / "bundle")


@pytest.fixture(scope="module")
def last(trained):
    return judge_folds(trained.study, settings=QUICK, tell=lambda text: None)[-1]


def _against(incumbent, trained, last):
    return against_incumbent(incumbent, trained.study, last, metrics=("auc", "precision_at_quota"))


def test_a_model_in_service_scores_the_last_fold_and_is_compared_in_pairs(trained, bundle):
    section = evaluate(trained.study, settings=QUICK, tell=lambda text: None, incumbent=Incumbent("4", bundle))[
        "incumbent"
    ]
    assert section["version"] == "4"
    assert {row["metric"] for row in section["comparison"]} >= {"auc", "precision_at_quota"}
    for row in section["comparison"]:
        assert row["against"] == "version 4"
        assert row["low"] <= row["difference"] <= row["high"]
    assert "favours it" in section["note"]


def test_the_incumbent_is_scored_by_its_own_model(trained, last, bundle):
    forecast = bundle.model.explain(trained.study.values[last.fold.test]).score
    known = last.test.labelled
    auc_of_incumbent = auc(forecast[known], last.test.y[known])
    row = _against(Incumbent("4", bundle), trained, last)["comparison"][0]
    assert row["difference"] == pytest.approx(last.judged["champion"].figures["auc"] - auc_of_incumbent)


def test_a_model_of_version_0_1_0_reads_the_last_fold_as_it_was_trained_to(trained, last, bundle):
    earlier = replace(bundle, model=replace(bundle.model, is_careful=False))
    day, snapshots = last.fold.day, trained.study.observations.snapshot[last.fold.test]
    forecast = score_rows(trained.study.panel, snapshots, as_of=day, bundle=earlier).explained.score
    known = last.test.labelled
    auc_then, auc_today = (
        auc(scores[known], last.test.y[known])
        for scores in (forecast, bundle.model.explain(trained.study.values[last.fold.test]).score)
    )
    row = _against(Incumbent("4", earlier), trained, last)["comparison"][0]
    assert row["difference"] == pytest.approx(last.judged["champion"].figures["auc"] - auc_then)
    assert auc_then != auc_today


def test_without_a_version_in_service_there_is_null_and_a_sentence(trained):
    assert trained.evaluation["incumbent"]["comparison"] is None
    assert "no version" in trained.evaluation["incumbent"]["note"]


def test_a_version_that_reads_other_features_is_not_compared_and_the_note_names_them(trained, last, bundle):
    first, *others = bundle.model.features
    other = replace(first, field=first.field.model_copy(update={"unit": "USD"}))
    foreign = replace(bundle, model=replace(bundle.model, features=(other, *others)))
    section = _against(Incumbent("4", foreign), trained, last)
    assert (section["version"], section["comparison"]) == ("4", None)
    assert first.field.name in section["note"]


def _with_fields_reversed(bundle):
    return replace(bundle, model=replace(bundle.model, features=bundle.model.features[::-1]))


def _with_another_data_age(bundle):
    header = bundle.programme.programme.model_copy(update={"max_data_age_days": 1})
    return replace(
        bundle,
        declarations=replace(bundle.declarations, programme=bundle.programme.model_copy(update={"programme": header})),
    )


@pytest.mark.parametrize(
    ("change", "reason"), [(_with_fields_reversed, "in another order"), (_with_another_data_age, "max_data_age_days")]
)
def test_a_version_that_would_read_the_same_fields_otherwise_is_not_compared(trained, last, bundle, change, reason):
    section = _against(Incumbent("4", change(bundle)), trained, last)
    assert section["comparison"] is None
    assert reason in section["note"]


def test_a_version_that_was_trained_for_another_label_is_compared_and_the_note_says_so(trained, last, bundle):
    labels = bundle.programme.labels
    other = replace(
        bundle,
        declarations=replace(bundle.declarations, programme=bundle.programme.model_copy(update={"labels": labels[1:]})),
    )
    section = _against(Incumbent("4", other), trained, last)
    assert section["comparison"]
    assert "trained for another label, stayed_out" in section["note"]


def test_a_version_that_cannot_be_opened_is_not_compared_and_the_note_says_why(trained, last):
    section = _against(Incumbent("4", None, "its bundle cannot be used: damaged"), trained, last)
    assert (section["version"], section["comparison"]) == ("4", None)
    assert section["note"] == "its bundle cannot be used: damaged"


@pytest.mark.parametrize(("ended", "learned"), [("2020-06-01", False), ("2022-06-01", True), (None, True)])
def test_the_note_says_whether_the_version_learned_from_labels_of_the_fold(trained, last, bundle, ended, learned):
    about = {**bundle.about, "data": {"last_known_on": ended} if ended else {}}
    section = _against(Incumbent("4", replace(bundle, about=about)), trained, last)
    assert section["learned_from_fold"] is learned
    assert ("favours" in section["note"]) is learned
