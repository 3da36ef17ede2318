"""What a simulated programme looks like in a few figures, to hold against the published ones.

python -m graduasi_training.simulation.summary DIR
"""

import sys
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from graduasi.declarations.dictionary import read_dictionary
from graduasi.declarations.programme import read_programme
from graduasi_training.simulation.chance import Booleans, Floats, Integers

TWO_YEARS_DAYS = 730
STALE_DAYS = 180
TARGET_FACTOR = 1.2


def summarise(folder: Path) -> dict[str, float]:
    """Figures of a simulation: yearly rates, relapse, staleness, blanks, and shares at the last quarter."""
    panel = pq.read_table(folder / "households.parquet")
    events = pq.read_table(folder / "events.parquet")
    truth = pq.read_table(folder / "truth.parquet", columns=["would_sustain", "would_stay_out"])
    latest = panel.filter(pc.equal(panel["as_of"], pc.max(panel["as_of"])))
    return {
        **_rates(panel, events),
        "relapse_within_two_years": _relapse(events),
        "stale_at_extract": _stale(panel, events),
        "unknown_floor_or_protected": _unknown(latest, folder),
        **{f"true_{name}": float(pc.mean(truth[name]).as_py()) for name in truth.column_names},
        "income_above_target_now": float(np.nanmean(_income_ratio(panel) >= TARGET_FACTOR)),
        **{f"share:{name}": share for name, share in _shares(latest).items()},
    }


def _rates(panel: pa.Table, events: pa.Table) -> dict[str, float]:
    """Events a year, per family in aid."""
    quarters = len(pc.unique(panel["as_of"]))
    family_years = len(panel) / 4
    counts = {row["values"]: row["counts"] for row in pc.value_counts(events["event"]).to_pylist()}
    rates = {f"per_year:{name}": count / family_years for name, count in sorted(counts.items())}
    return {**rates, "families_in_aid": len(panel) / quarters}


def _relapse(events: pa.Table) -> float:
    """Of the graduates who can be followed for two years, how many re-entered within them."""
    end = _day(pc.max(events["known_on"]).as_py())
    households, names, days = _event_arrays(events)
    first_out: dict[str, int] = {}
    returned: dict[str, int] = {}
    for household, name, day in zip(households, names, days, strict=True):
        if name == "graduated":
            first_out.setdefault(household, int(day))
        elif name == "re_entered":
            returned.setdefault(household, int(day))
    followed = {household: day for household, day in first_out.items() if day <= end - TWO_YEARS_DAYS}
    back = [
        returned.get(household, day + 10 * TWO_YEARS_DAYS) - day <= TWO_YEARS_DAYS
        for household, day in followed.items()
    ]
    return float(np.mean(back)) if back else float("nan")


def _stale(panel: pa.Table, events: pa.Table) -> float:
    """Of the families in aid, those whose latest row is more than 180 days old on the day of the extract."""
    households, names, _ = _event_arrays(events)
    last_event = dict(zip(households, names, strict=True))
    gone = [household for household, name in last_event.items() if name != "re_entered"]
    latest = panel.group_by("household_id").aggregate([("as_of", "max")])
    present = latest.filter(pc.invert(pc.is_in(latest["household_id"], pa.array(gone, pa.string()))))
    age = _day(pc.max(panel["known_on"]).as_py()) - pc.cast(present["as_of_max"], pa.int32()).to_numpy()
    return float(np.mean(age > STALE_DAYS))


def _unknown(latest: pa.Table, folder: Path) -> float:
    """Of the latest rows, those with a field of a floor or protecting rule left blank."""
    programme = read_programme(folder / "programme.toml", read_dictionary(folder / "dictionary.toml"))
    fields = {condition.field for rule in (*programme.floor, *programme.protected) for condition in rule.rules}
    blank: Booleans = np.zeros(len(latest), dtype=bool)
    for field in sorted(fields):
        blank |= pc.is_null(latest[field]).to_numpy()
    return float(blank.mean())


def _shares(latest: pa.Table) -> dict[str, float]:
    """The mean of each field, blanks apart; the share of each code of a category."""
    shares: dict[str, float] = {}
    for name in latest.column_names[5:]:
        column = latest[name]
        if pa.types.is_string(column.type):
            known = column.drop_null()
            shares |= {
                f"{name}={row['values']}": row["counts"] / len(known) for row in pc.value_counts(known).to_pylist()
            }
        else:
            shares[name] = float(pc.mean(pc.cast(column, pa.float64())).as_py())
    return shares


def _income_ratio(panel: pa.Table) -> Floats:
    ratio: Floats = panel["income_excl_aid_pc_idr"].to_numpy() / panel["poverty_line_idr"].to_numpy()
    return ratio


def _event_arrays(events: pa.Table) -> tuple[list[str], list[str], Integers]:
    days = pc.cast(events["event_date"], pa.int32()).to_numpy().astype(np.int64)
    return events["household_id"].to_pylist(), events["event"].to_pylist(), days


def _day(day: date) -> int:
    return (day - date(1970, 1, 1)).days


if __name__ == "__main__":
    for figure, value in summarise(Path(sys.argv[1])).items():
        sys.stdout.write(f"{figure:45s} {value:14,.4f}\n")
