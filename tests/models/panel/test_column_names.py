"""Which names of columns a message repeats, and what it says of those that may be a family's data."""

import pytest

from graduasi.errors import PanelError
from graduasi.panel import files
from graduasi.panel.table_contract import header_faults
from tests.made_up.small_programme import SMALL

CANARY = "9999010101990777"


def test_a_file_without_a_line_of_names_is_refused_without_its_first_row():
    first_row = [CANARY, "2026-09-30", "M-0001", "520000", "Siti"]
    sentences = header_faults(first_row, SMALL).sentences("x.csv")
    told = " ".join(sentences)
    assert not any(value in told for value in first_row)
    assert (
        "x.csv: column names: not a field of the dictionary; not repeated here, as they may be data: 5 of 5 "
        "(columns 1, 2, 3, 4, 5); allowed: a name of small letters, digits and _, such as household_id, for each column; "
        "in CSV the first line holds them"
    ) in sentences


@pytest.mark.parametrize("value", [CANARY, "520000", f"nik_{CANARY}"])
def test_a_value_twice_in_the_line_of_names_is_not_repeated(tmp_path, value):
    (tmp_path / "x.csv").write_text(f"household_id,as_of,{value},{value}\nK1,2021-01-01,1,1\n")
    with pytest.raises(PanelError) as refusal:
        files.read_table(tmp_path / "x.csv")
    assert "there twice" in str(refusal.value)
    assert value not in str(refusal.value)


def test_a_misspelled_column_is_named():
    assert "x.csv: saving_idr: not a field of the dictionary" in " ".join(
        header_faults(["household_id", "as_of", "saving_idr"], SMALL).sentences("x.csv")
    )


def test_of_many_undeclared_columns_some_are_named_and_the_rest_is_counted():
    names = ["household_id", "as_of", *(f"c{number}" for number in range(100_000))]
    sentences = header_faults(names, SMALL).sentences("x.csv")
    assert len(sentences) == 21
    assert sentences[0].startswith("x.csv: c0: not a field of the dictionary; allowed: declare it")
    assert sentences[-1].startswith("x.csv: column names: not a field of the dictionary: 99,980 more columns; allowed:")
