"""The result of a watch as lines of text: every alarm is shown, and what moved less is counted."""

from typing import Any

import pytest

from graduasi_training.drift.text import MOST_ROWS, lines_of


def report(alarms: int, others: int) -> dict[str, Any]:
    """The result of a watch with so many fields that alarm, and so many others."""
    field = {"psi": 0.01, "ks": 0.01, "missing_then": 0.0, "missing_now": 0.1}
    fields = {f"calm_{number}": {**field, "status": "ok"} for number in range(others)}
    fields |= {f"moved_{number}": {**field, "status": "alarm", "psi": 0.5} for number in range(alarms)}
    return {
        "status": "alarm" if alarms else "ok", "n": 500, "as_of": "2026-01-01", "n_reference": 400, "reference_as_of": "2025-01-01",
        "model_version": "1", "alarms": [], "notes": [], "score": {**field, "status": "ok", "missing_then": None, "missing_now": None},
        "fields": fields, "calibration": {"status": "not_enough_data", "note": "no label"},
    }  # fmt: skip


@pytest.mark.parametrize("alarms", [0, 3, MOST_ROWS + 5])
def test_every_alarm_has_a_row_however_many_there_are(alarms):
    lines = lines_of(report(alarms, others=20))
    rows = max(MOST_ROWS, alarms)
    assert sum(line.startswith("moved_") and line.endswith("ALARM") for line in lines) == alarms
    assert sum(line.startswith(("moved_", "calm_", "score")) for line in lines) == rows
    assert f"… and {alarms + 20 + 1 - rows} fields that moved less (--json gives all)" in lines


def test_a_table_that_is_whole_counts_nothing_left_out():
    assert not any("moved less" in line for line in lines_of(report(alarms=1, others=2)))
