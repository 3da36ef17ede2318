"""From published lists to the contexts of their pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

from graduasi.lists.entries import SECTIONS
from graduasi.lists.entries import Section as SectionCode
from graduasi_serving.database.lists import ListedHousehold, PublishedList
from graduasi_serving.pages.contexts import Card, Frame, HouseholdPage, ListPage, MentorRow, MentorsPage, Section
from graduasi_serving.pages.pictures import bars_of
from graduasi_serving.pages.words import Words, chance_sentence, relapse_sentence, written_date

HOUSEHOLDS_PER_SECTION = 10
"""On the list; the rest are behind a link, so that the list loads quickly on a slow connection."""

SENTENCES_PER_CARD = 3
"""On the list, of each kind; the household's own page has them all."""

READY = ("propose", "also_ready")
"""Sections of ready families."""
VISITED = (*READY, "visit_first")
"""Sections of families to be visited."""
Text = TypeVar("Text")


@dataclass(frozen=True)
class StatusStyle:
    """How a household's status is shown: its key in words.toml, an icon and a colour family."""

    word: str
    icon: str
    tone: str


def status_style_of(section: str, band: str) -> StatusStyle:
    """The status of a household: decided by its section of the list where that says enough, else by its band."""
    match section, band:
        case (("propose" | "also_ready"), _):
            return StatusStyle(band, "check", "ready")
        case "natural_exit_soon", _:
            return StatusStyle("natural_exit_soon", "leaf", "exit")
        case "do_not_push", "protected":
            return StatusStyle("protected", "shield", "stop")
        case "do_not_push", _:
            return StatusStyle("do_not_push", "wait", "stop")
    return StatusStyle(band, "visit", "visit")


def card_of(entry: ListedHousehold, words: Words, *, language: str, max_sentences: int | None = None) -> Card:
    """The card of one household.

    `max_sentences` limits the reasons each way, the referrals and the missing fields; None shows them all.
    """
    sentences = in_language(entry.sentences, language, {})
    style = status_style_of(entry.section, entry.band)
    return Card(
        name=words["card"]["family"].format(household=entry.household_id),
        area=words["list"]["area"].format(area=entry.area_code) if entry.area_code else None,
        status=words["status"][style.word],
        icon=style.icon,
        tone=style.tone,
        chance=_chance(entry, words),
        relapse=_relapse(entry, words),
        helps=tuple(sentences.get("helps", [])[:max_sentences]),
        hinders=tuple(sentences.get("hinders", [])[:max_sentences]),
        facts=tuple(sentences.get("facts", [])[:max_sentences]),
        conditions=tuple(sentences.get("conditions", [])),
        protections=tuple(sentences.get("protections", [])),
        protections_heading=words["card"]["protected" if entry.band == "protected" else "maybe_protected"],
        missing=_missing(entry, sentences.get("missing", []), words, max_fields=max_sentences),
        flags=tuple(sentences.get("flags", [])),
        referrals=tuple(sentences.get("referrals", [])[:max_sentences]),
        data_date=words["card"]["data_date"].format(date=written_date(entry.as_of, words)),
        data_short=words["card"]["data_short"].format(date=written_date(entry.as_of, words)),
        headline=next(iter(_headlines(entry.section, sentences)), None),
        link=f"/daftar/{quote(entry.household_id, safe='')}",
    )


