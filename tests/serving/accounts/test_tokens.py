"""Tokens: who gets one, and which are accepted."""

import base64
import json
from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import event, text, update
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from graduasi_serving.accounts.accounts import ClientCredentials, add_client
from graduasi_serving.accounts.tokens import AcceptedToken, AcceptedTokens, Caller, KeyRing
from graduasi_serving.database.programs import SigningKey
from graduasi_serving.service import Service
from tests.serving.conftest import Clock
from tests.serving.factory import NOW, household


@pytest.fixture
def client(service: Service) -> ClientCredentials:
    with service.transaction() as session:
        return add_client(session, "sistem", scopes=["model:read"], now=NOW)


def _form(client: ClientCredentials, **changes: str) -> dict[str, str]:
    form = {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": client.client_secret}
    return {**form, **changes}


def _bearer(web: TestClient, client: ClientCredentials) -> dict[str, str]:
    """The header of somebody with a new token."""
    return {"Authorization": "Bearer " + web.post("/v1/token", data=_form(client)).json()["access_token"]}


def test_a_client_gets_a_token_with_its_scopes(web: TestClient, client: ClientCredentials) -> None:
    answer = web.post("/v1/token", data=_form(client))
    assert answer.json() | {"access_token": ""} == {
        "access_token": "",
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "model:read",
    }
    assert answer.headers["cache-control"] == "no-store"


def test_a_client_may_use_basic_authentication(web: TestClient, client: ClientCredentials) -> None:
    pair = base64.b64encode(f"{client.client_id}:{client.client_secret}".encode()).decode()
    answer = web.post(
        "/v1/token", data={"grant_type": "client_credentials"}, headers={"Authorization": f"Basic {pair}"}
    )
    assert answer.status_code == 200


def test_a_token_has_only_the_scopes_that_were_asked_for(web: TestClient, service: Service) -> None:
    with service.transaction() as session:
        client = add_client(session, "sistem", scopes=["model:read", "score:write"], now=NOW)
    token = web.post("/v1/token", data=_form(client, scope="score:write")).json()
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    assert (token["scope"], web.get("/v1/models", headers=bearer).status_code) == ("score:write", 403)
    assert web.post("/v1/scores", json={"households": [household()]}, headers=bearer).status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "guessed"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_id": "", "client_secret": ""}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "score:write"}, 400, "invalid_scope"),
        ({"scope": "model:read everything"}, 400, "invalid_scope"),
    ],
)
def test_a_token_is_refused(
    web: TestClient, client: ClientCredentials, changes: dict[str, str], status: int, error: str
) -> None:
    answer = web.post("/v1/token", data=_form(client, **changes))
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers.get("www-authenticate") == ("Basic" if status == 401 else None)
    assert "guessed" not in answer.text


def test_a_token_opens_what_its_scope_says_and_nothing_else(web: TestClient, client: ClientCredentials) -> None:
    bearer = _bearer(web, client)
    assert web.get("/v1/models", headers=bearer).status_code == 200
    refused = web.post("/v1/scores", json={"households": [household()]}, headers=bearer)
    assert refused.status_code == 403
    assert "score:write" in refused.json()["detail"]
    assert refused.headers["www-authenticate"] == 'Bearer error="insufficient_scope", scope="score:write"'


@pytest.mark.parametrize(("seconds", "status"), [(3600, 200), (3659, 200), (3661, 401)])
@pytest.mark.parametrize("was_used_before", [True, False])
def test_a_token_expires_a_minute_after_its_hour(
    web: TestClient, client: ClientCredentials, clock: Clock, seconds: int, status: int, was_used_before: bool
) -> None:
    bearer = _bearer(web, client)
    if was_used_before:
        assert web.get("/v1/models", headers=bearer).status_code == 200
    clock.now += timedelta(seconds=seconds)
    assert web.get("/v1/models", headers=bearer).status_code == status


