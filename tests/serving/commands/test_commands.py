"""The service's part of the command line, as it is typed."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from graduasi.dates import to_day
from graduasi.errors import Refused
from graduasi.lists.ranking import MentorList
from graduasi.panel.table_contract import check_panel
from graduasi.scoring.scores import SCORES, score_rows, to_table
from graduasi_serving.accounts import accounts
from graduasi_serving.commands import client, user
from graduasi_serving.commands.client import add as add_client
from graduasi_serving.commands.db import upgrade
from graduasi_serving.commands.publish import publish
from graduasi_serving.commands.settings import settings
from graduasi_serving.database.engine import open_database, shown_address
from graduasi_serving.database.lists import ListedHousehold, PublishedList
from graduasi_serving.pages import publishing
from graduasi_serving.scoring.loaded_models import Models
from graduasi_serving.service import Service
from graduasi_serving.settings import Settings
from tests.made_up.service_programme import small_programme
from tests.serving.factory import NOW, PASSWORD, entry, mentor_list, publish_lists, sign_in, with_fields


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    monkeypatch.setenv("GRADUASI_DATABASE_URL", database_url)


@pytest.fixture
def scores(tmp_path: Path, small_models: Models) -> Path:
    """A scores file of one mentor: a ready, a protected and a hungry family, as `graduasi score` writes it."""
    bundle = small_models.default().bundle
    items = [
        with_fields("KPM-1"),
        with_fields("KPM-2", all_elderly=True),
        with_fields("KPM-3", missed_meals=True, income_idr=6_000_000),
    ]
    rows = [
        {
            "household_id": item["household_id"],
            "as_of": item["as_of"],
            "mentor_id": "M1",
            "area_code": "32.01",
            **item["fields"],
        }
        for item in items
    ]
    panel, _ = check_panel(pa.Table.from_pylist(rows), bundle.dictionary)
    day = to_day(NOW.date())
    table = to_table(score_rows(panel, panel.latest_known(day), as_of=day, bundle=bundle), bundle)
    carried = {"graduasi.dictionary": bundle.dictionary.text, "graduasi.programme": bundle.programme.text}
    pq.write_table(table.cast(SCORES.with_metadata(carried)), tmp_path / "scores.parquet")
    return tmp_path / "scores.parquet"


def _entries(service: Service) -> dict[str, ListedHousehold]:
    with service.transaction() as session:
        entries = session.scalars(
            select(ListedHousehold).join(PublishedList).where(PublishedList.current_for == "M1")
        ).all()
        session.expunge_all()
    return {entry.household_id: entry for entry in entries}


def test_publishing_puts_each_family_in_its_part_with_its_sentences(here: None, service: Service, scores: Path) -> None:
    publish(scores)
    entries = _entries(service)
    assert {household: entry.section for household, entry in entries.items()} == {
        "KPM-1": "propose", "KPM-2": "do_not_push", "KPM-3": "do_not_push",
    }  # fmt: skip
    assert entries["KPM-2"].sentences["id"]["protections"] == ["Dilindungi: semua lansia"]
    assert entries["KPM-3"].sentences["en"]["conditions"] == ["The family had enough to eat (not met)"]
    assert "Income of Rp3,500,000 helps." in entries["KPM-1"].sentences["en"]["helps"]


def test_publishing_takes_off_what_is_used(here: None, service: Service, scores: Path, tmp_path: Path) -> None:
    (tmp_path / "used.csv").write_text("mentor_id,used\nM1,4\n")
    publish(scores, quota=4, used=tmp_path / "used.csv")
    with service.transaction() as session:
        (published,) = session.scalars(select(PublishedList))
        assert (published.quota, published.used, published.synthetic) == (4, 4, True)
        assert set(published.shortfall) == {"id", "en"}
    assert "propose" not in {entry.section for entry in _entries(service).values()}


@pytest.mark.parametrize(("withdraw", "keeps", "word"), [(False, True, "keep"), (True, False, "took off")])
def test_a_mentor_who_is_not_in_the_scores_keeps_a_list_unless_told_otherwise(
    here: None, service: Service, scores: Path, capsys: pytest.CaptureFixture[str],
    *, withdraw: bool, keeps: bool, word: str,
) -> None:  # fmt: skip
    publish_lists(service, mentor_list("gone"), mentor_list("away"))
    publish(scores, withdraw_others=withdraw)
    with service.transaction() as session:
        current = {row.current_for for row in session.scalars(select(PublishedList)) if row.current_for}
        assert len(session.scalars(select(PublishedList)).all()) == 3  # what was replaced is kept
    assert ({"gone", "away"} <= current) is keeps
    assert len(current) == 1 + 2 * keeps
    messages = capsys.readouterr().err
    assert word in messages
    assert "2 lists of mentors" in messages or "2 mentors are" in messages


def test_scores_without_mentors_are_not_published_and_withdraw_nothing(service: Service, scores: Path) -> None:
    publish_lists(service, mentor_list("M1"))
    lists: dict[str, list[MentorList]] = {"id": [], "en": []}
    edition = publishing.Edition(NOW.date(), "small-1", False, NOW)
    with service.transaction() as session, pytest.raises(Refused, match="no household of the scores has a mentor"):
        publishing.publish(session, lists, edition=edition, programme=small_programme(), withdraw_others=True)
    assert _entries(service)


def test_used_places_of_a_mentor_who_is_not_in_the_scores_are_told(
    here: None, scores: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "used.csv").write_text("mentor_id,used\nM1,4\nM7777,2\n")
    publish(scores, used=tmp_path / "used.csv")
    assert "warning: 1 mentor_id of the used places not in the scores" in capsys.readouterr().err


def test_a_file_that_holds_no_scores_is_not_published(here: None, service: Service, tmp_path: Path) -> None:
    pq.write_table(pa.table({"household_id": ["KPM-1"]}), tmp_path / "other.parquet")
    with pytest.raises(Refused, match="not a scores file"):
        publish(tmp_path / "other.parquet")


def test_an_empty_scores_file_is_not_published(small_models: Models) -> None:
    with pytest.raises(Refused, match="no household"):
        publishing.edition_of(SCORES.empty_table(), small_models.default().bundle.dictionary, now=NOW)


@pytest.mark.parametrize("ids", [["KPM-1", "KPM-1", "KPM-3"], ["KPM-1", None, "KPM-3"]])
def test_scores_in_which_a_household_stands_twice_or_has_no_name_are_not_published(
    here: None, service: Service, scores: Path, ids: list[str | None]
) -> None:
    table = pq.read_table(scores)
    pq.write_table(table.set_column(0, "household_id", pa.array(ids, pa.string())), scores)
    with pytest.raises(Refused, match="household_id is empty or stands twice"):
        publish(scores)
    assert not _entries(service)


@pytest.mark.parametrize("name", ["3201234567890001", "..", "M\n1", "M" * 101])
def test_a_mentor_id_that_no_address_can_carry_is_not_published(service: Service, name: str) -> None:
    with pytest.raises(Refused, match="mentor_id: 1 unfit to publish; allowed: text of 1 to 100"):
        publish_lists(service, mentor_list(name, entry("KPM-1")))


def test_two_who_publish_at_once_are_told_and_one_list_stands(
    here: None, service: Service, scores: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_row = publishing._published_list

    def make_row_too_late(*arguments: object) -> PublishedList:
        row: PublishedList = make_row(*arguments)  # type: ignore[arg-type]
        row.current_for = "taken"  # as if somebody else had just published a list for this mentor
        return row

    publish_lists(service, mentor_list("taken"))
    monkeypatch.setattr(publishing, "_published_list", make_row_too_late)
    with pytest.raises(Refused, match="at the same time; run the command again"):
        publish(scores)


@pytest.mark.parametrize(
    ("name", "area", "message"),
    [("", "32", "1 to 100 printable characters"), ("a\nb", "32", "printable"), ("tono", "3" * 150, "--area: text of 1 to 100")],
)  # fmt: skip
def test_an_account_that_could_not_be_used_is_refused(service: Service, name: str, area: str, message: str) -> None:
    with pytest.raises(Refused, match=message), service.transaction() as session:
        accounts.add_user(session, name, role="supervisor", mentor_id=None, area=area, password=PASSWORD, now=NOW)


def test_a_name_is_the_same_however_its_letters_were_typed(web: TestClient, service: Service) -> None:
    with service.transaction() as session:
        accounts.add_user(session, "re\u0301na ", role="admin", mentor_id=None, area=None, password=PASSWORD, now=NOW)
    assert sign_in(web, "r\u00e9na").get("/daftar").status_code == 200


@pytest.mark.parametrize(
    "number", ["9999010101990777", "9999 0101 0199 0777", "198501012010011001", "19850101 201001 1 001"]
)
def test_an_account_is_not_named_by_an_identity_number(service: Service, number: str) -> None:
    with service.transaction() as session:
        with pytest.raises(Refused, match="user: the name holds 16 digits or more") as of_user:
            accounts.add_user(session, number, role="admin", mentor_id=None, area=None, password=PASSWORD, now=NOW)
        with pytest.raises(Refused, match="client: the name holds 16 digits or more") as of_client:
            accounts.add_client(session, f"SIKS {number}", scopes=["score:write"], now=NOW)
    assert number not in f"{of_user.value} {of_client.value}"


@pytest.mark.parametrize(("mentor", "warned"), [("M1", False), ("M9", True)])
def test_a_mentor_without_a_list_is_warned_of(
    here: None, service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    mentor: str, warned: bool,
) -> None:  # fmt: skip
    publish_lists(service, mentor_list("M1"))
    monkeypatch.setattr("sys.stdin", io.StringIO("\ufeff" + PASSWORD + "\n"))
    user.add("baru", role="mentor", mentor_id=mentor, area=None, password_stdin=True)
    assert ("no list is published for mentor_id M9" in capsys.readouterr().err) is warned


def test_a_client_is_printed_as_json(here: None, service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    add_client("sistem", ["score:write"], as_json=True)
    assert set(json.loads(capsys.readouterr().out)) == {"client_id", "client_secret"}


def test_a_removed_client_buys_no_token(
    here: None, web: TestClient, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    add_client("sistem", ["score:write"], as_json=True)
    credentials = json.loads(capsys.readouterr().out)
    client.list_clients()
    assert capsys.readouterr().out == f"{credentials['client_id']}  sistem  score:write\n"
    form = {"grant_type": "client_credentials", **credentials}
    assert web.post("/v1/token", data=form).status_code == 200
    client.remove(credentials["client_id"])
    assert web.post("/v1/token", data=form).status_code == 401
    with pytest.raises(Refused, match="nobody has this client_id"):
        client.remove(credentials["client_id"])


def test_another_password_signs_out_and_opens_a_locked_account(
    here: None, web: TestClient, people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(web, "sari")
    monkeypatch.setattr("sys.stdin", io.StringIO("pisang-goreng-hangat\n"))
    user.password("sari", password_stdin=True)
    assert web.get("/daftar").headers["location"] == "/masuk"
    for _ in range(5):
        sign_in(web, "budi", "salah-salah-salah")
    monkeypatch.setattr("sys.stdin", io.StringIO("pisang-goreng-hangat\n"))
    user.password("budi", password_stdin=True)
    for name in ("sari", "budi"):
        assert sign_in(web, name, "pisang-goreng-hangat").get("/daftar").status_code == 200
    monkeypatch.setattr("sys.stdin", io.StringIO("pendek\n"))
    with pytest.raises(Refused, match="12 to 256 characters"):
        user.password("sari", password_stdin=True)


def test_a_removed_person_is_signed_out_and_cannot_come_back(
    here: None, web: TestClient, people: None, capsys: pytest.CaptureFixture[str]
) -> None:
    sign_in(web, "sari")
    user.remove("sari")
    assert web.get("/daftar").headers["location"] == "/masuk"
    assert sign_in(web, "sari").get("/daftar").headers["location"] == "/masuk"
    user.list_users()
    assert "budi  mentor  M2" in capsys.readouterr().out.splitlines()
    with pytest.raises(Refused, match="no such name"):
        user.remove("sari")


def test_upgrading_says_where_without_a_password(
    here: None, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    upgrade()
    engine = open_database(database_url)
    assert f"{shown_address(engine.url)}: up to date" in capsys.readouterr().err


def test_settings_are_all_shown_with_what_they_are_for_and_without_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GRADUASI_DATABASE_URL", "postgresql://sari:rahasia@db/graduasi")
    settings()
    output = capsys.readouterr().out
    assert "postgresql://sari:***@db/graduasi" in output
    assert "rahasia" not in output
    assert all(
        f"GRADUASI_{name.upper()}=" in output and field.description in output
        for name, field in Settings.model_fields.items()
        if field.description
    )
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize(
    ("variable", "value"), [("GRADUASI_TOKEN_MINUTES", "soon"), ("GRADUASI_DATABASE_URL", "nonsense")]
)
def test_a_wrong_setting_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(Refused, match=variable):
        upgrade()


def _graduasi(*words: str, environment: dict[str, str], stdin: str = "") -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", "from graduasi.commands.cli import main; main()", *words]
    return subprocess.run(
        command, env={**os.environ, **environment}, input=stdin, capture_output=True, text=True, timeout=60, check=False
    )


def test_serving_an_empty_database_is_refused_with_the_command_to_run(tmp_path: Path) -> None:
    done = _graduasi("serve", environment={"GRADUASI_DATABASE_URL": f"sqlite:///{tmp_path / 'empty.db'}"})
    assert (done.returncode, "graduasi db upgrade" in done.stderr, "Traceback" in done.stderr) == (1, True, False)


def test_a_password_comes_from_standard_input_only(database_url: str) -> None:
    words = ("user", "add", "sari", "--role", "mentor", "--mentor-id", "M1")
    environment = {"GRADUASI_DATABASE_URL": database_url}
    assert _graduasi(*words, environment=environment).returncode == 2
    done = _graduasi(*words, "--password-stdin", environment=environment, stdin=PASSWORD + "\n")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "address", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true", "sqlite:///file::memory:?uri=true"]
)  # fmt: skip
def test_a_database_in_memory_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("GRADUASI_DATABASE_URL", address)
    with pytest.raises(Refused, match="GRADUASI_DATABASE_URL: a database in memory"):
        upgrade()


@pytest.mark.parametrize("words", [("serve",), ("db", "upgrade")])
def test_a_refused_database_ends_a_command_without_a_traceback(words: tuple[str, ...]) -> None:
    done = _graduasi(*words, environment={"GRADUASI_DATABASE_URL": "sqlite://"})
    assert (done.returncode, "in memory" in done.stderr, "Traceback" in done.stderr) == (1, True, False)
