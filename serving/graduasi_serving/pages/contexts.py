"""What each page is given: one frozen record a page, every field with its meaning.

A test holds that each template reads the fields of its record and nothing else.
"""

from dataclasses import Field, dataclass, field
from typing import Any

from graduasi_serving.pages.words import Words


def _about(text: str) -> Any:  # noqa: ANN401 - as dataclasses.field itself is typed
    return field(metadata={"help": text})


def help_text(of: Field[Any]) -> str:
    """What a field of a context means."""
    return str(of.metadata["help"])


@dataclass(frozen=True)
class Frame:
    """What surrounds every page."""

    language: str = _about("The language of the page, for the lang attribute and the words.")
    words: Words = _about("The pages' own words in that language.")
    other_language: str = _about("The code of the language that the switch leads to.")
    other_language_name: str = _about("That language's name in itself.")
    stylesheet: str = _about("The address of the style sheet; it changes when the sheet does.")
    user_name: str | None = _about("Who is signed in; none on the sign-in page.")
    csrf: str | None = _about("The token every form sends back, so that no other site can send it.")


@dataclass(frozen=True)
class Card:
    """One household on a list."""

    name: str = _about("How the household is called on the page.")
    area: str | None = _about("Its area, in words; none if unknown.")
    status: str = _about("Its status in words; colour and icon only repeat it.")
    icon: str = _about("The icon beside the status.")
    tone: str = _about("The colour family of the status.")
    chance: str | None = _about("The calibrated score as a natural frequency; only where the score decides.")
    helps: tuple[str, ...] = _about("Sentences on what speaks for readiness.")
    hinders: tuple[str, ...] = _about("Sentences on what speaks against it.")
    blocking: tuple[str, ...] = _about("Sentences on why it must not be pushed, or what is not known.")
    blocking_heading: str = _about("The heading above those: why not yet, or what to find out.")
    flags: tuple[str, ...] = _about("Sentences to keep in mind, such as a natural exit soon.")
    referrals: tuple[str, ...] = _about("Empowerment programmes it may be referred to, and why.")
    data_date: str = _about("The day its data describe.")
    link: str = _about("The address of its page.")


@dataclass(frozen=True)
class Section:
    """A part of the list."""

    code: str = _about("Its code, also the anchor on the page.")
    heading: str = _about("Its heading.")
    about: str = _about("What it means to stand here.")
    empty: str = _about("What is said when nobody stands here.")
    count: int = _about("How many households stand here altogether.")
    cards: tuple[Card, ...] = _about("Those that are shown.")
    more: str | None = _about("The words that lead to all of them, when some are not shown.")
    more_link: str = _about("The address with all of them.")


@dataclass(frozen=True)
class LoginPage:
    """/masuk."""

    frame: Frame = _about("What surrounds the page.")
    fault: str | None = _about("Why signing in did not work, if it did not.")
    user_name: str = _about("The name typed before, so that nobody types it twice.")


@dataclass(frozen=True)
class ListPage:
    """/daftar, and /pendamping/{mentor_id} for supervisors."""

    frame: Frame = _about("What surrounds the page.")
    synthetic: bool = _about("Whether the households are made up; then the page says so above everything else.")
    mentor: str = _about("Whose list it is, in words.")
    area: str | None = _about("The mentor's area, in words; none if unknown.")
    target: str = _about("The year's target and what of it is done, as a sentence.")
    used: int = _about("How many of the quota are done.")
    quota: int = _about("The quota.")
    as_of: str = _about("The day the list's data were known, as a sentence.")
    made: str = _about("The day the list was made, as a sentence.")
    shortfall: str | None = _about("Why fewer than the quota are proposed, if so.")
    sections: tuple[Section, ...] = _about("The parts of the list, in reading order.")
    back_link: str | None = _about("Where the reader came from: all mentors, or the whole list.")
    back_words: str = _about("The words of that link.")


@dataclass(frozen=True)
class HouseholdPage:
    """/daftar/{household_id}."""

    frame: Frame = _about("What surrounds the page.")
    synthetic: bool = _about("Whether the household is made up.")
    card: Card = _about("Everything about the household.")
    data_text: str = _about("Which day the data describe, as a sentence.")
    model_text: str = _about("Which model said so and when, as a sentence.")
    back_link: str = _about("The address of the list it stands on.")


@dataclass(frozen=True)
class MentorRow:
    """One mentor in the overview."""

    mentor_id: str = _about("The mentor.")
    area: str = _about("The mentor's area.")
    target: str = _about("What of the quota is done, in words.")
    proposed: int = _about("How many families are ready to verify.")
    as_of: str = _about("The day the list's data were known.")
    link: str = _about("The address of the mentor's list.")


@dataclass(frozen=True)
class MentorsPage:
    """/daftar for supervisors and administrators."""

    frame: Frame = _about("What surrounds the page.")
    synthetic: bool = _about("Whether any of the lists is made of made-up households.")
    mentors: tuple[MentorRow, ...] = _about("The mentors this person may see.")


@dataclass(frozen=True)
class MessagePage:
    """When there is nothing else to show: not found, expired, broken."""

    frame: Frame = _about("What surrounds the page.")
    heading: str = _about("What happened.")
    text: str = _about("What to do now.")
