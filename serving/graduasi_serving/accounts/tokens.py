"""Access tokens: signed by the newest key, accepted if signed by any key that is still kept.

Checking a token hardly ever reads the database: keys are kept for a minute, and read again before that only when a token
names a key not seen before. A token that was checked is remembered until it expires, or until its key is gone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Thread

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, OctKey
from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from graduasi_serving.accounts.credentials import hash_secret
from graduasi_serving.database.programs import SigningKey
from graduasi_serving.web.problems import NotAuthenticated, ServiceUnavailable

ALGORITHM = "HS256"
AUDIENCE = "graduasi-api"
LEEWAY_SECONDS = 60  # clocks of two machines may differ by this much
MAX_TOKEN_LENGTH = 4096
REREAD_EVERY = timedelta(seconds=10)  # so that tokens with made-up key ids cannot make us ask the database all day
KEYS_LAST = timedelta(minutes=1)  # a key that was deleted is good for as long as this
LONGEST_LIFE_SECONDS = 24 * 3600  # of a token, whatever it says: the longest that GRADUASI_TOKEN_MINUTES allows
MOST_REMEMBERED = 1024  # accepted tokens: far more programs than call one service; the oldest gives way


@dataclass(frozen=True)
class Caller:
    """A program whose token was accepted."""

    client_id: str
    scopes: frozenset[str]


@dataclass(frozen=True)
class Accepted:
    """An accepted token: whose it is, the key that signed it, and the second after which it no longer counts."""

    caller: Caller
    kid: str
    until: int


class AcceptedTokens:
    """Kept by hash, so that memory holds no usable token. Only tokens with our signature get in."""

    def __init__(self, *, most: int = MOST_REMEMBERED) -> None:
        self._most = most
        self._found: dict[str, Accepted] = {}

    def find(self, token: str, *, now: datetime) -> Accepted | None:
        """What is known about `token`, unless it has expired since."""
        key = hash_secret(token)
        known = self._found.get(key)
        if known is not None and int(now.timestamp()) > known.until:
            del self._found[key]
            return None
        return known

    def keep(self, token: str, accepted: Accepted) -> None:
        """Remember `token`, at the price of the oldest if there are too many."""
        if len(self._found) >= self._most:
            del self._found[next(iter(self._found))]
        self._found[hash_secret(token)] = accepted

    def __len__(self) -> int:
        return len(self._found)


class KeyRing:
    """The signing keys, newest first, kept in memory."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._keys: dict[str, OctKey] = {}
        self._read_at: datetime | None = None
        self.reader: Thread | None = None

    def newest(self, *, now: datetime) -> tuple[str, OctKey]:
        """The key that signs."""
        if not self._keys or self._age(now) >= KEYS_LAST:
            self._read(now)
        if not self._keys:
            raise ServiceUnavailable("the database holds no signing key; run: graduasi db upgrade")
        return next(iter(self._keys.items()))

    def find(self, kid: str, *, now: datetime) -> OctKey | None:
        """The key with this id, if it is still kept."""
        age = self._age(now)
        if kid not in self._keys and age >= REREAD_EVERY:
            self._read(now)
        elif age >= KEYS_LAST:
            self._read_aside(now)
        return self._keys.get(kid)

    def _read_aside(self, now: datetime) -> None:
        """Read the keys while requests go on with those there are: no token waits for a database that does not answer."""
        self._read_at = now
        self.reader = Thread(target=self._read, args=(now,), daemon=True)
        self.reader.start()

    def _age(self, now: datetime) -> timedelta:
        return timedelta.max if self._read_at is None else now - self._read_at

    def _read(self, now: datetime) -> None:
        """Read the keys; while the database is down, go on with those there are."""
        try:
            with Session(self._engine) as session:
                rows = session.scalars(select(SigningKey).order_by(SigningKey.made_at.desc(), SigningKey.kid)).all()
            self._keys = {row.kid: OctKey.import_key(row.secret) for row in rows}
        except SQLAlchemyError:
            if not self._keys:
                raise
        self._read_at = now


@dataclass(frozen=True)
class Tokens:
    """Issues and checks access tokens."""

    ring: KeyRing
    issuer: str
    lifetime: timedelta
    accepted: AcceptedTokens = field(default_factory=AcceptedTokens)

    def issue(self, client_id: str, *, scopes: list[str], now: datetime) -> str:
        """A signed token for `client_id` that carries `scopes`."""
        kid, key = self.ring.newest(now=now)
        times = {"iat": int(now.timestamp()), "exp": int((now + self.lifetime).timestamp())}
        claims = {"iss": self.issuer, "aud": AUDIENCE, "sub": client_id, "scope": " ".join(scopes), **times}
        return jwt.encode({"alg": ALGORITHM, "kid": kid, "typ": "JWT"}, claims, key, algorithms=[ALGORITHM])

    def check(self, token: str, *, now: datetime) -> Caller:
        """Who calls with `token`. Raises NotAuthenticated, without saying why: the reason helps only a forger."""
        if len(token) > MAX_TOKEN_LENGTH or not token.isascii():
            raise NotAuthenticated
        known = self.accepted.find(token, now=now)
        if known is None:
            known = self._verified(token, now)
            self.accepted.keep(token, known)
        elif self.ring.find(known.kid, now=now) is None:
            raise NotAuthenticated
        return known.caller

    def _verified(self, token: str, now: datetime) -> Accepted:
        """The token as accepted. Raises NotAuthenticated."""
        try:
            kid, claims = self._claims(token, now)
            until = int(str(claims["exp"])) + LEEWAY_SECONDS
            if until - int(str(claims["iat"])) > LONGEST_LIFE_SECONDS + LEEWAY_SECONDS:
                raise NotAuthenticated
        except (JoseError, ValueError):
            raise NotAuthenticated from None
        caller = Caller(client_id=str(claims["sub"]), scopes=frozenset(str(claims.get("scope", "")).split()))
        return Accepted(caller, kid, until)

    def _claims(self, token: str, now: datetime) -> tuple[str, Mapping[str, object]]:
        """The key's id and the verified claims. The key is one of ours; keys and addresses in the header are not read."""

        def own_key(token_parts: GuestProtocol) -> OctKey:
            key = self.ring.find(str(token_parts.headers().get("kid")), now=now)
            if key is None:
                raise NotAuthenticated
            return key

        decoded = jwt.decode(token, own_key, algorithms=[ALGORITHM])
        found = decoded.claims
        rules = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": AUDIENCE},
            iat={"essential": True},
            exp={"essential": True},
            sub={"essential": True},
        )
        rules.validate(found)
        return str(decoded.header["kid"]), found
