"""Limits on guessing passwords, counted in the database and so for all worker processes together.

An attempt is counted under three keys: its name and address together, so that a stranger who guesses locks only himself
out; its address, so that nobody tries one password on many names; and its name alone, against guesses from many addresses.
The last limit does not hold where somebody has signed in with this name before, so that an attack does not keep people off
the pages that they used yesterday. Names that nobody has are counted alike, so that a refusal tells nothing about them.
"""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, delete, select, update
from sqlalchemy.dialects.postgresql import insert as insert_in_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_in_sqlite
from sqlalchemy.orm import Session

from graduasi_serving.database.sign_ins import SignInCount

# OWASP ASVS 4.0, 2.2.1: no more than 100 failed attempts an hour on a single account. Five addresses would be needed.
PER_NAME, NAME_WINDOW = 100, timedelta(hours=1)
KNOWN_FOR = timedelta(days=30)
"""How long an address counts as one where somebody has signed in: mentors come at least monthly."""


@dataclass(frozen=True)
class Throttle:
    """How many wrong passwords are taken within `lock` for one name from one address (`attempts`), and from one address."""

    attempts: int
    per_address: int
    lock: timedelta


@dataclass(frozen=True)
class Origin:
    """Whom an attempt is for, and where it comes from: the name as it is stored, and the network address."""

    name: str
    address: str


class TooManySignIns(Exception):
    """The attempt was not looked at; `until` is when the next one will be."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


@dataclass(frozen=True)
class _Limit:
    key: str
    name_hash: str | None
    most: int
    window: timedelta


@dataclass(frozen=True)
class CountedAttempt:
    """An attempt that was counted as wrong: under which keys, and which number it had under each."""

    origin: Origin
    numbers: dict[str, int]


def counted_address(host: str) -> str:
    """What counts as one address: an IPv4 address, or the first 64 bits of an IPv6 one, which one household is given.

    >>> counted_address("2001:db8:1:2:3:4:5:6")
    '2001:db8:1:2::'
    """
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.IPv6Address(int(address) >> 64 << 64))
    return str(address)


def forget_ended_counts(session: Session, *, now: datetime) -> None:
    """Delete counts that have ended, which keeps the table as small as the attempts of an hour.

    In a transaction of its own: together with counting, two attempts could wait for each other's rows.
    """
    session.execute(delete(SignInCount).where(SignInCount.ends_at <= now))


def count_attempt(session: Session, origin: Origin, *, throttle: Throttle, now: datetime) -> CountedAttempt:
    """Count an attempt as wrong. Raises TooManySignIns if one of its limits is reached; then nothing may be committed."""
    known = session.get(SignInCount, _key("known", origin.name, origin.address))
    is_known = known is not None and known.ends_at > now
    numbers = {}
    for limit in _limits(origin, throttle):
        if not (is_known and limit.key == _key("name", origin.name)):
            numbers[limit.key] = _count(session, limit, now)
    return CountedAttempt(origin, numbers)


def forgive_attempt(session: Session, counted: CountedAttempt, *, now: datetime) -> None:
    """Take back an attempt whose password was right, with the wrong ones before it from there, and remember the address."""
    pair = _key("pair", counted.origin.name, counted.origin.address)
    for key, number in counted.numbers.items():
        forgiven = number if key == pair else 1
        left = case((SignInCount.wrong > forgiven, SignInCount.wrong - forgiven), else_=0)
        session.execute(update(SignInCount).where(SignInCount.key == key).values(wrong=left))
    key = _key("known", counted.origin.name, counted.origin.address)
    session.merge(SignInCount(key=key, name_hash=_key("of", counted.origin.name), wrong=0, ends_at=now + KNOWN_FOR))


def forget_counts_of(session: Session, name: str) -> None:
    """Forget everything that was counted for this name, whatever the address."""
    session.execute(delete(SignInCount).where(SignInCount.name_hash == _key("of", name)))


def _limits(origin: Origin, throttle: Throttle) -> list[_Limit]:
    """The limits of an attempt, always in this order, in which two attempts cannot wait for each other's rows."""
    name_hash = _key("of", origin.name)
    return [
        _Limit(_key("address", origin.address), None, throttle.per_address, throttle.lock),
        _Limit(_key("name", origin.name), name_hash, PER_NAME, NAME_WINDOW),
        _Limit(_key("pair", origin.name, origin.address), name_hash, throttle.attempts, throttle.lock),
    ]


def _count(session: Session, limit: _Limit, now: datetime) -> int:
    """Add one to a count, in one statement, and return it. Raises TooManySignIns if it has reached its limit.

    A count ends a window after its first attempt; the attempt that reaches the limit begins the window anew.
    """
    insert = insert_in_postgresql if session.get_bind().dialect.name == "postgresql" else insert_in_sqlite
    has_ended, ends_at = SignInCount.ends_at <= now, now + limit.window
    statement = insert(SignInCount).values(key=limit.key, name_hash=limit.name_hash, wrong=1, ends_at=ends_at)
    counted = session.execute(
        statement.on_conflict_do_update(
            index_elements=[SignInCount.key],
            set_={
                "wrong": case((has_ended, 1), else_=SignInCount.wrong + 1),
                "ends_at": case(
                    (has_ended | (SignInCount.wrong + 1 >= limit.most), statement.excluded.ends_at),
                    else_=SignInCount.ends_at,
                ),
            },
            where=has_ended | (SignInCount.wrong < limit.most),
        ).returning(SignInCount.wrong)
    ).scalar_one_or_none()
    if counted is None:
        raise TooManySignIns(session.scalars(select(SignInCount.ends_at).where(SignInCount.key == limit.key)).one())
    return int(counted)


def _key(kind: str, *parts: str) -> str:
    return hashlib.sha256("\0".join((kind, *parts)).encode("utf-8", "replace")).hexdigest()
