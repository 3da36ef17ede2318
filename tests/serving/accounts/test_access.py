"""Signing in, staying in, and seeing one's own lists only."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from graduasi_serving.app import create_app
from graduasi_serving.pages.publishing import shared_area
from graduasi_serving.service import Service
from graduasi_serving.settings import Settings
from tests.serving.conftest import Clock
from tests.serving.factory import PASSWORD, entry, form_token, mentor_list, publish_lists, sign_in


@pytest.fixture
def lists(service: Service, people: None) -> None:
    elsewhere = entry("M3-KPM-1", area_code="33.02")
    publish_lists(service, mentor_list("M1"), mentor_list("M2"), mentor_list("M3", elsewhere))


@pytest.mark.parametrize(
    ("name", "address", "status"),
    [
        ("sari", "/pendamping/M1", 200),
        ("sari", "/daftar/M1-KPM-1", 200),
        ("sari", "/pendamping/M2", 404),
        ("sari", "/pendamping/M2/bagian/propose", 404),
        ("sari", "/daftar/M2-KPM-1", 404),
        ("sari", "/daftar/' OR 1=1--", 404),
        ("tono", "/pendamping/M1", 200),
        ("tono", "/pendamping/M2", 200),
        ("tono", "/pendamping/M3", 404),
        ("tono", "/daftar/M3-KPM-1", 404),
        ("rina", "/pendamping/M3", 200),
        ("rina", "/daftar/M3-KPM-1", 200),
        ("rina", "/pendamping/M4", 404),
    ],
)
def test_who_sees_what(web: TestClient, lists: None, name: str, address: str, status: int) -> None:
    assert sign_in(web, name).get(address).status_code == status


@pytest.mark.parametrize(
    ("theirs", "absent"), [("/daftar/M2-KPM-1", "/daftar/X9-KPM-1"), ("/pendamping/M2", "/pendamping/X9")]
)
def test_what_belongs_to_another_mentor_answers_like_what_is_absent(
    web: TestClient, lists: None, theirs: str, absent: str
) -> None:
    sign_in(web, "sari")
    forbidden, not_there = (web.get(address, headers={"Accept": "text/html"}) for address in (theirs, absent))
    assert (forbidden.status_code, forbidden.content) == (not_there.status_code, not_there.content)
    headers = [
        {name: value for name, value in answer.headers.items() if name != "x-request-id"}
        for answer in (forbidden, not_there)
    ]
    assert headers[0] == headers[1]


@pytest.mark.parametrize(
    ("area", "seen"),
    [
        ("32", True),
        ("32.01", True),
        ("32.01.07", True),
        ("32.0", False),
        ("32.01.0", False),
        ("33", False),
        ("", False),
    ],
)
def test_a_supervisor_sees_an_area_and_those_below_it(
    web: TestClient, service: Service, lists: None, area: str, seen: bool
) -> None:
    assert _tono_sees_m1(web, service, area) is seen


@pytest.mark.parametrize(("area", "seen"), [("3201070", True), ("3201", True), ("320", False), ("32010", False)])
def test_codes_without_dots_are_provinces_regencies_and_districts(
    web: TestClient, service: Service, people: None, area: str, seen: bool
) -> None:
    publish_lists(service, mentor_list("M1", entry(area_code="3201070")))
    assert _tono_sees_m1(web, service, area) is seen


def test_a_list_with_a_family_of_unknown_area_is_in_no_supervisor_s_area(
    web: TestClient, service: Service, people: None
) -> None:
    publish_lists(service, mentor_list("M1", entry("A", area_code="32.01.07"), entry("B", area_code="")))
    assert not _tono_sees_m1(web, service, "32.01.07")


def test_a_list_of_unknown_area_is_in_the_area_of_no_supervisor_not_even_of_one_without_an_area(
    web: TestClient, service: Service, people: None
) -> None:
    publish_lists(service, mentor_list("M1", entry(area_code="")))
    assert not _tono_sees_m1(web, service, "")


@pytest.mark.parametrize("change", ["role = 'boss'", "mentor_id = null", "role = 'supervisor'"])
def test_an_account_that_says_no_list_sees_none(web: TestClient, service: Service, lists: None, change: str) -> None:
    with service.transaction() as session:
        session.execute(text(f"update user_account set {change} where name = 'sari'"))
    page = sign_in(web, "sari").get("/daftar").text
    assert not any(text in page for text in ("M1-KPM-1", "/pendamping/M1"))
    assert web.get("/pendamping/M1").status_code == 404


def _tono_sees_m1(web: TestClient, service: Service, area: str) -> bool:
    with service.transaction() as session:
        session.execute(text("update user_account set area = :area where name = 'tono'"), {"area": area})
    return "/pendamping/M1" in sign_in(web, "tono").get("/daftar").text


@pytest.mark.parametrize(
    ("areas", "shared"),
    [
        ([], ""),
        (["32.01"], "32.01"),
        (["32.01.07", "32.01.09"], "32.01"),
        (["3201070", "3201090"], "32010"),
        (["32.1", "33.1"], ""),
        (["32.01.07", "32.01.07", ""], ""),
    ],
)
def test_a_list_over_several_areas_belongs_to_what_they_share(areas: list[str], shared: str) -> None:
    assert shared_area(areas) == shared


def test_an_overview_counts_the_families_of_the_lists_that_may_be_seen(web: TestClient, lists: None) -> None:
    page = sign_in(web, "tono").get("/daftar").text
    assert [f"/pendamping/{mentor}" in page for mentor in ("M1", "M2", "M3")] == [True, True, False]
    assert page.count("4 dari 10") == 2
    assert page.count('data-label="Siap diverifikasi">1<') == 2


def test_a_household_on_the_current_lists_of_two_mentors_is_shown_as_the_list_published_last_has_it(
    web: TestClient, service: Service, people: None
) -> None:
    sign_in(web, "tono")
    for mentor_id, sentence in (("M1", "Kata pertama."), ("M2", "Kata kedua."), ("M1", "Kata ketiga.")):
        publish_lists(service, mentor_list(mentor_id, entry("KPM-1", helps=(sentence,))))
        page = web.get("/daftar/KPM-1").text
        assert re.findall(r"Kata \w+\.", page) == [sentence]
        assert f'href="/pendamping/{mentor_id}#propose"' in page


@pytest.mark.parametrize("address", ["/daftar", "/daftar/M1-KPM-1", "/pendamping/M1"])
def test_nobody_sees_a_list_without_signing_in(web: TestClient, lists: None, address: str) -> None:
    answer = web.get(address)
    assert (answer.status_code, answer.headers["location"]) == (303, "/masuk")


def test_a_reassigned_mentor_loses_the_list_at_the_next_click(web: TestClient, service: Service, lists: None) -> None:
    sign_in(web, "sari")
    with service.transaction() as session:
        session.execute(text("update user_account set mentor_id = 'M9' where name = 'sari'"))
    assert web.get("/daftar/M1-KPM-1").status_code == 404


def test_a_removed_user_is_signed_out(web: TestClient, service: Service, lists: None) -> None:
    sign_in(web, "sari")
    with service.transaction() as session:
        session.execute(text("delete from user_account where name = 'sari'"))
    assert web.get("/daftar").status_code == 303


@pytest.mark.parametrize(("minutes", "status"), [(29, 200), (31, 303)])
def test_a_session_ends_when_nothing_is_clicked(
    web: TestClient, clock: Clock, lists: None, minutes: int, status: int
) -> None:
    sign_in(web, "sari")
    clock.now += timedelta(minutes=minutes)
    assert web.get("/daftar").status_code == status


def test_a_click_moves_the_end_of_a_session(web: TestClient, clock: Clock, lists: None) -> None:
    sign_in(web, "sari")
    for _ in range(3):
        clock.now += timedelta(minutes=20)
        assert web.get("/daftar").status_code == 200


def test_a_session_ends_in_any_case(web: TestClient, clock: Clock, lists: None) -> None:
    sign_in(web, "sari")
    for _ in range(12 * 3):
        clock.now += timedelta(minutes=20)
        last = web.get("/daftar")
    assert last.status_code == 303


def test_signing_out_ends_the_session_in_the_database_too(web: TestClient, lists: None) -> None:
    sign_in(web, "sari")
    copied = web.cookies["__Host-graduasi_session"]
    web.post("/keluar", data={"csrf": form_token(web, "/daftar")})
    assert web.get("/daftar", headers={"Cookie": f"__Host-graduasi_session={copied}"}).status_code == 303


def test_the_session_cookie_is_out_of_reach(web: TestClient, lists: None) -> None:
    token = form_token(web, "/masuk")
    cookie = (
        web.post("/masuk", data={"name": "sari", "password": PASSWORD, "csrf": token}).headers["set-cookie"].lower()
    )
    assert all(word in cookie for word in ("httponly", "secure", "samesite=lax", "path=/"))


@pytest.mark.parametrize("is_secure", [True, False])
def test_cookies_are_bound_to_https_unless_the_setting_says_otherwise(service: Service, is_secure: bool) -> None:
    changed = replace(service, settings=Settings(session_secure=is_secure))
    with TestClient(create_app(changed), base_url="https://graduasi.test") as web:
        assert ("secure" in web.get("/masuk").headers["set-cookie"].lower()) is is_secure


def test_the_database_holds_no_token_that_signs_anybody_in(web: TestClient, service: Service, lists: None) -> None:
    sign_in(web, "sari")
    with service.transaction() as session:
        token_hash = session.execute(text("select token_hash from web_session")).scalar_one()
    assert token_hash != web.cookies["__Host-graduasi_session"]


def test_a_form_without_its_cookie_is_refused_even_if_its_token_is_as_empty_as_the_cookie(
    web: TestClient, lists: None
) -> None:
    answer = web.post("/masuk", data={"name": "sari", "password": PASSWORD, "csrf": ""})
    assert (answer.status_code, "__Host-graduasi_session" in web.cookies) == (403, False)


def test_signing_out_tells_the_browser_to_forget_the_session_and_the_pages(web: TestClient, lists: None) -> None:
    sign_in(web, "sari")
    answer = web.post("/keluar", data={"csrf": form_token(web, "/daftar")})
    assert "__Host-graduasi_session" not in web.cookies
    assert answer.headers["clear-site-data"] == '"cache"'


def test_sessions_that_have_ended_are_deleted_when_somebody_signs_in(
    web: TestClient, service: Service, clock: Clock, lists: None
) -> None:
    sign_in(web, "sari")
    clock.now += timedelta(minutes=31)
    sign_in(TestClient(web.app, base_url="https://graduasi.test"), "budi")
    with service.transaction() as session:
        assert session.execute(text("select count(*) from web_session")).scalar_one() == 1


@pytest.mark.parametrize("address", ["/masuk", "/keluar"])
def test_a_form_from_another_site_is_refused(web: TestClient, lists: None, address: str) -> None:
    sign_in(web, "sari")
    answer = web.post(address, data={"name": "sari", "password": PASSWORD, "csrf": "guessed"})
    assert answer.status_code == 403
    assert web.get("/daftar").status_code == 200


def test_signing_in_starts_a_new_session(web: TestClient, lists: None) -> None:
    web.cookies.set("__Host-graduasi_session", "chosen-by-an-attacker", domain="graduasi.test")
    answer = web.post("/masuk", data={"name": "sari", "password": PASSWORD, "csrf": form_token(web, "/masuk")})
    assert "chosen-by-an-attacker" not in answer.headers["set-cookie"]
