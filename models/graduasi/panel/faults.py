"""The faults of a panel, collected so that all are reported at once: which rule, in how many rows, the first twenty.

Rows are counted from 1, without the line of column names. Values are never kept: they may be a family's income.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from graduasi.panel.identifiers import A_NAME, repeatable_name

SHOWN_ROWS = 20
"""How many row numbers a sentence names."""
SHOWN_NAMES = 20
"""How many columns get a sentence of their own."""
SHOWN_COLUMNS = 5
"""How many columns a sentence names by their position."""


@dataclass
class Fault:
    """One broken rule of one column. `count` is 0 for a fault of the column as a whole."""

    column: str
    rule: str
    allowed: str
    count: int = 0
    rows: list[int] = field(default_factory=list)

    def sentence(self, file: str) -> str:
        """The fault for a person: where it is, what is wrong, in how many rows, what is allowed."""
        where = ""
        if self.count:
            word = "rows" if self.count > 1 else "row"
            numbers = ", ".join(str(row) for row in self.rows)
            more = ", …" if self.count > len(self.rows) else ""
            where = f" in {self.count:,} {word} ({word} {numbers}{more})"
        return f"{file}: {self.column}: {self.rule}{where}; allowed: {self.allowed}"


class Faults:
    """All faults of one file, which may be read in parts. True if there is any."""

    def __init__(self) -> None:
        self._faults: dict[tuple[str, str], Fault] = {}
        """By column and rule."""

    def __bool__(self) -> bool:
        return bool(self._faults)

    def add(self, column: str, rule: str, allowed: str) -> None:
        """Add a fault of the column as a whole."""
        self._faults.setdefault((column, rule), Fault(column, rule, allowed))

    def add_columns(self, names: Sequence[str], rule: str, allowed: str, *, bad: Collection[str]) -> None:
        """Add a fault for each of the file's column `names` that is in `bad`; for the first SHOWN_NAMES, and one for the rest.

        A name that may be data, as in a file without a line of names, is counted and told by its position only.
        """
        named = {name: repeatable_name(name) for name in names if name in bad}
        shown = [name for name in named.values() if name is not None]
        for name in shown[:SHOWN_NAMES]:
            self.add(name, rule, allowed)
        if len(shown) > SHOWN_NAMES:
            self.add("column names", f"{rule}: {len(shown) - SHOWN_NAMES:,} more columns", allowed)
        positions = [position for position, name in enumerate(names, 1) if name in named and named[name] is None]
        if positions:
            first = ", ".join(map(str, positions[:SHOWN_COLUMNS]))
            more = ", …" if len(positions) > SHOWN_COLUMNS else ""
            self.add(
                "column names",
                f"{rule}; not repeated here, as they may be data: {len(positions):,} of {len(names):,} (columns {first}{more})",
                f"{A_NAME}, for each column; in CSV the first line holds them",
            )

    def add_rows(
        self, column: str, rule: str, allowed: str, *, bad: npt.NDArray[np.bool_], row_numbers: npt.NDArray[np.int64]
    ) -> None:
        """Add the rows where `bad` is true, if any, to the fault of this rule. `row_numbers` are their numbers in the file."""
        if not bad.any():
            return
        fault = self._faults.setdefault((column, rule), Fault(column, rule, allowed))
        fault.count += int(bad.sum())
        first_bad = np.sort(row_numbers[bad])[:SHOWN_ROWS].tolist()
        fault.rows = sorted({*fault.rows, *first_bad})[:SHOWN_ROWS]

    def sentences(self, file: str) -> list[str]:
        """Every fault as a sentence, in the order in which the rules were first found broken."""
        return [fault.sentence(file) for fault in self._faults.values()]
