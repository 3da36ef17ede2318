"""A temporal fold after fitting and before judging: what the procedure knew on the test date, and what it forecast for its cohort."""

from dataclasses import dataclass, replace

from graduasi.arrays import Array
from graduasi.dates import from_day
from graduasi.readiness.intervals import Intervals
from graduasi.readiness.model import ReadinessModel
from graduasi_training.fitting.selection import Fitted
from graduasi_training.judging.held_out import HeldOut
from graduasi_training.study.splits import Fold


@dataclass(frozen=True)
class FittedFold:
    """One fold: what was fitted, what each model forecast for the test cohort, and how the cohort turned out.

    `probability` is by name: each candidate, "champion" (the candidate chosen), and each "baseline:…". `intervals` are those
    of the champion, from what was known on the test date; whether they may be shown is not told here.
    """

    fold: Fold
    fitted: Fitted
    probability: dict[str, Array]
    test: HeldOut
    intervals: Intervals

    @property
    def champion(self) -> Array:
        """What the procedure forecast for the cohort."""
        return self.probability["champion"]

    @property
    def date(self) -> str:
        """The test date in ISO form."""
        return from_day(self.fold.day).isoformat()

    def model(self, *, with_intervals: bool) -> ReadinessModel:
        """The champion as it would be handed over, with its intervals where those are shown."""
        return replace(self.fitted.champion, intervals=self.intervals if with_intervals else None)
