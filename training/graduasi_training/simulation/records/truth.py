"""What nobody observes: true welfare, whether it would last, and whether a graduate would stay out.

Both are potential outcomes: they hold whatever the mentor did, since in the simulation leaving aid does not change
what a family earns without it. Real data cannot show this; it is here so that estimates can be compared with the truth.
"""

from dataclasses import dataclass

import numpy as np

from graduasi_training.simulation.chance import Booleans, Floats
from graduasi_training.simulation.parameters import Parameters
from graduasi_training.simulation.records.exits import relapse_hazard

RELAPSE_QUARTERS = 4


@dataclass(frozen=True)
class Target:
    """The sustained label as the programme declares it: log(factor), and the snapshots it looks at."""

    log_factor: float
    after: int
    hold: int

    @property
    def quarters_ahead(self) -> int:
        """How far beyond the last quarter welfare has to be known."""
        return max(self.after + self.hold - 1, RELAPSE_QUARTERS)


@dataclass(frozen=True)
class Truth:
    """Arrays of families by quarters, of those quarters that have rows."""

    log_welfare: Floats
    would_sustain: Booleans
    relapse_propensity: Floats
    would_stay_out: Booleans


def work_out_truth(parameters: Parameters, *, log_welfare: Floats, luck: Floats, target: Target) -> Truth:
    """Truth from the whole path of welfare; `luck` decides, quarter by quarter, whether a graduate returns."""
    quarters = log_welfare.shape[1] - target.quarters_ahead
    above = log_welfare >= target.log_factor
    sustained = np.ones((len(log_welfare), quarters), dtype=bool)
    for ahead in range(target.after, target.after + target.hold):
        sustained &= above[:, ahead : ahead + quarters]
    hazard = relapse_hazard(parameters, log_welfare)
    returns = luck < hazard
    stays = np.ones((len(log_welfare), quarters))
    stayed = np.ones((len(log_welfare), quarters), dtype=bool)
    for ahead in range(1, RELAPSE_QUARTERS + 1):
        stays *= 1 - hazard[:, ahead : ahead + quarters]
        stayed &= ~returns[:, ahead : ahead + quarters]
    return Truth(
        log_welfare=log_welfare[:, :quarters],
        would_sustain=sustained,
        relapse_propensity=1 - stays,
        would_stay_out=stayed,
    )
