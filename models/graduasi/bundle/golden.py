"""Golden households: made-up families whose features, scores and reasons a bundle must reproduce wherever it is loaded.

They are drawn at random within a range for each field, never taken from data. They cover unknown values, every
category, a history, and every band that the model can give. Run as a module, this checks a bundle and says what differs:

    python -m graduasi.bundle.golden BUNDLE DIGEST
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graduasi.arrays import Array, Matrix
from graduasi.bundle.bundle import Bundle, open_sealed
from graduasi.bundle.manifest import unseal
from graduasi.dates import Days
from graduasi.declarations.dictionary import Dictionary, Field
from graduasi.errors import BundleError, GraduasiError
from graduasi.panel.record import Panel, ordered
from graduasi.scoring.scores import Scored, Scorer, reasons_of, score_rows
from graduasi.scoring.verdicts import BANDS

TOLERANCE = 1e-9
"""How far a number may lie from the golden answer; versions of numpy and processors round differently."""
DRAWN_HOUSEHOLDS, HOUSEHOLDS_PER_BAND = 3000, 4
UNKNOWN_SHARE = 0.12
"""Of the values of a snapshot that is not complete."""
REASONS = 5

Ranges = Mapping[str, tuple[float, float]]
"""By number field, the lowest and highest value to draw."""


def make_golden(bundle: Scorer, ranges: Ranges, *, day: int, rng: np.random.Generator) -> dict[str, Any]:
    """Golden households and the answers of `bundle` for them on `day`, as golden.json holds them."""
    dictionary = bundle.declarations.dictionary
    panel = _draw(dictionary, ranges, day=day, max_age=bundle.declarations.max_data_age_days, rng=rng)
    scored = score_rows(panel, panel.latest_known(day), as_of=day, bundle=bundle)
    chosen = _cover(scored, dictionary)
    golden = panel.take(np.isin(panel.household, scored.snapshots.household[chosen]))
    snapshots = {
        "as_of": golden.as_of.tolist(),
        "household_id": golden.household_id.to_pylist(),
        "values": _as_lists(golden.values),
    }
    return {
        "day": day,
        "bands_not_reached": sorted(set(BANDS) - {BANDS[band] for band in scored.band[chosen]}),
        "snapshots": snapshots,
        "expected": _answers(_score(snapshots, day, bundle), bundle),
    }


def check_golden(bundle: Bundle) -> None:
    """Score the golden households. Raises BundleError naming the first kind of answer that differs from the bundle's."""
    golden = bundle.golden
    answers = _answers(_score(golden["snapshots"], golden["day"], bundle), bundle)
    for key, expected in golden["expected"].items():
        if not _same(answers[key], expected):
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
    """Everything that a bundle must reproduce, in forms that JSON has."""
    return {
        "features": _as_lists(scored.features.values),
        "margin": scored.explained.margin.tolist(),
        "interval": None if scored.ends is None else _as_lists(np.column_stack(scored.ends)),
        "relapse": None if scored.relapse is None else _as_lists(np.column_stack(scored.relapse)),
        "contributions": scored.explained.contributions.tolist(),
        "band": [BANDS[band] for band in scored.band],
        "reasons": [
            [(reason["feature"], reason["value"]) for reason in row]
            for row in reasons_of(scored, bundle, count=REASONS).table.to_pylist()
        ],
    }


def _same(answer: Any, expected: Any) -> bool:
    """Whether two answers are equal, with the same unknowns; numbers to TOLERANCE, lists entry by entry."""
    if isinstance(expected, list):
        return len(answer) == len(expected) and all(_same(a, b) for a, b in zip(answer, expected, strict=True))
    if isinstance(expected, float) and isinstance(answer, float):
        return abs(answer - expected) <= TOLERANCE
    return bool(answer == expected)


def _as_lists(values: Matrix) -> list[list[float | None]]:
    """Row by row, with None for NaN, which JSON lacks."""
    return [[None if np.isnan(value) else float(value) for value in row] for row in values]


def _panel(household_id: pa.Array, as_of: Days, values: Matrix) -> Panel:
    """A panel without mentors and areas, where every snapshot was known on its own day."""
    nulls = pa.nulls(len(as_of), pa.string())
    return ordered(Panel(household_id, np.zeros(0, dtype=np.int32), as_of, as_of, nulls, nulls, values))


def _draw(dictionary: Dictionary, ranges: Ranges, *, day: int, max_age: int, rng: np.random.Generator) -> Panel:
    """Two snapshots for each made-up household; one in twelve households is stale. Of the first, nothing at all is known.

    `max_age` is the programme's, in days: a household whose later snapshot is older is stale.
    """
    count = DRAWN_HOUSEHOLDS
    ids = [f"GOLDEN-{number:04}" for number in range(count)]
    ages = np.where(np.arange(count) % 12 == 11, max_age + 30, rng.integers(0, max_age, count))
    as_of = np.concatenate([day - ages, day - ages - rng.integers(30, 300, count)]).astype(np.int32)
    values = np.column_stack([_draw_values(field, ranges, as_of, rng) for field in dictionary.fields.values()])
    unknown = np.asarray(rng.random(values.shape) < UNKNOWN_SHARE)
    # Half of the snapshots are complete: otherwise hardly a family would pass a floor of many rules.
    unknown[rng.random(len(values)) < 0.5] = False
    unknown[[0, count]] = True
    return _panel(pa.array(ids * 2, pa.string()), as_of, np.where(unknown, np.nan, values))


def _draw_values(field: Field, ranges: Ranges, as_of: Days, rng: np.random.Generator) -> Array:
    """One value of the field for each day in `as_of`; a date lies at most ten years before it."""
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


def _cover(scored: Scored, dictionary: Dictionary) -> npt.NDArray[np.intp]:
    """The rows of some households that together show each band, each category, and each field unknown.

    Row 0, of which nothing is known, is always among them, and does not count for an unknown field.
    """
    chosen = {0}
    for band in range(len(BANDS)):
        chosen.update(np.flatnonzero(scored.band == band)[:HOUSEHOLDS_PER_BAND].tolist())
    for column, field in enumerate(dictionary.fields.values()):
        values = scored.snapshots.values[:, column]
        codes = range(len(field.categories)) if field.type == "category" else range(0)
        for shows in (np.isnan(values), *(values == code for code in codes)):
            shows[0] = False
            if not any(shows[row] for row in chosen):
                chosen.update(np.flatnonzero(shows)[:1].tolist())
    return np.array(sorted(chosen), dtype=np.intp)


def rounded_ranges(dictionary: Dictionary, panel: Panel) -> dict[str, tuple[float, float]]:
    """The range to draw each number from: the panel's 5th to 95th percentile, rounded to two digits, within what is declared."""
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
    """Check a bundle; `arguments` are its folder and its digest. Returns the exit code: 0 if it gives its golden answers."""
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
