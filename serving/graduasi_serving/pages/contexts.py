"""What each page is given: one frozen record a page, every field with its meaning.

A test holds that each template reads the fields of its record and nothing else.
"""

from dataclasses import Field, dataclass, field
from datetime import timezone
from typing import Any

from graduasi_serving.pages.words import Words


def help_text(of: Field[Any]) -> str:
    """What a field of a context means."""
    return str(of.metadata["help"])


@dataclass(frozen=True)
class Frame:
    """What surrounds every page."""

    language: str = field(metadata={"help": "The language of the page, for the lang attribute and the words."})
    words: Words = field(metadata={"help": "The pages' own words in that language."})
    other_language: str = field(metadata={"help": "The code of the language that the switch leads to."})
    other_language_name: str = field(metadata={"help": "That language's name in itself."})
    stylesheet: str = field(metadata={"help": "The address of the style sheet; it changes when the sheet does."})
    user_name: str | None = field(metadata={"help": "Who is signed in; none on the sign-in page."})
    zone: timezone = field(metadata={"help": "Where its days begin."})
    csrf: str | None = field(metadata={"help": "The token every form sends back, so that no other site can send it."})


@dataclass(frozen=True)
class Card:
    """One household on a list."""

    name: str = field(metadata={"help": "How the household is called on the page."})
    area: str | None = field(metadata={"help": "Its area, in words; none if unknown."})
    status: str = field(metadata={"help": "Its status in words; colour and icon only repeat it."})
    icon: str = field(metadata={"help": "The icon beside the status."})
    tone: str = field(metadata={"help": "The colour family of the status."})
    chance: str | None = field(
        metadata={"help": "The calibrated score as a natural frequency; only where the score decides."}
    )
    relapse: str | None = field(
        metadata={
            "help": "How many graduates like it needed aid again; only where graduating is proposed and it is known."
        }
    )
    helps: tuple[str, ...] = field(metadata={"help": "Sentences on what speaks for readiness."})
    hinders: tuple[str, ...] = field(metadata={"help": "Sentences on what speaks against it."})
    conditions: tuple[str, ...] = field(
        metadata={"help": "Basic conditions that do not hold, or of which nobody knows."}
    )
    protections: tuple[str, ...] = field(metadata={"help": "Why the household is protected, or may be."})
    protections_heading: str = field(metadata={"help": "The heading above those: protected, or to be found out."})
    missing: tuple[str, ...] = field(metadata={"help": "What the latest visit left unknown, where asking comes first."})
    flags: tuple[str, ...] = field(metadata={"help": "Sentences to keep in mind, such as a natural exit soon."})
    referrals: tuple[str, ...] = field(metadata={"help": "Empowerment programmes it may be referred to, and why."})
    data_date: str = field(metadata={"help": "The day its data describe."})
    link: str = field(metadata={"help": "The address of its page."})


@dataclass(frozen=True)
class Section:
    """A part of the list."""

    code: str = field(metadata={"help": "Its code, also the anchor on the page."})
    heading: str = field(metadata={"help": "Its heading."})
    about: str = field(metadata={"help": "What it means to stand here."})
    empty: str = field(metadata={"help": "What is said when nobody stands here."})
    count: int = field(metadata={"help": "How many households stand here altogether."})
    cards: tuple[Card, ...] = field(metadata={"help": "Those that are shown."})
    more: str | None = field(metadata={"help": "The words that lead to all of them, when some are not shown."})
    more_link: str = field(metadata={"help": "The address with all of them."})


@dataclass(frozen=True)
class LoginPage:
    """/masuk."""

    frame: Frame = field(metadata={"help": "What surrounds the page."})
    fault: str | None = field(metadata={"help": "Why signing in did not work, if it did not."})
    user_name: str = field(metadata={"help": "The name typed before, so that nobody types it twice."})


