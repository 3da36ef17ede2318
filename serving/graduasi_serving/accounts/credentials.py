"""Making and checking secrets: passwords that people choose, and random ones of programs and browsers."""

import hashlib
import hmac
import re
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP Password Storage Cheat Sheet, first choice for Argon2id: 19 MiB, 2 passes, 1 lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)

SECRET_BYTES = 32
# OWASP ASVS 5.0, 6.2.1, asks for at least 8 characters; phones here are shared, so we ask for more.
MIN_PASSWORD_LENGTH, MAX_PASSWORD_LENGTH = 12, 256


def hash_password(password: str) -> str:
    """An Argon2id hash with its own salt."""
    return _HASHER.hash(password)


def is_right_password(password: str, password_hash: str | None) -> bool:
    """Whether the hash is that of `password`. For None (no such account) it is False, after just as long a check."""
    try:
        return _HASHER.verify(password_hash or _HASH_OF_NOBODY, password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def new_secret() -> str:
    """256 random bits as text of 43 characters that may stand in an address, a header and a cookie."""
    return secrets.token_urlsafe(SECRET_BYTES)


def looks_like_secret(text: str) -> bool:
    """Whether `text` has the form of what `new_secret` returns."""
    return re.fullmatch(r"[A-Za-z0-9_-]{43}", text) is not None


def hash_secret(secret: str) -> str:
    """SHA-256 in hexadecimal. A fast hash is enough here: nobody can try all secrets of 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def is_same_secret(candidate: str, expected: str) -> bool:
    """Compare in constant time, so that the time tells nobody where two secrets differ."""
    return hmac.compare_digest(candidate.encode("utf-8", "replace"), expected.encode("utf-8", "replace"))


# A hash of the same cost that no password has: checked when the account does not exist, so that it takes as long.
_HASH_OF_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
