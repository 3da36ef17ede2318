"""The result of a watch in lines that a person reads: what alarms first, then what moved most."""

from typing import Any

SHOWN = 12
WORDS = {"ok": "no alarm", "alarm": "ALARM", "not_enough_data": "not enough data"}


def lines_of(found: dict[str, Any]) -> list[str]:
    """A short table and the alarms as sentences."""
    head = (
        f"{WORDS[found['status']]}: {found['n']:,} households as of {found['as_of']} against {found['n_reference']:,} "
        f"of training as of {found['reference_as_of']}, model {found['model_version']}"
    )
    alarms = [f"  {sentence}" for sentence in found["alarms"]]
    return [head, *alarms, *found["notes"], *_table(found), _calibration(found["calibration"])]


def _table(found: dict[str, Any]) -> list[str]:
    if found["status"] == "not_enough_data":
        return []
    entries = [("score", found["score"]), *found["fields"].items()]
    entries.sort(key=lambda entry: (entry[1]["status"] != "alarm", -round(entry[1]["psi"] or 0.0, 2)))
    most = max(SHOWN, sum(entry["status"] == "alarm" for _, entry in entries))
    width = max(len(name) for name, _ in entries[:most])
    lines = [f"{'field':<{width}}   PSI    KS  unknown: then   now"]
    for name, entry in entries[:most]:
        then, now = (_number(entry.get(key), ".0%") for key in ("missing_then", "missing_now"))
        mark = "" if entry["status"] == "ok" else f"  {WORDS[entry['status']]}"
        lines.append(
            f"{name:<{width}} {_number(entry['psi'], '.2f'):>5} {_number(entry['ks'], '.2f'):>5} {then:>14} {now:>5}{mark}"
        )
    left = len(entries) - most
    return [*lines, *([f"… and {left} fields that moved less (--json gives all)"] if left > 0 else [])]


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
