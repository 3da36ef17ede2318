"""What the rules say about a household: floor, protection, flags and referrals, and the band they make with its score.

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
    """Households × rules of each kind: met, unmet or unknown."""

    floor: Truth
    protected: Truth
    flags: Truth
    referrals: Truth
    """Whether the household is eligible."""

    @property
    def floor_passed(self) -> npt.NDArray[np.bool_]:
        """Whether every floor rule is known to hold."""
        return np.asarray((self.floor == MET).all(axis=1))

    @property
    def is_protected(self) -> npt.NDArray[np.bool_]:
        """Whether some protection is known to hold."""
        return np.asarray((self.protected == MET).any(axis=1))

    @property
    def is_unsure(self) -> npt.NDArray[np.bool_]:
        """Whether some floor or protection rule is unknown."""
        return np.asarray((self.floor == UNKNOWN).any(axis=1) | (self.protected == UNKNOWN).any(axis=1))

    @property
    def blocking(self) -> npt.NDArray[np.bool_]:
        """Households × `blocking_rules`: floor rules that are unmet or unknown, protections that are met or unknown."""
        return np.hstack([self.floor != MET, self.protected != UNMET])

    @property
    def states(self) -> Truth:
        """Households × `blocking_rules`: met, unmet or unknown."""
        return np.hstack([self.floor, self.protected])


def judge(values: Matrix, declarations: Declarations) -> Verdicts:
    """Apply floor, protection, flags and eligibility to snapshots (rows × all fields of the dictionary)."""
    table, boundaries = _table_for(IdentityKey(declarations.programme, declarations.dictionary))
    return Verdicts(*np.split(table.truth(values), boundaries, axis=1))


@lru_cache(maxsize=16)
def _table_for(key: IdentityKey) -> tuple[RuleTable, list[int]]:
    """All rules of a programme in the order of Verdicts, and the columns at which one kind ends and the next begins."""
    programme, dictionary = key.objects
    assert isinstance(programme, Programme)
    assert isinstance(dictionary, Dictionary)
    kinds: list[tuple[Rule, ...] | tuple[Referral, ...]] = [
        programme.floor,
        programme.protected,
        programme.flags,
        programme.referrals,
    ]
    boundaries = np.cumsum([len(kind) for kind in kinds])[:-1].tolist()
    return RuleTable([rule.rules for kind in kinds for rule in kind], dictionary), boundaries


def blocking_rules(programme: Programme) -> tuple[Rule, ...]:
    """The rules that can block, in the order of the columns of `Verdicts.blocking`: floor, then protections."""
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
    """The band of each household, as an index into BANDS: the first that applies.

    `low` and `high` are the ends of the score's interval, if there is one; an interval that spans both thresholds makes
    the household unsure.
    """
    limits = programme.bands
    unsure = verdicts.is_unsure
    if low is not None and high is not None:
        unsure = unsure | ((low < limits.nearly) & (high >= limits.ready))
    # From the last band to the first: a later line overwrites, so the first band that applies remains.
    band = np.where(score >= limits.nearly, BANDS.index("nearly"), BANDS.index("not_yet"))
    band = np.where((score >= limits.ready) & verdicts.floor_passed, BANDS.index("ready"), band)
    band = np.where(unsure, BANDS.index("unsure"), band)
    band = np.where(age_days > programme.max_data_age_days, BANDS.index("stale"), band)
    return np.where(verdicts.is_protected, BANDS.index("protected"), band)
