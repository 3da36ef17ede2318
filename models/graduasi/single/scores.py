"""One household to its score, band, rules and reasons."""

from collections.abc import Iterable, Sequence
from itertools import compress
from operator import ne
from typing import Any, NamedTuple

import numpy as np

from graduasi.readiness.features import field_places
from graduasi.scoring.reasons import reason_teller
from graduasi.scoring.scores import Scorer
from graduasi.scoring.verdicts import Band
from graduasi.single.features import SingleFeatures, Snapshot
from graduasi.single.intervals import Gaps, SingleIntervals, logistic
from graduasi.single.late_fields import SingleLags
from graduasi.single.model import SingleModel
from graduasi.single.readings import Row, together
from graduasi.single.relapse import SingleRelapse, SingleRisk
from graduasi.single.rules import Values
from graduasi.single.verdicts import SingleRules, Verdict


class ScoredHousehold(NamedTuple):
    """Everything about one scored household; `base + Σ contributions = margin`. `values` are what the rules judged."""

    margin: float
    score: float
    base: float
    band: Band
    values: Values
    verdict: Verdict
    missing: list[str]
    interval: tuple[float, float] | None
    """Ends of the score; None for a bundle whose interval was not tested."""
    relapse: SingleRisk | None
    """None for a family unlike any graduate, and where nothing was learned of graduates."""
    reasons: list[dict[str, Any]]
    other_contribution: float


class SingleScorer:
    """A bundle made ready to score households one by one."""

    def __init__(self, bundle: Scorer) -> None:
        declarations, model = bundle.declarations, bundle.model
        dictionary = declarations.dictionary
        self.rules = SingleRules(declarations)
        self._tellers = [reason_teller(feature) for feature in model.features]
        self._lags = SingleLags(declarations)
        self._builder = SingleFeatures(declarations)
        self._model = SingleModel(model)
        self._intervals = None if model.intervals is None else SingleIntervals(model.intervals)
        self._relapse = None if bundle.relapse is None else SingleRelapse(bundle.relapse)
        self._readings = together([part.readings for part in (self._model, self._relapse) if part is not None])
        self._own_readings = len(self._model.readings.weight)
        asked = {column: (name, place) for name, place, column in field_places(dictionary)}
        self._asked = [asked.get(column) for column in range(len(dictionary.fields))]

    @property
    def coverage(self) -> float | None:
        """How often the interval is meant to hold."""
        return None if self._intervals is None else self._intervals.coverage

    def score(
        self, snapshots: Sequence[Snapshot], *, scored_on: int, reasons: int, area_code: str | None = None
    ) -> ScoredHousehold:
        """Score the last of `snapshots` (in order of date) as known on the day `scored_on`."""
        own, snapshots = self._lags.as_known(snapshots, scored_on=scored_on)
        built, shown = self._builder.build(snapshots, scored_on=scored_on)
        values = np.array(built, dtype=np.float64)
        read = self._readings.of(values)
        contributions = self._model.contributions(read, values)
        given = self._strongest(contributions, shown, reasons)
        total = sum(contributions.tolist())
        margin = self._model.base + total
        score = logistic(margin)
        missing = [asked for asked in compress(self._asked, _unknown(own.values)) if asked]
        gaps = Gaps(
            unknown=[*compress(range(len(built)), _unknown(built))],
            carried=[place for _, place in missing if built[place] == built[place]],
        )
        ends = None if self._intervals is None else self._intervals.scores(margin, area_code, gaps)
        verdict = self.rules.judge(own.values)
        relapse = self._relapse
        return ScoredHousehold(
            margin=margin,
            score=score,
            base=self._model.base,
            band=self.rules.band(score, ends, verdict, scored_on - own.as_of),
            values=own.values,
            verdict=verdict,
            missing=[name for name, _ in missing],
            interval=ends,
            relapse=None if relapse is None else relapse.risk(read[self._own_readings :], values, area_code, gaps),
            reasons=given,
            other_contribution=total - sum(reason["contribution"] for reason in given),
        )

    def _strongest(self, contributions: Row, shown: Sequence[float], count: int) -> list[dict[str, Any]]:
        """The reasons behind the largest contributions by size, the first of equals first; none that adds nothing."""
        places = (-np.abs(contributions)).argsort(kind="stable")[:count].tolist()
        amounts = contributions.tolist()
        return [self._tellers[place](amounts[place], shown[place]) for place in places if amounts[place]]


def _unknown(values: Sequence[float]) -> Iterable[bool]:
    """For each value whether it is NaN, which alone is not itself."""
    return map(ne, values, values)
