"""The sentences of an answer, in the language that was asked for or the first the dictionary speaks."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from graduasi.dictionary import Dictionary
from graduasi.programme import Programme, Rule
from graduasi.ranking import referrals_for
from graduasi.words import reason_sentence, speak

Reason = Mapping[str, Any]


class Wording:
    """Sentences from a dictionary and a programme."""

    def __init__(self, dictionary: Dictionary, programme: Programme, language: str) -> None:
        self.programme = programme
        self._dictionary = dictionary
        self._language = language if language in dictionary.languages else dictionary.languages[0]

    def reason(self, reason: Reason) -> str:
        """What one reason says."""
        return reason_sentence(
            reason["feature"],
            reason["direction"],
            reason["value"],
            dictionary=self._dictionary,
            language=self._language,
        )

    def rule(self, rule: Rule) -> str:
        """The condition a rule asks for, or the protection it gives."""
        return speak(rule.text, self._language)

    def referrals(self, reasons: Sequence[Reason], *, eligible: Collection[str]) -> list[dict[str, str]]:
        """Programmes for a lever that holds back, of those the household is `eligible` for."""
        found = referrals_for(reasons, self.programme, eligible=eligible)
        return [
            {"code": item.code, "name": speak(item.name, self._language), "why": self._why(item.levers, reasons)}
            for item in found
        ]

    def _why(self, levers: Sequence[str], reasons: Sequence[Reason]) -> str:
        """The reason that a programme answers: the strongest of its levers that holds back."""
        return next(
            self.reason(reason)
            for reason in reasons
            if reason["direction"] == "hinders" and reason["feature"].partition("__")[0] in levers
        )
