"""What of a panel says nothing, or little: too few outcomes, nobody to list, fields, groups and baselines that tell nobody apart."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from graduasi.panel.drafting import DRAFT
from graduasi_training.evaluation.folds.judged import JudgedFold
from graduasi_training.judging.held_out import HeldOut
from graduasi_training.notes import note
from graduasi_training.study.splits import Places
from graduasi_training.study.study import Study

PRIOR = "baseline:prior"
MIN_OUTCOMES = 20
"""With fewer families of one outcome, one family more or less moves every figure of ranking."""


def notes_on_silence(study: Study, last: JudgedFold, groups: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A sentence each on what the last test date cannot say; none where it can."""
    told = []
    if study.programme.version == DRAFT:
        told.append(note("draft"))
    if few := note_on_outcomes(last.test):
        told.append(few)
    if not last.test.eligible.any():
        told.append(note("nobody_eligible", days=study.programme.max_data_age_days))
    if fields := _silent_fields(study, last.fold.train):
        told.append(note("silent_fields", fields=", ".join(fields)))
    if empty := [name for name, found in groups.items() if not found]:
        told.append(note("empty_groups", groups=", ".join(empty)))
    if alike := silent_baselines({name: each.figures for name, each in last.judged.items()}):
        told.append(note("silent_baselines", baselines=", ".join(name.removeprefix("baseline:") for name in alike)))
    return told


def note_on_outcomes(test: HeldOut) -> str | None:
    """A sentence where few families had one of the outcomes, however many had the other."""
    known, ready = int(test.labelled.sum()), int(np.nansum(test.y))
    if min(ready, known - ready) >= MIN_OUTCOMES:
        return None
    return note("few_outcomes", known=known, ready=ready)


def _silent_fields(study: Study, train: Places) -> list[str]:
    """Fields of which no two known values differ."""
    places = [place for place, feature in enumerate(study.features) if feature.derivation == "value"]
    values = study.values[train][:, places]
    lowest, highest = np.fmin.reduce(values, axis=0), np.fmax.reduce(values, axis=0)
    return [study.features[place].name for place, varies in zip(places, lowest < highest, strict=True) if not varies]


def silent_baselines(candidates: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Baselines, but for the prior, that are the same for all; of these figures nobody is better than them."""
    named = [name for name in candidates if name.startswith("baseline:") and name != PRIOR]
    return [name for name in named if candidates[name]["auc"] == 0.5 and candidates[name]["calibration_slope"] is None]
