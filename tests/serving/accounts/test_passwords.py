"""Signing in with a name and a password, and locking an account against guessing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from graduasi_serving.accounts.accounts import change_password, remove_user
from graduasi_serving.accounts.passwords import sign_in
from graduasi_serving.accounts.sign_in_limits import Origin, Throttle, TooManySignIns
from graduasi_serving.app import create_app
from graduasi_serving.service import Service
from tests.serving.conftest import Clock
from tests.serving.factory import NOW, PASSWORD, form_token, mentor_list, publish_lists


@pytest.fixture
def lists(service: Service, people: None) -> None:
    publish_lists(service, mentor_list("M1"))


WRONG = "kata-sandi-salah"


def _status_of_attempt(web: TestClient, password: str) -> int:
    return web.post(
        "/masuk", data={"name": "sari", "password": password, "csrf": form_token(web, "/masuk")}
    ).status_code


def test_wrong_and_unknown_names_get_the_same_answers_and_none_shows_the_name_again(
    web: TestClient, lists: None
) -> None:
    def answer(name: str) -> str:
        page = web.post("/masuk", data={"name": name, "password": WRONG, "csrf": form_token(web, "/masuk")}).text
        return page.replace(form_token_of(page), "")

    for _ in range(6):  # the last is refused without a look at the password
        assert answer("sari") == answer("nobody-9999010101990777")
    assert "Anda bisa mencoba lagi setelah pukul 10:15." in answer("sari")


def form_token_of(page: str) -> str:
    return page.split('name="csrf" value="')[1].split('"')[0]


@pytest.mark.parametrize(("attempts", "status"), [(4, 303), (5, 429)])
def test_five_wrong_passwords_lock_a_name_where_they_came_from(
    web: TestClient, lists: None, attempts: int, status: int
) -> None:
    assert {_status_of_attempt(web, WRONG) for _ in range(attempts)} == {401}
    assert _status_of_attempt(web, PASSWORD) == status


def test_who_is_locked_out_is_told_until_when(web: TestClient, clock: Clock, lists: None) -> None:
    for _ in range(5):
        _status_of_attempt(web, WRONG)
    clock.now += timedelta(minutes=5)
    form = {"name": "sari", "password": PASSWORD, "csrf": form_token(web, "/masuk")}
    answer = web.post("/masuk?bahasa=en", data=form)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "600")
    assert "Too many wrong passwords, for this name or from this network. You can try again after 10:15." in answer.text


@pytest.mark.parametrize(("minutes", "status"), [(14, 429), (16, 303)])
def test_a_locked_account_opens_again(web: TestClient, clock: Clock, lists: None, minutes: int, status: int) -> None:
    for _ in range(5):
        _status_of_attempt(web, WRONG)
    clock.now += timedelta(minutes=minutes)
    assert _status_of_attempt(web, PASSWORD) == status


def test_only_wrong_passwords_in_a_row_lock_an_account(web: TestClient, lists: None) -> None:
    for _ in range(2):
        assert {_status_of_attempt(web, WRONG) for _ in range(3)} == {401}
        assert _status_of_attempt(web, PASSWORD) == 303


def test_a_right_password_lifts_the_lock_that_counting_the_attempt_has_set(web: TestClient, lists: None) -> None:
    for _ in range(4):
        _status_of_attempt(web, WRONG)
    assert [_status_of_attempt(web, PASSWORD) for _ in range(2)] == [303, 303]


def test_after_a_lock_an_account_takes_as_many_wrong_passwords_as_before(
    web: TestClient, clock: Clock, lists: None
) -> None:
    for _ in range(5):
        _status_of_attempt(web, WRONG)
    clock.now += timedelta(minutes=16)
    assert {_status_of_attempt(web, WRONG) for _ in range(4)} == {401}
    assert _status_of_attempt(web, PASSWORD) == 303


THROTTLE = Throttle(attempts=5, per_address=50, lock=timedelta(minutes=15))
SARI = Origin("sari", "192.0.2.7")


def _user_id(_session: Session, user_id: int) -> int:
    return user_id


def test_guesses_side_by_side_are_all_counted(service: Service, people: None) -> None:
    def guess(_number: int) -> str | None:
        try:
            return str(sign_in(service.transaction, SARI, WRONG, throttle=THROTTLE, now=NOW, then=_user_id))
        except TooManySignIns as refusal:
            return refusal.until.isoformat()

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(map(str, pool.map(guess, range(8))))
    after_lock = NOW + THROTTLE.lock
    assert answers == sorted([*["None"] * 5, *[after_lock.isoformat()] * 3])
    assert sign_in(service.transaction, SARI, PASSWORD, throttle=THROTTLE, now=after_lock, then=_user_id) is not None


def test_of_an_endless_password_no_more_is_hashed_than_a_password_may_be_long(
    service: Service, people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths: list[int] = []

    def check(password: str, _password_hash: str | None) -> bool:
        lengths.append(len(password))
        return False

    monkeypatch.setattr("graduasi_serving.accounts.passwords.is_right_password", check)
    assert sign_in(service.transaction, SARI, "x" * 100_000, throttle=THROTTLE, now=NOW, then=_user_id) is None
    assert lengths == [256]


def test_no_transaction_is_open_while_a_password_is_checked(
    service: Service, people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(*_: object) -> bool:
        with service.transaction() as session:  # would wait for the lock of an open one, and fail
            session.execute(text("update user_account set area = area"))
        return True

    monkeypatch.setattr("graduasi_serving.accounts.passwords.is_right_password", check)
    assert sign_in(service.transaction, SARI, PASSWORD, throttle=THROTTLE, now=NOW, then=_user_id) is not None


@pytest.mark.parametrize(
    "change",
    [
        lambda session: change_password(session, "sari", "pisang-goreng-hangat"),
        lambda session: remove_user(session, "sari"),
    ],
)
def test_a_password_that_is_changed_while_it_is_checked_opens_nothing(
    service: Service, people: None, monkeypatch: pytest.MonkeyPatch, change: Callable[[Session], None]
) -> None:
    def check(*_: object) -> bool:
        with service.transaction() as session:
            change(session)
        return True

    monkeypatch.setattr("graduasi_serving.accounts.passwords.is_right_password", check)
    assert sign_in(service.transaction, SARI, PASSWORD, throttle=THROTTLE, now=NOW, then=_user_id) is None


def test_a_right_password_forgives_no_guess_that_was_made_meanwhile(
    service: Service, people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = NOW + timedelta(seconds=1)

    def check(*_: object) -> bool:
        monkeypatch.undo()
        for _guess in range(4):
            assert sign_in(service.transaction, SARI, WRONG, throttle=THROTTLE, now=later, then=_user_id) is None
        return True

    monkeypatch.setattr("graduasi_serving.accounts.passwords.is_right_password", check)
    assert sign_in(service.transaction, SARI, PASSWORD, throttle=THROTTLE, now=NOW, then=_user_id) is not None
    assert sign_in(service.transaction, SARI, WRONG, throttle=THROTTLE, now=later, then=_user_id) is None
    with pytest.raises(TooManySignIns):
        sign_in(service.transaction, SARI, PASSWORD, throttle=THROTTLE, now=later, then=_user_id)


def test_a_name_that_no_account_can_have_is_unknown_and_no_fault_of_the_database(web: TestClient, lists: None) -> None:
    form = {"name": "a\0b", "password": PASSWORD, "csrf": form_token(web, "/masuk")}
    assert web.post("/masuk", data=form).status_code == 401
    token_form = {"grant_type": "client_credentials", "client_id": "a\0b", "client_secret": "x"}
    assert web.post("/v1/token", data=token_form).status_code == 401
    web.post("/masuk", data={"name": "sari", "password": PASSWORD, "csrf": form_token(web, "/masuk")})
    assert [web.get(address).status_code for address in ("/daftar/%00", "/pendamping/a%00b")] == [404, 404]


def test_too_many_user_id_sign_in_at_once_are_asked_to_try_again(
    web: TestClient, service: Service, lists: None
) -> None:
    token = form_token(web, "/masuk")
    service.sign_in_turnstile._inside = service.sign_in_turnstile.capacity
    answer = web.post(
        "/masuk", data={"name": "sari", "password": PASSWORD, "csrf": token}, headers={"Accept": "text/html"}
    )
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert "Coba lagi sebentar lagi" in answer.text


@pytest.mark.parametrize("typed", ["sari", " sari ", "sari\u00a0"])
def test_blanks_around_a_name_do_not_matter(web: TestClient, lists: None, typed: str) -> None:
    form = {"name": typed, "password": PASSWORD, "csrf": form_token(web, "/masuk")}
    assert web.post("/masuk", data=form).status_code == 303


def test_the_form_may_be_open_in_two_tabs(web: TestClient, lists: None) -> None:
    first, second = (form_token(web, "/masuk") for _ in range(2))
    assert first == second
    assert web.post("/masuk", data={"name": "sari", "password": PASSWORD, "csrf": first}).status_code == 303


@pytest.mark.parametrize(
    ("origin", "status"),
    [(None, 303), ("https://graduasi.test", 303), ("https://other.graduasi.test", 403), ("null", 403)],
)
def test_a_browser_that_sends_no_sec_fetch_site_is_believed_by_its_origin(
    web: TestClient, lists: None, origin: str | None, status: int
) -> None:
    form = {"name": "sari", "password": PASSWORD, "csrf": form_token(web, "/masuk")}
    headers = {} if origin is None else {"Origin": origin}
    assert web.post("/masuk", data=form, headers=headers).status_code == status


def test_cookies_are_of_a_kind_that_no_other_host_of_the_domain_can_set(web: TestClient, lists: None) -> None:
    form = {"name": "sari", "password": PASSWORD, "csrf": form_token(web, "/masuk")}
    set_cookies = web.post("/masuk?bahasa=en", data=form).headers.get_list("set-cookie")
    set_cookies += web.get("/daftar?bahasa=en").headers.get_list("set-cookie")
    assert {cookie.partition("=")[0] for cookie in set_cookies} == {
        "__Host-graduasi_session", "__Host-graduasi_form", "__Host-graduasi_bahasa",
    }  # fmt: skip
    assert all("; Secure" in cookie and "; Path=/" in cookie and "Domain" not in cookie for cookie in set_cookies)


def test_over_plain_http_cookies_have_plain_names(service: Service, lists: None) -> None:
    plain = replace(service, settings=service.settings.model_copy(update={"session_secure": False}))
    with TestClient(create_app(plain), base_url="http://graduasi.test", follow_redirects=False) as web:
        form = {"name": "sari", "password": PASSWORD, "csrf": form_token(web, "/masuk")}
        assert web.post("/masuk", data=form).status_code == 303
        assert "graduasi_session" in web.cookies
        assert web.get("/daftar").status_code == 200


@pytest.mark.parametrize(("sent_from", "status"), [("same-origin", 303), ("same-site", 403), ("cross-site", 403)])
def test_a_form_sent_from_elsewhere_is_refused_even_with_cookie_and_token(
    web: TestClient, lists: None, sent_from: str, status: int
) -> None:
    form = {"name": "sari", "password": PASSWORD, "csrf": form_token(web, "/masuk")}
    assert web.post("/masuk", data=form, headers={"Sec-Fetch-Site": sent_from}).status_code == status


def test_a_cookie_that_is_no_secret_is_not_taken_as_the_form_s_token(web: TestClient, lists: None) -> None:
    web.cookies.set("__Host-graduasi_form", "attacker", domain="graduasi.test")
    assert form_token(web, "/masuk") != "attacker"


def test_user_idever_signs_in_takes_the_place_of_the_browser_s_last_session(web: TestClient, lists: None) -> None:
    def token_after_signing_in(name: str) -> str:
        web.post("/masuk", data={"name": name, "password": PASSWORD, "csrf": form_token(web, "/masuk")})
        return web.cookies["__Host-graduasi_session"]

    tokens = [token_after_signing_in(name) for name in ("sari", "budi")]
    web.cookies.clear()
    statuses = [
        web.get("/daftar", headers={"Cookie": f"__Host-graduasi_session={token}"}).status_code for token in tokens
    ]
    assert statuses == [303, 200]
