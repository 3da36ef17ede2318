"""Faults and notes of a file that is read in parts: each is reported once, for the whole file."""

import numpy as np

from graduasi.panel.faults import Faults
from graduasi.panel.table_contract import Notes


def _add(faults, row_numbers):
    numbers = np.array(row_numbers)
    faults.add_rows("members", "empty", "a number", bad=np.ones(len(numbers), dtype=bool), row_numbers=numbers)


def test_the_rows_of_all_parts_are_counted_together_and_named_in_order():
    faults = Faults()
    _add(faults, [7, 3])
    _add(faults, [1200, 5])
    assert faults.sentences("p.csv") == ["p.csv: members: empty in 4 rows (rows 3, 5, 7, 1200); allowed: a number"]


def test_of_many_rows_in_several_parts_the_first_twenty_are_named():
    faults = Faults()
    _add(faults, range(1001, 2001))
    _add(faults, range(1, 16))
    (sentence,) = faults.sentences("p.csv")
    first_twenty = ", ".join(map(str, [*range(1, 16), *range(1001, 1006)]))
    assert f"in 1,015 rows (rows {first_twenty}, …)" in sentence


def test_a_rule_that_no_row_breaks_is_no_fault():
    faults = Faults()
    faults.add_rows("members", "empty", "a number", bad=np.zeros(2, dtype=bool), row_numbers=np.array([1, 2]))
    assert not faults


def test_the_notes_of_two_parts_are_those_of_the_whole_file():
    first = Notes(absent_fields=("land_ha",), unseen_categories=("work",), identity_numbers={"household_id": 1})
    second = Notes(
        absent_fields=("land_ha",),
        unseen_categories=("floor", "work"),
        identity_numbers={"household_id": 2, "area_code": 1},
    )
    assert first.joined(second) == Notes(("land_ha",), ("floor", "work"), {"household_id": 3, "area_code": 1})