@dataclass(frozen=True)
class ListPage:
    """/daftar, and /pendamping/{mentor_id} for supervisors."""

    frame: Frame = field(metadata={"help": "What surrounds the page."})
    synthetic: bool = field(
        metadata={"help": "Whether the households are made up; then the page says so above everything else."}
    )
    mentor: str = field(metadata={"help": "Whose list it is, in words."})
    area: str | None = field(metadata={"help": "The mentor's area, in words; none if unknown."})
    target: str = field(metadata={"help": "The year's target and what of it is done, as a sentence."})
    used: int = field(metadata={"help": "How many of the quota are done."})
    quota: int = field(metadata={"help": "The quota."})
    as_of: str = field(metadata={"help": "The day the list's data were known, as a sentence."})
    made: str = field(metadata={"help": "The day the list was made, as a sentence."})
    shortfall: str | None = field(metadata={"help": "Why fewer than the quota are proposed, if so."})
    sections: tuple[Section, ...] = field(metadata={"help": "The parts of the list, in reading order."})
    back_link: str | None = field(metadata={"help": "Where the reader came from: all mentors, or the whole list."})
    back_words: str = field(metadata={"help": "The words of that link."})


@dataclass(frozen=True)
class HouseholdPage:
    """/daftar/{household_id}."""

    frame: Frame = field(metadata={"help": "What surrounds the page."})
    synthetic: bool = field(metadata={"help": "Whether the household is made up."})
    card: Card = field(metadata={"help": "Everything about the household."})
    relapse_unknown: str | None = field(
        metadata={
            "help": "That the risk of needing aid again is not known, where graduating is proposed and it is not."
        }
    )
    data_text: str = field(metadata={"help": "Which day the data describe, as a sentence."})
    model_text: str = field(metadata={"help": "Which model said so and when, as a sentence."})
    back_link: str = field(metadata={"help": "The address of the list it stands on."})


@dataclass(frozen=True)
class MentorRow:
    """One mentor in the overview."""

    mentor_id: str = field(metadata={"help": "The mentor."})
    area: str = field(metadata={"help": "The mentor's area."})
    target: str = field(metadata={"help": "What of the quota is done, in words."})
    proposed: int = field(metadata={"help": "How many families are ready to verify."})
    as_of: str = field(metadata={"help": "The day the list's data were known."})
    link: str = field(metadata={"help": "The address of the mentor's list."})


@dataclass(frozen=True)
class MentorsPage:
    """/daftar for supervisors and administrators."""

    frame: Frame = field(metadata={"help": "What surrounds the page."})
    synthetic: bool = field(metadata={"help": "Whether any of the lists is made of made-up households."})
    mentors: tuple[MentorRow, ...] = field(metadata={"help": "The mentors this person may see."})


@dataclass(frozen=True)
class MessagePage:
    """When there is nothing else to show: not found, expired, broken."""

    frame: Frame = field(metadata={"help": "What surrounds the page."})
    heading: str = field(metadata={"help": "What happened."})
    text: str = field(metadata={"help": "What to do now."})


@dataclass(frozen=True)
class Parameter:
    """One parameter of an operation."""

    name: str = field(metadata={"help": "Its name."})
    place: str = field(metadata={"help": "Where it stands: path or query."})
    about: str = field(metadata={"help": "What it is for."})


@dataclass(frozen=True)
class Fault:
    """One way in which an operation refuses."""

    status: str = field(metadata={"help": "The HTTP status."})
    about: str = field(metadata={"help": "When it is given."})


@dataclass(frozen=True)
class Operation:
    """One thing that a program can ask for."""

    anchor: str = field(metadata={"help": "Its anchor on the page."})
    method: str = field(metadata={"help": "The HTTP method."})
    path: str = field(metadata={"help": "The address, with {{names}} to fill in."})
    summary: str = field(metadata={"help": "What it does, in a few words."})
    description: str = field(metadata={"help": "What else there is to know."})
    scope: str | None = field(metadata={"help": "The scope its token must carry; none if it needs no token."})
    parameters: tuple[Parameter, ...] = field(metadata={"help": "What the address takes."})
    request_type: str = field(metadata={"help": "The media type of the request; empty without a body."})
    request: str = field(metadata={"help": "An example of the request's body."})
    response_type: str = field(metadata={"help": "The media type of the answer."})
    response: str = field(metadata={"help": "An example of the answer."})
    faults: tuple[Fault, ...] = field(metadata={"help": "How it refuses."})


@dataclass(frozen=True)
class ApiPage:
    """/docs."""

    frame: Frame = field(metadata={"help": "What surrounds the page."})
    about: tuple[str, ...] = field(
        metadata={"help": "What the interface is for, a paragraph each; `code` in backticks."}
    )
    operations: tuple[Operation, ...] = field(metadata={"help": "What programs can ask for."})
