"""Limits on guessing: by name and address, by address, and by name alone; and whose addresses are believed."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
import uvicorn
from sqlalchemy import func, select

from graduasi_serving.accounts import sign_in_limits
from graduasi_serving.accounts.accounts import change_password
from graduasi_serving.accounts.passwords import sign_in
from graduasi_serving.accounts.sign_in_limits import NAME_WINDOW, Origin, Throttle, TooManySignIns, counted_address
from graduasi_serving.commands.serve import serve
from graduasi_serving.database.sign_ins import SignInCount
from graduasi_serving.service import Service
from tests.serving.factory import NOW, PASSWORD

THROTTLE = Throttle(attempts=3, per_address=6, lock=timedelta(minutes=15))
WRONG, HOME, ELSEWHERE = "kata-sandi-salah", "192.0.2.7", "203.0.113.5"


def _try(service: Service, name: str, address: str, password: str = WRONG, *, now: datetime = NOW) -> str:
    """How it ends: in, wrong or refused."""
    try:
        user_id = sign_in(
            service.transaction, Origin(name, address), password, throttle=THROTTLE, now=now, then=lambda _, user: user
        )
    except TooManySignIns:
        return "refused"
    return "wrong" if user_id is None else "in"


def test_a_stranger_who_guesses_locks_only_himself_out(service: Service, people: None) -> None:
    assert [_try(service, "sari", ELSEWHERE) for _ in range(4)] == ["wrong", "wrong", "wrong", "refused"]
    assert _try(service, "sari", ELSEWHERE, PASSWORD) == "refused"
    assert _try(service, "sari", HOME, PASSWORD) == "in"


def test_one_password_is_not_tried_on_many_names_from_one_address(service: Service, people: None) -> None:
    names = ["sari", "budi", "tono", "rina", "nobody", "no one"]
    assert {_try(service, name, ELSEWHERE) for name in names} == {"wrong"}
    assert [_try(service, name, ELSEWHERE, PASSWORD) for name in ("sari", "somebody")] == ["refused", "refused"]
    assert _try(service, "sari", HOME, PASSWORD) == "in"
    assert _try(service, "sari", ELSEWHERE, PASSWORD, now=NOW + THROTTLE.lock) == "in"


def test_an_own_account_gives_no_further_guesses_at_others(service: Service, people: None) -> None:
    answers = []
    for name in ["budi", "tono", "rina", "nobody", "no one", "somebody", "anybody"]:
        answers.append(_try(service, name, ELSEWHERE))
        _try(service, "sari", ELSEWHERE, PASSWORD)
    assert answers == [*["wrong"] * 6, "refused"]


def test_guesses_from_many_addresses_are_refused_but_not_where_the_person_signs_in(
    service: Service, people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in_limits, "PER_NAME", 5)
    assert _try(service, "sari", HOME, PASSWORD) == "in"
    answers = [_try(service, "sari", f"203.0.113.{host}") for host in range(6)]
    assert answers == [*["wrong"] * 5, "refused"]
    assert _try(service, "sari", ELSEWHERE, PASSWORD) == "refused"
    assert _try(service, "sari", HOME, PASSWORD) == "in"
    assert _try(service, "budi", ELSEWHERE, PASSWORD) == "in"
    assert _try(service, "sari", ELSEWHERE, PASSWORD, now=NOW + NAME_WINDOW) == "in"


def test_another_password_ends_every_refusal_of_the_name(
    service: Service, people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in_limits, "PER_NAME", 3)
    assert [_try(service, "sari", HOME) for _ in range(4)][-1] == "refused"
    with service.transaction() as session:
        change_password(session, "sari", "pisang-goreng-hangat")
    assert _try(service, "sari", HOME, "pisang-goreng-hangat") == "in"


def test_counts_that_have_ended_are_deleted_and_hold_no_name_or_address(service: Service, people: None) -> None:
    for host in range(20):
        _try(service, f"name-{host}", f"203.0.113.{host}")
    with service.transaction() as session:
        assert session.scalar(select(func.count()).select_from(SignInCount)) == 60
        assert "name-1" not in repr(session.execute(select(SignInCount.__table__)).all())
    _try(service, "sari", HOME, now=NOW + NAME_WINDOW)
    with service.transaction() as session:
        assert session.scalar(select(func.count()).select_from(SignInCount)) == 3


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3::9", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"), ("testclient", "testclient"),
    ],
)  # fmt: skip
def test_a_household_s_whole_network_counts_as_one_address(host: str, counted: str) -> None:
    assert counted_address(host) == counted


@pytest.mark.parametrize(
    ("trusted", "seen"), [("127.0.0.1", HOME), ("10.0.0.0/8, 127.0.0.1", HOME), ("", "127.0.0.1"), ("10.0.0.1", "127.0.0.1")]
)  # fmt: skip
def test_only_a_proxy_that_the_settings_name_says_where_a_request_comes_from(
    monkeypatch: pytest.MonkeyPatch, sqlite_url: str, trusted: str, seen: str
) -> None:
    hosts: list[str] = []
    started: dict[str, Any] = {}

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        hosts.append(scope["client"][0])

    monkeypatch.setenv("GRADUASI_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("GRADUASI_TRUSTED_PROXIES", trusted)
    for name in ("GRADUASI_MODEL", "GRADUASI_PINNED_MODELS"):
        monkeypatch.setenv(name, "")  # and put back afterwards: the service sets them to its own copies
    monkeypatch.setattr("signal.signal", lambda _signal, _handler: None)
    monkeypatch.setattr("logging.config.dictConfig", lambda _settings: None)  # other tests read the log
    monkeypatch.setattr(uvicorn, "run", lambda _app, **options: started.update(options))
    serve()
    kept = {name: started[name] for name in ("proxy_headers", "forwarded_allow_ips")}
    config = uvicorn.Config(app, interface="asgi3", log_config=None, **kept)
    config.load()
    headers = [(b"x-forwarded-for", HOME.encode())]
    scope = {"type": "http", "client": ("127.0.0.1", 1), "scheme": "http", "headers": headers}
    answering = config.loaded_app(scope, None, None)  # type: ignore[arg-type]
    with ThreadPoolExecutor(1) as thread:  # a browser test may have left a loop running in this one
        thread.submit(asyncio.run, answering).result()
    assert hosts == [seen]
