"""The result of `watch_panel` as lines of text: first what alarms, then what moved most."""

from typing import Any

MOST_ROWS = 12
"""The table has at most this many rows, unless more alarm."""
STATUS_WORDS = {"ok": "no alarm", "alarm": "ALARM", "not_enough_data": "not enough data"}


def lines_of(report: dict[str, Any]) -> list[str]:
    """The status, the alarms as sentences, a short table, and calibration."""
    head = (
        f"{STATUS_WORDS[report['status']]}: {report['n']:,} households as of {report['as_of']} against {report['n_reference']:,} "
        f"of training as of {report['reference_as_of']}, model {report['model_version']}"
    )
    alarms = [f"  {sentence}" for sentence in report["alarms"]]
    return [head, *alarms, *report["notes"], *_table(report), _calibration(report["calibration"])]


def _table(report: dict[str, Any]) -> list[str]:
    if report["status"] == "not_enough_data":
        return []
    entries = [("score", report["score"]), *report["fields"].items()]
    entries.sort(key=lambda entry: (entry[1]["status"] != "alarm", -round(entry[1]["psi"] or 0.0, 2)))
    rows = max(MOST_ROWS, sum(entry["status"] == "alarm" for _, entry in entries))
    width = max(len(name) for name, _ in entries[:rows])
    lines = [f"{'field':<{width}}   PSI    KS  unknown: then   now"]
    for name, entry in entries[:rows]:
        then, now = (_number(entry.get(key), ".0%") for key in ("missing_then", "missing_now"))
        status = "" if entry["status"] == "ok" else f"  {STATUS_WORDS[entry['status']]}"
        lines.append(
            f"{name:<{width}} {_number(entry['psi'], '.2f'):>5} {_number(entry['ks'], '.2f'):>5} {then:>14} {now:>5}{status}"
        )
    left_out = len(entries) - rows
    return [*lines, *([f"… and {left_out} fields that moved less (--json gives all)"] if left_out > 0 else [])]


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def _calibration(entry: dict[str, Any]) -> str:
    if entry["status"] == "not_enough_data":
        return f"calibration: {entry['note']}"
    slope = (
        ""
        if entry["slope"] is None
        else (f", slope {entry['slope']:.2f} ({entry['slope_low']:.2f} to {entry['slope_high']:.2f})")
    )
    return (
        f"calibration: observed {entry['observed']:.1%}, mean score {entry['mean_score']:.1%}, difference {entry['gap']:+.1%} "
        f"({entry['gap_low']:+.1%} to {entry['gap_high']:+.1%}){slope}, n = {entry['n']:,}"
    )
