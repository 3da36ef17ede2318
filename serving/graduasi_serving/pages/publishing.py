"""Putting mentors' lists where the pages find them: each new list replaces the mentor's last one, which is kept."""

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
from graduasi.lists.ranking import ListEntry, MentorList, build_lists
from graduasi.panel.identifiers import AN_IDENTIFIER, is_identifier
from graduasi_serving.database.lists import ListedHousehold, PublishedList

ByLanguage = Mapping[str, Sequence[MentorList]]


@dataclass(frozen=True)
class Edition:
    """What all lists of one publication share."""

    as_of: date
    model_version: str
    synthetic: bool
    made_at: datetime


@dataclass(frozen=True)
class Published:
    """How many lists were published, and how many stood for mentors who are not in the scores."""

    lists: int
    others: int


def lists_by_language(
    scores: pa.Table, declarations: Declarations, *, quota: int | None, used: Mapping[str, int]
) -> dict[str, list[MentorList]]:
    """Each mentor's list in every language of the dictionary; households without a mentor have no list."""
    places = declarations.programme.quota_per_mentor if quota is None else quota

    def lists_in(language: str) -> list[MentorList]:
        built = build_lists(scores, declarations=declarations, quota=places, used=used, language=language)
        return [mentor for mentor in built if mentor.mentor_id]

    return {language: lists_in(language) for language in declarations.dictionary.languages}


def edition_of(scores: pa.Table, dictionary: Dictionary, *, now: datetime) -> Edition:
    """What the lists of a scores file share. Raises Refused for a file without households."""
    if not len(scores):
        raise Refused("the scores file holds no household, so there is no list to publish")
    versions = scores.column("model_version").unique().to_pylist()
    return Edition(pc.max(scores.column("as_of")).as_py(), ", ".join(versions), dictionary.synthetic, now)


def publish(
    session: Session, lists: ByLanguage, *, edition: Edition, programme: Programme, withdraw_others: bool = False
) -> Published:
    """Store the lists as the current ones of their mentors. Raises Refused for unsafe identifiers, and for no list.

    Mentors who are not among `lists` keep the list they had, or with `withdraw_others` have none from now on.
    """
    first, *_ = lists.values()
    if not first:
        raise Refused("no household of the scores has a mentor, so there is no list to publish")
    _refuse_unsafe_identifiers(first)
    mentors = {mentor.mentor_id for mentor in first}
    standing = session.scalars(select(PublishedList).where(PublishedList.current_for.is_not(None))).all()
    others = [before for before in standing if before.mentor_id not in mentors]
    for before in standing if withdraw_others else set(standing).difference(others):
        before.current_for = None
    session.flush()  # the places must be free before the new lists take them
    for same_mentor in zip(*lists.values(), strict=True):
        spoken = dict(zip(lists, same_mentor, strict=True))
        session.add(_published(spoken, edition, programme))
    session.flush()
    return Published(lists=len(first), others=len(others))


def has_current_list(session: Session, mentor_id: str) -> bool:
    """Whether a list stands for this mentor."""
    return session.scalar(select(PublishedList.id).where(PublishedList.current_for == mentor_id)) is not None


def _published(spoken: Mapping[str, MentorList], edition: Edition, programme: Programme) -> PublishedList:
    mentor = next(iter(spoken.values()))
    rows = [
        _listed({language: one.entries[place] for language, one in spoken.items()}, programme)
        for place in range(len(mentor.entries))
    ]
    return PublishedList(
        mentor_id=mentor.mentor_id,
        current_for=mentor.mentor_id,
        area=shared_area([row.area_code or "" for row in rows]),
        quota=mentor.quota,
        used=mentor.used,
        made_at=edition.made_at,
        as_of=edition.as_of,
        model_version=edition.model_version,
        shortfall={language: one.shortfall for language, one in spoken.items() if one.shortfall},
        synthetic=edition.synthetic,
        entries=rows,
    )


def _listed(spoken: Mapping[str, ListEntry], programme: Programme) -> ListedHousehold:
    entry, relapse = next(iter(spoken.values())), programme.relapse_label
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
        sentences={language: _sentences(said) for language, said in spoken.items()},
        as_of=entry.as_of,
        model_version=entry.model_version,
    )


def _sentences(entry: ListEntry) -> dict[str, list[str]]:
    """Everything said about a household in one language."""
    kinds = ("helps", "hinders", "conditions", "protections", "missing", "flags", "referrals")
    return {kind: list(getattr(entry, kind)) for kind in kinds}


def shared_area(areas: Sequence[str]) -> str:
    """The part that the area codes of a list have in common. Too little gives nobody access, never too much.

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
    """A household_id or mentor_id stands on pages and in their addresses, so it must be as fit for that as over HTTP."""
    used = {
        "household_id": [entry.household_id for mentor in lists for entry in mentor.entries],
        "mentor_id": [mentor.mentor_id for mentor in lists],
    }
    unfit = {name: sum(not is_identifier(text) for text in texts) for name, texts in used.items()}
    faults = [f"{name}: {count} unfit to publish; allowed: {AN_IDENTIFIER}" for name, count in unfit.items() if count]
    if faults:
        raise Refused(faults)
