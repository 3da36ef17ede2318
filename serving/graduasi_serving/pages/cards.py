"""From published lists to what their pages are given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

from graduasi.lists.ranking import SECTIONS
from graduasi.lists.ranking import Section as SectionCode
from graduasi_serving.database.lists import ListedHousehold, PublishedList
from graduasi_serving.pages.contexts import Card, Frame, HouseholdPage, ListPage, MentorRow, MentorsPage, Section
from graduasi_serving.pages.words import Words, chance_sentence, relapse_sentence, written_date

SHOWN_PER_SECTION = 10
"""More stand behind a link: a first look at the list stays small on a slow line."""

SHOWN_SENTENCES = 3

Said = TypeVar("Said")


@dataclass(frozen=True)
class Look:
    """How a status looks: an icon and a colour family, beside the word that says it."""

    word: str
    icon: str
    tone: str


def look_of(section: str, band: str) -> Look:
    """The status of a household: by its part of the list where that decides, else by its band."""
    match section, band:
        case "propose", _:
            return Look(band, "check", "ready")
        case "natural_exit_soon", _:
            return Look("natural_exit_soon", "leaf", "exit")
        case "do_not_push", "protected":
            return Look("protected", "shield", "stop")
        case "do_not_push", _:
            return Look("do_not_push", "wait", "stop")
    return Look(band, "visit", "visit")


def card_of(entry: ListedHousehold, words: Words, *, language: str, sentences: int | None = None) -> Card:
    """One household; with `sentences`, only that many of what helps and of what holds back."""
    said = in_language(entry.sentences, language, {})
    look = look_of(entry.section, entry.band)
    return Card(
        name=words["card"]["family"].format(household=entry.household_id),
        area=words["list"]["area"].format(area=entry.area_code) if entry.area_code else None,
        status=words["status"][look.word],
        icon=look.icon,
        tone=look.tone,
        chance=_chance(entry, words),
        relapse=_relapse(entry, words),
        helps=tuple(said.get("helps", [])[:sentences]),
        hinders=tuple(said.get("hinders", [])[:sentences]),
        conditions=tuple(said.get("conditions", [])),
        protections=tuple(said.get("protections", [])),
        protections_heading=words["card"]["protected" if entry.band == "protected" else "maybe_protected"],
        missing=_missing(entry, said.get("missing", []), words, shown=sentences),
        flags=tuple(said.get("flags", [])),
        referrals=tuple(said.get("referrals", [])[:sentences]),
        data_date=words["card"]["data_date"].format(date=written_date(entry.as_of, words)),
        link=f"/daftar/{quote(entry.household_id, safe='')}",
    )


def _missing(entry: ListedHousehold, fields: Sequence[str], words: Words, *, shown: int | None) -> tuple[str, ...]:
    """What to ask about: the first `shown` unknown fields and how many more, told where a visit comes first."""
    if entry.section != "visit_first":
        return ()
    told = fields[:shown]
    left = len(fields) - len(told)
    return (*told, words["lists"]["more_missing"].format(count=left)) if left else tuple(told)


def _chance(entry: ListedHousehold, words: Words) -> str | None:
    """The forecast, told only where the score decides."""
    if entry.section != "propose" or entry.score is None:
        return None
    low, high = entry.score_low, entry.score_high
    return chance_sentence(entry.score, words, ends=None if low is None or high is None else (low, high))


def _relapse(entry: ListedHousehold, words: Words) -> str | None:
    """What happened to graduates like this family, told where graduating is proposed and anything is known."""
    risk, low, high, months = entry.relapse_risk, entry.relapse_low, entry.relapse_high, entry.relapse_months
    if entry.section != "propose" or risk is None or months is None:
        return None
    return relapse_sentence(risk, words, months=months, ends=None if low is None or high is None else (low, high))


def section_of(
    code: SectionCode, entries: Sequence[ListedHousehold], frame: Frame, *, of: PublishedList, shown: int | None
) -> Section:
    """One part of the list with the first `shown` households; all of them for None."""
    words = frame.words
    cards = tuple(
        card_of(entry, words, language=frame.language, sentences=SHOWN_SENTENCES) for entry in entries[:shown]
    )
    return Section(
        code=code,
        heading=words["lists"][f"section_{code}"],
        about=words["lists"][f"about_{code}"].format(quota=of.quota),
        empty=words["empty"][code],
        count=len(entries),
        cards=cards,
        more=words["list"]["more"].format(count=len(entries)) if len(cards) < len(entries) else None,
        more_link=f"{list_link(of.mentor_id)}/bagian/{code}",
    )


def list_page(
    published: PublishedList, frame: Frame, *, only: SectionCode | None, back: tuple[str, str] | None
) -> ListPage:
    """The whole list, or one part of it in full. `back` is an address and its words."""
    words = frame.words
    parts = (only,) if only else SECTIONS
    by_section = {code: [entry for entry in published.entries if entry.section == code] for code in parts}
    kept = [(code, entries) for code, entries in by_section.items() if entries or code in ("propose", only)]
    shown = None if only else SHOWN_PER_SECTION
    return ListPage(
        frame=frame,
        synthetic=published.synthetic,
        mentor=words["lists"]["mentor"].format(mentor=published.mentor_id),
        area=words["list"]["area"].format(area=published.area) if published.area else None,
        target=words["lists"]["target"].format(used=published.used, quota=published.quota),
        used=published.used,
        quota=published.quota,
        as_of=words["list"]["as_of"].format(date=written_date(published.as_of, words)),
        made=words["list"]["made"].format(date=written_date(published.made_at.astimezone(frame.zone).date(), words)),
        shortfall=in_language(published.shortfall, frame.language, None),
        sections=tuple(section_of(code, entries, frame, of=published, shown=shown) for code, entries in kept),
        back_link=back[0] if back else None,
        back_words=back[1] if back else "",
    )


def household_page(entry: ListedHousehold, frame: Frame) -> HouseholdPage:
    """One household with everything that is known about it."""
    words, published = frame.words, entry.published_list
    card = card_of(entry, words, language=frame.language)
    unknown = entry.section == "propose" and card.relapse is None
    made = written_date(published.made_at.astimezone(frame.zone).date(), words)
    return HouseholdPage(
        frame=frame,
        synthetic=published.synthetic,
        card=card,
        relapse_unknown=words["relapse"]["unknown"] if unknown else None,
        data_text=words["household"]["data_text"].format(date=written_date(entry.as_of, words)),
        model_text=words["household"]["model"].format(version=entry.model_version, date=made),
        back_link=f"{list_link(published.mentor_id)}#{entry.section}",
    )


def mentors_page(lists: Sequence[tuple[PublishedList, int]], frame: Frame) -> MentorsPage:
    """The overview; each list comes with how many families it proposes."""
    words = frame.words
    rows = tuple(
        MentorRow(
            mentor_id=published.mentor_id,
            area=published.area or "–",
            target=words["mentors"]["target_value"].format(used=published.used, quota=published.quota),
            proposed=proposed,
            as_of=written_date(published.as_of, words),
            link=list_link(published.mentor_id),
        )
        for published, proposed in lists
    )
    return MentorsPage(frame=frame, synthetic=any(published.synthetic for published, _ in lists), mentors=rows)


def list_link(mentor_id: str) -> str:
    """The address of a mentor's list."""
    return f"/pendamping/{quote(mentor_id, safe='')}"


def in_language(by_language: Mapping[str, Said], language: str, otherwise: Said) -> Said:
    """What is said in `language`; in any other if a dictionary does not speak it."""
    return by_language.get(language) or next(iter(by_language.values()), otherwise)
