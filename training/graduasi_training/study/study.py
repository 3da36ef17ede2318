"""A panel made ready to learn from: the grid, the cohort, the features and the labels, once for all folds."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array, Matrix
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.dictionary import Dictionary
from graduasi.declarations.programme import Label, Programme
from graduasi.panel.events import Events
from graduasi.panel.record import Panel
from graduasi.readiness.features import Feature, build_features, features_of
from graduasi.readiness.late_fields import snapshots_as_known
from graduasi.scoring.verdicts import judge
from graduasi_training.judging.held_out import HeldOut
from graduasi_training.study.harm import harmed
from graduasi_training.study.labels import Labels, label
from graduasi_training.study.observations import Observations, as_of_grid, observe
from graduasi_training.study.rows import TrainingRows

BLOCK_SNAPSHOTS = 50_000
"""Features are made for about so many snapshots at once."""


@dataclass(frozen=True)
class Study:
    """Everything that fitting and judging read. Rows are observations: a household at an as-of date."""

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

    def label_by(self, kind: Label) -> Labels:
        """Another of the programme's labels for the same observations."""
        return label(self.observations, kind, panel=self.panel, events=self.events, dictionary=self.dictionary)

    def training_rows(self, places: npt.NDArray[np.intp]) -> TrainingRows:
        """The given observations as rows to fit, with their mentors where it is mentors who decide the target's event."""
        snapshots = self.observations.snapshot[places]
        household = self.panel.household[snapshots]
        return TrainingRows(
            self.values[places],
            self.labels.value[places],
            household,
            self.observations.day[places],
            self.labels.known_on[places],
            self._mentor[snapshots] if self.programme.target.kind == "event" else None,
        )

    def test_set(self, places: npt.NDArray[np.intp], labels: Labels | None = None) -> HeldOut:
        """The given observations as a cohort to be judged on; by another label where one is given."""
        rows = self.observations.snapshot[places]
        return HeldOut(
            y=(labels or self.labels).value[places],
            harm=self.harm[places],
            mentor=self._mentor[rows],
            household=self.panel.household[rows].astype(np.intp),
            eligible=self.eligible[places],
            quota=self.programme.quota_per_mentor,
        )

    @cached_property
    def _mentor(self) -> npt.NDArray[np.intp]:
        """A number for each snapshot's mentor, the same on every day; -1 for none."""
        codes = self.panel.mentor_id.dictionary_encode().indices.fill_null(-1)
        return np.asarray(codes.to_numpy(zero_copy_only=False)).astype(np.intp)

    def group_values(self, name: str, places: npt.NDArray[np.intp]) -> npt.NDArray[np.object_]:
        """The group of each observation by an audit field or by area, None for unknown."""
        rows = self.observations.snapshot[places]
        if name == "area_code":
            return np.array(self.panel.area_code.take(rows).to_pylist(), dtype=object)
        field = self.dictionary.fields[name]
        words = ["false", "true"] if field.type == "boolean" else list(field.categories)
        codes = self.panel.values[rows, self.dictionary.column(name)]
        return np.array([None if np.isnan(code) else words[int(code)] for code in codes], dtype=object)


def prepare(panel: Panel, events: Events, declarations: Declarations) -> Study:
    """Observe the cohort on the grid and compute features, labels, harm and floor for all of it."""
    dictionary, programme = declarations.dictionary, declarations.programme
    observations = observe(panel, events, as_of_grid(panel, programme), declarations)
    values = _features(panel, observations, declarations)
    snapshots = snapshots_as_known(
        panel,
        observations.snapshot,
        as_of=observations.day,
        declarations=declarations,
    )
    verdicts = judge(snapshots.values, declarations)
    fresh = observations.day - panel.as_of[observations.snapshot] <= declarations.max_data_age_days
    return Study(
        panel=panel,
        events=events,
        declarations=declarations,
        observations=observations,
        features=features_of(dictionary),
        values=values,
        labels=label(observations, programme.target, panel=panel, events=events, dictionary=dictionary),
        harm=harmed(observations, panel=panel, events=events, declarations=declarations),
        eligible=verdicts.floor_passed & ~verdicts.is_protected & ~verdicts.is_unsure & fresh,
    )


def _features(panel: Panel, observations: Observations, declarations: Declarations) -> Matrix:
    """The features of every observation, some households at a time: what one block needs for its history is much memory."""
    found = np.empty((len(observations), len(features_of(declarations.dictionary))))
    starts = panel.starts()
    blocks = np.searchsorted(starts, np.arange(0, len(panel), BLOCK_SNAPSHOTS))
    edges = [*np.unique(starts[blocks[blocks < len(starts)]]), len(panel)]
    for low, high in pairwise(edges):
        rows = np.flatnonzero((observations.snapshot >= low) & (observations.snapshot < high))
        found[rows] = build_features(
            panel.take(np.arange(low, high)),
            observations.snapshot[rows] - low,
            as_of=observations.day[rows],
            declarations=declarations,
        ).values
    return found
