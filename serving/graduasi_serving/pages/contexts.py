"""The context of each page: one frozen record with everything its template may read.

A test checks that each template reads the fields of its record and nothing else. Unless a field says otherwise, texts are
finished sentences or words in the language of the page.
"""

from dataclasses import dataclass
from datetime import timezone

from graduasi_serving.pages.words import Words


@dataclass(frozen=True)
class Frame:
    """What surrounds every page."""

    language: str
    """Language code, for the lang attribute."""
    words: Words
    other_language: str
    """The language code that the switch leads to."""
    other_language_name: str
    """That language's name in itself."""
    stylesheet: str
    """The style sheet's address; it changes when its content does."""
    user_name: str | None
    """Who is signed in; None on the sign-in page, on messages and on /docs."""
    zone: timezone
    """The time zone of the dates on the page."""
    csrf: str | None
    """The token that every form sends back, so that no other site can send it."""


@dataclass(frozen=True)
class Card:
    """One household on a list."""

    name: str
    area: str | None
    """None if unknown."""
    status: str
    icon: str
    tone: str
    """The colour family. Icon and colour only repeat what `status` says in words."""
    chance: str | None
    """The calibrated score as a natural frequency; only where the score decides."""
    relapse: str | None
    """How many graduates like it needed aid again; only where graduating is proposed and the risk is known."""
    helps: tuple[str, ...]
    hinders: tuple[str, ...]
    facts: tuple[str, ...]
    """What was counted and says neither: nobody can change it, and it is no merit and no fault."""
    conditions: tuple[str, ...]
    """Floor rules that do not hold or are unknown."""
    protections: tuple[str, ...]
    """Why the household is protected, or may be."""
    protections_heading: str
    """The heading above those: protected, or to be found out."""
    missing: tuple[str, ...]
    """What the latest visit left unknown; only where a visit is due."""
    flags: tuple[str, ...]
    referrals: tuple[str, ...]
    data_date: str
    data_short: str
    """The same for its line on the list."""
    headline: str | None
    """The one sentence of its line on the list: the strongest reason for where it stands."""
    link: str
    """The address of the household's own page."""


@dataclass(frozen=True)
class Section:
    """One section of a list."""

    code: str
    """Also the section's anchor on the page."""
    heading: str
    about: str
    """What it means that a household is listed here."""
    empty: str
    """Shown when no household is listed here."""
    count: int
    """Households in the section, including those that `cards` leaves out."""
    cards: tuple[Card, ...]
    others: tuple[str, ...]
    """The households that `cards` leaves out; on paper they are named, since nobody can follow a link there."""
    more: str | None
    """The words of the link to all households; None when `cards` has them all."""
    more_link: str


@dataclass(frozen=True)
class LoginPage:
    """/masuk."""

    frame: Frame
    fault: str | None
    """Why signing in did not work, if it did not."""


@dataclass(frozen=True)
class ListPage:
    """/daftar, and /pendamping/{mentor_id} for supervisors."""

    frame: Frame
    synthetic: bool
    """Whether the households are made up; then the page says so above everything else."""
    mentor: str
    area: str | None
    """None if unknown."""
    target: str
    """The year's quota and how much of it is used, as a sentence."""
    used: int
    quota: int
    as_of: str
    made: str
    shortfall: str | None
    """Why fewer families are proposed than the quota allows, if so."""
    sections: tuple[Section, ...]
    back_link: str | None
    """The address of the page that the reader came from: all mentors, or the whole list."""
    back_words: str


@dataclass(frozen=True)
class Bar:
    """One theme in the picture; places and lengths are in units of the drawing."""

    label: str
    direction: str
    """Whether it helps or holds back, in words."""
    css: str
    x: float
    y: int
    width: float


@dataclass(frozen=True)
class Bars:
    """A part of the picture: levers, or facts that nobody can change."""

    heading: str
    bars: tuple[Bar, ...]
    width: int
    height: int
    middle: float
    """From where bars begin."""


@dataclass(frozen=True)
class HouseholdPage:
    """/daftar/{household_id}."""

    frame: Frame
    synthetic: bool
    """Whether the household is made up."""
    card: Card
    picture: tuple[Bars, ...]
    """Empty where the list was published without it."""
    relapse_unknown: str | None
    """Says that the relapse risk is not known; only where graduating is proposed and it is not."""
    data_text: str
    """Which day the data describe."""
    model_text: str
    """Which model scored the household, and when the list was made."""
    back_link: str
    """The address of the household's section on its list."""


@dataclass(frozen=True)
class MentorRow:
    """One mentor in the overview."""

    mentor_id: str
    area: str
    target: str
    """How much of the quota is used."""
    proposed: int
    """How many families are proposed."""
    as_of: str
    link: str
    """The address of the mentor's list."""


@dataclass(frozen=True)
class MentorsPage:
    """/daftar for supervisors and administrators."""

    frame: Frame
    synthetic: bool
    """Whether any of the lists is made of made-up households."""
    mentors: tuple[MentorRow, ...]


@dataclass(frozen=True)
class MessagePage:
    """Shown when there is nothing else to show: not found, form expired, something broken."""

    frame: Frame
    heading: str
    text: str
    """What the reader can do now."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of an operation."""

    name: str
    place: str
    """path or query."""
    about: str


@dataclass(frozen=True)
class Fault:
    """One way in which an operation refuses a request."""

    status: str
    """The HTTP status."""
    about: str


@dataclass(frozen=True)
class Operation:
    """One operation of the HTTP interface, in English."""

    anchor: str
    method: str
    path: str
    """With {names} for what the caller fills in."""
    summary: str
    description: str
    scope: str | None
    """The scopes that the token must have; None if no token is needed."""
    parameters: tuple[Parameter, ...]
    request_type: str
    """The media type of the request's body; empty without a body, as is `request`."""
    request: str
    """An example."""
    response_type: str
    response: str
    """An example."""
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class ApiPage:
    """/docs."""

    frame: Frame
    about: tuple[str, ...]
    """Paragraphs, with `code` in backticks."""
    operations: tuple[Operation, ...]
