"""The sentences of an answer to POST /v1/scores."""

from collections.abc import Mapping, Sequence
from typing import Any

from graduasi.declarations.declarations import Declarations
from graduasi.declarations.words import Sentences, text_in
from graduasi.lists.entries import referrals_for
from graduasi.scoring.verdicts import STATES, blocking_rules
from graduasi.single.scores import ScoredHousehold
from graduasi_serving.pages.words import words_in

Reason = Mapping[str, Any]


class Wording:
    """Sentences from a dictionary and a programme.

    They are in `language`, or in the dictionary's first language if it does not have that one.
    """

    def __init__(self, declarations: Declarations, language: str) -> None:
        dictionary, programme = declarations.dictionary, declarations.programme
        self.programme = programme
        self.bands: Mapping[str, str] = words_in(language)["status"]
        self._language = language if language in dictionary.languages else dictionary.languages[0]
        self._sentences = Sentences(dictionary, self._language)
        self._rules = [(rule.code, text_in(rule.text, self._language)) for rule in blocking_rules(programme)]

    def reason(self, reason: Reason, scored: ScoredHousehold) -> str:
        """The sentence of one of the household's reasons."""
        far = [number["field"] for number in scored.far_numbers]
        return self._sentences.reason(
            reason["feature"], reason["direction"], reason["value"], missing=scored.missing, far=far
        )

    def far_numbers(self, scored: ScoredHousehold) -> list[dict[str, Any]]:
        """The household's numbers that should be checked, each with its sentence."""
        return [{**number, "text": self._sentences.far_number(number)} for number in scored.far_numbers]

    def blocking(self, rule_states: Sequence[tuple[int, int]]) -> list[Mapping[str, str]]:
        """What stands in a household's way: code, state and text of each rule.

        `rule_states` holds a rule's index in `blocking_rules` and its state's index in STATES.
        """
        rules = self._rules
        return [
            {"code": rules[rule][0], "state": STATES[state], "message": rules[rule][1]} for rule, state in rule_states
        ]

    def referrals(self, reasons: Sequence[Reason]) -> list[dict[str, str]]:
        """The referrals that may help with a lever that holds the household back, whether or not it is eligible.

        The reasons must have their `text`: it is the referral's "why".
        """
        return [
            {
                "code": referral.code,
                "name": text_in(referral.name, self._language),
                "why": _why(referral.levers, reasons),
            }
            for referral in referrals_for(reasons, self.programme)
        ]


def _why(levers: Sequence[str], reasons: Sequence[Reason]) -> str:
    """The text of the strongest reason by which one of these levers holds the household back."""
    return str(
        next(
            reason["text"]
            for reason in reasons
            if reason["direction"] == "hinders" and reason["feature"].partition("__")[0] in levers
        )
    )
