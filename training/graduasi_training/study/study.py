"""The study: a panel made ready to learn from, with cohort, features and labels worked out once for all folds."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array, Matrix
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.dictionary import Dictionary
from graduasi.declarations.programme import Label, Programme
from graduasi.lists.places import PROPOSED_BAND
from graduasi.panel.events import Events
from graduasi.panel.record import Panel, number_mentors
from graduasi.readiness.features import Feature, build_features, features_of
from graduasi.readiness.intervals import Ends
from graduasi.readiness.late_fields import snapshots_as_known
from graduasi.scoring.verdicts import BANDS, bands, judge
from graduasi_training.judging.held_out import HeldOut
from graduasi_training.study.harm import harmed
from graduasi_training.study.labels import Labels, label
from graduasi_training.study.observations import Observations, as_of_grid, observe
from graduasi_training.study.rows import TrainingRows
from graduasi_training.study.splits import RowIndex

BLOCK_SNAPSHOTS = 50_000
"""Features are made for about so many snapshots at once."""


@dataclass(frozen=True, kw_only=True)
class Study:
    """Everything that fitting and judging read.

    A row is an observation: a household at an as-of date. `values` are the features (rows × features), `labels` and `harm`
    how the family turned out, `eligible` whether it could have been listed that day.
    """

    panel: Panel
    events: Events
    declarations: Declarations
    observations: Observations
    features: tuple[Feature, ...]
    values: Matrix
    labels: Labels
    harm: Array
    eligible: npt.NDArray[np.bool_]

    @property
    def dictionary(self) -> Dictionary:
        return self.declarations.dictionary

    @property
    def programme(self) -> Programme:
        return self.declarations.programme

    def label_by(self, definition: Label) -> Labels:
        """The same observations, labelled by another of the programme's labels."""
        return label(self.observations, definition, panel=self.panel, events=self.events, dictionary=self.dictionary)

    def training_rows(self, rows: RowIndex) -> TrainingRows:
        """The given observations as rows to fit; with their mentors where mentors decide the target's event."""
        snapshots = self.observations.snapshot[rows]
        return TrainingRows(
            values=self.values[rows],
            y=self.labels.value[rows],
            household=self.panel.household[snapshots],
            day=self.observations.day[rows],
            known_on=self.labels.known_on[rows],
            mentor=self._mentor[snapshots] if self.programme.target.kind == "event" else None,
            dates=self.observations.dates[rows],
        )

    def as_known(self, rows: RowIndex) -> Panel:
        """The snapshots of the given observations as they were known on the day, for the rules to judge."""
        return snapshots_as_known(
            self.panel,
            self.observations.snapshot[rows],
            as_of=self.observations.day[rows],
            declarations=self.declarations,
        )

    def bands(self, rows: RowIndex, score: Array, ends: Ends | None) -> npt.NDArray[np.intp]:
        """The band of each given observation by its score and the ends of its interval, as an index into BANDS."""
        snapshots = self.as_known(rows)
        return bands(
            score,
            judge(snapshots.values, self.declarations),
            age_days=(self.observations.day[rows] - snapshots.as_of).astype(np.int32),
            programme=self.programme,
            low=None if ends is None else ends.low,
            high=None if ends is None else ends.high,
        )

    def test_set(self, rows: RowIndex) -> HeldOut:
        """The given observations as a cohort to be judged on."""
        snapshots = self.observations.snapshot[rows]
        return HeldOut(
            y=self.labels.value[rows],
            harm=self.harm[rows],
            mentor=self._mentor[snapshots],
            household=self.panel.household[snapshots].astype(np.intp),
            eligible=self.eligible[rows],
            quota=self.programme.quota_per_mentor,
        )

    @cached_property
    def _mentor(self) -> npt.NDArray[np.intp]:
        """For each snapshot of the panel a number for its mentor, the same on every day; -1 for none."""
        return number_mentors(self.panel.mentor_id)

    def group_values(self, name: str, rows: RowIndex) -> npt.NDArray[np.object_]:
        """The group of each given observation by the field `name` or by "area_code"; None for unknown."""
        snapshots = self.observations.snapshot[rows]
        if name == "area_code":
            return np.array(self.panel.area_code.take(snapshots).to_pylist(), dtype=object)
        field = self.dictionary.fields[name]
        words = ["false", "true"] if field.type == "boolean" else list(field.categories)
        codes = self.panel.values[snapshots, self.dictionary.column(name)]
        return np.array([None if np.isnan(code) else words[int(code)] for code in codes], dtype=object)


def prepare(panel: Panel, events: Events, declarations: Declarations) -> Study:
    """Observe the cohort on the grid of as-of dates, and compute features, labels, harm and floor for all of it.

    Raises TrainingError when there are too many dates, or nobody is in the cohort.
    """
    dictionary, programme = declarations.dictionary, declarations.programme
    observations = observe(panel, events, as_of_grid(panel, programme), declarations)
    snapshots = snapshots_as_known(
        panel,
        observations.snapshot,
        as_of=observations.day,
        declarations=declarations,
    )
    # With the best of scores, only the rules keep a family off the list.
    at_best = bands(
        np.ones(len(observations)),
        judge(snapshots.values, declarations),
        age_days=(observations.day - snapshots.as_of).astype(np.int32),
        programme=programme,
    )
    return Study(
        panel=panel,
        events=events,
        declarations=declarations,
        observations=observations,
        features=features_of(dictionary),
        values=_features(panel, observations, declarations),
        labels=label(observations, programme.target, panel=panel, events=events, dictionary=dictionary),
        harm=harmed(observations, panel=panel, events=events, declarations=declarations),
        eligible=np.asarray(at_best == BANDS.index(PROPOSED_BAND)),
    )


def _features(panel: Panel, observations: Observations, declarations: Declarations) -> Matrix:
    """The features of every observation, made for a block of whole households at a time to save memory."""
    values = np.empty((len(observations), len(features_of(declarations.dictionary))))
    starts = panel.starts()
    blocks = np.searchsorted(starts, np.arange(0, len(panel), BLOCK_SNAPSHOTS))
    edges = [*np.unique(starts[blocks[blocks < len(starts)]]), len(panel)]
    for low, high in pairwise(edges):
        rows = np.flatnonzero((observations.snapshot >= low) & (observations.snapshot < high))
        values[rows] = build_features(
            panel.take(np.arange(low, high)),
            observations.snapshot[rows] - low,
            as_of=observations.day[rows],
            declarations=declarations,
        ).values
    return values