def _encoded(part: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def _forgeries(service: Service) -> dict[str, str]:
    """Tokens that look right and are not, made with and without our own key."""
    with service.transaction() as session:
        kid, secret = session.execute(text("select kid, secret from signing_key")).one()
    key, other = OctKey.import_key(secret), OctKey.import_key(b"y" * 32)
    claims: dict[str, object] = {
        "iss": "graduasi",
        "aud": "graduasi-api",
        "sub": "x",
        "scope": "model:read",
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 60,
    }
    head: dict[str, object] = {"alg": "HS256", "kid": kid}

    def signed(header: dict[str, object], changed: dict[str, object], by: OctKey = key) -> str:
        own_claims = {name: value for name, value in {**claims, **changed}.items() if value is not None}
        return jwt.encode(header, own_claims, by, algorithms=[str(header["alg"])])

    return {
        "right": signed(head, {}),
        "alg none": f"{_encoded({'alg': 'none', 'kid': kid})}.{_encoded(claims)}.",
        "another key": signed(head, {}, by=other),
        "another algorithm": signed({"alg": "HS512", "kid": kid}, {}),
        "unknown key id": signed({**head, "kid": "zz"}, {}),
        "no key id": signed({"alg": "HS256"}, {}),
        "key in the header": signed({**head, "kid": "zz", "jwk": {"kty": "oct", "k": "eXl5eXl5"}}, {}, by=other),
        "address in the header": signed({**head, "jku": "https://evil.example/keys"}, {}, by=other),
        "another audience": signed(head, {"aud": "somebody-else"}),
        "another issuer": signed(head, {"iss": "somebody-else"}),
        "no expiry": signed(head, {"exp": None}),
        "no subject": signed(head, {"sub": None}),
        "no beginning": signed(head, {"iat": None}),
        "a life of a week": signed(head, {"exp": int(NOW.timestamp()) + 7 * 24 * 3600}),
        "cut": signed(head, {})[:-4],
        "not a token": "abc",
        "not ascii": "é.é.é",
        "endless": "a." * 5000,
    }


@pytest.mark.parametrize(
    "name",
    ["alg none", "another key", "another algorithm", "unknown key id", "no key id", "key in the header", "address in the header",
     "another audience", "another issuer", "no expiry", "no subject", "no beginning", "a life of a week", "cut", "not a token", "not ascii", "endless"],
)  # fmt: skip
def test_a_forged_token_is_refused_without_a_reason(web: TestClient, service: Service, name: str) -> None:
    tokens = _forgeries(service)
    assert web.get("/v1/models", headers={"Authorization": f"Bearer {tokens['right']}"}).status_code == 200
    refused = web.get("/v1/models", headers={b"Authorization": f"Bearer {tokens[name]}".encode()})
    bare = web.get("/v1/models")
    assert (refused.status_code, refused.content) == (401, bare.content)
    assert refused.headers["www-authenticate"] == bare.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (1, 401)])
def test_a_token_that_says_it_is_valid_for_longer_than_a_day_is_refused(
    web: TestClient, client: ClientCredentials, service: Service, seconds: int, status: int
) -> None:
    a_day_or_more = replace(service.tokens, lifetime=timedelta(days=1, seconds=seconds))
    token = a_day_or_more.issue(client.client_id, scopes=["model:read"], now=NOW)
    assert web.get("/v1/models", headers={"Authorization": f"Bearer {token}"}).status_code == status


def test_a_token_of_a_deleted_key_is_refused_after_a_restart(
    web: TestClient, client: ClientCredentials, service: Service
) -> None:
    with service.transaction() as session:
        kid = session.execute(text("select kid from signing_key")).scalar_one()
    assert service.tokens.ring.find(kid, now=NOW) is not None
    with service.transaction() as session:
        session.execute(text("delete from signing_key"))
    assert KeyRing(service.engine).find(kid, now=NOW) is None


def test_a_token_that_was_accepted_is_refused_once_its_key_is_gone(
    web: TestClient, client: ClientCredentials, service: Service, clock: Clock
) -> None:
    bearer = _bearer(web, client)
    assert web.get("/v1/models", headers=bearer).status_code == 200
    with service.transaction() as session:
        session.execute(text("delete from signing_key"))
    clock.now += timedelta(seconds=11)
    assert service.tokens.ring.find("never-seen", now=clock()) is None
    assert web.get("/v1/models", headers=bearer).status_code == 401


def test_a_deleted_key_is_good_for_a_minute_and_its_place_is_taken_without_a_restart(
    web: TestClient, client: ClientCredentials, service: Service, clock: Clock
) -> None:
    old = _bearer(web, client)
    with service.transaction() as session:
        session.execute(update(SigningKey).values(kid="next", secret=b"z" * 32))
    clock.now += timedelta(seconds=61)
    assert _kid(_bearer(web, client)) == "next"
    assert web.get("/v1/models", headers=old).status_code == 401
    assert web.get("/v1/models", headers=_bearer(web, client)).status_code == 200


def test_the_newest_key_signs_and_an_older_one_is_still_accepted(
    web: TestClient, client: ClientCredentials, service: Service, clock: Clock
) -> None:
    by_older_key = _bearer(web, client)
    for kid, age in (("newest", timedelta(0)), ("oldest", timedelta(days=-9))):
        with service.transaction() as session:
            session.add(SigningKey(kid=kid, secret=b"z" * 32, made_at=NOW + timedelta(days=1) + age))
    clock.now += timedelta(seconds=61)
    by_newest_key = _bearer(web, client)
    assert _kid(by_newest_key) == "newest"
    assert [web.get("/v1/models", headers=bearer).status_code for bearer in (by_older_key, by_newest_key)] == [200, 200]


