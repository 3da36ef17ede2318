import tomllib
from pathlib import Path

import pyarrow as pa
import pytest

from graduasi.declarations.dictionary import read_dictionary
from graduasi.declarations.programme import PeriodLabel, read_programme
from graduasi.errors import PanelError
from graduasi.panel.drafting import guess_type, write_drafts
from graduasi.panel.table_contract import check_panel

TABLE = pa.table(
    {
        "household_id": [f"H{i}" for i in range(60)],
        "as_of": ["2024-01-01"] * 60,
        "income": [float(i) for i in range(60)],
        "head": [f"Secret Name {i}" for i in range(60)],
        "roof": ["tile", "leaf"] * 30,
        "has_latrine": ["true", "false"] * 30,
    }
)


def test_a_draft_is_a_dictionary_and_a_programme_that_read(tmp_path: Path):
    write_drafts(TABLE, tmp_path, "mine")
    dictionary = read_dictionary(tmp_path / "dictionary.toml")
    assert {name: field.type for name, field in dictionary.fields.items()} == {
        "income": "integer",
        "head": "category",
        "roof": "category",
        "has_latrine": "boolean",
    }
    assert read_programme(tmp_path / "programme.toml", dictionary).target.name == "ready_next"


@pytest.mark.parametrize(
    ("texts", "is_copied"),
    [(["A1"] * 60, False), (["A1", "A2"] * 30, True), ([f"A{n % 25}" for n in range(60)], True), ([f"A{n % 26}" for n in range(60)], False)],
)  # fmt: skip
def test_only_a_column_of_2_to_25_different_texts_is_drafted_with_its_texts_as_categories(tmp_path, texts, is_copied):
    write_drafts(TABLE.append_column("block", pa.array(texts)), tmp_path, "mine")
    field = read_dictionary(tmp_path / "dictionary.toml").fields["block"]
    assert set(field.categories) == (set(texts) if is_copied else {"FIRST", "SECOND"})
    assert field.kind == ("context" if is_copied else "audit")


def test_a_column_of_many_texts_leaves_none_of_them_in_the_draft(tmp_path: Path):
    write_drafts(TABLE, tmp_path, "mine")
    assert "Secret" not in (tmp_path / "dictionary.toml").read_text()


@pytest.mark.parametrize(
    "column",
    ["my income", "Penghasilan (Rp)", "a.b", 'the "old" one', "tinggi_m²", "back\\slash", "two\nlines", "\x7f"],
)
def test_a_column_of_any_name_can_be_drafted_and_read(tmp_path: Path, column: str):
    write_drafts(TABLE.rename_columns({"has_latrine": column}), tmp_path, 'the "new" panel')
    dictionary = read_dictionary(tmp_path / "dictionary.toml")
    assert column in dictionary.fields
    assert read_programme(tmp_path / "programme.toml", dictionary).labels[0].rules[0].field == column


def test_a_column_that_looks_like_a_derived_feature_is_ignored_in_the_draft(tmp_path: Path):
    write_drafts(TABLE.rename_columns({"roof": "roof__now"}), tmp_path, "mine")
    dictionary = read_dictionary(tmp_path / "dictionary.toml")
    assert dictionary.header.ignore == ("roof__now",)
    assert "roof__now" not in dictionary.fields


def test_a_date_that_lies_after_its_row_is_drafted_as_known_only_afterwards(tmp_path: Path):
    table = TABLE.append_column("left", pa.array(["2024-06-01"] * 60))
    table = table.append_column("joined", pa.array(["2024-01-01"] * 60))
    write_drafts(table, tmp_path, "mine")
    fields = read_dictionary(tmp_path / "dictionary.toml").fields
    assert (fields["left"].kind, fields["joined"].kind) == ("outcome", "context")
    check_panel(
        table.select(["household_id", "as_of", "left", "joined"]), read_dictionary(tmp_path / "dictionary.toml")
    )


def test_the_draft_asks_how_far_ahead_a_column_looks_and_never_answers_itself(tmp_path: Path):
    write_drafts(TABLE, tmp_path, "mine")
    text = (tmp_path / "programme.toml").read_text()
    taken_in = text.replace("# [[labels]]", "[[labels]]").replace('# name = "given"', 'name = "given"')
    for key in ('kind = "column"', 'column = "has_latrine"', "known_after_months ="):
        taken_in = taken_in.replace(f"# {key}", key)
    assert taken_in != text
    with pytest.raises(tomllib.TOMLDecodeError):
        tomllib.loads(taken_in)
    label = tomllib.loads(taken_in.replace("known_after_months =", "known_after_months = 12"))["labels"][1]
    assert label == {"name": "given", "kind": "column", "column": "has_latrine", "known_after_months": 12}


def test_the_narrowest_type_that_fits_every_value_is_guessed():
    assert guess_type(pa.chunked_array([["1", "0"]])) == "boolean"
    assert guess_type(pa.chunked_array([["1", "2.5"]])) == "number"
    assert guess_type(pa.chunked_array([["2024-02-29"]])) == "date"


@pytest.mark.parametrize(
    ("columns", "advice"),
    [(["hhid", "as_of", "income"], "rename"), (["household_id;as_of;income"], "separated by commas")],
)
def test_columns_that_make_no_panel_are_refused_before_a_draft_is_written(tmp_path, columns, advice):
    with pytest.raises(PanelError, match=f"household_id: the column is missing; allowed: .*{advice}"):
        write_drafts(pa.table({name: ["1"] for name in columns}), tmp_path / "draft", "mine")
    assert not (tmp_path / "draft").exists()


@pytest.mark.parametrize(
    ("dates", "after", "tolerance"),
    [
        (["2024-03-31", "2024-06-30", "2024-09-30"], 3, 1),
        (["2020-05-10", "2022-05-02", "2024-06-01"], 24, 12),
        (["2024-01-01", "2024-01-03", "2024-01-05"], 1, 0),
        (["2024-01-01"], 12, 6),
        (["2024-01-01", "soon", None], 12, 6),
    ],
)
def test_a_drafted_label_looks_at_the_time_of_the_next_visit_and_counts_none(tmp_path, dates, after, tolerance):
    rows = [(f"H{number}", day) for day in dates for number in range(10)]
    ids, days = zip(*rows, strict=True)
    write_drafts(pa.table({"household_id": ids, "as_of": days, "income": range(len(rows))}), tmp_path, "mine")
    target = read_programme(tmp_path / "programme.toml", read_dictionary(tmp_path / "dictionary.toml")).target
    assert isinstance(target, PeriodLabel)
    assert (target.after_months, target.hold_months, target.tolerance_months) == (after, 0, tolerance)
