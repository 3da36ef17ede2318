"""One family on a mentor's list: the section it stands in, and every sentence about it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np

from graduasi.dates import add_months, from_day, to_day
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.programme import Programme, Referral, Rule
from graduasi.declarations.words import Sentences, format_month, phrases, text_in
from graduasi.lists.places import PROPOSED_BAND

Section = Literal["propose", "also_ready", "visit_first", "do_not_push", "natural_exit_soon"]
LISTED: tuple[Section, ...] = ("propose", "visit_first")
"""The sections of a list file. The mentor also sees the other sections, but nobody in them is listed."""
NOT_LISTED: tuple[Section, ...] = ("also_ready", "do_not_push", "natural_exit_soon")
SECTIONS: tuple[Section, ...] = ("propose", "also_ready", "visit_first", "do_not_push", "natural_exit_soon")
"""In reading order."""


@dataclass(frozen=True)
class ListEntry:
    """One family on a mentor's list. The tuples are sentences in the list's language.

    `helps` and `hinders` never speak of one field both, `facts` say neither. `conditions` and `protections` are the rules that
    block the family; a sentence says if a rule blocks only because something is unknown. `flags` are what to pay attention to:
    numbers to be checked, and the programme's flags. `missing` are the labels of the fields that the latest visit left unknown,
    those first that a blocking rule asks for. `themes` are those of the scores, each with its name in every language. The interval and the relapse risk are None if the scores have none.
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
    facts: tuple[str, ...]
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
    themes: tuple[dict[str, Any], ...] = ()


class EntryWriter:
    """Makes list entries, with their sentences, from rows of a scores table."""

    def __init__(self, declarations: Declarations, language: str, *, today: date) -> None:
        self.dictionary, self.programme, self.language = declarations.dictionary, declarations.programme, language
        self.phrases, self.sentences = phrases(language), Sentences(declarations.dictionary, language)
        self._today = today

    def _blocking(
        self, rules: Iterable[Rule], codes: Collection[str], unknown: Collection[str], *, phrase: str
    ) -> tuple[str, ...]:
        """The sentences of the rules with one of `codes`: their own for what is unmet or unknown, else put into a general one."""
        sentences = []
        for rule in rules:
            if rule.code not in codes:
                continue
            own, general = (
                (rule.unknown, self.phrases["rule_unknown"]) if rule.code in unknown else (rule.unmet, phrase)
            )
            text = text_in(rule.text, self.language)
            sentences.append(text_in(own, self.language) if own else general.replace("{rule}", text))
        return tuple(sentences)

    def _flag(self, rule: Rule, value: str | None, visited: date) -> str:
        """The sentence of a flag. {month} is the month that lies as many months after the visit as the flag's value says."""
        if value is None or rule.past is None:
            return text_in(rule.text, self.language)
        day = int(add_months(np.array([to_day(visited)], dtype=np.int32), round(float(value)))[0])
        month = from_day(day)
        is_over = (month.year, month.month) < (self._today.year, self._today.month)
        text = text_in(rule.past if is_over else rule.text, self.language)
        return text.replace("{month}", format_month(month, self.language))

    def _missing(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        """The labels of the fields that are unknown, those first that an unknown rule asks for."""
        rules = (*self.programme.floor, *self.programme.protected)
        asked = {part.field for rule in rules if rule.code in row["unknown_rules"] for part in rule.rules}
        fields = sorted(row["missing_fields"], key=lambda field: field not in asked)
        return tuple(text_in(self.dictionary.fields[field].label, self.language) for field in fields)

    def _without_helps(self, reasons: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
        """What to say where no sentence helps: that nothing stands out, unless all that helps is told as a fall or as a fact."""
        return () if any(reason["direction"] == "helps" for reason in reasons) else (self.phrases["nothing_helps"],)

    def entry(self, row: Mapping[str, Any], section: Section, rank: int) -> ListEntry:
        """The entry of one row of a scores table."""
        reasons, blocking, unknown = list(row["reasons"]), row["blocking"], row["unknown_rules"]
        told = self.sentences.told(
            [*reasons, *row["further_reasons"]],
            missing=row["missing_fields"],
            far=[number["field"] for number in row["far_numbers"]],
            earlier_values=row["earlier_values"],
        )
        flags = dict(zip(row["flags"], row["flag_values"] or [None] * len(row["flags"]), strict=True))
        return ListEntry(
            mentor_id=row["mentor_id"] or "",
            section=section,
            rank=rank,
            household_id=row["household_id"],
            area_code=row["area_code"] or "",
            band=row["band"],
            score=row["score"],
            helps=told.helps or self._without_helps(reasons),
            hinders=told.hinders,
            facts=told.facts,
            conditions=self._blocking(self.programme.floor, blocking, unknown, phrase=self.phrases["rule_unmet"]),
            protections=self._blocking(self.programme.protected, blocking, unknown, phrase="{rule}"),
            missing=self._missing(row),
            flags=(
                *map(self.sentences.far_number, row["far_numbers"]),
                *(
                    self._flag(rule, flags[rule.code], row["as_of"])
                    for rule in self.programme.flags
                    if rule.code in flags
                ),
            ),
            referrals=tuple(
                text_in(referral.name, self.language)
                for referral in referrals_for(
                    reasons,
                    self.programme,
                    eligible=row["eligible_referrals"],
                    unmet=known_unmet(row),
                    is_ready=row["band"] == PROPOSED_BAND,
                )
            ),
            as_of=row["as_of"],
            model_version=row["model_version"],
            score_low=row["score_low"],
            score_high=row["score_high"],
            relapse_risk=row["relapse_risk"],
            relapse_low=row["relapse_low"],
            relapse_high=row["relapse_high"],
            themes=tuple({**theme, "label": self.dictionary.themes.get(theme["theme"], {})} for theme in row["themes"]),
        )


def known_unmet(row: Mapping[str, Any]) -> set[str]:
    """The codes of the rules that block a family by what is known, not by what is unknown."""
    return set(row["blocking"]) - set(row["unknown_rules"])


def referrals_for(
    reasons: Sequence[Mapping[str, Any]],
    programme: Programme,
    *,
    eligible: Collection[str] | None = None,
    unmet: Collection[str] = (),
    is_ready: bool = False,
) -> list[Referral]:
    """The referrals that may help: with a lever that holds the family back, with an `unmet` condition, or once it is ready.

    `eligible` are the codes of the referrals it is eligible for; None for all.
    """
    hindering_levers = {
        reason["feature"].partition("__")[0]
        for reason in reasons
        if reason["direction"] == "hinders" and reason["kind"] == "lever"
    }

    def helps(referral: Referral) -> bool:
        return (
            not set(referral.conditions).isdisjoint(unmet)
            or not hindering_levers.isdisjoint(referral.levers)
            or (is_ready and referral.for_ready)
        )

    fitting = [one for one in programme.referrals if helps(one) and (eligible is None or one.code in eligible)]
    return sorted(fitting, key=lambda referral: set(referral.conditions).isdisjoint(unmet))