def _kid(bearer: dict[str, str]) -> str:
    head = bearer["Authorization"].removeprefix("Bearer ").split(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(head + "=="))["kid"])


def test_made_up_key_ids_make_the_service_read_its_keys_every_ten_seconds_at_most(
    client: ClientCredentials, service: Service
) -> None:
    reads: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        reads.append(statement)

    event.listen(service.engine, "before_cursor_execute", note)
    for second in range(0, 21, 2):
        assert service.tokens.ring.find(f"made-up-{second}", now=NOW + timedelta(seconds=second)) is None
    event.remove(service.engine, "before_cursor_execute", note)
    assert len([statement for statement in reads if "signing_key" in statement]) == 3


def _wait_for_reader(service: Service) -> None:
    """Wait until the keys have been read in the background."""
    assert service.tokens.ring.reader is not None
    service.tokens.ring.reader.join()


def test_a_deleted_key_is_noticed_by_the_next_minutes_first_request_that_names_it(
    web: TestClient, client: ClientCredentials, service: Service, clock: Clock
) -> None:
    bearer = _bearer(web, client)
    with service.transaction() as session:
        session.execute(text("delete from signing_key"))
    clock.now += timedelta(seconds=61)
    web.get("/v1/models", headers=bearer)  # starts the reading, and does not wait for it
    _wait_for_reader(service)
    assert web.get("/v1/models", headers=bearer).status_code == 401


def test_no_token_waits_for_a_database_that_does_not_answer(
    web: TestClient, client: ClientCredentials, service: Service, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bearer = _bearer(web, client)
    database_gives_up = Event()

    def silent(_engine: object) -> None:
        database_gives_up.wait(60)
        raise OperationalError("", {}, Exception("timed out"))

    monkeypatch.setattr("graduasi_serving.accounts.tokens.Session", silent)
    clock.now += timedelta(seconds=61)
    assert web.get("/v1/models", headers=bearer).status_code == 200
    assert service.tokens.ring.reader is not None
    assert service.tokens.ring.reader.is_alive()
    database_gives_up.set()
    _wait_for_reader(service)


def test_tokens_are_accepted_while_the_database_is_down(
    web: TestClient, client: ClientCredentials, service: Service, clock: Clock
) -> None:
    bearer = _bearer(web, client)
    with service.transaction() as session:
        session.execute(text("drop table signing_key"))
    clock.now += timedelta(minutes=5)
    assert web.get("/v1/models", headers=bearer).status_code == 200
    _wait_for_reader(service)
    assert web.get("/v1/models", headers=bearer).status_code == 200


def _accepted(client_id: str) -> AcceptedToken:
    return AcceptedToken(Caller(client_id, frozenset()), "kid", int(NOW.timestamp()) + 60)


def test_an_accepted_token_is_remembered_until_its_last_second() -> None:
    tokens = AcceptedTokens()
    tokens.add("a", _accepted("first"))
    assert tokens.find("a", now=NOW + timedelta(seconds=60)) == _accepted("first")
    assert tokens.find("b", now=NOW) is None
    assert tokens.find("a", now=NOW + timedelta(seconds=61)) is None
    assert len(tokens) == 0


def test_no_more_tokens_are_remembered_than_agreed() -> None:
    tokens = AcceptedTokens(capacity=2)
    for name in ("a", "b", "c"):
        tokens.add(name, _accepted(name))
    assert [tokens.find(name, now=NOW) is not None for name in ("a", "b", "c")] == [False, True, True]


def test_a_token_is_verified_once(web: TestClient, client: ClientCredentials, service: Service) -> None:
    bearer = _bearer(web, client)
    for _ in range(3):
        assert web.get("/v1/models", headers=bearer).status_code == 200
    web.get("/v1/models", headers={"Authorization": "Bearer guessed"})
    assert len(service.tokens.accepted) == 1


def test_a_clock_that_was_wrong_once_does_not_keep_a_deleted_key(service: Service) -> None:
    kid, _ = service.tokens.ring.newest(now=NOW + timedelta(days=300))  # the clock runs ahead when the keys are read
    with service.transaction() as session:
        session.execute(text("delete from signing_key"))
    service.tokens.ring.find(kid, now=NOW)  # may still be told from memory, while the keys are read again
    assert service.tokens.ring.reader is not None
    service.tokens.ring.reader.join()
    assert service.tokens.ring.find(kid, now=NOW + timedelta(seconds=1)) is None
