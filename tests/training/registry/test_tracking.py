"""A run in MLflow: figures, digests and artefacts, never rows; versions, promotion and rollback."""

import json
import os
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from graduasi.bundle.by_name import located_bundle
from graduasi.bundle.manifest import unseal
from graduasi.errors import BundleError, Refused
from graduasi_training.registry.alias_history import serving_on
from graduasi_training.registry.store import quiet_mlflow, registered_name
from graduasi_training.registry.tracking import log_run, refuse_deleted_experiment
from graduasi_training.registry.versions import (
    Act,
    Version,
    find_bundle,
    history,
    incumbent_of,
    make_challenger,
    promote,
    rollback,
    versions,
)

ACT = Act("siti", datetime(2026, 11, 24, tzinfo=UTC), "looked at the report")
NAME = registered_name("small")


@pytest.fixture(scope="module")
def store(trained, tmp_path_factory):
    """A SQLite store with two good versions of one model, and a third that ranks no better than chance."""
    folder = tmp_path_factory.mktemp("tracking")
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    good, noise = (_evaluated_as(trained, folder / name, low=low) for name, low in (("good", 0.01), ("noise", -0.1)))
    for run in (good, good, noise):
        log_run(run, uri=uri)
    return uri


def _evaluated_as(trained, folder, low):
    """The same run with other paired differences: `low` is the lower end of each."""
    out = shutil.copytree(trained.out, folder)
    comparison = [row | {"low": low, "difference": low + 0.01} for row in trained.evaluation["comparison"]]
    *earlier, last = trained.evaluation["folds"]
    sure = {"auc_low": 0.55}
    champion = {"candidates": last["candidates"] | {"champion": last["candidates"]["champion"] | sure}}
    folds = [*earlier, last | champion | {"household_disjoint_auc_low": 0.55}]
    evaluation = trained.evaluation | {"comparison": comparison, "folds": folds}
    (out / "evaluation.json").write_text(json.dumps(evaluation), encoding="utf-8")
    return replace(trained, out=out, evaluation=evaluation)


def test_a_run_has_parameters_metrics_dataset_and_artefacts(store, trained):
    with quiet_mlflow() as mlflow:
        client = mlflow.MlflowClient(store)
        run = client.get_run(versions(store)[0].run_id)
        names = {entry.path for entry in client.list_artifacts(run.info.run_id)}
    assert run.data.params["champion"] == trained.fitted.chosen
    assert run.data.params["seed"] == "0"
    assert run.data.metrics["auc"] == pytest.approx(trained.evaluation["folds"][-1]["candidates"]["champion"]["auc"])
    assert run.inputs.dataset_inputs[0].dataset.digest == trained.evaluation["data"]["sha256"][:32]
    assert {"evaluation.json", "card.md", "report.html"} <= names
    assert run.data.tags["data_window"] == "{first_as_of} to {last_as_of}".format(**trained.evaluation["data"])


def test_folds_are_runs_below_the_run(store, trained):
    with quiet_mlflow() as mlflow:
        client = mlflow.MlflowClient(store)
        run = client.get_run(versions(store)[0].run_id)
        below = client.search_runs([run.info.experiment_id], f"tags.mlflow.parentRunId = '{run.info.run_id}'")
    figures = {child.info.run_name: child.data.metrics for child in below}
    folds = {
        f"fold {fold['test_as_of']}": fold["candidates"]["champion"]["auc"] for fold in trained.evaluation["folds"]
    }
    assert {name: metrics["auc"] for name, metrics in figures.items() if "auc" in metrics} == pytest.approx(folds)
    assert len(folds) == 2


def test_the_logged_model_has_the_parameters_the_figures_and_the_digests(store, trained):
    with quiet_mlflow() as mlflow:
        client = mlflow.MlflowClient(store)
        entry = client.get_model_version(NAME, "1")
        model = client.get_logged_model(entry.source.removeprefix("models:/"))
    assert model.params["champion"] == trained.fitted.chosen
    assert model.tags["bundle_digest"] == entry.tags["bundle_digest"] == trained.digest
    auc = next(metric for metric in model.metrics if metric.key == "auc")
    assert auc.value == pytest.approx(trained.evaluation["folds"][-1]["candidates"]["champion"]["auc"])
    assert auc.dataset_digest == trained.evaluation["data"]["sha256"][:32]


def test_a_version_has_the_digest_of_its_panel_and_says_how_good_the_procedure_was(store, trained):
    with quiet_mlflow() as mlflow:
        entry = mlflow.MlflowClient(store).get_model_version(NAME, "1")
    fold = trained.evaluation["folds"][-1]
    auc = fold["candidates"]["champion"]["auc"]
    assert entry.tags["panel_sha256"] == trained.evaluation["data"]["sha256"]
    assert entry.description == f"{trained.fitted.chosen}; the procedure on {fold['test_as_of']}: AUC {auc:.3f}."


