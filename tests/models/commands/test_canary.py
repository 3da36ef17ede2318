"""Identity numbers put into every input of the command line, and looked for in everything it prints and drafts."""

import re
import sys

import pyarrow.parquet as pq
import pytest

from graduasi.commands.cli import main
from tests.made_up.small_programme import DICTIONARY, PROGRAMME, household, table_of

CANARY = "9999010101990777"
SPELLINGS = [CANARY, "9999 0101 0199 0777", "9999-0101-0199-0777"]
INCOME = "7654321"
GOOD = "household_id,as_of,income_idr\nK1,2021-01-01,1\n"
PANELS = {
    "no line of names": f"{CANARY},2021-01-01,{INCOME}\nK1,2021-01-01,1\n",
    "no line of names, twice the same": f"{CANARY},{INCOME},{INCOME}\nK1,1,1\n",
    "semicolons": f"{CANARY};2021-01-01;{INCOME}\nK1;2021-01-01;1\n",
    "a column": f"household_id,as_of,nik_{CANARY}\nK1,2021-01-01,1\n",
    "a column with a value for its name": f"household_id,as_of,{INCOME}\nK1,2021-01-01,1\n",
    "identifier": f"household_id,as_of,income_idr\n{CANARY},2021-01-01,{INCOME}\n",
    "identifier that is there twice": f"household_id,as_of,income_idr\n{CANARY},2021-01-01,1\n{CANARY},2021-01-01,1\n",
    "mentor and area": f"household_id,as_of,mentor_id,area_code\nK1,2021-01-01,{CANARY},{CANARY}\n",
    "day": f"household_id,as_of,income_idr\nK1,{CANARY},{INCOME}\n",
    "number": f"household_id,as_of,income_idr\nK1,2021-01-01,Rp{CANARY}\n",
    "category": f"household_id,as_of,work\nK1,2021-01-01,{CANARY}\nK2,2021-01-01,b\n",
    "a row too long": f"household_id,as_of\nK1,2021-01-01,{CANARY}\n",
    "a quotation mark that is never closed": f'household_id,as_of\n"{CANARY},2021-01-01\n',
}
EVENTS = {
    "no line of names": f"{CANARY},graduated,2021-01-01\n",
    "a column": f"household_id,event,event_date,nik_{CANARY}\nK1,graduated,2021-01-01,1\n",
    "event": f"household_id,event,event_date\nK1,{CANARY},2021-01-01\n",
    "day": f"household_id,event,event_date\n{CANARY},graduated,{CANARY}\n",
}


@pytest.fixture
def run(tmp_path, monkeypatch, capfd, bundle):
    """Runs a command in a folder with a dictionary and a programme, and returns all that it printed.

    The bundle of --model is opened already, as checking one takes seconds.
    """
    monkeypatch.setattr("graduasi.bundle.by_name.load_by_name", lambda _name: bundle)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dictionary.toml").write_text(DICTIONARY)
    (tmp_path / "programme.toml").write_text(PROGRAMME)

    def printed(*arguments):
        monkeypatch.setattr(sys, "argv", ["graduasi", *arguments])
        with pytest.raises(SystemExit):
            main()
        return "".join(capfd.readouterr())

    return printed


RULES = ["--dictionary", "dictionary.toml", "--programme", "programme.toml"]


def without_separators(text):
    return re.sub(r"[\s\-\u2010-\u2015]", "", text)


def assert_no_canary(text):
    assert CANARY not in without_separators(text)
    assert INCOME not in text
    assert "Traceback" not in text
    assert "Usage" not in text


@pytest.mark.parametrize("command", ["check", "init", "train", "drift", "score"])
@pytest.mark.parametrize("kind", PANELS)
def test_no_command_prints_a_value_of_a_panel(run, tmp_path, command, kind):
    for spelling in SPELLINGS:
        (tmp_path / "panel.csv").write_text(PANELS[kind].replace(CANARY, spelling))
        options = {
            "check": RULES, "init": [f"drafts-{len(spelling)}{spelling[4]}"], "train": [*RULES, "--out", "run"],
            "drift": ["--model", "bundle"], "score": ["scores.csv", "--model", "bundle"],
        }[command]  # fmt: skip
        assert_no_canary(run(command, "panel.csv", *options))
    for draft in tmp_path.glob("drafts*/*.toml"):
        assert CANARY not in without_separators(draft.read_text())


@pytest.mark.parametrize("kind", EVENTS)
def test_no_command_prints_a_value_of_events(run, tmp_path, kind):
    (tmp_path / "panel.csv").write_text(GOOD)
    for spelling in SPELLINGS:
        (tmp_path / "events.csv").write_text(EVENTS[kind].replace(CANARY, spelling))
        assert_no_canary(run("check", "panel.csv", "--events", "events.csv", *RULES))


@pytest.mark.parametrize("argument", [["check", CANARY], ["check", f"{CANARY}.csv"]])
def test_no_command_repeats_an_identity_number_that_was_typed(run, argument):
    assert_no_canary(run(*argument))


def test_list_warns_of_an_identity_number_that_stands_for_a_mentor_and_does_not_print_it(run, tmp_path):
    pq.write_table(table_of({**household("K1"), "mentor_id": CANARY}), tmp_path / "panel.parquet")
    assert_no_canary(run("score", "panel.parquet", "scores.parquet", "--model", "bundle"))
    printed = run("list", "scores.parquet", "list.csv")
    assert "warning: mentor_id: 16 digits one after another" in printed
    assert_no_canary(printed)
