"""The sentences of an answer, in the language that was asked for or the first the dictionary speaks."""

from collections.abc import Mapping, Sequence
from typing import Any

from graduasi.declarations.declarations import Declarations
from graduasi.declarations.words import Sentences, text_in
from graduasi.lists.ranking import referrals_for
from graduasi.scoring.verdicts import STATES, blocking_rules
from graduasi_serving.pages.words import words_in

Reason = Mapping[str, Any]


class Wording:
    """Sentences from a dictionary and a programme."""

    def __init__(self, declarations: Declarations, language: str) -> None:
        dictionary, programme = declarations.dictionary, declarations.programme
        self.programme = programme
        self.bands: Mapping[str, str] = words_in(language)["status"]
        self._language = language if language in dictionary.languages else dictionary.languages[0]
        self._sentences = Sentences(dictionary, self._language)
        self._rules = [(rule.code, text_in(rule.text, self._language)) for rule in blocking_rules(programme)]

    def reason(self, reason: Reason, missing: Sequence[str]) -> str:
        """What one reason says, of a household of which the latest visit left the fields `missing` unknown."""
        return self._sentences.reason(reason["feature"], reason["direction"], reason["value"], missing=missing)

    def blocking(self, found: Sequence[tuple[int, int]]) -> list[Mapping[str, str]]:
        """The rules that stand in the way, by place among `blocking_rules` and state: what each asks for or protects."""
        rules = self._rules
        return [{"code": rules[place][0], "state": STATES[state], "message": rules[place][1]} for place, state in found]

    def referrals(self, told: Sequence[Reason]) -> list[dict[str, str]]:
        """Programmes for a lever that holds back, by reasons with their `text`, whether or not the family is eligible."""
        return [
            {"code": item.code, "name": text_in(item.name, self._language), "why": _why(item.levers, told)}
            for item in referrals_for(told, self.programme)
        ]


def _why(levers: Sequence[str], reasons: Sequence[Reason]) -> str:
    """The reason that a programme answers: the strongest of its levers that holds back."""
    return str(
        next(
            reason["text"]
            for reason in reasons
            if reason["direction"] == "hinders" and reason["feature"].partition("__")[0] in levers
        )
    )
