"""When to alarm: where a limit of the programme is exceeded and chance alone does not explain it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from graduasi_training.drift.distances import holm

NOTHING_MATURED = "not enough data: no label has matured since training"


@dataclass(frozen=True)
class Check:
    """One figure against its limit. `name` is a field, `score` or `calibration`; `sentence` is the alarm, should it come to that.

    `p` is the chance of a figure at least so large without any drift.
    """

    name: str
    exceeds_limit: bool
    p: float
    sentence: str


def alarms_of(checks: Iterable[Check], *, significance: float) -> list[Check]:
    """The checks that alarm. All are tested together, so that many fields do not make a false alarm likelier."""
    all_checks = list(checks)
    significant = holm([check.p for check in all_checks], significance)
    return [
        check
        for check, is_significant in zip(all_checks, significant, strict=True)
        if is_significant and check.exceeds_limit
    ]


Comparison = tuple[dict[str, Any], list[Check]]
"""The figures of one comparison, and the checks that an alarm may come from."""


def not_enough_data(note: str) -> Comparison:
    """A comparison that claims nothing; `note` says why."""
    return {"status": "not_enough_data", "note": note}, []
