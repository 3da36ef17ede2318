"""Access tokens: signed with the newest key, accepted if signed with any key that is still in the database.

Checking a token rarely reads the database. Keys stay in memory for a minute and are read again earlier only when a token
names an unknown key. An accepted token is remembered, so that its signature is not verified again, until it expires or
its key is deleted.
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
LEEWAY_SECONDS = 60  # the clocks of two machines may differ by this much
MAX_TOKEN_LENGTH = 4096
MIN_READ_INTERVAL = timedelta(seconds=10)  # so that tokens with made-up key ids do not make us read all the time
MAX_KEYS_AGE = timedelta(minutes=1)  # a deleted key is still accepted for this long
MAX_TOKEN_LIFE_SECONDS = 24 * 3600  # whatever the token says: the most that GRADUASI_TOKEN_MINUTES allows
MAX_REMEMBERED_TOKENS = 1024  # far more than the programs that call one service


@dataclass(frozen=True)
class Caller:
    """A program whose token was accepted, and what it may do."""

    client_id: str
    scopes: frozenset[str]


@dataclass(frozen=True)
class AcceptedToken:
    """An accepted token: who holds it, the id of the key that signed it, and the last second in which it is valid."""

    caller: Caller
    kid: str
    valid_until: int
    """Seconds since 1970, UTC."""


class AcceptedTokens:
    """The accepted tokens, by their hash, so that memory holds no usable token.

    At most `capacity`; the one accepted first makes room. Only tokens with our signature are ever added.
    """

    def __init__(self, *, capacity: int = MAX_REMEMBERED_TOKENS) -> None:
        self._capacity = capacity
        self._by_hash: dict[str, AcceptedToken] = {}

    def find(self, token: str, *, now: datetime) -> AcceptedToken | None:
        """The accepted token; None if it was not accepted before or has expired since."""
        token_hash = hash_secret(token)
        accepted = self._by_hash.get(token_hash)
        if accepted is not None and int(now.timestamp()) > accepted.valid_until:
            del self._by_hash[token_hash]
            return None
        return accepted

    def add(self, token: str, accepted: AcceptedToken) -> None:
        """Remember `token`; forget the oldest if there are already as many as may be."""
        if len(self._by_hash) >= self._capacity:
            del self._by_hash[next(iter(self._by_hash))]
        self._by_hash[hash_secret(token)] = accepted

    def __len__(self) -> int:
        return len(self._by_hash)


class KeyRing:
    """The signing keys in memory, newest first.

    `reader` is the thread that last read them in the background, if any did.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._keys: dict[str, OctKey] = {}
        self._read_at: datetime | None = None
        self.reader: Thread | None = None

    def newest(self, *, now: datetime) -> tuple[str, OctKey]:
        """The id of the key that signs, and the key. Raises ServiceUnavailable if the database holds none."""
        if not self._keys or self._age(now) >= MAX_KEYS_AGE:
            self._read(now)
        if not self._keys:
            raise ServiceUnavailable("the database holds no signing key; run: graduasi db upgrade")
        return next(iter(self._keys.items()))

    def find(self, kid: str, *, now: datetime) -> OctKey | None:
        """The key with this id; None if there is none (any more)."""
        age = self._age(now)
        if kid not in self._keys and age >= MIN_READ_INTERVAL:
            self._read(now)
        elif age >= MAX_KEYS_AGE:
            self._read_in_background(now)
        return self._keys.get(kid)

    def _read_in_background(self, now: datetime) -> None:
        """Read the keys in a thread. Requests go on with the keys in memory and do not wait for a slow database."""
        self._read_at = now
        self.reader = Thread(target=self._read, args=(now,), daemon=True)
        self.reader.start()

    def _age(self, now: datetime) -> timedelta:
        """How long ago the keys were read. A clock that was set back tells nothing of that, so they count as read never."""
        age = timedelta.max if self._read_at is None else now - self._read_at
        return age if age >= timedelta(0) else timedelta.max

    def _read(self, now: datetime) -> None:
        """Read the keys. If the database fails, keep those in memory; raises SQLAlchemyError if there are none."""
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
    """Issues and checks access tokens. `lifetime` is how long an issued token is valid."""

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
        """Who calls with `token`. Raises NotAuthenticated, without a reason: it would help only a forger."""
        if len(token) > MAX_TOKEN_LENGTH or not token.isascii():
            raise NotAuthenticated
        accepted = self.accepted.find(token, now=now)
        if accepted is None:
            accepted = self._verify(token, now)
            self.accepted.add(token, accepted)
        elif self.ring.find(accepted.kid, now=now) is None:
            raise NotAuthenticated
        return accepted.caller

    def _verify(self, token: str, now: datetime) -> AcceptedToken:
        """Check the signature, the claims and the whole lifetime of a token. Raises NotAuthenticated."""
        try:
            kid, claims = self._verified_claims(token, now)
            valid_until = int(str(claims["exp"])) + LEEWAY_SECONDS
            if valid_until - int(str(claims["iat"])) > MAX_TOKEN_LIFE_SECONDS + LEEWAY_SECONDS:
                raise NotAuthenticated
        except (JoseError, ValueError):
            raise NotAuthenticated from None
        caller = Caller(client_id=str(claims["sub"]), scopes=frozenset(str(claims.get("scope", "")).split()))
        return AcceptedToken(caller, kid, valid_until)

    def _verified_claims(self, token: str, now: datetime) -> tuple[str, Mapping[str, object]]:
        """The key's id and the claims. Raises NotAuthenticated, or JoseError or ValueError from joserfc.

        The key is always one of ours: a key or an address of keys in the token's header is not read.
        """

        def own_key(token_parts: GuestProtocol) -> OctKey:
            key = self.ring.find(str(token_parts.headers().get("kid")), now=now)
            if key is None:
                raise NotAuthenticated
            return key

        decoded = jwt.decode(token, own_key, algorithms=[ALGORITHM])
        rules = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": AUDIENCE},
            iat={"essential": True},
            exp={"essential": True},
            sub={"essential": True},
        )
        rules.validate(decoded.claims)
        return str(decoded.header["kid"]), decoded.claims
