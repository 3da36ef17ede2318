"""Collecting faults of a panel, so that all are reported at once: which rule, how many rows, the first twenty.

Rows are counted from 1, the first household row. Values are never kept: they may be a family's income.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

SHOWN_ROWS = 20


@dataclass
class Fault:
    """One broken rule of one column."""

    column: str
    rule: str
    allowed: str
    count: int = 0
    rows: list[int] = field(default_factory=list)

    def sentence(self, file: str) -> str:
        """What a person reads: where, what is wrong, how often, what is allowed."""
        where = ""
        if self.count:
            shown = ", ".join(str(row) for row in self.rows)
            more = ", …" if self.count > len(self.rows) else ""
            where = f" in {self.count:,} row{'s' if self.count > 1 else ''} ({'rows' if self.count > 1 else 'row'} {shown}{more})"
        return f"{file}: {self.column}: {self.rule}{where}; allowed: {self.allowed}"


class Faults:
    """All faults of one file, also when it is read in parts."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Fault] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, column: str, rule: str, allowed: str) -> None:
        """A fault of the column as a whole."""
        self._found.setdefault((column, rule), Fault(column, rule, allowed))

    def add_rows(
        self, column: str, rule: str, allowed: str, *, bad: npt.NDArray[np.bool_], numbers: npt.NDArray[np.int64]
    ) -> None:
        """A fault of the rows where `bad`; `numbers` are the rows' numbers in the file."""
        if not bad.any():
            return
        fault = self._found.setdefault((column, rule), Fault(column, rule, allowed))
        fault.count += int(bad.sum())
        fault.rows = sorted({*fault.rows, *(int(number) for number in np.sort(numbers[bad])[:SHOWN_ROWS])})[:SHOWN_ROWS]

    def sentences(self, file: str) -> list[str]:
        """Every fault as a sentence."""
        return [fault.sentence(file) for fault in self._found.values()]
