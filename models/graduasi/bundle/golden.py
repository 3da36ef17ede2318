"""Golden households: made-up families whose features, scores and reasons a bundle must reproduce wherever it is loaded.

They are drawn at random within the width of each field, never taken from data, and cover missing values, every
category, a history, and every band that the model can give. Run as a module, it checks a bundle and says what differs:

    python -m graduasi.bundle.golden BUNDLE DIGEST
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from graduasi.bundle.bundle import Bundle, open_sealed
from graduasi.bundle.manifest import unseal
from graduasi.declarations.dictionary import Dictionary, Field
from graduasi.errors import BundleError, GraduasiError
from graduasi.panel.record import Panel, ordered
from graduasi.scoring.scores import Scored, Scorer, reasons_of, score_rows
from graduasi.scoring.verdicts import BANDS

TOLERANCE = 1e-9
DRAWN, PER_BAND = 3000, 4
UNKNOWN_SHARE = 0.12
REASONS = 5

Ranges = Mapping[str, tuple[float, float]]


def make_golden(bundle: Scorer, ranges: Ranges, *, day: int, rng: np.random.Generator) -> dict[str, Any]:
    """Golden households with what `bundle` says of them on `day`. `ranges` is the width to draw each number from."""
    dictionary = bundle.declarations.dictionary
    panel = _draw(dictionary, ranges, day=day, max_age=bundle.declarations.max_data_age_days, rng=rng)
    scored = score_rows(panel, panel.latest_known(day), as_of=day, bundle=bundle)
    chosen = _cover(scored, dictionary)
    kept = panel.take(np.isin(panel.household, scored.snapshots.household[chosen]))
    missing = sorted(set(BANDS) - {BANDS[place] for place in scored.band[chosen]})
    snapshots = {
        "as_of": kept.as_of.tolist(),
        "household_id": kept.household_id.to_pylist(),
        "values": _listed(kept.values),
    }
    return {
        "day": day,
        "bands_not_reached": missing,
        "snapshots": snapshots,
        "expected": _answers(_score(snapshots, day, bundle), bundle),
    }


def check_golden(bundle: Bundle) -> None:
    """Score the golden households. Raises BundleError naming what differs from the answers in the bundle."""
    golden = bundle.golden
    found = _answers(_score(golden["snapshots"], golden["day"], bundle), bundle)
    for key, expected in golden["expected"].items():
        if not _same(found[key], expected):
            raise BundleError(
                f"the golden households' {key} differ from those in the bundle; it was made by another version or another machine"
            )


def _score(snapshots: Mapping[str, Any], day: int, bundle: Scorer) -> Scored:
    as_of = np.array(snapshots["as_of"], dtype=np.int32)
    values = np.array(
        [[np.nan if value is None else value for value in row] for row in snapshots["values"]], dtype=float
    )
    panel = _panel(pa.array(snapshots["household_id"], pa.string()), as_of, values)
    return score_rows(panel, panel.latest_known(day), as_of=day, bundle=bundle)


def _answers(scored: Scored, bundle: Scorer) -> dict[str, Any]:
    return {
        "features": _listed(scored.features.values),
        "margin": scored.explained.margin.tolist(),
        "interval": None if scored.ends is None else _listed(np.column_stack(scored.ends)),
        "relapse": None if scored.relapse is None else _listed(np.column_stack(scored.relapse)),
        "contributions": scored.explained.contributions.tolist(),
        "band": [BANDS[place] for place in scored.band],
        "reasons": [
            [(reason["feature"], reason["value"]) for reason in row]
            for row in reasons_of(scored, bundle, count=REASONS).table.to_pylist()
        ],
    }


def _same(found: Any, expected: Any) -> bool:
    """Equal to the tolerance, with the same unknowns, in nested lists."""
    if isinstance(expected, list):
        return len(found) == len(expected) and all(_same(a, b) for a, b in zip(found, expected, strict=True))
    if isinstance(expected, float) and isinstance(found, float):
        return abs(found - expected) <= TOLERANCE
    return bool(found == expected)


def _listed(values: "np.ndarray[Any, np.dtype[np.float64]]") -> list[list[float | None]]:
    return [[None if np.isnan(value) else float(value) for value in row] for row in values]


def _panel(
    household_id: pa.Array,
    as_of: "np.ndarray[Any, np.dtype[np.int32]]",
    values: "np.ndarray[Any, np.dtype[np.float64]]",
) -> Panel:
    nothing = pa.nulls(len(as_of), pa.string())
    return ordered(Panel(household_id, np.zeros(0, dtype=np.int32), as_of, as_of, nothing, nothing, values))


def _draw(dictionary: Dictionary, ranges: Ranges, *, day: int, max_age: int, rng: np.random.Generator) -> Panel:
    """Two snapshots for each made-up household; one in twelve households is stale, the first knows nothing at all."""
    ids = [f"GOLDEN-{number:04}" for number in range(DRAWN)]
    ages = np.where(np.arange(DRAWN) % 12 == 11, max_age + 30, rng.integers(0, max_age, DRAWN))
    as_of = np.concatenate([day - ages, day - ages - rng.integers(30, 300, DRAWN)]).astype(np.int32)
    values = np.column_stack([_values(field, ranges, as_of, rng) for field in dictionary.fields.values()])
    unknown = np.asarray(rng.random(values.shape) < UNKNOWN_SHARE)
    unknown[rng.random(len(values)) < 0.5] = (
        False  # half of the snapshots are complete, or no family could pass a floor
    )
    unknown[[0, DRAWN]] = True
    return _panel(pa.array(ids * 2, pa.string()), as_of, np.where(unknown, np.nan, values))


def _values(
    field: Field, ranges: Ranges, as_of: "np.ndarray[Any, np.dtype[np.int32]]", rng: np.random.Generator
) -> "np.ndarray[Any, np.dtype[np.float64]]":
    rows = len(as_of)
    match field.type:
        case "boolean":
            return rng.integers(0, 2, rows).astype(float)
        case "category":
            return rng.integers(0, len(field.categories), rows).astype(float)
        case "date":
            return (as_of - rng.integers(0, 3650, rows)).astype(float)
    low, high = ranges.get(field.name, (0.0, 1.0))
    drawn = rng.uniform(low, high, rows)
    return np.round(drawn) if field.type == "integer" else np.round(drawn, 4)


def _cover(scored: Scored, dictionary: Dictionary) -> "np.ndarray[Any, np.dtype[np.intp]]":
    """The first households that show each band, each category, and each field unknown."""
    wanted = {0: True}
    for band in range(len(BANDS)):
        wanted |= dict.fromkeys(np.flatnonzero(scored.band == band)[:PER_BAND].tolist(), True)
    for place, field in enumerate(dictionary.fields.values()):
        column = scored.snapshots.values[1:, place]
        codes = range(len(field.categories)) if field.type == "category" else range(0)
        for mask in (np.isnan(column), *(column == code for code in codes)):
            already = [row for row in wanted if row and mask[row - 1]]
            if not already:
                wanted |= dict.fromkeys((np.flatnonzero(mask)[:1] + 1).tolist(), True)
    return np.array(sorted(wanted), dtype=np.intp)


def rounded_ranges(dictionary: Dictionary, panel: Panel) -> dict[str, tuple[float, float]]:
    """How wide to draw each number: the 5th to 95th percentile, coarsened to two digits, inside the declared range."""
    ranges = {}
    for name, field in dictionary.fields.items():
        known = panel.values[:, dictionary.column(name)]
        known = known[~np.isnan(known)]
        if field.type not in ("number", "integer") or not len(known):
            continue
        low, high = (float(f"{value:.2g}") for value in np.quantile(known, [0.05, 0.95]))
        floor, ceiling = (-np.inf if field.min is None else field.min, np.inf if field.max is None else field.max)
        ranges[name] = (min(max(low, floor), ceiling), min(max(high, floor), ceiling))
    return ranges


def main(arguments: list[str]) -> int:
    """Check the bundle of the given digest; 0 when it gives its golden answers."""
    folder, digest = arguments
    try:
        sealed = unseal(Path(folder))
        if sealed.digest != digest:
            raise BundleError("the bundle changed while it was being checked")
        check_golden(open_sealed(sealed))
    except GraduasiError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
