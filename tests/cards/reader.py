"""Reads a family's card as a mentor who has the family's file beside it, and says what is not true or not to be read.

It knows nothing of templates: every amount on a card must stand in the file on the day that the card names, or at the latest
visit where it names none.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from graduasi.dates import from_day
from graduasi.declarations.dictionary import Dictionary
from graduasi.lists.entries import ListEntry
from graduasi.panel.record import Panel

MONTHS = [
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
]
DAY = rf"(\d{{1,2}}) ({'|'.join(MONTHS)}) (\d{{4}})"
AMOUNT = re.compile(r"Rp(\d{1,3}(?:\.\d{3})*|\d+)\b")
AMOUNT_OF_A_DAY = re.compile(rf"Rp([\d.]+) pada {DAY}")
BY_A_VISIT = re.compile(rf"Menurut kunjungan {DAY}: ")
PROMISES = re.compile(r"\b(pasti (?:berhasil|lulus|aman)|dijamin|akan (?:berhasil|lulus|sejahtera))\b", re.IGNORECASE)
ODD = re.compile(
    r"[{}_]|  |\bNone\b|\bnan\b|\b\d{3,} bulan|\d,\d+ (?:orang|anak|hari|bulan)|\d\.\d{1,2}\b(?!\d)|Rp\d{4,}|\btrue\b|\bfalse\b"
)
"""What no Indonesian would write: placeholders, codes, hundreds of months, parts of a person, an amount without its points."""
CLEAR_FALL = 0.2


@dataclass(frozen=True)
class File:
    """What a register holds of one family: for each visit known by the day, the day and the money fields."""

    visits: tuple[tuple[date, dict[str, float]], ...]
    """The latest last."""

    def amounts(self, day: date) -> set[int]:
        """The amounts of money that the visit of a day wrote down, in whole rupiah."""
        return {round(value) for when, money in self.visits if when == day for value in money.values()}

    def averages(self) -> set[int]:
        """The averages of the earlier visits of three years, of each money field."""
        (latest, _), earlier = self.visits[-1], self.visits[:-1]
        recent = [money for when, money in earlier if (latest - when).days <= 3 * 366]
        names = {name for money in recent for name in money}
        return {round(float(np.mean([money[name] for money in recent if name in money]))) for name in names}

    def shared_amounts(self) -> set[str]:
        """Amounts, as people write them, that several values of the file have: a card cannot tell of which it speaks."""
        written = [_written(value) for _, money in self.visits for value in money.values()]
        averages = {_written(value) for value in self.averages()}
        return {amount for amount in written if written.count(amount) > 1 or amount in averages}

    def fallen(self) -> dict[str, float]:
        """The money fields that fell clearly since the visit before that knew them, within a year, with today's amount."""
        latest, today = self.visits[-1]
        fallen = {}
        for name, value in today.items():
            before = [money[name] for when, money in self.visits[:-1] if name in money and (latest - when).days <= 365]
            if before and value <= (1 - CLEAR_FALL) * before[-1] and value < before[-1]:
                fallen[name] = value
        return fallen


def file_of(panel: Panel, household_id: str, dictionary: Dictionary, *, day: int) -> File:
    """The family's file as known on the day. Money fields are those whose unit is in IDR."""
    money = [name for name, field in dictionary.fields.items() if (field.unit or "").startswith("IDR")]
    rows = [
        row
        for row in np.flatnonzero(np.asarray(panel.household_id) == household_id)
        if panel.known_on[row] <= day
    ]  # fmt: skip
    visits = []
    for row in sorted(rows, key=lambda row: int(panel.as_of[row])):
        values = {name: float(panel.values[row, dictionary.column(name)]) for name in money}
        known = {name: value for name, value in values.items() if not np.isnan(value)}
        visits.append((from_day(int(panel.as_of[row])), known))
    return File(tuple(visits))


def faults_of(entry: ListEntry, file: File, dictionary: Dictionary) -> Iterator[str]:
    """What a mentor would find wrong on the card."""
    kinds = ("helps", "hinders", "facts", "conditions", "protections", "flags", "missing", "referrals")
    sentences = [(kind, sentence) for kind in kinds for sentence in getattr(entry, kind)]
    texts = [sentence for _, sentence in sentences]
    yield from (f"doubled: {text}" for text in set(texts) if texts.count(text) > 1)
    yield from (f"empty in {kind}" for kind, text in sentences if not text.strip(" ."))
    yield from (f"odd: {text}" for text in texts if ODD.search(text))
    yield from (f"a promise: {text}" for text in texts if PROMISES.search(text))
    for kind, text in sentences:
        if kind in ("helps", "hinders", "facts"):
            yield from _untrue_amounts(text, file)
        if kind == "helps" and re.search(r"\b(makin|naik|meningkat|bertambah)\b", text):
            yield f"a rise is claimed: {text}"
    yield from _both_ways(entry, file)
    yield from _falls_hidden(entry, file, dictionary)


def _untrue_amounts(text: str, file: File) -> Iterator[str]:
    dated = {match.group(1): _day(*match.groups()[1:]) for match in AMOUNT_OF_A_DAY.finditer(text)}
    by_visit = BY_A_VISIT.search(text)
    for amount in AMOUNT.findall(text):
        rupiah = int(amount.replace(".", ""))
        if amount in dated:
            allowed = file.amounts(dated[amount])
        elif by_visit:
            allowed = file.amounts(_day(*by_visit.groups()))
        elif "rata-rata" in text:
            allowed = file.averages()
        else:
            allowed = file.amounts(file.visits[-1][0])
        if not any(abs(rupiah - one) <= 1 for one in allowed):
            yield f"not in the file: {text}"
    if "turun dari" in text and len(dated) == 2:
        now, before = (int(amount.replace(".", "")) for amount in dated)
        if now >= before:
            yield f"no fall: {text}"


def _both_ways(entry: ListEntry, file: File) -> Iterator[str]:
    """The same amount, of one field of the file alone, or the same words before a colon, on both sides."""
    sides = [
        {found for text in texts for found in (*AMOUNT.findall(text), *re.findall(r"^([^:{]+):", text))}
        for texts in (entry.helps, entry.hinders)
    ]
    yield from (f"helps and holds back: {one}" for one in sides[0] & sides[1] if one not in file.shared_amounts())


def _falls_hidden(entry: ListEntry, file: File, dictionary: Dictionary) -> Iterator[str]:
    """A field that fell clearly and helps, or of which the fall is not told. Debt is no welfare, and aid is not the family's."""
    for name, value in file.fallen().items():
        field = dictionary.fields[name]
        if field.per is None or field.effect != "increasing":
            continue
        amount = f"Rp{_written(value)}"
        if any(amount in text for text in entry.helps) and _written(value) not in file.shared_amounts():
            yield f"a fall is told as a strength: {name}"
        if not any(text.startswith(f"{field.label['id']}: {amount} pada ") for text in entry.hinders):
            yield f"a fall is not told: {name}"


def _written(value: float) -> str:
    return f"{round(value):,}".replace(",", ".")


def _day(day: str, month: str, year: str) -> date:
    return date(int(year), MONTHS.index(month) + 1, int(day))
