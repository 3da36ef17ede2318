"""Making and checking secrets: passwords that people choose, and random ones that programs and browsers carry."""

import hashlib
import hmac
import re
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP Password Storage Cheat Sheet, first choice for Argon2id: 19 MiB, 2 passes, 1 lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)

SECRET_BYTES = 32
MIN_PASSWORD, MAX_PASSWORD = 12, 256  # ASVS 5 6.2.1 asks for at least 8 characters; a shared phone deserves more


def hash_password(password: str) -> str:
    """An Argon2id hash with its own salt."""
    return _HASHER.hash(password)


def is_password(password: str, stored: str | None) -> bool:
    """Whether `password` belongs to `stored`. Takes as long for an account that does not exist (None)."""
    try:
        return _HASHER.verify(stored or _NOBODY, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def new_secret() -> str:
    """256 random bits as text that fits in an address, a header and a cookie."""
    return secrets.token_urlsafe(SECRET_BYTES)


def is_secret(text: str) -> bool:
    """Whether it looks like one of `new_secret`."""
    return re.fullmatch(r"[A-Za-z0-9_-]{43}", text) is not None


def hash_secret(secret: str) -> str:
    """SHA-256: enough for a secret of 256 random bits, which nobody can try through."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def is_same(given: str, expected: str) -> bool:
    """Compare without telling by time where two secrets differ."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode("utf-8", "replace"))


# A hash of the same cost that no password has: checked in place of an account that does not exist.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
