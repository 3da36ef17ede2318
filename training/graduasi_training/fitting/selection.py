"""Choosing between logistic regression, two kinds of trees and a blend by out-of-fold log loss; the simpler wins ties.

The choice is made inside the training window, never on a test fold: inner folds by household give out-of-fold margins,
each candidate is calibrated on them, and the simplest candidate that is not worse than the best beyond doubt is chosen.
"""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, replace

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array, Matrix
from graduasi.readiness.features import Feature
from graduasi.readiness.model import ReadinessModel
from graduasi_training.fitting.linear_and_trees import TREE_KINDS, Parts, Settings, TreeKind, fit_parts
from graduasi_training.fitting.strictness import mentor_offsets
from graduasi_training.judging.clusters import mean_by_household, sum_by
from graduasi_training.judging.slope import calibrate
from graduasi_training.study.rows import TrainingRows
from graduasi_training.study.splits import RowIndex, inner_folds

BLEND_SHARES = (0.75, 0.5, 0.25)
"""Shares of the linear part that are tried in the blend."""
SIMPLEST_FIRST = ("logistic", "additive", "lightgbm", "blend")
"""A weight for each feature, a curve for each, features that change one another's effect, and two models at once."""
DOUBT = 1.96
"""Standard errors of a difference in log loss, of which a larger candidate has to win more to be taken: what is not beyond doubt
on the past is seldom there in the next period, and on tests/data/teen_poverty it was not."""
MAX_INNER_ROWS = 60_000
"""More rows than these do not change the choice or the calibration; whole households are drawn."""
MAX_LEVEL_ROWS = 20_000
"""Rows from which the level of the refitted parts is measured."""


@dataclass(frozen=True)
class Fitted:
    """All candidates fitted to the same rows, and which of them was chosen.

    `log_loss` is out of fold; `excess` is (mean, standard error) of each candidate's log loss above the best one's.
    `held_out` are the rows that some inner fold kept out, `margin` the chosen candidate's calibrated margin there.
    `mentor_spread` is the standard deviation of the mentors' offsets, where mentors decide the outcome. `chosen_trees` is
    the kind of the champion's trees, if it has any.
    """

    candidates: dict[str, ReadinessModel]
    chosen: str
    log_loss: dict[str, float]
    excess: dict[str, tuple[float, float]]
    held_out: RowIndex
    margin: Array
    _: KW_ONLY
    mentor_spread: float | None = None
    chosen_trees: TreeKind = "lightgbm"

    @property
    def champion(self) -> ReadinessModel:
        return self.candidates[self.chosen]


def fit_and_choose(rows: TrainingRows, features: tuple[Feature, ...], *, settings: Settings) -> Fitted:
    """The whole procedure: inner folds, calibration, choice, and a last fit on all rows."""
    rows, mentor_spread = with_mentor_offsets(rows, features, settings)
    sampled = _sampled_rows(rows, np.random.default_rng(settings.seed))
    sample = rows.take(sampled)
    held_out, linear, trees = _out_of_fold_margins(sample, features, settings, all_rows=len(rows.y))
    y, household = sample.y[held_out], sample.household[held_out]
    offset = sample.offset_of(held_out)
    blends = calibrated_candidates(linear, trees, y, 0.0 if offset is None else offset)
    excess = _excess({name: blend.losses for name, blend in blends.items()}, household)
    chosen = next(name for name in SIMPLEST_FIRST if excess[name][0] <= DOUBT * excess[name][1])
    parts = fit_parts(rows.values, rows.y, features, settings=settings, offset=rows.offset)
    some = _some(held_out, np.random.default_rng(settings.seed))
    refitted = _uncalibrated_margins(parts, sample.values[held_out[some]], features)
    blends = {name: blend.at_level_of(some, *refitted) for name, blend in blends.items()}
    return Fitted(
        candidates={name: _model(parts, blend, features) for name, blend in blends.items()},
        chosen=chosen,
        log_loss={name: float(blend.losses.mean()) for name, blend in blends.items()},
        excess=excess,
        held_out=sampled[held_out],
        margin=blends[chosen].margin,
        mentor_spread=mentor_spread,
        chosen_trees=blends[chosen].trees,
    )


def with_mentor_offsets(
    rows: TrainingRows, features: tuple[Feature, ...], settings: Settings
) -> tuple[TrainingRows, float | None]:
    """The rows with their mentors' strictness as an offset, and the offsets' standard deviation.

    The rows are unchanged, and the deviation is None, where mentors do not decide the outcome or are too few.
    """
    if rows.mentor is None:
        return rows, None
    rng = np.random.default_rng(settings.seed)
    strictness = mentor_offsets(rows.values, rows.y, rows.mentor, rows.household, features, C=settings.C, rng=rng)
    if strictness is None:
        return rows, None
    return replace(rows, offset=strictness.of(rows.mentor)), strictness.spread


def sample_households(rows: TrainingRows, rng: np.random.Generator) -> TrainingRows:
    """All rows, or those of as many whole households as make about MAX_INNER_ROWS rows."""
    return rows.take(_sampled_rows(rows, rng))


def _sampled_rows(rows: TrainingRows, rng: np.random.Generator) -> RowIndex:
    if len(rows.y) <= MAX_INNER_ROWS:
        return np.arange(len(rows.y))
    households = np.unique(rows.household)
    sampled = rng.permutation(households)[: round(len(households) * MAX_INNER_ROWS / len(rows.y))]
    return np.flatnonzero(np.isin(rows.household, sampled))