def _headlines(section: str, sentences: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """What a household's line on the list may say, the first first: why it stands in its section."""
    kinds = {
        "propose": ("helps", "hinders"),
        "also_ready": ("helps", "hinders"),
        "visit_first": ("protections", "conditions", "missing", "helps"),
        "do_not_push": ("protections", "conditions"),
        "natural_exit_soon": ("flags",),
    }
    return [sentence for kind in kinds[section] for sentence in sentences.get(kind, [])]


def _missing(entry: ListedHousehold, fields: Sequence[str], words: Words, *, max_fields: int | None) -> tuple[str, ...]:
    """What to ask about: the first `max_fields` unknown fields and how many more; only where a visit is due."""
    if entry.section not in VISITED:
        return ()
    shown = fields[:max_fields]
    left = len(fields) - len(shown)
    return (*shown, words["lists"]["more_missing"].format(count=left)) if left else tuple(shown)


def _chance(entry: ListedHousehold, words: Words) -> str | None:
    """The forecast as a sentence; only for a ready family, since elsewhere the score does not decide."""
    if entry.section not in READY or entry.score is None:
        return None
    low, high = entry.score_low, entry.score_high
    return chance_sentence(entry.score, words, interval=None if low is None or high is None else (low, high))


def _relapse(entry: ListedHousehold, words: Words) -> str | None:
    """How many graduates like this family needed aid again; only for a ready family, and only where it is known."""
    risk, low, high, months = entry.relapse_risk, entry.relapse_low, entry.relapse_high, entry.relapse_months
    if entry.section not in READY or risk is None or months is None:
        return None
    return relapse_sentence(risk, words, months=months, interval=None if low is None or high is None else (low, high))


def section_of(
    code: SectionCode,
    entries: Sequence[ListedHousehold],
    frame: Frame,
    *,
    published: PublishedList,
    max_cards: int | None,
) -> Section:
    """One section of the list with its first `max_cards` households; all of them for None."""
    words = frame.words
    cards = tuple(
        card_of(entry, words, language=frame.language, max_sentences=SENTENCES_PER_CARD)
        for entry in entries[:max_cards]
    )
    return Section(
        code=code,
        heading=words["lists"][f"section_{code}"],
        about=words["lists"][f"about_{code}"].format(quota=published.quota),
        empty=words["empty"][code],
        count=len(entries),
        cards=cards,
        others=tuple(entry.household_id for entry in entries[len(cards) :]),
        more=words["list"]["more"].format(count=len(entries)) if len(cards) < len(entries) else None,
        more_link=f"{list_link(published.mentor_id)}/bagian/{code}",
    )


def list_page(
    published: PublishedList, frame: Frame, *, only: SectionCode | None, back: tuple[str, str] | None
) -> ListPage:
    """The whole list, or for `only` one section in full. `back` is the address and the words of the link back."""
    words = frame.words
    codes = (only,) if only else SECTIONS
    by_section = {code: [entry for entry in published.entries if entry.section == code] for code in codes}
    max_cards = None if only else HOUSEHOLDS_PER_SECTION
    sections = tuple(
        section_of(code, entries, frame, published=published, max_cards=max_cards)
        for code, entries in by_section.items()
        if entries or code in ("propose", only)  # an empty section is left out, except these
    )
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
        sections=sections,
        back_link=back[0] if back else None,
        back_words=back[1] if back else "",
    )


def household_page(entry: ListedHousehold, frame: Frame) -> HouseholdPage:
    """The page of one household, with everything that was published about it."""
    words, published = frame.words, entry.published_list
    card = card_of(entry, words, language=frame.language)
    is_relapse_unknown = entry.section in READY and card.relapse is None
    made = written_date(published.made_at.astimezone(frame.zone).date(), words)
    return HouseholdPage(
        frame=frame,
        synthetic=published.synthetic,
        card=card,
        picture=bars_of(entry.themes or [], words, frame.language),
        relapse_unknown=words["relapse"]["unknown"] if is_relapse_unknown else None,
        data_text=words["household"]["data_text"].format(date=written_date(entry.as_of, words)),
        model_text=words["household"]["model"].format(version=entry.model_version, date=made),
        back_link=f"{list_link(published.mentor_id)}#{entry.section}",
    )


def mentors_page(lists: Sequence[tuple[PublishedList, int]], frame: Frame) -> MentorsPage:
    """The overview of mentors. Each list comes with the number of families it proposes."""
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


def in_language(by_language: Mapping[str, Text], language: str, default: Text) -> Text:
    """The text in `language`, else in the first language there is (a dictionary may lack one), else `default`."""
    return by_language.get(language) or next(iter(by_language.values()), default)
