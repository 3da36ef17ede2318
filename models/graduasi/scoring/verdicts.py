"""Floor, protection, flags and band: what the rules say about a household, whatever its score.

Missing is not met: a floor rule that is unknown does not hold, and a protection that is unknown is not ruled out.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Matrix
from graduasi.declarations.caching import IdentityKey
from graduasi.declarations.conditions import MET, UNKNOWN, UNMET, Truth
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.dictionary import Dictionary
from graduasi.declarations.programme import Programme, Referral, Rule
from graduasi.scoring.rule_table import RuleTable

Band = Literal["protected", "stale", "unsure", "ready", "nearly", "not_yet"]
BANDS: tuple[Band, ...] = get_args(Band)
State = Literal["met", "unmet", "unknown"]
STATES: dict[int, State] = {int(MET): "met", int(UNMET): "unmet", int(UNKNOWN): "unknown"}


@dataclass(frozen=True)
class Verdicts:
    """For each household (row) and rule (column): met, unmet or unknown."""

    floor: Truth
    protected: Truth
    flags: Truth
    referrals: Truth
    """Eligibility for each referral."""

    @property
    def floor_passed(self) -> npt.NDArray[np.bool_]:
        """Every floor rule is known to hold."""
        return np.asarray((self.floor == MET).all(axis=1))

    @property
    def is_protected(self) -> npt.NDArray[np.bool_]:
        return np.asarray((self.protected == MET).any(axis=1))

    @property
    def is_unsure(self) -> npt.NDArray[np.bool_]:
        """Some floor or protection rule is unknown."""
        return np.asarray((self.floor == UNKNOWN).any(axis=1) | (self.protected == UNKNOWN).any(axis=1))

    @property
    def blocking(self) -> npt.NDArray[np.bool_]:
        """Floor rules that do not hold or are unknown, then protections that hold or are unknown."""
        return np.hstack([self.floor != MET, self.protected != UNMET])

    @property
    def states(self) -> Truth:
        """The states that belong to `blocking`, column by column."""
        return np.hstack([self.floor, self.protected])


def judge(values: Matrix, declarations: Declarations) -> Verdicts:
    """Apply floor, protection, flags and eligibility to snapshots (rows × all fields of the dictionary)."""
    table, ends = _table_for(IdentityKey(declarations.programme, declarations.dictionary))
    return Verdicts(*np.split(table.truth(values), ends, axis=1))


@lru_cache(maxsize=16)
def _table_for(key: IdentityKey) -> tuple[RuleTable, list[int]]:
    """All rules of a programme in the order of Verdicts, and where each kind ends."""
    programme, dictionary = key.objects
    assert isinstance(programme, Programme)
    assert isinstance(dictionary, Dictionary)
    kinds: list[tuple[Rule, ...] | tuple[Referral, ...]] = [
        programme.floor,
        programme.protected,
        programme.flags,
        programme.referrals,
    ]
    ends = np.cumsum([len(kind) for kind in kinds])[:-1].tolist()
    return RuleTable([rule.rules for kind in kinds for rule in kind], dictionary), ends


def blocking_rules(programme: Programme) -> tuple[Rule, ...]:
    """The rules that the columns of `Verdicts.blocking` stand for."""
    return (*programme.floor, *programme.protected)


def bands(
    score: npt.NDArray[np.float64],
    verdicts: Verdicts,
    *,
    age_days: npt.NDArray[np.int32],
    programme: Programme,
    low: Matrix | None = None,
    high: Matrix | None = None,
) -> npt.NDArray[np.intp]:
    """The band of each household as a place in BANDS: the first that applies.

    `low` and `high` are the score's interval where there is one; an interval that spans both thresholds decides nothing.
    """
    limits = programme.bands
    unsure = verdicts.is_unsure
    if low is not None and high is not None:
        unsure = unsure | ((low < limits.nearly) & (high >= limits.ready))
    # From the last band to the first, so that the first that applies stays.
    found = np.where(score >= limits.nearly, BANDS.index("nearly"), BANDS.index("not_yet"))
    found = np.where((score >= limits.ready) & verdicts.floor_passed, BANDS.index("ready"), found)
    found = np.where(unsure, BANDS.index("unsure"), found)
    found = np.where(age_days > programme.max_data_age_days, BANDS.index("stale"), found)
    return np.where(verdicts.is_protected, BANDS.index("protected"), found)
