"""When to alarm: a limit of the programme is passed, and chance alone would not have done it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from graduasi_training.drift.distances import holm

NOTHING = "not enough data: no label has matured since training"


@dataclass(frozen=True)
class Check:
    """One comparison of one thing. `name` is a field, score or calibration; `sentence` is said if it alarms."""

    name: str
    passes_limit: bool
    p: float
    sentence: str


def alarms_of(tests: Iterable[Check], *, significance: float) -> list[Check]:
    """The tests that alarm, judged together so that many fields do not make a false alarm likelier."""
    every = list(tests)
    significant = holm([test.p for test in every], significance)
    return [test for test, is_real in zip(every, significant, strict=True) if is_real and test.passes_limit]


Found = tuple[dict[str, Any], list[Check]]
"""Figures, and the tests that an alarm may come from."""


def not_enough(note: str) -> Found:
    """Nothing is claimed, and why."""
    return {"status": "not_enough_data", "note": note}, []
