"""What a simulated programme looks like in a few figures, to compare with the published ones.

python -m graduasi_training.simulation.summary DIR
"""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from graduasi.dates import to_day
from graduasi.declarations.declarations import read_declarations
from graduasi_training.simulation.chance import Booleans, Floats, Integers
from graduasi_training.simulation.writing import KEYS

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
        **_event_rates(panel, events),
        "relapse_within_two_years": _relapse_share(events),
        "stale_at_extract": _stale_share(panel, events),
        "unknown_floor_or_protected": _unknown_share(latest, folder),
        **{f"true_{name}": float(pc.mean(truth[name]).as_py()) for name in truth.column_names},
        "income_above_target_now": float(np.nanmean(_income_ratio(panel) >= TARGET_FACTOR)),
        **{f"share:{name}": share for name, share in _field_means(latest).items()},
    }


def _event_rates(panel: pa.Table, events: pa.Table) -> dict[str, float]:
    """Events per year and family in aid, and how many families are in aid in a quarter."""
    quarters = len(pc.unique(panel["as_of"]))
    family_years = len(panel) / 4
    counts = {row["values"]: row["counts"] for row in pc.value_counts(events["event"]).to_pylist()}
    rates = {f"per_year:{name}": count / family_years for name, count in sorted(counts.items())}
    return {**rates, "families_in_aid": len(panel) / quarters}


def _relapse_share(events: pa.Table) -> float:
    """Of the graduates who can be followed for two years, the share that re-entered within them; NaN without any."""
    last_known_day = to_day(pc.max(events["known_on"]).as_py())
    households, names, days = _event_arrays(events)
    graduated_on: dict[str, int] = {}
    returned_on: dict[str, int] = {}
    for household, name, day in zip(households, names, days, strict=True):
        if name == "graduated":
            graduated_on.setdefault(household, int(day))
        elif name == "re_entered":
            returned_on.setdefault(household, int(day))
    relapsed = [
        household in returned_on and returned_on[household] - day <= TWO_YEARS_DAYS
        for household, day in graduated_on.items()
        if day <= last_known_day - TWO_YEARS_DAYS
    ]
    return float(np.mean(relapsed)) if relapsed else float("nan")


def _stale_share(panel: pa.Table, events: pa.Table) -> float:
    """Of the families in aid, the share whose latest row is more than 180 days old on the day of the extract."""
    households, names, _ = _event_arrays(events)
    last_event = dict(zip(households, names, strict=True))
    gone = [household for household, name in last_event.items() if name != "re_entered"]
    latest = panel.group_by("household_id").aggregate([("as_of", "max")])
    present = latest.filter(pc.invert(pc.is_in(latest["household_id"], pa.array(gone, pa.string()))))
    extract_day = to_day(pc.max(panel["known_on"]).as_py())
    age_days = extract_day - pc.cast(present["as_of_max"], pa.int32()).to_numpy()
    return float(np.mean(age_days > STALE_DAYS))


def _unknown_share(latest: pa.Table, folder: Path) -> float:
    """Of the latest rows, the share in which a field of a floor or protection rule is blank."""
    programme = read_declarations(folder / "dictionary.toml", folder / "programme.toml").programme
    fields = {condition.field for rule in (*programme.floor, *programme.protected) for condition in rule.rules}
    is_blank: Booleans = np.zeros(len(latest), dtype=bool)
    for field in sorted(fields):
        is_blank |= pc.is_null(latest[field]).to_numpy()
    return float(is_blank.mean())


def _field_means(latest: pa.Table) -> dict[str, float]:
    """The mean of each field where it is known; for a category, the share of each of its codes."""
    means: dict[str, float] = {}
    for name in latest.column_names[len(KEYS) :]:
        column = latest[name]
        if pa.types.is_string(column.type):
            known = column.drop_null()
            counts = pc.value_counts(known).to_pylist()
            means |= {f"{name}={row['values']}": row["counts"] / len(known) for row in counts}
        else:
            means[name] = float(pc.mean(pc.cast(column, pa.float64())).as_py())
    return means


def _income_ratio(panel: pa.Table) -> Floats:
    """Reported income per person in poverty lines, NaN where it is blank."""
    ratio: Floats = panel["income_excl_aid_pc_idr"].to_numpy() / panel["poverty_line_idr"].to_numpy()
    return ratio


def _event_arrays(events: pa.Table) -> tuple[list[str], list[str], Integers]:
    """Household, event and day of each event, in the file's order: by household and day."""
    days = pc.cast(events["event_date"], pa.int32()).to_numpy().astype(np.int64)
    return events["household_id"].to_pylist(), events["event"].to_pylist(), days


if __name__ == "__main__":
    for figure, value in summarise(Path(sys.argv[1])).items():
        sys.stdout.write(f"{figure:45s} {value:14,.4f}\n")
