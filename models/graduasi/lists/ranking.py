"""A mentor's list: whom to propose, whom to visit first, whom not to push yet, and who will leave naturally.

Only ready families are proposed, at most as many as places are left this year. A shorter list says why it is short; it is
never filled with families that are not ready. Protected families are never listed. A family stands in one section only,
the first in reading order that it belongs to.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graduasi.declarations.declarations import Declarations
from graduasi.declarations.programme import Programme, Referral, Rule
from graduasi.declarations.words import Sentences, phrases, text_in
from graduasi.lists.expected import ready_range
from graduasi.lists.places import PROPOSED_BAND, share_of_places

Section = Literal["propose", "visit_first", "do_not_push", "natural_exit_soon"]
LISTED: tuple[Section, ...] = ("propose", "visit_first")
"""The sections of a list file. The mentor also sees the other sections, but nobody in them is listed."""
NOT_LISTED: tuple[Section, ...] = ("do_not_push", "natural_exit_soon")
SECTIONS: tuple[Section, ...] = (*LISTED, *NOT_LISTED)
"""In reading order."""
NATURAL_EXIT_FLAG = "NATURAL_EXIT"
"""A flag whose code begins with this marks families that leave the programme soon whatever their welfare."""
VISITED_BANDS = ("unsure", "stale")


@dataclass(frozen=True)
class ListEntry:
    """One family on a mentor's list. The tuples are sentences in the list's language.

    `conditions` and `protections` are the rules that block the family; a sentence says if a rule blocks only because
    something is unknown. `flags` are what to pay attention to: numbers to be checked, and the programme's flags. `missing` are the labels of the fields that the latest visit left unknown. The interval and the
    relapse risk are None if the scores have none.
    """

    mentor_id: str
    section: Section
    rank: int
    household_id: str
    area_code: str
    band: str
    score: float
    helps: tuple[str, ...]
    hinders: tuple[str, ...]
    conditions: tuple[str, ...]
    protections: tuple[str, ...]
    missing: tuple[str, ...]
    flags: tuple[str, ...]
    referrals: tuple[str, ...]
    as_of: date
    model_version: str
    score_low: float | None
    score_high: float | None
    relapse_risk: float | None
    relapse_low: float | None
    relapse_high: float | None


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
) -> list[MentorList]:
    """One list for each mentor of the scores, ordered by mentor. Households without a mentor are on the list of mentor ''.

    `scores` has the columns of SCORES. `quota` is each mentor's for the year, and `used` says how much of it is used, by
    mentor; a mentor that it lacks has used nothing.
    """
    writer = _EntryWriter(declarations, language)
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


class _EntryWriter:
    """Makes list entries, with their sentences, from rows of a scores table."""

    def __init__(self, declarations: Declarations, language: str) -> None:
        self.dictionary, self.programme, self.language = declarations.dictionary, declarations.programme, language
        self.phrases, self.sentences = phrases(language), Sentences(declarations.dictionary, language)

    def _rule_sentences(
        self, rules: Iterable[Rule], codes: Collection[str], unknown: Collection[str] = (), *, phrase: str = "{rule}"
    ) -> tuple[str, ...]:
        """The sentences of the rules with one of `codes`, put into `phrase`, or into the one for rules that are unknown."""
        return tuple(
            (self.phrases["rule_unknown"] if rule.code in unknown else phrase).replace(
                "{rule}", text_in(rule.text, self.language)
            )
            for rule in rules
            if rule.code in codes
        )

    def entry(self, row: Mapping[str, Any], section: Section, rank: int) -> ListEntry:
        """The entry of one row of a scores table."""
        reasons, blocking, unknown = list(row["reasons"]), row["blocking"], row["unknown_rules"]
        far = [number["field"] for number in row["far_numbers"]]
        helps, hinders = (
            self.sentences.in_direction(direction, reasons, missing=row["missing_fields"], far=far)
            for direction in ("helps", "hinders")
        )
        unmet = self.phrases["rule_unmet"]
        return ListEntry(
            mentor_id=row["mentor_id"] or "",
            section=section,
            rank=rank,
            household_id=row["household_id"],
            area_code=row["area_code"] or "",
            band=row["band"],
            score=row["score"],
            helps=tuple(helps) or (self.phrases["nothing_helps"],),
            hinders=tuple(hinders),
            conditions=self._rule_sentences(self.programme.floor, blocking, unknown, phrase=unmet),
            protections=self._rule_sentences(self.programme.protected, blocking, unknown),
            missing=tuple(
                text_in(self.dictionary.fields[field].label, self.language) for field in row["missing_fields"]
            ),
            flags=(
                *map(self.sentences.far_number, row["far_numbers"]),
                *self._rule_sentences(self.programme.flags, row["flags"]),
            ),
            referrals=tuple(
                text_in(referral.name, self.language)
                for referral in referrals_for(reasons, self.programme, eligible=row["eligible_referrals"])
            ),
            as_of=row["as_of"],
            model_version=row["model_version"],
            score_low=row["score_low"],
            score_high=row["score_high"],
            relapse_risk=row["relapse_risk"],
            relapse_low=row["relapse_low"],
            relapse_high=row["relapse_high"],
        )


def referrals_for(
    reasons: Sequence[Mapping[str, Any]], programme: Programme, *, eligible: Collection[str] | None = None
) -> list[Referral]:
    """The referrals that may help with a lever that holds the family back.

    `eligible` are the codes of the referrals it is eligible for; None for all.
    """
    hindering_levers = {
        reason["feature"].partition("__")[0]
        for reason in reasons
        if reason["direction"] == "hinders" and reason["kind"] == "lever"
    }
    return [
        referral
        for referral in programme.referrals
        if not hindering_levers.isdisjoint(referral.levers) and (eligible is None or referral.code in eligible)
    ]


def _mentor_list(mentor: str, rows: list[dict[str, Any]], *, quota: int, used: int, writer: _EntryWriter) -> MentorList:
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
    """
    rows = sorted(rows, key=lambda row: (-row["score"], row["household_id"]))
    propose, visit_first = _first(rows, (PROPOSED_BAND,), places=places), _first(rows, VISITED_BANDS, places=visits)
    do_not_push = [row for row in rows if row["score"] >= threshold and row["band"] in ("protected", "nearly")]
    in_a_section = {row["household_id"] for row in (*propose, *visit_first, *do_not_push)}
    natural_exit_soon = [
        row for row in rows if row["household_id"] not in in_a_section and _leaves_naturally_soon(row["flags"])
    ]
    return {
        "propose": propose,
        "visit_first": visit_first,
        "do_not_push": do_not_push,
        "natural_exit_soon": natural_exit_soon,
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
    if to_visit := sum(bands[band] for band in VISITED_BANDS):
        others.append(words["short_visit"].format(count=to_visit))
    if blocked := len(sections["do_not_push"]):
        others.append(words["short_blocked"].format(count=blocked))
    sentence = words["short_of_ready"].format(proposed=proposed, places=places, others=" ".join(others))
    return sentence.replace("  ", " ")  # two spaces where `others` is empty
