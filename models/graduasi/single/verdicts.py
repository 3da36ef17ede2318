"""What a programme's rules say about one household, whatever its score, and the band they make with it."""

from collections.abc import Sequence
from typing import NamedTuple

from graduasi.declarations.conditions import Condition
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.programme import Referral
from graduasi.declarations.programme import Rule as DeclaredRule
from graduasi.scoring.verdicts import Band
from graduasi.single.rules import MET, UNKNOWN, UNMET, Rule, Values, compiled


class Verdict(NamedTuple):
    """For each rule of a kind: met, unmet or unknown."""

    floor: list[int]
    protected: list[int]

    @property
    def floor_passed(self) -> bool:
        return self.floor.count(MET) == len(self.floor)

    @property
    def is_unsure(self) -> bool:
        return UNKNOWN in self.floor or UNKNOWN in self.protected

    @property
    def blocking(self) -> list[tuple[int, int]]:
        """Each rule that blocks, as its index among `scoring.verdicts.blocking_rules` and its state."""
        floor = [(index, state) for index, state in enumerate(self.floor) if state != MET]
        protected = enumerate(self.protected, start=len(self.floor))
        return [*floor, *((index, state) for index, state in protected if state != UNMET)]


class SingleRules:
    """A programme's rules made ready to judge households one by one, as `graduasi.scoring.verdicts` judges many."""

    def __init__(self, declarations: Declarations) -> None:
        programme, dictionary = declarations.programme, declarations.dictionary

        def by_code(declared: Sequence[DeclaredRule | Referral]) -> dict[str, Rule]:
            return {rule.code: compiled(rule.rules, dictionary) for rule in declared}

        self._max_age_days, self._bands = declarations.max_data_age_days, programme.bands
        self._cohort = compiled(programme.cohort, dictionary)
        self._cohort_conditions = [(condition, compiled([condition], dictionary)) for condition in programme.cohort]
        self._floor = list(by_code(programme.floor).values())
        self._protected = list(by_code(programme.protected).values())
        self._referrals = by_code(programme.referrals)

    def in_cohort(self, values: Values) -> bool:
        """Whether the snapshot is known to meet every cohort rule."""
        return self._cohort(values) == MET

    def kept_out_by(self, values: Values) -> list[Condition]:
        """The cohort rules that the snapshot is not known to meet."""
        return [condition for condition, rule in self._cohort_conditions if rule(values) != MET]

    def judge(self, values: Values) -> Verdict:
        """Apply floor and protection to a snapshot."""
        return Verdict([rule(values) for rule in self._floor], [rule(values) for rule in self._protected])

    def may_be_eligible(self, values: Values, referral: str) -> bool:
        """Whether the household is not known to fail a rule of the referral with this code."""
        return self._referrals[referral](values) != UNMET

    def band(self, score: float, ends: tuple[float, float] | None, verdict: Verdict, age_days: int) -> Band:
        """The first band that applies, as in `scoring.verdicts.bands`; `ends` are those of the score's interval."""
        if MET in verdict.protected:
            return "protected"
        if age_days > self._max_age_days:
            return "stale"
        limits = self._bands
        if verdict.is_unsure or (ends is not None and ends[0] < limits.nearly and ends[1] >= limits.ready):
            return "unsure"
        if score >= limits.ready and verdict.floor_passed:
            return "ready"
        return "nearly" if score >= limits.nearly else "not_yet"
