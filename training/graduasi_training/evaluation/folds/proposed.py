"""Whom the product would propose on a test date: the families that a model's scores and the rules put into band ready."""

from typing import Any

import numpy as np
import pyarrow as pa

from graduasi.arrays import Array
from graduasi.lists.places import PROPOSED_BAND
from graduasi.readiness.features import carried_features
from graduasi.readiness.intervals import Ends
from graduasi.readiness.model import ReadinessModel, logistic
from graduasi.scoring.verdicts import BANDS
from graduasi_training.evaluation.folds.fitted import FittedFold
from graduasi_training.judging.held_out import HeldOut
from graduasi_training.judging.metrics import log_odds
from graduasi_training.notes import Note, note
from graduasi_training.study.splits import RowIndex
from graduasi_training.study.study import Study


def ends_of(study: Study, rows: RowIndex, model: ReadinessModel, score: Array) -> Ends | None:
    """The interval of each observation's score by the model, as probabilities; None for a model without intervals."""
    values, snapshots = study.values[rows], study.as_known(rows)
    carried = carried_features(values, snapshots.values, study.dictionary)
    area = pa.array(study.group_values("area_code", rows), pa.string())
    ends = model.ends(log_odds(score), area, values, carried)
    return None if ends is None else Ends(logistic(ends.low), logistic(ends.high))


def proposed_by(study: Study, fold: FittedFold, model: ReadinessModel, score: Array) -> HeldOut:
    """The fold's cohort as the product makes its lists by a model, which need not be the fold's; `score` is the model's."""
    rows = fold.fold.test
    band = study.bands(rows, score, ends_of(study, rows, model, score))
    return fold.test.as_proposed(np.asarray(band == BANDS.index(PROPOSED_BAND)))


def band_facts(test: HeldOut, proposed: HeldOut, score: Array) -> dict[str, Any]:
    """How many families the rules allow, how many of them are in band ready, and the highest score of those allowed."""
    allowed = score[test.eligible]
    return {
        "eligible_rows": int(test.eligible.sum()),
        "ready_rows": int(proposed.eligible.sum()),
        "highest_eligible_score": float(allowed.max()) if len(allowed) else None,
    }


def note_on_band(test: HeldOut, proposed: HeldOut, score: Array, *, ready: float, days: int) -> Note | None:
    """A note where nobody would be proposed on the test date, and why; none where somebody is.

    `ready` is the least score of band ready, `days` how long ago a family may have been seen.
    """
    facts = band_facts(test, proposed, score)
    if facts["ready_rows"]:
        return None
    highest = facts["highest_eligible_score"]
    if highest is None:
        return note("nobody_eligible", days=days)
    if highest < ready:
        return note("nobody_ready", ready=f"{ready:g}", highest=f"{highest:.3f}")
    above = int((test.eligible & (score >= ready)).sum())
    return note("nobody_sure", ready=f"{ready:g}", above=above)


def note_on_caseloads(test: HeldOut) -> Note | None:
    """A note where most mentors may list all whom the rules allow, so that their lists do not depend on a ranking.

    `test` is the cohort as rankings are compared on it, with as many places as the champion's lists have.
    """
    if not test.has_mentors:
        return None
    mentors, index = np.unique(test.mentor, return_inverse=True)
    allowed = np.bincount(index, weights=test.eligible)
    within = (allowed > 0) & (allowed <= test.quota)
    if 2 * within.sum() <= len(mentors):
        return None
    ready = allowed if test.places is None else np.zeros(len(mentors))
    if test.places is not None:
        ready[index] = test.places
    same = within & (ready >= allowed)
    return note(
        "caseload_within_quota", within=int(within.sum()), mentors=len(mentors), quota=test.quota, same=int(same.sum())
    )
