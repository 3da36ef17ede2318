"""Tokens whose signature was checked already, so that a program's next request need not prove the same again."""

from dataclasses import dataclass
from datetime import datetime

from graduasi_serving.accounts.credentials import hash_secret

MOST = 1024  # far more programs than call one service; the oldest gives way


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

    def __init__(self, *, most: int = MOST) -> None:
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
