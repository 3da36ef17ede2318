"""What other tools write for a missing value is no building material, no household and no mentor."""

import pyarrow as pa
import pytest

from graduasi.panel.drafting import write_drafts
from graduasi.panel.missing_codes import missing_codes_in
from graduasi.panel.table_contract import check_panel
from tests.made_up.small_programme import SMALL


@pytest.mark.parametrize(
    "code", ["NA", "N/A", "#N/A", "NaN", "nan", "null", "None", ".", ".a", ".z", "NaT", "<NA>", " NA "]
)
def test_codes_of_other_tools_are_known(code):
    assert missing_codes_in(pa.array(["brick", code, None])) == [code]


@pytest.mark.parametrize("text", ["Nana", "none of these", "0", "", "..", ".5", "n", "NAN-1"])
def test_other_texts_are_not_taken_for_one(text):
    assert missing_codes_in(pa.array([text])) == []


def test_a_draft_does_not_take_a_code_for_a_value(tmp_path):
    table = pa.table({
        "household_id": ["A", "B", "C", "D"], "as_of": ["2021-01-01"] * 4, "roof": ["0", "1", ".a", "1"], "weight": ["1.5", "NA", "2.5", "3"],
        "wall": ["wood", "brick", "N/A", "wood"],
    })  # fmt: skip
    write_drafts(table, tmp_path, "panel")
    draft = (tmp_path / "dictionary.toml").read_text()
    assert '[fields.roof]\ntype = "boolean"' in draft
    assert '[fields.weight]\ntype = "number"' in draft
    assert 'categories = ["brick", "wood"]' in draft
    assert "# not counted as values: N/A; write unknown as an empty cell" in draft


def test_an_identifier_that_is_such_a_code_is_told_by_column_and_count():
    table = pa.table(
        {"household_id": ["A", "None", "NA"], "as_of": ["2021-01-01"] * 3, "mentor_id": ["nan", "M1", "M1"]}
    )
    found = [finding["text"] for finding in check_panel(table, SMALL)[1].findings()]
    assert [text.partition(" hold")[0] for text in found if "other tools" in text] == [
        "household_id: 2 row(s)",
        "mentor_id: 1 row(s)",
    ]