def test_a_version_learned_from_synthetic_data_says_so_in_its_tags_and_its_description(trained, tmp_path):
    dictionary = trained.study.dictionary
    header = dictionary.header.model_copy(update={"synthetic": True})
    synthetic = dictionary.model_copy(update={"header": header})
    study = replace(trained.study, declarations=replace(trained.study.declarations, dictionary=synthetic))
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    log_run(replace(trained, study=study), uri=uri)
    (version,) = versions(uri)
    assert version.synthetic
    with quiet_mlflow() as mlflow:
        assert mlflow.MlflowClient(uri).get_model_version(NAME, "1").description.endswith(" Synthetic data.")


def test_no_household_of_the_panel_is_named_in_the_store_or_its_artefacts(store, trained):
    database = Path(store.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(database)) as connection:
        texts = ["\n".join(connection.iterdump())]
    texts += [path.read_text("latin-1") for path in (database.parent / "mlartifacts").rglob("*") if path.is_file()]
    # A picture is pixels in base64, where chance writes any few characters.
    named_in_store = set(re.findall(r"K\d{5}", re.sub(r"data:image/png;base64,[^\"]+", "", "".join(texts))))
    households = set(trained.study.panel.household_id.to_pylist())
    assert "K00001" in households
    assert not named_in_store & households


def test_artefacts_lie_beside_a_sqlite_store(store):
    assert (Path(store.removeprefix("sqlite:///")).parent / "mlartifacts").is_dir()


def test_versions_are_listed_with_digest_label_and_whether_the_data_are_synthetic(store, trained):
    registered = versions(store)
    assert [(entry.name, entry.version) for entry in registered] == [(NAME, number) for number in "123"]
    assert {entry.digest for entry in registered} == {trained.digest}
    assert {entry.label for entry in registered} == {"held"}
    assert not any(entry.synthetic or entry.aliases for entry in registered)


def test_the_newest_version_challenges_until_it_is_promoted(store):
    for number in ("1", "2"):
        make_challenger(NAME, number, act=ACT, uri=store)
    assert [entry.aliases for entry in versions(store)] == [(), ("challenger",), ()]
    assert [(entry.act, entry.version) for entry in history(NAME, store)] == [("train", "1"), ("train", "2")]
    promote("2", act=ACT, uri=store)
    assert [entry.aliases for entry in versions(store)] == [(), ("champion",), ()]


def test_promotion_rollback_and_their_history(store):
    promoted = promote("graduasi-small/1", act=ACT, uri=store)
    assert [entry.aliases for entry in versions(store)] == [("champion",), (), ()]
    assert [finding.gate for finding in promoted.undecided if finding.gate == "in service"] == ["in service"]
    assert rollback(act=ACT, uri=store).version == "2"
    with pytest.raises(Refused, match="nothing to go back to"):
        rollback(act=ACT, uri=store)
    past = [entry for entry in history(NAME, store) if entry.alias == "champion"]
    assert [(entry.act, entry.version) for entry in past] == [("promote", "2"), ("promote", "1"), ("rollback", "2")]
    assert {(entry.who, entry.why, entry.when) for entry in past} == {
        ("siti", "looked at the report", "2026-11-24T00:00:00+00:00")
    }
    assert serving_on(past, "champion", date(2026, 11, 25))[0].version == "2"


def test_a_model_that_fails_its_gates_is_not_promoted_and_says_why(store):
    with pytest.raises(Refused, match="not promoted: gate prior"):
        promote("3", act=ACT, uri=store)
    assert "champion" not in versions(store)[2].aliases


def test_a_person_may_set_gates_aside_and_the_history_names_the_gates(store):
    promoted = promote("3", act=ACT, alias="trial", uri=store, force=True)
    assert {finding.gate for finding in promoted.overrode} == {"prior", "baselines"}
    assert history(NAME, store)[-1].overrode == ("prior", "baselines")


def test_the_champion_is_not_compared_with_itself_when_it_gets_another_alias(store):
    promote("2", act=ACT, uri=store)
    promoted = promote("2", act=ACT, alias="spare", uri=store)
    assert "in service" not in {finding.gate for finding in promoted.undecided}


def test_a_challenger_serves_nobody_and_has_no_gates(store):
    assert promote("3", act=ACT, alias="challenger", uri=store).overrode == ()


@pytest.mark.parametrize("number", ["9", "graduasi-other/1", "champion"])
def test_an_unknown_version_is_refused_with_those_that_are_known(store, number):
    with pytest.raises(Refused, match=r"no such version in sqlite:.*mlflow.db; registered: graduasi-small/1"):
        promote(number, act=ACT, uri=store)


