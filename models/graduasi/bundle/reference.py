"""The panel of training in counts: what later panels are compared with, to see whether the model still fits.

It holds no household's data. The households of a cell of fewer than SMALLEST_CELL are counted in the field's largest
cell, and their own is written as 0. Edges of bins are rounded, and a bin holds no household or at least that many.
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

SMALLEST_CELL = 10
"""Fewer households never have a cell of their own."""


class Histogram(Declared):
    """How many households lie in each bin: at most `edges[0]`; above it and at most `edges[1]`; …; above the last edge."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]

    def faults(self) -> list[str]:
        """Why this cannot be a histogram of training; empty if it can."""
        ascending = all(low < high for low, high in pairwise(self.edges))
        well_formed = len(self.counts) == len(self.edges) + 1 and ascending
        return [] if well_formed and _all_large(self.counts) else ["not a histogram of cells large enough"]


class Cells(Declared):
    """How many households have each category, or true and false."""

    counts: dict[str, int]
    rare: tuple[str, ...] = ()
    """The categories that 1 to 9 households had, so that their count is 0 here."""

    def faults(self) -> list[str]:
        """Why this cannot be a table of training; empty if it can."""
        return [] if _all_large(tuple(self.counts.values())) else ["not a table of cells large enough"]


class FieldReference(Declared):
    """One field: how many households it was unknown for, and how the known values were distributed."""

    missing: int = Key(ge=0)
    bins: Histogram | None = None
    """Of a number or date, as the model reads it: a ratio for a field with `per`, years for a date."""
    own_bins: Histogram | None = None
    """Of a field with `per`: the amounts as they stand in the panel."""
    cells: Cells | None = None
    """Of a category or boolean."""

    @property
    def known(self) -> int:
        """How many households it was known for, as far as counts tell."""
        counts = self.bins.counts if self.bins else tuple(self.cells.counts.values()) if self.cells else ()
        return sum(counts)

    def faults(self) -> list[str]:
        """Why this cannot be a field of training; empty if it can."""
        tables = [table for table in (self.bins, self.own_bins, self.cells) if table is not None]
        faults = [fault for table in tables for fault in table.faults()]
        return faults if _all_large((self.missing,)) else [*faults, "missing: too few for a cell"]


class CalibrationReference(Declared):
    """How well the scores of training met the labels that the model learned from."""

    labels_known_through: date
    n: int = Key(ge=0)
    """How many labels."""
    observed: float | None = Key(ge=0, le=1)
    """The share that was ready; None if there are too few labels to tell."""
    mean_score: float | None = Key(ge=0, le=1)


class Reference(Declared):
    """The cohort's latest snapshots in training as known on `as_of`, none older than max_data_age_days."""

    as_of: date
    n: int = Key(ge=0)
    """How many snapshots."""
    fields: dict[str, FieldReference]
    score: Histogram | None
    mean_score: float | None = Key(ge=0, le=1)
    calibration: CalibrationReference


def write_reference(reference: Reference) -> str:
    """The text of reference.json."""
    return json.dumps(reference.model_dump(mode="json", exclude_none=False), separators=(",", ":"))


def parse_reference(text: str, dictionary: Dictionary) -> Reference:
    """The inverse of `write_reference`. Raises BundleError for a text that is no reference for this dictionary."""
    try:
        reference = Reference.model_validate(_parse_json(text))
    except (ValueError, ValidationError) as error:
        raise BundleError(f"reference.json cannot be read ({type(error).__name__})") from None
    if list(reference.fields) != [field.name for field in dictionary.features]:
        raise BundleError("reference.json describes other fields than the dictionary declares")
    faults = [f"{name}: {fault}" for name, field in reference.fields.items() for fault in field.faults()]
    if reference.score is not None:
        faults += [f"score: {fault}" for fault in reference.score.faults()]
    if faults:
        raise BundleError([f"reference.json: {fault}" for fault in faults])
    return reference


def _parse_json(text: str) -> Any:
    """Parsed JSON. Raises ValueError also for NaN and Infinity, which Python would accept."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    return json.loads(text, parse_constant=refuse)


def _all_large(counts: tuple[int, ...]) -> bool:
    return all(count == 0 or count >= SMALLEST_CELL for count in counts)
