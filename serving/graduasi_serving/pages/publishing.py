"""Publishing mentors' lists to the pages. A new list replaces the mentor's last one, which stays in the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import takewhile

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import select
from sqlalchemy.orm import Session

from graduasi.declarations.declarations import Declarations
from graduasi.declarations.dictionary import Dictionary
from graduasi.declarations.programme import Programme
from graduasi.errors import Refused
from graduasi.lists.entries import ListEntry
from graduasi.lists.ranking import MentorList, build_lists
from graduasi.panel.identifiers import AN_IDENTIFIER, is_identifier
from graduasi_serving.database.lists import ListedHousehold, PublishedList

ListsByLanguage = Mapping[str, Sequence[MentorList]]
"""The same mentors in the same order in each language."""


@dataclass(frozen=True)
class Edition:
    """What all lists of one publication share."""

    as_of: date
    model_version: str
    synthetic: bool
    made_at: datetime


@dataclass(frozen=True)
class PublishedCounts:
    """How many lists were published, and how many other mentors, who are not in the scores, had a current list."""

    lists: int
    other_mentors: int


def lists_by_language(
    scores: pa.Table, declarations: Declarations, *, quota: int | None, used: Mapping[str, int], today: date
) -> dict[str, list[MentorList]]:
    """Each mentor's list in every language of the dictionary.

    `quota` None is the programme's; `used` is what each mentor has used of it by `today`. Households without a mentor are left out.
    """
    quota_per_mentor = declarations.programme.quota_per_mentor if quota is None else quota

    def lists_in(language: str) -> list[MentorList]:
        lists = build_lists(
            scores, declarations=declarations, quota=quota_per_mentor, used=used, language=language, today=today
        )
        return [mentor_list for mentor_list in lists if mentor_list.mentor_id]

    return {language: lists_in(language) for language in declarations.dictionary.languages}


def edition_of(scores: pa.Table, dictionary: Dictionary, *, now: datetime) -> Edition:
    """The edition of a scores file, made `now`. Raises Refused for a file without households."""
    if not len(scores):
        raise Refused("the scores file holds no household, so there is no list to publish")
    versions = scores.column("model_version").unique().to_pylist()
    return Edition(pc.max(scores.column("as_of")).as_py(), ", ".join(versions), dictionary.synthetic, now)


def publish(
    session: Session,
    lists: ListsByLanguage,
    *,
    edition: Edition,
    programme: Programme,
    withdraw_others: bool = False,
) -> PublishedCounts:
    """Store the lists as the current ones of their mentors. Raises Refused for unsafe identifiers, and for no list.

    Mentors who are not among `lists` keep the list they had; with `withdraw_others` they have none from now on.
    """
    in_one_language = next(iter(lists.values()))
    if not in_one_language:
        raise Refused("no household of the scores has a mentor, so there is no list to publish")
    _refuse_unsafe_identifiers(in_one_language)
    mentor_ids = {mentor_list.mentor_id for mentor_list in in_one_language}
    current = session.scalars(select(PublishedList).where(PublishedList.current_for.is_not(None))).all()
    of_other_mentors = [published for published in current if published.mentor_id not in mentor_ids]
    for published in current if withdraw_others else set(current).difference(of_other_mentors):
        published.current_for = None
    session.flush()  # current_for is unique: the old lists must give it up before the new ones take it
    for lists_of_mentor in zip(*lists.values(), strict=True):
        by_language = dict(zip(lists, lists_of_mentor, strict=True))
        session.add(_published_list(by_language, edition, programme))
    session.flush()
    return PublishedCounts(lists=len(in_one_language), other_mentors=len(of_other_mentors))


def has_current_list(session: Session, mentor_id: str) -> bool:
    """Whether this mentor has a current list."""
    return session.scalar(select(PublishedList.id).where(PublishedList.current_for == mentor_id)) is not None


def _published_list(by_language: Mapping[str, MentorList], edition: Edition, programme: Programme) -> PublishedList:
    """One mentor's list as a row with its entries. The languages differ in nothing but their sentences."""
    mentor_list = next(iter(by_language.values()))
    entries = [
        _listed_household({language: own.entries[index] for language, own in by_language.items()}, programme)
        for index in range(len(mentor_list.entries))
    ]
    return PublishedList(
        mentor_id=mentor_list.mentor_id,
        current_for=mentor_list.mentor_id,
        area=shared_area([entry.area_code or "" for entry in entries]),
        quota=mentor_list.quota,
        used=mentor_list.used,
        made_at=edition.made_at,
        as_of=edition.as_of,
        model_version=edition.model_version,
        shortfall={language: own.shortfall for language, own in by_language.items() if own.shortfall},
        synthetic=edition.synthetic,
        entries=entries,
    )


def _listed_household(by_language: Mapping[str, ListEntry], programme: Programme) -> ListedHousehold:
    """One household as a row. The languages differ in nothing but their sentences."""
    entry, relapse = next(iter(by_language.values())), programme.relapse_label
    return ListedHousehold(
        section=entry.section,
        rank=entry.rank,
        household_id=entry.household_id,
        area_code=entry.area_code or None,
        band=entry.band,
        score=entry.score,
        score_low=entry.score_low,
        score_high=entry.score_high,
        relapse_risk=entry.relapse_risk,
        relapse_low=entry.relapse_low,
        relapse_high=entry.relapse_high,
        relapse_months=None if entry.relapse_risk is None or relapse is None else relapse.undone_within_months,
        sentences={language: _sentences(own) for language, own in by_language.items()},
        as_of=entry.as_of,
        model_version=entry.model_version,
        themes=list(entry.themes),
    )


def _sentences(entry: ListEntry) -> dict[str, list[str]]:
    """The sentences about a household in one language, by kind."""
    kinds = ("helps", "hinders", "facts", "conditions", "protections", "missing", "flags", "referrals")
    return {kind: list(getattr(entry, kind)) for kind in kinds}


def shared_area(areas: Sequence[str]) -> str:
    """The longest beginning that all area codes of a list share: whole parts of codes with dots, else digits.

    Empty if they share none, or if one area is unknown. It decides which supervisors see the list, so where the areas
    are unclear, too few see it rather than too many.

    >>> shared_area(["32.01.07", "32.01.09"])
    '32.01'
    >>> shared_area(["32.01.07", ""])
    ''
    """
    dotted = any("." in area for area in areas)
    codes = [area.split(".") if dotted else list(area) for area in areas]
    shared = takewhile(lambda parts: len(set(parts)) == 1, zip(*codes, strict=False))
    return ("." if dotted else "").join(parts[0] for parts in shared)


def _refuse_unsafe_identifiers(lists: Sequence[MentorList]) -> None:
    """Raise Refused unless each household_id, area_code and mentor_id is an identifier: they stand on pages and in their addresses."""
    identifiers = {
        "household_id": [entry.household_id for mentor_list in lists for entry in mentor_list.entries],
        "area_code": [entry.area_code for mentor_list in lists for entry in mentor_list.entries if entry.area_code],
        "mentor_id": [mentor_list.mentor_id for mentor_list in lists],
    }
    unfit = {name: sum(not is_identifier(text) for text in texts) for name, texts in identifiers.items()}
    faults = [f"{name}: {count} unfit to publish; allowed: {AN_IDENTIFIER}" for name, count in unfit.items() if count]
    if faults:
        raise Refused(faults)
