"""What the simulator assumes, in numbers from parameters.toml, where each has a source or is called a guess."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

Table = Mapping[str, float]


@dataclass(frozen=True)
class Parameters:
    """The assumptions. Keys are `section.name`; `reasons` holds the source or guess of every number and table."""

    numbers: Mapping[str, float]
    tables: Mapping[str, Table]
    reasons: Mapping[str, str]

    def number(self, name: str) -> float:
        """The number called `section.name`."""
        return self.numbers[name]

    def table(self, name: str) -> Table:
        """The table of numbers called `section.name`."""
        return self.tables[name]

    def per_quarter(self, name: str) -> float:
        """The quarterly probability that amounts to the yearly probability called `section.name`."""
        return 1.0 - math.sqrt(math.sqrt(1.0 - self.numbers[name]))

    def section(self, name: str) -> dict[str, Table]:
        """All tables of one section, by their names without the section."""
        prefix = f"{name}."
        return {key.removeprefix(prefix): table for key, table in self.tables.items() if key.startswith(prefix)}


@cache
def shipped_parameters() -> Parameters:
    """The parameters that come with the simulator."""
    text = resources.files("graduasi_training.simulation").joinpath("parameters.toml").read_text(encoding="utf-8")
    return parse_parameters(text)


def parse_parameters(text: str) -> Parameters:
    """Parameters from TOML. Raises ValueError naming the first entry without a value, or without a source or guess."""
    numbers: dict[str, float] = {}
    tables: dict[str, Table] = {}
    reasons: dict[str, str] = {}
    for section, entries in tomllib.loads(text).items():
        for key, entry in entries.items():
            name = f"{section}.{key}"
            if set(entry) not in ({"value", "source"}, {"value", "guess"}):
                raise ValueError(f"{name}: needs a value and either a source or a guess, not {sorted(entry)}")
            reasons[name] = str(entry.get("source", entry.get("guess")))
            if isinstance(entry["value"], dict):
                tables[name] = {code: float(value) for code, value in entry["value"].items()}
            else:
                numbers[name] = float(entry["value"])
    return Parameters(numbers=numbers, tables=tables, reasons=reasons)