@dataclass(frozen=True)
class CalibratedBlend:
    """A share of the linear part (the rest is the trees') with its calibration.

    `margin` are the calibrated out-of-fold margins, `losses` the log loss of each of these rows, `trees` the trees' kind.
    """

    linear_share: float
    slope: float
    intercept: float
    margin: Array
    losses: Array
    trees: TreeKind = "lightgbm"

    def at_level_of(self, rows: RowIndex, linear: Array, trees: Mapping[TreeKind, Array]) -> "CalibratedBlend":
        """The same blend for parts that were fitted again to all rows, at the level that the out-of-fold margins had.

        `linear` and `trees` are the new parts' margins of the held-out `rows`. Inner models knew only earlier dates, and
        calibration found how far the later ones lay from them. The new parts have learned that shift themselves: put on
        top of it once more, it would count twice.
        """
        refitted = self.slope * (self.linear_share * linear + (1 - self.linear_share) * trees[self.trees])
        return replace(self, intercept=float(self.margin[rows].mean() - refitted.mean()))


def calibrated_candidates(
    linear: Array, trees: Mapping[TreeKind, Array], y: Array, offset: Array | float = 0.0
) -> dict[str, CalibratedBlend]:
    """The candidates, the simplest first, calibrated on the same out-of-fold margins.

    "blend" is the best of BLEND_SHARES with either kind of trees.
    """
    candidates = {"logistic": calibrate_blend(1.0, linear, linear, y, offset)}
    for kind in TREE_KINDS:
        candidates[kind] = replace(calibrate_blend(0.0, linear, trees[kind], y, offset), trees=kind)
    blends = [
        replace(calibrate_blend(share, linear, trees[kind], y, offset), trees=kind)
        for kind in TREE_KINDS
        for share in BLEND_SHARES
    ]
    return {**candidates, "blend": min(blends, key=lambda blend: float(blend.losses.mean()))}


def calibrate_blend(
    linear_share: float, linear: Array, trees: Array, y: Array, offset: Array | float = 0.0
) -> CalibratedBlend:
    """A blend of the margins of both parts, calibrated on rows that neither part learned from.

    `offset` adds to each row's log-odds in calibration and loss; the blend's own margin is without it.
    """
    margin = linear_share * linear + (1 - linear_share) * trees
    slope, intercept = calibrate(margin, y, offset)
    calibrated = slope * margin + intercept
    with_offset = calibrated + offset
    return CalibratedBlend(linear_share, slope, intercept, calibrated, np.logaddexp(0, with_offset) - y * with_offset)


def _out_of_fold_margins(
    rows: TrainingRows, features: tuple[Feature, ...], settings: Settings, *, all_rows: int
) -> tuple[RowIndex, Array, dict[TreeKind, Array]]:
    """The rows that inner folds held out, and the uncalibrated margins of linear part and trees there.

    They stand for the parts that will be fitted to `all_rows`. A row is repeated for each date on which its snapshot was the
    household's latest: scores are given on every date, also to families that are seldom visited.
    """
    held_out, linear = [], []
    trees: dict[TreeKind, list[Array]] = {kind: [] for kind in TREE_KINDS}
    folds = inner_folds(rows.household, rows.day, rows.known_on, rows.y, rng=np.random.default_rng(settings.seed))
    for train, valid in folds:
        like_all = settings.for_part(len(train), of=all_rows)
        parts = fit_parts(rows.values[train], rows.y[train], features, settings=like_all, offset=rows.offset_of(train))
        held_out.append(valid)
        margins = _uncalibrated_margins(parts, rows.values[valid], features)
        linear.append(margins[0])
        for kind in TREE_KINDS:
            trees[kind].append(margins[1][kind])
    held = np.concatenate(held_out)
    each_date = np.arange(len(held)) if rows.dates is None else np.repeat(np.arange(len(held)), rows.dates[held])
    return (
        held[each_date],
        np.concatenate(linear)[each_date],
        {kind: np.concatenate(margins)[each_date] for kind, margins in trees.items()},
    )


def _uncalibrated_margins(
    parts: Parts, values: Matrix, features: tuple[Feature, ...]
) -> tuple[Array, dict[TreeKind, Array]]:
    """The margins of the linear part and of each kind of trees, each alone."""

    def alone(linear_share: float, kind: TreeKind) -> Array:
        blend = CalibratedBlend(linear_share, 1.0, 0.0, np.zeros(0), np.zeros(0), kind)
        return _model(parts, blend, features).explain(values).margin

    return alone(1.0, "lightgbm"), {kind: alone(0.0, kind) for kind in TREE_KINDS}


def _some(rows: RowIndex, rng: np.random.Generator) -> RowIndex:
    """At most MAX_LEVEL_ROWS of the numbers of `rows`: enough for a mean."""
    return np.sort(rng.permutation(len(rows))[:MAX_LEVEL_ROWS])


def _model(parts: Parts, blend: CalibratedBlend, features: tuple[Feature, ...]) -> ReadinessModel:
    """The parts put together as the blend says; a part without a share is left out."""
    return ReadinessModel(
        features,
        parts.preparation,
        None if blend.linear_share == 0 else parts.linear,
        None if blend.linear_share == 1 else parts.trees[blend.trees],
        linear_share=blend.linear_share,
        slope=blend.slope,
        intercept=blend.intercept,
    )


def _excess(losses: dict[str, Array], household: npt.NDArray[np.int32]) -> dict[str, tuple[float, float]]:
    """Mean and standard error, clustered by household, of each candidate's loss above the best candidate's."""
    best = min(losses, key=lambda name: float(losses[name].mean()))
    household_index = np.unique(household, return_inverse=True)[1]
    rows_of_household = np.bincount(household_index)
    return {
        name: mean_by_household(sum_by(household_index, loss - losses[best]), rows_of_household)
        for name, loss in losses.items()
    }
