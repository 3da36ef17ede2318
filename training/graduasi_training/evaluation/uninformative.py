"""What of a panel says little or nothing: too few outcomes, and fields, groups and baselines that are the
same for all.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from graduasi.panel.drafting import DRAFT_VERSION
from graduasi_training.evaluation.folds.judged import JudgedFold
from graduasi_training.judging.held_out import HeldOut
from graduasi_training.notes import Note, note
from graduasi_training.study.splits import RowIndex
from graduasi_training.study.study import Study

PRIOR = "baseline:prior"
MIN_OUTCOMES_FOR_RANKING = 20
"""With fewer families of one outcome, one family more or less moves every figure of ranking."""


def uninformative_notes(study: Study, last: JudgedFold, groups: Mapping[str, Mapping[str, Any]]) -> list[Note]:
    """One note for each thing that the last test date cannot tell. `groups` is the section of evaluation.json."""
    notes: list[Note] = []
    if study.programme.version == DRAFT_VERSION:
        notes.append(note("draft"))
    if few := note_on_outcomes(last.test):
        notes.append(few)
    if fields := _constant_fields(study, last.fold.train):
        notes.append(note("silent_fields", fields=", ".join(fields)))
    if empty := [name for name, figures in groups.items() if not figures]:
        notes.append(note("empty_groups", groups=", ".join(empty)))
    if baselines := uninformative_baselines({name: judged.figures for name, judged in last.judged.items()}):
        names = ", ".join(name.removeprefix("baseline:") for name in baselines)
        notes.append(note("silent_baselines", baselines=names))
    return notes


def note_on_outcomes(test: HeldOut) -> Note | None:
    """A note where few families had one of the outcomes, however many had the other."""
    known, ready = int(test.labelled.sum()), int(np.nansum(test.y))
    if min(ready, known - ready) >= MIN_OUTCOMES_FOR_RANKING:
        return None
    return note("few_outcomes", known=known, ready=ready)


def _constant_fields(study: Study, train: RowIndex) -> list[str]:
    """The names of fields whose known values are all equal, or of which none is known."""
    fields = [index for index, feature in enumerate(study.features) if feature.derivation == "value"]
    values = study.values[train][:, fields]
    lowest, highest = np.fmin.reduce(values, axis=0), np.fmax.reduce(values, axis=0)
    return [study.features[index].name for index, varies in zip(fields, lowest < highest, strict=True) if not varies]


def uninformative_baselines(candidates: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The baselines, apart from the prior, that are the same for all: being better than they are says nothing.

    `candidates` holds the figures of each, as `evaluation.folds[].candidates` does.
    """
    named = [name for name in candidates if name.startswith("baseline:") and name != PRIOR]
    return [name for name in named if candidates[name]["auc"] == 0.5 and candidates[name]["calibration_slope"] is None]
