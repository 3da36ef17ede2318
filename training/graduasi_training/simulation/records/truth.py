"""What nobody observes: true welfare, whether it would last, and whether a graduate would stay out.

Both are potential outcomes: they hold whatever the mentor did, since in the simulation leaving aid does not change what
a family earns without it. Real data cannot show this; the truth is recorded so that estimates can be compared with it.
"""

from dataclasses import dataclass

import numpy as np

from graduasi_training.simulation.chance import Booleans, Floats
from graduasi_training.simulation.parameters import Parameters
from graduasi_training.simulation.records.exits import relapse_hazard

RELAPSE_QUARTERS = 4
"""Staying out means not to relapse in so many quarters after this one."""


@dataclass(frozen=True)
class Target:
    """The label `sustained` in terms of log welfare: at least `log_factor` in `hold` quarters in a row.

    The first of them comes `after` quarters after the one that is labelled.
    """

    log_factor: float
    after: int
    hold: int

    @property
    def quarters_ahead(self) -> int:
        """For how many quarters after the last one welfare has to be known."""
        return max(self.after + self.hold - 1, RELAPSE_QUARTERS)


@dataclass(frozen=True)
class Truth:
    """Arrays of (families, quarters), for the quarters that have rows."""

    log_welfare: Floats
    would_sustain: Booleans
    relapse_propensity: Floats
    would_stay_out: Booleans


def work_out_truth(parameters: Parameters, *, log_welfare: Floats, luck: Floats, target: Target) -> Truth:
    """The truth from the whole path of welfare.

    `log_welfare` and `luck` are (families, quarters with rows + target.quarters_ahead). A graduate relapses in a
    quarter in which `luck`, uniform between 0 and 1, is below the relapse hazard.
    """
    quarters = log_welfare.shape[1] - target.quarters_ahead
    is_above = log_welfare >= target.log_factor
    would_sustain = np.ones((len(log_welfare), quarters), dtype=bool)
    for ahead in range(target.after, target.after + target.hold):
        would_sustain &= is_above[:, ahead : ahead + quarters]
    hazard = relapse_hazard(parameters, log_welfare)
    relapses = luck < hazard
    chance_to_stay_out = np.ones((len(log_welfare), quarters))
    would_stay_out = np.ones((len(log_welfare), quarters), dtype=bool)
    for ahead in range(1, RELAPSE_QUARTERS + 1):
        chance_to_stay_out *= 1 - hazard[:, ahead : ahead + quarters]
        would_stay_out &= ~relapses[:, ahead : ahead + quarters]
    return Truth(
        log_welfare=log_welfare[:, :quarters],
        would_sustain=would_sustain,
        relapse_propensity=1 - chance_to_stay_out,
        would_stay_out=would_stay_out,
    )