def test_an_alias_that_nobody_has_cannot_be_rolled_back(store):
    with pytest.raises(Refused, match=r"no version in .* has the alias"):
        rollback(alias="nobody", act=ACT, uri=store)


def test_a_version_is_found_by_its_alias_and_its_bundle_is_whole(store, trained, monkeypatch):
    promote("2", alias="second", act=ACT, uri=store)
    monkeypatch.setenv("GRADUASI_TRACKING_URI", store)
    for name in ("second", "graduasi-small@second"):
        with located_bundle(name) as folder:
            assert unseal(folder).digest == trained.digest
        assert not folder.exists()


@pytest.mark.parametrize("name", ["nobody", "graduasi-other@second"])
def test_a_name_that_no_version_has_is_refused_with_the_store_and_its_aliases(store, monkeypatch, tmp_path, name):
    monkeypatch.setenv("GRADUASI_TRACKING_URI", store)
    promote("2", alias="second", act=ACT, uri=store)
    with pytest.raises(BundleError, match=rf"{name}: neither .* in {store}; aliases there: .*second"):
        find_bundle(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def two_models(monkeypatch):
    """A registry in which two programmes have a version 1, each its champion."""
    registered = [
        Version(name, "1", ("champion",), "d" * 64, False, "run", "held", "2020 to 2021", "2026-11-24T00:00:00+00:00")
        for name in ("graduasi-east", "graduasi-west")
    ]
    monkeypatch.setattr("graduasi_training.registry.versions.versions", lambda uri=None: registered)


def test_an_alias_that_two_models_have_is_refused_with_both_names(two_models, tmp_path):
    both = "say which: graduasi-east@champion or graduasi-west@champion"
    with pytest.raises(Refused, match=both):
        find_bundle("champion", tmp_path)
    with pytest.raises(Refused, match=both):
        rollback(act=ACT)


def test_a_number_that_two_models_have_is_refused_with_both_names(two_models):
    with pytest.raises(Refused, match="1: more than one model has it; registered: graduasi-east/1, graduasi-west/1"):
        promote("1", act=ACT)


def test_the_version_in_service_is_opened_to_be_compared_with(store, trained):
    promote("2", act=ACT, uri=store)
    incumbent = incumbent_of("small", store)
    assert (incumbent.version, incumbent.bundle.digest) == ("2", trained.digest)
    assert incumbent_of("other", store) is None


@pytest.fixture
def shared_store(tmp_path):
    """A store with one version of a programme whose name has an apostrophe, and a model of somebody else's that is called alike."""
    uri = f"sqlite:///{tmp_path / 'shared.db'}"
    with quiet_mlflow() as mlflow:
        client = mlflow.MlflowClient(uri)
        for name, tags in ((registered_name("Côte d'Ivoire"), {"bundle_digest": "d" * 64}), ("graduasi-other", {})):
            client.create_registered_model(name)
            client.create_model_version(name, source=(tmp_path / "nothing").as_uri(), tags=tags)
            client.set_registered_model_alias(name, "champion", "1")
    return uri


def test_a_name_with_an_apostrophe_and_a_foreign_model_stop_nobody(shared_store):
    (version,) = versions(shared_store)
    assert version.name == "graduasi-Côte d'Ivoire"
    assert incumbent_of("small", shared_store) is None


def test_a_version_without_a_bundle_is_told_as_one(shared_store, monkeypatch, tmp_path):
    (tmp_path / "nothing").mkdir()
    monkeypatch.setenv("GRADUASI_TRACKING_URI", shared_store)
    with pytest.raises(BundleError, match="Ivoire/1: holds no bundle"):
        find_bundle("champion", tmp_path)


@pytest.mark.parametrize("name", ["PKH/2026", "pkh:1"])
def test_a_programme_s_name_that_no_store_takes_is_refused_before_anything_is_learned(name, tmp_path):
    with pytest.raises(Refused, match=r"\[programme\] name: MLflow takes no / and no :"):
        incumbent_of(name, f"sqlite:///{tmp_path / 'none.db'}")


def test_an_experiment_that_was_deleted_is_told_before_anything_is_learned(tmp_path):
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    refuse_deleted_experiment(uri)
    assert not (tmp_path / "mlflow.db").exists()
    with quiet_mlflow() as mlflow:
        client = mlflow.MlflowClient(uri)
        client.delete_experiment(client.create_experiment("graduasi"))
    with pytest.raises(Refused, match=r"the experiment graduasi was deleted in .*: restore it"):
        refuse_deleted_experiment(uri)


def test_a_run_that_the_surroundings_name_is_not_taken_for_ours(monkeypatch):
    monkeypatch.setenv("MLFLOW_RUN_ID", "0" * 32)
    with quiet_mlflow():
        assert "MLFLOW_RUN_ID" not in os.environ
