"""The households that every path scores: some that paths could well see differently, and drawn ones for everything else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
import pyarrow as pa

from graduasi.dates import to_day
from tests.made_up.small_programme import DICTIONARY, draw_table
from tests.made_up.small_programme import household as plain_row
from tests.made_up.small_run import HELD_ONCE

SCORED_ON = date(2021, 11, 1)
DAY = to_day(SCORED_ON)

LAG_DAYS = {"income_idr": 30, "line_idr": 45, "all_elderly": 60, "debt_idr": 90}
"""Two features, a yardstick, and what a protection reads."""

REFERRALS = """
[[referrals.rules]]
field = "members"
op = ">="
value = 3

[[referrals]]
code = "DEBT"
name = {id = "Bebas utang", en = "Out of debt"}
levers = ["debt_idr"]
[[referrals.rules]]
field = "land_ha"
op = ">"
value = 0.2
"""
"""A rule for the last referral of the small programme, and another referral: a household may be eligible for either."""


def late_dictionary() -> str:
    """The small dictionary, where some fields become known later than their row."""
    text = DICTIONARY
    for name, days in LAG_DAYS.items():
        text = text.replace(f"[fields.{name}]\n", f"[fields.{name}]\nlag_days = {days}\n")
    return text


def programme() -> str:
    """The small programme, where the outcome depends on nearly every field, so that a model reads nearly every field."""
    given = '[[labels]]\nname = "given"\nkind = "column"\ncolumn = "graduated"\nknown_after_months = 0\n'
    before, _, labels = HELD_ONCE.replace(given, "").partition("[[labels]]")
    return f"{before}{given}\n[[labels]]{labels}{REFERRALS}"


@dataclass(frozen=True)
class Visit:
    as_of: date
    known_on: date
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Event:
    event: str
    event_date: date
    known_on: date


@dataclass(frozen=True)
class Household:
    """`visits` in order of date; `events` in the order in which a file would list them."""

    household_id: str
    visits: tuple[Visit, ...]
    events: tuple[Event, ...] = ()
    area_code: str | None = "32.01"
    mentor_id: str = "M1"

    def visits_to_score(self) -> tuple[Visit, ...]:
        """The latest visit known on the day of scoring, after all earlier ones; none where none is known by then."""
        known = [number for number, visit in enumerate(self.visits) if max(visit.as_of, visit.known_on) <= SCORED_ON]
        return self.visits[: known[-1] + 1] if known else ()


EVENTS = pa.schema(
    [("household_id", pa.string()), ("event", pa.string()), ("event_date", pa.date32()), ("known_on", pa.date32())]
)
KEYS = ("household_id", "as_of", "known_on", "mentor_id", "area_code")


def panel_table(households: Sequence[Household]) -> pa.Table:
    """One row a visit, as in a households file."""
    rows = [
        {
            "household_id": household.household_id,
            "as_of": visit.as_of,
            "known_on": visit.known_on,
            "mentor_id": household.mentor_id,
            "area_code": household.area_code,
            **visit.fields,
        }
        for household in households
        for visit in household.visits
    ]
    return pa.table({name: [row[name] for row in rows] for name in rows[0]})


def events_table(households: Sequence[Household]) -> pa.Table:
    """One row an event, as in an events file."""
    rows = [
        {"household_id": household.household_id, **vars(event)}
        for household in households
        for event in household.events
    ]
    return pa.Table.from_pylist(rows, schema=EVENTS)


def visit(days_ago: int, *, known_after: int = 0, **changes: Any) -> Visit:
    """A visit so many days before the scoring, which became known so many days later."""
    as_of = SCORED_ON - timedelta(days=days_ago)
    fields = {name: value for name, value in plain_row(joined=date(2018, 6, 1), **changes).items() if name not in KEYS}
    return Visit(as_of, as_of + timedelta(days=known_after), fields)


def event(name: str, days_ago: int, *, known_after: int = 0) -> Event:
    """An event so many days before the scoring, which became known so many days later."""
    happened = SCORED_ON - timedelta(days=days_ago)
    return Event(name, happened, happened + timedelta(days=known_after))


VISITED = (visit(220), visit(100))
"""Two plain visits: by the day of scoring all that is late has become known."""


@dataclass(frozen=True)
class Case:
    """A household with something that a path could get wrong, and the household as such a path would see it, which
    `shows_in` a column of the scores, or in whether it is scored at all. `seen_wrongly` is None where such a path would
    take what is late as known.
    """

    household: Household
    seen_wrongly: Household | None
    shows_in: str


def of_events(name: str, right: Sequence[Event], wrong: Sequence[Event]) -> Case:
    """A household that is scored or not because of its events."""
    plain = Household(name, VISITED)
    return Case(replace(plain, events=tuple(right)), replace(plain, events=tuple(wrong)), "household_id")


def of_visits(name: str, shows_in: str, right: Sequence[Visit], wrong: Sequence[Visit]) -> Case:
    return Case(Household(name, tuple(right)), Household(name, tuple(wrong)), shows_in)


def of_lags(name: str, shows_in: str, *visits: Visit) -> Case:
    return Case(Household(name, visits), None, shows_in)


def of_areas(name: str, right: str | None, wrong: str | None) -> Case:
    plain = Household(name, VISITED)
    return Case(replace(plain, area_code=right), replace(plain, area_code=wrong), "score_low")


LEFT, RETURNED = event("graduated", 90), event("re_entered", 30)
RETURN_KNOWN_FIRST = (event("graduated", 90, known_after=20), event("re_entered", 90, known_after=10))
EXIT_KNOWN_FIRST = (event("re_entered", 90, known_after=20), event("graduated", 90, known_after=10))
EXIT_LISTED_FIRST = (event("graduated", 90), event("re_entered", 90))
POOR = {"income_idr": 1e6}
LONG_HISTORY = (visit(700, income_idr=9e5), visit(400, debt_idr=2e6), visit(220, income_idr=2e6))

CASES = [
    of_events("left", [LEFT], []),
    of_events("left-known-late", [event("graduated", 90, known_after=80)], []),
    of_events("left-not-known-yet", [event("graduated", 90, known_after=91)], [LEFT]),
    of_events("left-for-another-reason", [event("moved_or_died", 1)], []),
    of_events("returned", [LEFT, RETURNED], [LEFT]),
    of_events("returned-listed-first", [RETURNED, LEFT], [LEFT]),
    of_events("return-not-known-yet", [LEFT, event("re_entered", 30, known_after=31)], [LEFT, RETURNED]),
    of_events("return-known-first-of-one-day", RETURN_KNOWN_FIRST, RETURN_KNOWN_FIRST[1:]),
    of_events("exit-known-first-of-one-day", EXIT_KNOWN_FIRST, EXIT_KNOWN_FIRST[1:]),
    of_events("exit-listed-first-of-one-day", EXIT_LISTED_FIRST, EXIT_LISTED_FIRST[::-1]),
    of_events("return-listed-first-of-one-day", EXIT_LISTED_FIRST[::-1], EXIT_LISTED_FIRST),
    of_visits("history", "margin", [*LONG_HISTORY, visit(100)], [visit(100)]),
    of_visits(
        "earlier-visit-not-known-yet",
        "margin",
        [visit(220, known_after=221, **POOR), visit(100)],
        [visit(220, **POOR), visit(100)],
    ),
    of_visits(
        "latest-visit-not-known-yet",
        "margin",
        [*VISITED, visit(40, known_after=41, **POOR)],
        [*VISITED, visit(40, **POOR)],
    ),
    of_visits("late-feature", "missing_fields", [visit(89, debt_idr=3e6)], [visit(90, debt_idr=3e6)]),
    of_lags("late-feature-has-its-earlier-value", "margin", visit(220, income_idr=1e6), visit(44)),
    of_lags("late-feature-of-a-visit-known-late", "margin", visit(220, income_idr=1e6), visit(60, known_after=20)),
    of_visits(
        "late-feature-was-left-out-when-it-could-be-known",
        "margin",
        [visit(200, income_idr=9e6), visit(150, income_idr=None), visit(44)],
        [visit(200, income_idr=9e6), visit(44)],
    ),
    of_visits(
        "feature-left-out-is-not-read-from-an-earlier-visit",
        "margin",
        [visit(100, members=1), visit(60, members=None)],
        [visit(100, members=1), visit(60, members=1)],
    ),
    of_lags("late-feature-in-history", "margin", visit(300), visit(50, known_after=10, income_idr=9e6), visit(20)),
    of_visits(
        "late-protection",
        "band",
        [visit(220), visit(59, all_elderly=True)],
        [visit(220), visit(60, all_elderly=True)],
    ),
    of_visits("late-protection-without-an-earlier-value", "unknown_rules", [visit(59)], [visit(60)]),
    of_visits(
        "late-protection-long-after-its-earlier-value",
        "unknown_rules",
        [visit(260), visit(59)],
        [visit(259), visit(59)],
    ),
    of_visits("late-money", "missing_fields", [visit(29)], [visit(30)]),
    of_lags("late-yardstick", "margin", visit(44)),
    of_visits("unknown-feature", "missing_fields", [visit(100, work=None)], [visit(100)]),
    of_visits(
        "unknown-feature-carried-forward",
        "score_low",
        [visit(220, **POOR), visit(100, income_idr=None)],
        [visit(220, **POOR), visit(100, **POOR)],
    ),
    of_visits("far-number", "far_numbers", [visit(100, land_ha=30_000.0)], [visit(100)]),
    of_visits("far-amount", "far_numbers", [visit(100, line_idr=2_000.0)], [visit(100)]),
    of_visits("far-number-is-trusted-less", "score_high", [visit(100, land_ha=30_000.0)], [visit(100, land_ha=2.0)]),
    of_visits("unknown-rules", "unknown_rules", [visit(100, missed_meals=None, all_elderly=None)], [visit(100)]),
    of_visits("unlisted-category", "missing_fields", [visit(100, work="astronaut")], [visit(100)]),
    of_visits("protected", "band", [visit(100, all_elderly=True)], [visit(100)]),
    of_visits("stale", "band", [visit(201)], [visit(200)]),
    of_visits("out-of-the-cohort", "household_id", [visit(220), visit(100, receives_aid=False)], VISITED),
    of_visits("not-known-to-be-in-the-cohort", "household_id", [visit(100, receives_aid=None)], [visit(100)]),
    of_visits("flagged", "flags", [visit(100, land_ha=0.0, members=1)], [visit(100)]),
    of_areas("in-one-area", "32.00", None),
    of_areas("in-another-area", "32.01", "32.00"),
    of_areas("in-an-area-that-training-never-saw", "99.99", "32.01"),
    of_areas("in-no-area", None, "32.00"),
]


def drawn_households() -> list[Household]:
    """Those of the panel that the model is trained on, some of whom nobody visited lately."""
    rows = draw_table(np.random.default_rng(3), households=150, visits=6, unknown=0.05).to_pylist()
    return [_household(list(group)) for _, group in groupby(rows, key=itemgetter("household_id"))]


def _household(rows: Sequence[Mapping[str, Any]]) -> Household:
    visits = tuple(
        Visit(row["as_of"], row["known_on"], {name: value for name, value in row.items() if name not in KEYS})
        for row in rows
    )
    first = rows[0]
    return Household(first["household_id"], visits, area_code=first["area_code"], mentor_id=first["mentor_id"])


def _seen_wrongly() -> list[Household]:
    """What each case could be taken for: often the same household a day earlier or later."""
    return [
        replace(case.seen_wrongly, household_id=f"{case.household.household_id}-seen-wrongly")
        for case in CASES
        if case.seen_wrongly is not None
    ]


HOUSEHOLDS = [*(case.household for case in CASES), *_seen_wrongly(), *drawn_households()]
