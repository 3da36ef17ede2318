"""What training looked like, in counts: what later panels are compared with, to see whether the model still fits.

Aggregates only. A cell of fewer than SMALLEST households is written as 0, and they are counted with the field's
largest cell, so that no cell tells of a single family; edges of bins are rounded and each has at least that many below.
"""

import json
from datetime import date
from itertools import pairwise
from typing import Any

from pydantic import Field as Key
from pydantic import ValidationError

from graduasi.declarations.dictionary import Dictionary
from graduasi.declarations.toml import Declared
from graduasi.errors import BundleError

SMALLEST = 10
"""Fewer households than these never stand in a cell of their own."""


class Histogram(Declared):
    """How many households lie in each bin: at most `edges[0]`, above it to `edges[1]`, …, above the last."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]

    def faults(self) -> list[str]:
        """What no histogram of training can hold."""
        ascending = all(low < high for low, high in pairwise(self.edges))
        shape = len(self.counts) == len(self.edges) + 1 and ascending
        return [] if shape and _all_large(self.counts) else ["not a histogram of cells large enough"]


class Cells(Declared):
    """How many households have each category, or true and false. `rare`: 1 to 9 had it, so its count is 0 here."""

    counts: dict[str, int]
    rare: tuple[str, ...] = ()

    def faults(self) -> list[str]:
        """What no table of training can hold."""
        return [] if _all_large(tuple(self.counts.values())) else ["not a table of cells large enough"]


class FieldReference(Declared):
    """One field: households for which it was unknown, and how the known values lay.

    `bins` describes a number or date as the model reads it (a ratio where the field has `per`, years where it is a
    date), and `own_bins` the ratio's money as it is written down.
    """

    missing: int = Key(ge=0)
    bins: Histogram | None = None
    own_bins: Histogram | None = None
    cells: Cells | None = None

    @property
    def known(self) -> int:
        table = self.bins.counts if self.bins else tuple(self.cells.counts.values()) if self.cells else ()
        return sum(table)

    def faults(self) -> list[str]:
        """What no field of training can hold."""
        tables = [table for table in (self.bins, self.own_bins, self.cells) if table is not None]
        found = [fault for table in tables for fault in table.faults()]
        return found if _all_large((self.missing,)) else [*found, "missing: too few for a cell"]


class CalibrationReference(Declared):
    """What the model had learned from: labels known through this day, how many, how many ready, the mean score."""

    labels_known_through: date
    n: int = Key(ge=0)
    observed: float | None = Key(ge=0, le=1)
    mean_score: float | None = Key(ge=0, le=1)


class Reference(Declared):
    """The cohort's latest snapshots in training, none older than max_data_age_days, as known on `as_of`."""

    as_of: date
    n: int = Key(ge=0)
    fields: dict[str, FieldReference]
    score: Histogram | None
    mean_score: float | None = Key(ge=0, le=1)
    calibration: CalibrationReference


def write_reference(reference: Reference) -> str:
    """As a bundle carries it."""
    return json.dumps(reference.model_dump(mode="json", exclude_none=False), separators=(",", ":"))


def parse_reference(text: str, dictionary: Dictionary) -> Reference:
    """The inverse of `write_reference`. Raises BundleError for a reference that `dictionary` cannot have."""
    try:
        reference = Reference.model_validate(_finite(text))
    except (ValueError, ValidationError) as error:
        raise BundleError(f"reference.json cannot be read ({type(error).__name__})") from None
    if list(reference.fields) != [field.name for field in dictionary.features]:
        raise BundleError("reference.json describes other fields than the dictionary declares")
    found = [f"{name}: {fault}" for name, field in reference.fields.items() for fault in field.faults()]
    if reference.score is not None:
        found += [f"score: {fault}" for fault in reference.score.faults()]
    if found:
        raise BundleError([f"reference.json: {fault}" for fault in found])
    return reference


def _finite(text: str) -> Any:
    def refuse(word: str) -> None:
        raise ValueError(word)

    return json.loads(text, parse_constant=refuse)


def _all_large(counts: tuple[int, ...]) -> bool:
    return all(count == 0 or count >= SMALLEST for count in counts)
