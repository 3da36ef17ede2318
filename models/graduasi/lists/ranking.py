"""A mentor's list: whom to propose, whom to visit first, whom not to push yet, and who will leave naturally.

Only ready families are proposed, at most as many as places are left this year. A shorter list says why it is short; it is
never filled with families that are not ready. Ready families beyond the places stand apart: the target is no limit.
Protected families are never listed. A family stands in one section only.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graduasi.declarations.declarations import Declarations
from graduasi.declarations.programme import Programme
from graduasi.lists.entries import SECTIONS, EntryWriter, ListEntry, Section, known_unmet
from graduasi.lists.expected import ready_range
from graduasi.lists.places import PROPOSED_BAND, share_of_places

NATURAL_EXIT_FLAG = "NATURAL_EXIT"
"""A flag whose code begins with this marks families that leave the programme soon whatever their welfare."""
VISITED_BANDS = ("unsure", "stale")


@dataclass(frozen=True)
class MentorList:
    """A mentor's list, with the year's quota and how many places of it are `used`.

    `shortfall` is a sentence that says why places stay empty; None if none does. `expected` is one that says how many of
    the families proposed will be ready; None if their scores have no interval, or the families are very few.
    """

    mentor_id: str
    quota: int
    used: int
    entries: tuple[ListEntry, ...]
    shortfall: str | None
    expected: str | None = None

    @property
    def places(self) -> int:
        """How many families may still be proposed this year."""
        return max(self.quota - self.used, 0)

    def section(self, name: Section) -> tuple[ListEntry, ...]:
        """The entries of one section, in order."""
        return tuple(entry for entry in self.entries if entry.section == name)


def build_lists(
    scores: pa.Table,
    *,
    declarations: Declarations,
    quota: int,
    used: Mapping[str, int],
    language: str,
    today: date,
) -> list[MentorList]:
    """One list for each mentor of the scores, ordered by mentor. Households without a mentor are on the list of mentor ''.

    `scores` has the columns of SCORES. `quota` is each mentor's for the year, and `used` says how much of it is used, by
    mentor; a mentor that it lacks has used nothing. What ended before `today` is not called soon.
    """
    writer = EntryWriter(declarations, language, today=today)
    rows_by_mentor: dict[str, list[dict[str, Any]]] = {}
    for row in _candidates(scores, declarations.programme).to_pylist():
        rows_by_mentor.setdefault(row["mentor_id"] or "", []).append(row)
    for mentor in scores.column("mentor_id").unique().to_pylist():
        rows_by_mentor.setdefault(mentor or "", [])
    return [
        _mentor_list(mentor, rows_by_mentor[mentor], quota=quota, used=used.get(mentor, 0), writer=writer)
        for mentor in sorted(rows_by_mentor)
    ]


def _candidates(scores: pa.Table, programme: Programme) -> pa.Table:
    """The rows that may stand in some section; the rest of a large file is never turned into Python objects.

    A family belongs to a section by its band, its high score (do_not_push) or its flag (natural_exit_soon).
    """
    has_listed_band = pc.is_in(scores["band"], pa.array([PROPOSED_BAND, *VISITED_BANDS]))
    is_strong = pc.fill_null(pc.greater_equal(scores["score"], programme.bands.ready), False)
    leaves_soon = pa.array([_leaves_naturally_soon(flags) for flags in scores["flags"].to_pylist()], pa.bool_())
    return scores.filter(pc.or_(pc.or_(has_listed_band, is_strong), leaves_soon))


def _leaves_naturally_soon(flags: Iterable[str]) -> bool:
    return any(flag.startswith(NATURAL_EXIT_FLAG) for flag in flags)


def _mentor_list(mentor: str, rows: list[dict[str, Any]], *, quota: int, used: int, writer: EntryWriter) -> MentorList:
    places = max(quota - used, 0)
    sections = _sections(rows, places=places, visits=quota, threshold=writer.programme.bands.ready)
    entries = [
        writer.entry(row, section, rank) for section in SECTIONS for rank, row in enumerate(sections[section], 1)
    ]
    shortfall = _shortfall(rows, sections, quota=quota, places=places, words=writer.phrases)
    expected = _expected(sections["propose"], writer.phrases)
    return MentorList(mentor, quota, used, tuple(entries), shortfall, expected)


def _expected(proposed: list[dict[str, Any]], words: Mapping[str, str]) -> str | None:
    """How many of the families proposed will be ready, as a sentence; None where that cannot be said."""
    columns = [[row[name] for row in proposed] for name in ("score", "score_low", "score_high")]
    if any(end is None for ends in columns for end in ends):
        return None
    ends = ready_range(*columns)
    return None if ends is None else words["expected"].format(low=ends[0], high=ends[1], count=len(proposed))


def _sections(
    rows: list[dict[str, Any]], *, places: int, visits: int, threshold: float
) -> dict[Section, list[dict[str, Any]]]:
    """The rows of each section, the highest score first; equal scores in order of identifier.

    At most `places` families are proposed and `visits` are visited first. The sections that are not listed have no limit.
    Who has a condition that is known to be unmet cannot become ready by a visit, so nobody is sent there for that. The
    natural exits have the lowest score first: they leave whatever their welfare, and the weakest need preparing most.
    """
    rows = sorted(rows, key=lambda row: (-row["score"], row["household_id"]))
    propose = _first(rows, (PROPOSED_BAND,), places=places)
    is_blocked = {row["household_id"] for row in rows if row["band"] == "unsure" and known_unmet(row)}
    visit_first = _first([row for row in rows if row["household_id"] not in is_blocked], VISITED_BANDS, places=visits)
    in_a_section = {row["household_id"] for row in (*propose, *visit_first)}
    also_ready = [row for row in rows if row["band"] == PROPOSED_BAND and row["household_id"] not in in_a_section]
    do_not_push = [
        row
        for row in rows
        if row["score"] >= threshold and (row["band"] in ("protected", "nearly") or row["household_id"] in is_blocked)
    ]
    in_a_section |= {row["household_id"] for row in (*also_ready, *do_not_push)}
    natural_exit_soon = [
        row for row in rows if row["household_id"] not in in_a_section and _leaves_naturally_soon(row["flags"])
    ]
    return {
        "propose": propose,
        "also_ready": also_ready,
        "visit_first": visit_first,
        "do_not_push": do_not_push,
        "natural_exit_soon": natural_exit_soon[::-1],
    }


def _first(rows: list[dict[str, Any]], bands: Collection[str], *, places: int) -> list[dict[str, Any]]:
    """The first `places` rows in one of the `bands`; `rows` are one mentor's, in order."""
    one_mentor, order = np.zeros(len(rows), dtype=np.intp), -np.arange(len(rows), dtype=float)
    in_band = np.array([row["band"] in bands for row in rows], dtype=bool)
    taken = share_of_places(one_mentor, order, quota=places, eligible=in_band)
    return [row for row, share in zip(rows, taken.tolist(), strict=True) if share > 0]


def _shortfall(
    rows: list[dict[str, Any]],
    sections: Mapping[Section, list[dict[str, Any]]],
    *,
    quota: int,
    places: int,
    words: Mapping[str, str],
) -> str | None:
    """Why fewer families are proposed than the quota allows, as a sentence; None if every place is filled."""
    if not places:
        return words["quota_used"].format(quota=quota)
    proposed = len(sections["propose"])
    if proposed >= places:
        return None
    bands = Counter(row["band"] for row in rows)
    others = []
    if to_visit := sum(bands[band] for band in VISITED_BANDS) - sum(
        row["band"] == "unsure" and bool(known_unmet(row)) for row in rows
    ):
        others.append(words["short_visit"].format(count=to_visit))
    if blocked := len(sections["do_not_push"]):
        others.append(words["short_blocked"].format(count=blocked))
    sentence = words["short_of_ready"].format(proposed=proposed, places=places, others=" ".join(others))
    return sentence.replace("  ", " ")  # two spaces where `others` is empty
