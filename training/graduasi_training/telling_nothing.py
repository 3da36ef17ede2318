"""What of a panel tells nobody apart: fields, groups and baselines that stand there and say nothing."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from graduasi_training.judging import Judged
from graduasi_training.splits import Places
from graduasi_training.study import Study

PRIOR = "baseline:prior"


def notes_on_silence(
    study: Study, train: Places, judged: Mapping[str, Judged], groups: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """A sentence each on fields without two known values, groups without a known value, and baselines alike for all."""
    told = []
    if fields := _silent_fields(study, train):
        told.append(f"Unknown or the same in every training row, so nothing was learned from: {', '.join(fields)}.")
    if empty := [name for name, found in groups.items() if not found]:
        told.append(
            f"No family of the last test date has a known value of: {', '.join(empty)}; there are no such groups."
        )
    if alike := [name for name, each in judged.items() if _is_alike(name, each)]:
        names = ", ".join(name.removeprefix("baseline:") for name in alike)
        told.append(f"The same for all families of the last test date, so being better than it says nothing: {names}.")
    return told


def _silent_fields(study: Study, train: Places) -> list[str]:
    """Fields of which no two known values differ."""
    places = [place for place, feature in enumerate(study.features) if feature.derivation == "value"]
    values = study.values[train][:, places]
    lowest, highest = np.fmin.reduce(values, axis=0), np.fmax.reduce(values, axis=0)
    return [study.features[place].name for place, varies in zip(places, lowest < highest, strict=True) if not varies]


def _is_alike(name: str, judged: Judged) -> bool:
    return name.startswith("baseline:") and name != PRIOR and judged.figures["calibration_slope"] is None
