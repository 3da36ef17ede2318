"""One household to its score, band, rules and reasons."""

from collections.abc import Sequence
from itertools import compress
from operator import ne
from typing import Any, NamedTuple

import numpy as np

from graduasi.features import field_places
from graduasi.floor import Band
from graduasi.programme import Referral
from graduasi.programme import Rule as DeclaredRule
from graduasi.reasons import reason_teller
from graduasi.scoring import Scorer
from graduasi.single.certainty import Gaps, SingleIntervals, SingleRelapse, SingleRisk, logistic
from graduasi.single.features import SingleFeatures, Snapshot
from graduasi.single.lags import SingleLags
from graduasi.single.model import SingleModel
from graduasi.single.readings import together
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
        """Place among `floor.blocking_rules` and state of each rule that stands in the way."""
        floor = [(place, state) for place, state in enumerate(self.floor) if state != MET]
        protected = enumerate(self.protected, start=len(self.floor))
        return [*floor, *((place, state) for place, state in protected if state != UNMET)]


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
        dictionary, programme = bundle.dictionary, bundle.programme
        self._programme = programme
        self._tellers = [reason_teller(feature) for feature in bundle.model.features]
        self._lags = SingleLags(dictionary, max_age_days=programme.max_data_age_days)
        self._builder = SingleFeatures(dictionary, max_age_days=programme.max_data_age_days)
        self._model = SingleModel(bundle.model)
        self._intervals = None if bundle.model.intervals is None else SingleIntervals(bundle.model.intervals)
        self._relapse = None if bundle.relapse is None else SingleRelapse(bundle.relapse)
        relapse = [] if self._relapse is None else [self._relapse.readings]
        self._readings = together([self._model.readings, *relapse])
        self._own_readings = len(self._model.readings.weight)
        asked = {column: (name, place) for name, place, column in field_places(dictionary)}
        self._asked = [asked.get(column) for column in range(len(dictionary.fields))]
        self._cohort = compiled(programme.cohort, dictionary)

        def rules(declared: Sequence[DeclaredRule | Referral]) -> dict[str, Rule]:
            return {rule.code: compiled(rule.rules, dictionary) for rule in declared}

        self._floor, self._protected = ([*rules(kind).values()] for kind in (programme.floor, programme.protected))
        self._referrals = rules(programme.referrals)

    def in_cohort(self, values: Values) -> bool:
        """Whether the snapshot meets every cohort rule; unknown is not in the cohort."""
        return self._cohort(values) == MET

    def may_be_eligible(self, values: Values, referral: str) -> bool:
        """Whether nothing known rules the household out of the referral with this code."""
        return self._referrals[referral](values) != UNMET

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
        read = self._readings.of(np.array(built))
        found = self._model.contributions(read, built)
        contributions = found.tolist()
        total = sum(contributions)
        margin = self._model.base + total
        score = logistic(margin)
        held = own.values
        missing = [asked for asked in compress(self._asked, map(ne, held, held)) if asked]  # only NaN is not itself
        gaps = Gaps(
            unknown=[*compress(range(len(built)), map(ne, built, built))],
            carried=[place for _, place in missing if built[place] == built[place]],
        )
        interval = None if self._intervals is None else self._intervals.around(margin, area_code, gaps)
        ends = None if interval is None else (logistic(interval[0]), logistic(interval[1]))
        verdict = Verdict([rule(held) for rule in self._floor], [rule(held) for rule in self._protected])
        strongest = (-np.abs(found)).argsort(kind="stable")[:reasons].tolist()  # the first of equals first
        given = [
            self._tellers[place](contributions[place], shown[place]) for place in strongest if contributions[place]
        ]
        return ScoredHousehold(
            margin=margin,
            score=score,
            base=self._model.base,
            band=self._band(score, ends, verdict, scored_on - own.as_of),
            values=held,
            verdict=verdict,
            missing=[name for name, _ in missing],
            interval=ends,
            relapse=None
            if self._relapse is None
            else self._relapse.risk(read[self._own_readings :], built, area_code, gaps),
            reasons=given,
            other_contribution=total - sum(reason["contribution"] for reason in given),
        )

    def _band(self, score: float, ends: tuple[float, float] | None, verdict: Verdict, age_days: int) -> Band:
        """The first band that applies, as in `floor.bands`."""
        if MET in verdict.protected:
            return "protected"
        if age_days > self._programme.max_data_age_days:
            return "stale"
        limits = self._programme.bands
        if verdict.is_unsure or (ends is not None and ends[0] < limits.nearly and ends[1] >= limits.ready):
            return "unsure"
        if score >= limits.ready and verdict.floor_passed:
            return "ready"
        return "nearly" if score >= limits.nearly else "not_yet"
