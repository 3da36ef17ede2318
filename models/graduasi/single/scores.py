"""From one household's snapshots to its score, band, rules and reasons."""

from collections.abc import Iterable, Sequence
from itertools import compress
from operator import ne
from typing import Any, NamedTuple

import numpy as np

from graduasi.readiness.features import own_features
from graduasi.scoring.far_numbers import far_number_maker
from graduasi.scoring.reasons import reason_maker
from graduasi.scoring.scores import Scorer
from graduasi.scoring.verdicts import Band
from graduasi.single.features import SingleFeatures, Snapshot
from graduasi.single.intervals import Gaps, SingleIntervals, logistic
from graduasi.single.late_fields import SingleLateFields
from graduasi.single.model import SingleModel
from graduasi.single.readings import Row, stacked
from graduasi.single.relapse import SingleRelapse, SingleRisk
from graduasi.single.rules import Values
from graduasi.single.verdicts import SingleRules, Verdict


class ScoredHousehold(NamedTuple):
    """Everything about one scored household; `base + Σ contributions = margin`."""

    margin: float
    score: float
    base: float
    band: Band
    values: Values
    """The household's own snapshot as the rules judged it."""
    verdict: Verdict
    missing: list[str]
    """The feature fields that this snapshot does not know, whether or not they were carried forward."""
    interval: tuple[float, float] | None
    """Ends of the score; None for a bundle whose interval was not tested."""
    relapse: SingleRisk | None
    """None for a family unlike any graduate, and for a bundle that learned nothing of graduates."""
    reasons: list[dict[str, Any]]
    far_numbers: list[dict[str, Any]]
    """The numbers that lie far from anything that training saw, as `scoring.far_numbers` describes them."""
    other_contribution: float
    """The sum of the contributions that are not among the reasons."""


class SingleScorer:
    """A bundle made ready to score households one by one."""

    def __init__(self, bundle: Scorer) -> None:
        declarations, model = bundle.declarations, bundle.model
        dictionary = declarations.dictionary
        self.rules = SingleRules(declarations)
        self._reason_makers = [reason_maker(feature) for feature in model.features]
        ranges = model.preparation.ranges
        limits = zip(ranges.least.tolist(), ranges.most.tolist(), strict=True)
        self._far_number_makers = [
            far_number_maker(feature, least=least, most=most)
            for feature, (least, most) in zip(model.features, limits, strict=True)
        ]
        self._late_fields = SingleLateFields(declarations)
        self._features = SingleFeatures(declarations, careful=model.is_careful)
        self._model = SingleModel(model)
        self._intervals = None if model.intervals is None else SingleIntervals(model.intervals)
        self._relapse = None if bundle.relapse is None else SingleRelapse(bundle.relapse)
        self._readings = stacked([part.readings for part in (self._model, self._relapse) if part is not None])
        self._relapse_starts = len(self._model.readings.weight)  # below the model's own readings
        field_of_column = {column: (name, feature) for name, feature, column in own_features(dictionary)}
        self._field_of_column = [field_of_column.get(column) for column in range(len(dictionary.fields))]

    @property
    def coverage(self) -> float | None:
        """How often the interval should hold, as a share; None for a bundle whose interval was not tested."""
        return None if self._intervals is None else self._intervals.coverage

    def score(
        self, snapshots: Sequence[Snapshot], *, scored_on: int, reasons: int, area_code: str | None = None
    ) -> ScoredHousehold:
        """Score the last of `snapshots` (in order of date) as known on the day `scored_on`, with at most so many `reasons`."""
        own, snapshots = self._late_fields.as_known(snapshots, scored_on=scored_on)
        features, shown = self._features.build(snapshots, scored_on=scored_on)
        values = np.array(features, dtype=np.float64)
        readings = self._readings.of(values)
        contributions = self._model.contributions(readings, values)
        strongest = self._strongest(contributions, shown, reasons)
        total = sum(contributions.tolist())
        margin = self._model.base + total
        score = logistic(margin)
        missing = [field for field in compress(self._field_of_column, _unknown(own.values)) if field]
        gaps = Gaps(
            unknown=[*compress(range(len(features)), _unknown(features))],
            carried=[feature for _, feature in missing if features[feature] == features[feature]],
        )
        far = self._model.far(values)
        ends = None if self._intervals is None else self._intervals.scores(margin, area_code, gaps.doubting(far))
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
            relapse=None
            if relapse is None
            else relapse.risk(readings[self._relapse_starts :], values, area_code, gaps),
            reasons=strongest,
            far_numbers=[make(features[i], shown[i]) for i in far if (make := self._far_number_makers[i]) is not None],
            other_contribution=total - sum(reason["contribution"] for reason in strongest),
        )

    def _strongest(self, contributions: Row, shown: Sequence[float], count: int) -> list[dict[str, Any]]:
        """The reasons with the largest contributions by size, the first of equal ones first; none that adds nothing."""
        features = (-np.abs(contributions)).argsort(kind="stable")[:count].tolist()
        amounts = contributions.tolist()
        return [
            self._reason_makers[feature](amounts[feature], shown[feature]) for feature in features if amounts[feature]
        ]


def _unknown(values: Sequence[float]) -> Iterable[bool]:
    """For each value whether it is NaN, which alone does not equal itself."""
    return map(ne, values, values)
