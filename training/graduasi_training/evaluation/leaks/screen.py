"""The screen for leaks: features that tell more of the outcome than an honest one can, found by name before anyone is glad.

Read on the rows that the last test date learned from, with the labels that were known then.
"""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import numpy as np

from graduasi.declarations.declarations import Declarations
from graduasi.errors import TrainingError
from graduasi.panel.drafting import DRAFT_VERSION
from graduasi.panel.events import Events
from graduasi.panel.record import Panel
from graduasi_training.evaluation.leaks.alone import Alone, each_alone
from graduasi_training.notes import Note, note, refuse_unknown_mutes
from graduasi_training.study.splits import RowIndex, temporal_folds
from graduasi_training.study.study import Study, prepare

STRONG_AUC, HONEST_AUC = 0.85, 0.75
"""A feature alone is found from STRONG_AUC on, if its interval lies above HONEST_AUC. The strongest feature of the two real
panels in tests/data reaches 0.58 and 0.66, that of the simulated PKH panel 0.71; a date of leaving reaches 1."""
TELLING_AUC, CHANCE_AUC = 0.7, 0.6
"""The same for whether a feature is known, which tells next to nothing where fields are filled in whatever becomes of a
family: at most 0.52 in those panels."""
MAX_ROWS = 20_000
"""More rows make no leak clearer; of a larger panel whole households are looked at."""
SHOWN = 10
LEAKS = ("strong_feature", "telling_gap")
"""The keys of the notes that name a feature."""


def screen(study: Study, rows: RowIndex) -> list[Alone]:
    """Each feature alone on the training observations `rows`, or on those of every few households, strongest first."""
    household = study.panel.household[study.observations.snapshot[rows]]
    step = -(-len(rows) // MAX_ROWS)
    # Households are numbered in the order of their identifiers, which may be that of villages: every few are from all over.
    kept = np.unique(household, return_inverse=True)[1] % step == 0
    rows, household = rows[kept], household[kept]
    return each_alone(study.values[rows], study.labels.value[rows], household, study.features)


def report(screened: list[Alone]) -> dict[str, Any]:
    """`evaluation.leaks`: the strongest features, and from which AUC on one is found."""
    return {
        "strong_auc": STRONG_AUC,
        "telling_auc": TELLING_AUC,
        "features": [asdict(alone) for alone in screened[:SHOWN]],
    }


def findings(screened: Iterable[Alone]) -> list[Note]:
    """A note for each feature that is too good to be true, and for each whose being known is."""
    found = []
    for alone in screened:
        said = {"feature": alone.feature, "rows": f"{alone.rows:,}"}
        if alone.auc >= STRONG_AUC and alone.auc_low > HONEST_AUC:
            found.append(note("strong_feature", **said, auc=f"{alone.auc:.3f}", low=f"{alone.auc_low:.3f}"))
        if alone.auc_unknown >= TELLING_AUC and alone.auc_unknown_low > CHANCE_AUC:
            auc, low = alone.auc_unknown, alone.auc_unknown_low
            found.append(note("telling_gap", feature=alone.feature, auc=f"{auc:.3f}", low=f"{low:.3f}"))
    return found


def findings_of_panel(panel: Panel, events: Events, declarations: Declarations) -> list[Note]:
    """What `graduasi check` adds: the screen, or why there is none; nothing where the label is a draft's placeholder.

    Raises DeclarationError for a mute of no finding.
    """
    refuse_unknown_mutes(declarations.programme)
    if declarations.programme.version == DRAFT_VERSION:
        return []
    rules = declarations.programme.evaluation
    try:
        study = prepare(panel, events, declarations)
        folds = temporal_folds(study.observations, study.labels, count=1, embargo_months=rules.embargo_months)
    except TrainingError as error:
        return [note("leaks_not_looked_for", reason=str(error))]
    return findings(screen(study, folds[-1].train))
