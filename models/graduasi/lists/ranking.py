"""A mentor's list: whom to propose, whom to visit first, whom not to push yet, and who will leave naturally.

Only ready families are proposed, at most the places left this year. A list may be shorter than that and says why; it is
never filled with families that are not ready. Protected families are never listed. A family stands in one section, the
first that takes it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from graduasi.declarations.declarations import Declarations
from graduasi.declarations.programme import Programme, Referral, Rule
from graduasi.declarations.words import Sentences, phrases, text_in

Section = Literal["propose", "visit_first", "do_not_push", "natural_exit_soon"]
LISTED: tuple[Section, ...] = ("propose", "visit_first")
"""What a list file holds. The other sections are told to the mentor, but nobody in them is listed."""
NOT_LISTED: tuple[Section, ...] = ("do_not_push", "natural_exit_soon")
SECTIONS: tuple[Section, ...] = (*LISTED, *NOT_LISTED)
"""In reading order."""
NATURAL_EXIT_FLAG = "NATURAL_EXIT"
"""A flag whose code begins so marks families that leave the programme soon whatever their welfare."""


@dataclass(frozen=True)
class ListEntry:
    """One family on a mentor's list; the tuples are sentences in the list's language. `conditions` and `protections` stand in
    the way, and say so where that is because something is unknown. `missing` names the fields that the latest visit left
    unknown.

    The interval and the relapse risk are None where the scores have none.
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
    """A mentor's list with the year's quota and what is used of it; `shortfall` says why places stay empty."""

    mentor_id: str
    quota: int
    used: int
    entries: tuple[ListEntry, ...]
    shortfall: str | None

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
    """One list for each mentor of the scores, by mentor; households without a mentor form the list of mentor ''."""
    speaker = _Speaker(declarations, language)
    by_mentor: dict[str, list[dict[str, Any]]] = {}
    for row in _candidates(scores, declarations.programme).to_pylist():
        by_mentor.setdefault(row["mentor_id"] or "", []).append(row)
    for mentor in scores.column("mentor_id").unique().to_pylist():
        by_mentor.setdefault(mentor or "", [])
    return [
        _mentor_list(mentor, by_mentor[mentor], quota=quota, used=used.get(mentor, 0), speaker=speaker)
        for mentor in sorted(by_mentor)
    ]


def _candidates(scores: pa.Table, programme: Programme) -> pa.Table:
    """The rows that can stand in some section, so that the rest of a large file is never turned into objects."""
    strong = pc.greater_equal(scores["score"], programme.bands.ready)
    soon = [any(flag.startswith(NATURAL_EXIT_FLAG) for flag in flags) for flags in scores["flags"].to_pylist()]
    wanted = pc.is_in(scores["band"], pa.array(["ready", "unsure", "stale", "protected"]))
    return scores.filter(pc.or_(pc.or_(wanted, pc.fill_null(strong, False)), pa.array(soon, pa.bool_())))


class _Speaker:
    """Turns a scores row into sentences."""

    def __init__(self, declarations: Declarations, language: str) -> None:
        self.dictionary, self.programme, self.language = declarations.dictionary, declarations.programme, language
        self.phrases, self.sentences = phrases(language), Sentences(declarations.dictionary, language)

    def _rules(
        self, rules: Iterable[Rule], holding: Collection[str], unknown: Collection[str] = (), *, known: str = "{rule}"
    ) -> tuple[str, ...]:
        """The rules whose codes are `holding`, said as `known`, or as unknown where something `unknown` is why."""
        return tuple(
            (self.phrases["rule_unknown"] if rule.code in unknown else known).replace(
                "{rule}", text_in(rule.text, self.language)
            )
            for rule in rules
            if rule.code in holding
        )

    def entry(self, row: Mapping[str, Any], section: Section, rank: int) -> ListEntry:
        reasons = list(row["reasons"])
        helps, hinders = (
            self.sentences.pointing(direction, reasons, missing=row["missing_fields"])
            for direction in ("helps", "hinders")
        )
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
            conditions=self._rules(
                self.programme.floor, row["blocking"], row["unknown_rules"], known=self.phrases["rule_unmet"]
            ),
            protections=self._rules(self.programme.protected, row["blocking"], row["unknown_rules"]),
            missing=tuple(
                text_in(self.dictionary.fields[field].label, self.language) for field in row["missing_fields"]
            ),
            flags=self._rules(self.programme.flags, row["flags"]),
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
    """Empowerment programmes that may help with a lever that holds the family back, of those it is `eligible` for."""
    held_back = {
        reason["feature"].partition("__")[0]
        for reason in reasons
        if reason["direction"] == "hinders" and reason["kind"] == "lever"
    }
    return [
        referral
        for referral in programme.referrals
        if not held_back.isdisjoint(referral.levers) and (eligible is None or referral.code in eligible)
    ]


def _mentor_list(mentor: str, rows: list[dict[str, Any]], *, quota: int, used: int, speaker: _Speaker) -> MentorList:
    places = max(quota - used, 0)
    sections = _sections(rows, places=places, visits=quota, threshold=speaker.programme.bands.ready)
    entries = [
        speaker.entry(row, section, rank) for section in SECTIONS for rank, row in enumerate(sections[section], 1)
    ]
    shortfall = _shortfall(rows, sections, quota=quota, places=places, words=speaker.phrases)
    return MentorList(mentor, quota, used, tuple(entries), shortfall)


def _sections(
    rows: list[dict[str, Any]], *, places: int, visits: int, threshold: float
) -> dict[Section, list[dict[str, Any]]]:
    """Each section's families, the strongest first. What is proposed and visited has a limit, what is told has none."""
    rows = sorted(rows, key=lambda row: (-row["score"], row["household_id"]))
    propose = [row for row in rows if row["band"] == "ready"][:places]
    visit_first = [row for row in rows if row["band"] in ("unsure", "stale")][:visits]
    do_not_push = [row for row in rows if row["score"] >= threshold and row["band"] in ("protected", "nearly")]
    elsewhere = {row["household_id"] for row in (*propose, *visit_first, *do_not_push)}
    leaving = [
        row
        for row in rows
        if row["household_id"] not in elsewhere and any(flag.startswith(NATURAL_EXIT_FLAG) for flag in row["flags"])
    ]
    return {
        "propose": propose,
        "visit_first": visit_first,
        "do_not_push": do_not_push,
        "natural_exit_soon": leaving,
    }


def _shortfall(
    rows: list[dict[str, Any]],
    sections: Mapping[Section, list[dict[str, Any]]],
    *,
    quota: int,
    places: int,
    words: Mapping[str, str],
) -> str | None:
    if not places:
        return words["quota_used"].format(quota=quota)
    found = len(sections["propose"])
    if found >= places:
        return None
    counts = Counter(row["band"] for row in rows)
    others = []
    if waiting := counts["unsure"] + counts["stale"]:
        others.append(words["short_visit"].format(count=waiting))
    if blocked := len(sections["do_not_push"]):
        others.append(words["short_blocked"].format(count=blocked))
    return words["short_of_ready"].format(found=found, places=places, others=" ".join(others)).replace("  ", " ")
