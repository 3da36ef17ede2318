"""`graduasi models`, `promote`, `rollback` and `compare` as a person types them."""

import json
import shutil
import sys

import pytest

from graduasi.commands import cli
from graduasi_training.registry.tracking import log_run


@pytest.fixture(scope="module")
def database(trained, tmp_path_factory):
    """A store with two versions that the gates refuse: on so few families nobody can know that they are good."""
    path = tmp_path_factory.mktemp("commands") / "mlflow.db"
    for _ in range(2):
        log_run(trained, uri=f"sqlite:///{path}")
    return path


@pytest.fixture
def run(database, tmp_path, monkeypatch, capsys):
    """A function that runs one command on a copy of the store: exit status, standard output, standard error."""
    shutil.copy(database, tmp_path / "mlflow.db")
    monkeypatch.setenv("GRADUASI_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    monkeypatch.setenv("GRADUASI_ACTOR", "siti")

    def command(*arguments):
        monkeypatch.setattr(sys, "argv", ["graduasi", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        return ended.value.code, captured.out, captured.err

    return command


def test_a_refused_promotion_ends_with_one_and_every_reason(run):
    status, out, err = run("promote", "1")
    assert (status, out) == (1, "")
    assert "not promoted: gate baselines: auc may lie 0." in err


@pytest.mark.parametrize("reason", [[], ["--reason", " "]])
def test_force_without_a_reason_is_wrong_usage(run, reason):
    assert run("promote", "1", "--force", *reason)[0] == 2
    assert "champion" not in run("models")[1]


def test_a_forced_promotion_is_recorded_with_who_why_and_what_was_set_aside(run):
    status, out, err = run("promote", "1", "--force", "--reason", "pilot in one district")
    assert (status, out) == (0, "graduasi-small version 1 is champion now\n")
    assert "set aside: gate prior" in err
    (entry,) = json.loads(run("models", "--history", "--json")[1])
    assert (entry["who"], entry["why"], entry["act"]) == ("siti", "pilot in one district", "promote")
    assert "prior" in entry["overrode"]
    printed = run("models", "--history")[1]
    assert "(promote by siti: pilot in one district); set aside: prior" in printed


def test_promoting_the_champion_again_changes_nothing_and_says_so(run):
    run("promote", "1", "--force", "--reason", "drill")
    status, out, _ = run("promote", "1")
    assert (status, out) == (0, "graduasi-small version 1 is champion already; nothing was changed\n")
    assert len(json.loads(run("models", "--history", "--json")[1])) == 1


def test_what_served_on_a_day_and_what_serves_after_a_rollback(run):
    for number in ("1", "2"):
        run("promote", number, "--force", "--reason", "drill")
    assert run("rollback", "--reason", "lists were empty")[1] == "graduasi-small version 1 is champion again\n"
    served = json.loads(run("models", "--on", "2999-01-01", "--json")[1])
    assert [(row["version"], row["until"], row["why"]) for row in served] == [("1", None, "lists were empty")]
    assert "no version served as champion on 2001-01-01" in run("models", "--on", "2001-01-01")[1]


def test_models_as_json_keeps_its_fields(run):
    rows = json.loads(run("models", "--json")[1])
    assert [row["version"] for row in rows] == ["1", "2"]
    assert {"name", "version", "aliases", "digest", "synthetic", "run_id", "label", "data_window", "created"} == set(
        rows[0]
    )


@pytest.mark.parametrize(
    ("command", "status"),
    [(["models"], 0), (["rollback"], 1), (["promote", "1"], 1), (["card", "--model", "nope"], 1), (["models", "--history"], 0)],
)  # fmt: skip
def test_in_a_folder_without_a_store_commands_say_so_and_make_none(run, tmp_path, command, status):
    (tmp_path / "mlflow.db").unlink()
    ended, out, err = run(*command)
    assert ended == status
    assert f"{tmp_path / 'mlflow.db'} (there is no such file)" in out + err
    assert list(tmp_path.iterdir()) == []


def test_a_challenger_is_compared_with_the_champion(run, trained):
    run("promote", "1", "--force", "--reason", "drill")
    run("promote", "2", "--alias", "challenger")
    panel = str(trained.out.parent / "inputs" / "households.parquet")
    status, out, _ = run("compare", "champion", "challenger", panel, "--as-of", "2021-06-01", "--json")
    report = json.loads(out)
    assert (status, report["only_a"], report["only_b"]) == (0, [], [])
    assert report["listed"]["both"] > 0
    lines = run("compare", "champion", str(trained.out / "bundle"), panel, "--as-of", "2021-06-01")[1].splitlines()
    assert lines[1] == "listed by a {both}, by b {both}, by both {both}".format(**report["listed"])
