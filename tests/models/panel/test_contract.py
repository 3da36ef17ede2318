"""One contract, checked three ways: a file's table, a request's row and the JSON Schema; and the sentences of faults."""

import math
from datetime import date, timedelta

import jsonschema
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from graduasi.dates import LATEST_DAY, iso_day, to_day
from graduasi.errors import PanelError
from graduasi.panel import files
from graduasi.panel.faults import Faults
from graduasi.panel.row_contract import RowContract
from graduasi.panel.table_contract import check_panel, check_table
from tests.made_up.small_programme import DICTIONARY, SMALL, dictionary_of, draw_table, household, table_of

UNLIMITED = dictionary_of(DICTIONARY.replace("min = 1\nmax = 30\n", ""))
REQUEST_FIELDS = [name for name, field in SMALL.fields.items() if field.kind != "outcome"]

quarters = st.integers(-(10**9), 10**9).map(lambda number: number / 4)
whole = st.integers(-40, 40) | st.integers(-(2**53), 2**53) | st.integers(-40, 40).map(float)
words = st.sampled_from(["x", "none", "casual", "earth", "Earth", "unseen", "tru", "1,5", "NaNa"])
days = st.dates(date(1900, 1, 1), date(2100, 12, 31)).map(str)
bad_days = st.sampled_from(
    ["2021-02-30", "2021-1-5", "20210105", "01-02-2021", "2021-13-01", "yesterday", "0000-00-00"]
)
JSON_VALUES = st.none() | st.booleans() | quarters | whole | words | days | bad_days | st.just([]) | st.just({"a": 1})


def _table_accepts(dictionary, name, value, as_of="2100-12-31"):
    faults = Faults()
    table = pa.table({"household_id": ["K1"], "as_of": [as_of], name: pa.array([value])})
    check_table(table, dictionary, faults=faults)
    return not faults


def _row_accepts(dictionary, name, value, as_of="2100-12-31"):
    return not RowContract(dictionary).parse({name: value}, iso_day(as_of))[1]


def _schema_accepts(dictionary, name, value):
    checker = jsonschema.FormatChecker()
    return jsonschema.Draft202012Validator(RowContract(dictionary).json_schema(), format_checker=checker).is_valid(
        {name: value}
    )


@pytest.mark.parametrize("dictionary", [SMALL, UNLIMITED], ids=["limits", "no limits"])
@given(name=st.sampled_from(REQUEST_FIELDS), value=JSON_VALUES)
def test_table_row_and_schema_accept_and_refuse_the_same_values(dictionary, name, value):
    if dictionary.fields[name].type == "category" and isinstance(value, int):
        return  # a file may hold codes as whole numbers; JSON has text for text
    if dictionary.fields[name].type in ("number", "integer") and isinstance(value, str) and value.isdigit():
        return  # a file may hold numbers as text; JSON has numbers for numbers
    verdicts = [accepts(dictionary, name, value) for accepts in (_table_accepts, _row_accepts, _schema_accepts)]
    assert verdicts in ([True] * 3, [False] * 3), (name, value, verdicts)


@given(name=st.sampled_from(REQUEST_FIELDS), value=JSON_VALUES)
def test_table_and_row_make_the_same_number_of_a_value(name, value):
    values, faults = RowContract(SMALL).parse({name: value}, LATEST_DAY)
    if faults:
        return
    table = pa.table({"household_id": ["K1"], "as_of": ["2100-12-31"], name: pa.array([value])})
    np.testing.assert_array_equal(check_table(table, SMALL, faults=Faults())[0].values[0], values)


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("members", 3.0, True), ("members", 3, True), ("members", 3.5, False), ("members", 0, False), ("members", 31, False),
        ("members", 2.0000000001, False), ("missed_meals", 0.9999999999, False), ("missed_meals", 1e-300, False), ("members", 1e15, False),
        ("members", True, False), ("land_ha", True, False), ("land_ha", -1e9, True), ("income_idr", -0.01, False),
        ("income_idr", 50_000_000, True), ("income_idr", 50_000_000.01, False), ("missed_meals", 1, True), ("missed_meals", 0.0, True),
        ("missed_meals", 2, False), ("missed_meals", "yes", False), ("work", "unseen", True), ("floor", "unseen", False),
        ("floor", "earth", True), ("joined", "1899-12-31", False), ("joined", "1900-01-01", True), ("joined", "2100-12-31", True),
        ("joined", "2101-01-01", False), ("joined", "2021-02-29", False), ("joined", "2020-02-29", True), ("joined", 18_000, False),
    ],
)  # fmt: skip
def test_a_value_is_accepted_by_all_or_refused_by_all(name, value, accepted):
    verdicts = [accepts(SMALL, name, value) for accepts in (_table_accepts, _row_accepts, _schema_accepts)]
    assert verdicts == [accepted] * 3


@given(joined=st.dates(date(1990, 1, 1), date(2030, 12, 31)), as_of=st.dates(date(1990, 1, 1), date(2030, 12, 31)))
@example(joined=date(2021, 1, 2), as_of=date(2021, 1, 1))
@example(joined=date(2021, 1, 1), as_of=date(2021, 1, 1))
def test_a_date_after_its_row_is_refused_by_table_and_row_alike(joined, as_of):
    verdicts = [accepts(SMALL, "joined", str(joined), str(as_of)) for accepts in (_table_accepts, _row_accepts)]
    assert verdicts == [joined <= as_of] * 2


def test_a_date_that_is_only_known_afterwards_may_lie_after_its_row():
    left = dictionary_of(f'{DICTIONARY}[fields.left]\ntype = "date"\nkind = "outcome"\nlabel = {{id = "Keluar", en = "Left"}}\nsource = "test"\n')  # fmt: skip
    assert _table_accepts(left, "left", "2021-06-01", "2021-01-01")
    assert left.fields["left"].describe() == "a date as YYYY-MM-DD"


def test_beside_a_day_that_cannot_be_read_no_date_is_said_to_lie_after_it():
    rows = [household("K1", "soon"), household("K2"), household("K3", joined="2021-01-02")]
    with pytest.raises(PanelError) as refusal:
        check_panel(_as_texts(*rows), SMALL, file="p.csv")
    assert [reason.split(";")[0] for reason in refusal.value.reasons] == [
        "p.csv: as_of: not of the declared type in 1 row (row 1)",
        "p.csv: joined: after as_of in 1 row (row 3)",
    ]


@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_infinity_is_refused_by_table_and_row(value):
    assert not _table_accepts(SMALL, "land_ha", value)
    assert not _row_accepts(SMALL, "land_ha", value)


def test_nan_is_unknown_in_a_table_and_refused_in_a_request():
    assert _table_accepts(SMALL, "land_ha", math.nan)
    assert not _row_accepts(SMALL, "land_ha", math.nan)


@given(st.dictionaries(st.sampled_from(REQUEST_FIELDS), JSON_VALUES, max_size=6))
def test_the_faults_of_a_row_name_their_fields_and_never_hold_a_value(fields):
    faults = RowContract(SMALL).parse(fields, LATEST_DAY)[1]
    expected = {name for name, value in fields.items() if not _row_accepts(SMALL, name, value)}
    assert {fault.field for fault in faults} == expected
    assert all(fault.message.endswith("or null for not known") and fault.field in fault.message for fault in faults)


@pytest.mark.parametrize("name", ["missed_meals", "members", "work", "joined", "income_idr"])
def test_a_value_that_is_wrong_in_several_ways_is_one_fault(name):
    assert [fault.field for fault in RowContract(SMALL).parse({name: [2.5]}, LATEST_DAY)[1]] == [name]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("graduated", "an outcome"),
        ("income", "income: not a field"),
        ("3201234567890001", "a key: not a field"),
        ("Budi Santoso", "a key: not"),
        ("x" * 64, f"{'x' * 64}: not a field"),
        ("x" * 65, "a key: not a field"),
    ],
)
def test_a_key_that_may_not_be_sent_is_refused_and_named_only_if_it_is_a_name(key, message):
    (fault,) = RowContract(SMALL).parse({key: True}, LATEST_DAY)[1]
    assert fault.code == "unknown_field"
    assert message in fault.message
    assert not any(character.isdigit() for character in fault.field)


def test_the_schema_of_a_field_has_its_labels_source_and_unit():
    income, land = (RowContract(SMALL).json_schema()["properties"][name] for name in ("income_idr", "land_ha"))
    assert (income["title"], income["description"]) == ("Income", "Penghasilan. test")
    assert income["x-unit"] == "IDR per month, household"
    assert "x-unit" not in land


@pytest.mark.parametrize("name", ["copy", "schema", "model_config", "_old", "members at home"])
@pytest.mark.filterwarnings("error")
def test_a_field_may_have_any_name(name):
    contract = RowContract(dictionary_of(DICTIONARY.replace("[fields.members]", f'[fields."{name}"]')))
    column = contract.dictionary.column(name)
    assert contract.parse({name: 4}, LATEST_DAY)[0][column] == 4
    assert [fault.field for fault in contract.parse({name: "four"}, LATEST_DAY)[1]] == [name]


BAD_VALUE = [
    ("income_idr", "77777777", "above the maximum", "a number from 0 to 50,000,000"),
    ("income_idr", "-3", "below the minimum", "a number from 0 to 50,000,000"),
    ("income_idr", "77o", "not of the declared type", "a number from 0"),
    ("land_ha", "inf", "not a finite number", "a number"),
    ("land_ha", "nan", "not a finite number", "a number"),
    ("members", "2.5", "not a whole number", "a whole number from 1 to 30"),
    ("missed_meals", "maybe", "not of the declared type", "true or false"),
    ("floor", "marble", "not among the categories", "one of earth, bamboo, tile, cement"),
    ("joined", "31/12/2020", "not of the declared type", "a date as YYYY-MM-DD"),
    ("joined", "2021-01-02", "after as_of", "a date as YYYY-MM-DD, not after as_of"),
    ("as_of", "31/12/2020", "not of the declared type", "a date as YYYY-MM-DD"),
    ("as_of", "", "empty", "a date as YYYY-MM-DD"),
    (
        "as_of",
        "0202-01-01",
        "not a day of this or the last century",
        "a date as YYYY-MM-DD from 1900-01-01 to 2100-12-31",
    ),
    ("known_on", "2020-12-31", "before as_of", "the day of the visit or later"),
    ("household_id", "", "empty", "an identifier in every row"),
]


def _as_texts(*rows):
    """A table as a CSV file gives it: text in every column."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: [_csv_cell(row.get(name)) for row in rows] for name in names}
    return pa.table({name: pa.array(column, pa.string()) for name, column in columns.items()})


def _csv_cell(value):
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize(("column", "value", "rule", "allowed"), BAD_VALUE)
def test_a_bad_value_is_reported_with_column_rule_row_and_what_is_allowed(column, value, rule, allowed):
    table = _as_texts(household("K1"), {**household("K2"), column: value}, household("K3"))
    with pytest.raises(PanelError) as refusal:
        check_panel(table, SMALL, file="households.csv")
    (sentence,) = refusal.value.reasons
    assert sentence.startswith(f"households.csv: {column}: {rule} in 1 row (row 2); allowed: {allowed}")


@pytest.mark.parametrize("text", ["1_000", "\u0661\u0662", "0x10", "1,5", "1.250.000", "3 orang"])
def test_a_text_that_is_no_number_is_refused_whatever_the_other_rows_hold(text):
    rows = [household("K1", land_ha="2.5"), household("K2", land_ha=text), household("K3", land_ha="word")]
    with pytest.raises(PanelError, match=r"land_ha: not of the declared type in 2 rows \(rows 2, 3\)"):
        check_panel(_as_texts(*rows), SMALL)


@pytest.mark.parametrize("name", ["household_id", "mentor_id", "area_code"])
def test_a_column_of_lists_is_no_column_of_identifiers(name):
    table = table_of(household("K1"))
    table = table.set_column(table.column_names.index(name), name, pa.array([["K1"]]))
    with pytest.raises(PanelError, match="a column holds list"):
        check_panel(table, SMALL)


@pytest.mark.parametrize(("column", "value"), [(column, value) for column, value, *_ in BAD_VALUE if len(value) > 2])
def test_a_refusal_never_repeats_the_value(column, value):
    with pytest.raises(PanelError) as refusal:
        check_panel(_as_texts(household("K1"), {**household("K2"), column: value}), SMALL)
    assert value not in str(refusal.value)


def test_all_faults_are_reported_at_once_with_the_first_twenty_rows_of_each():
    rows = [household(f"K{number}", members="0", floor="marble" if number < 3 else "tile") for number in range(30)]
    with pytest.raises(PanelError) as refusal:
        check_panel(_as_texts(*rows), SMALL)
    by_column = {sentence.split(": ")[1]: sentence for sentence in refusal.value.reasons}
    assert set(by_column) == {"members", "floor"}
    assert (
        "in 30 rows (rows 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, …)"
        in by_column["members"]
    )
    assert "in 3 rows (rows 1, 2, 3)" in by_column["floor"]


@pytest.mark.parametrize(
    ("rows", "column", "rule"),
    [
        (
            [household(), household()],
            "household_id",
            "the same household and as_of stand more than once in 2 rows (rows 1, 2)",
        ),
        ([household(income=3)], "income", "not a field of the dictionary"),
        ([{"as_of": "2021-01-01"}], "household_id", "the column is missing"),
        ([{"household_id": "K1"}], "as_of", "the column is missing"),
    ],
)
def test_a_bad_table_is_refused_by_column_and_rule(rows, column, rule):
    with pytest.raises(PanelError, match=column) as refusal:
        check_panel(table_of(*rows), SMALL, file="p")
    assert f"p: {column}: {rule}" in str(refusal.value)


def test_a_column_that_stands_twice_and_an_empty_file_are_refused():
    twice = pa.table(
        [pa.array(["K1"]), pa.array(["2021-01-01"]), pa.array([1]), pa.array([2])],
        names=["household_id", "as_of", "members", "members"],
    )
    for table, message in [(twice, "there twice"), (table_of(household()).slice(0, 0), "no rows")]:
        with pytest.raises(PanelError, match=message):
            check_panel(table, SMALL)


def test_ignored_columns_are_skipped_and_absent_fields_are_unknown_with_one_warning():
    table = table_of({"household_id": "K1", "as_of": "2021-01-01", "enumerator": "Budi", "members": 4})
    panel, notes = check_panel(table, SMALL)
    assert np.isnan(panel.values).sum() == len(SMALL.fields) - 1
    (warning,) = notes.sentences()
    assert "income_idr" in warning
    assert "members" not in warning


def test_an_unlisted_category_is_unknown_with_a_warning_where_the_dictionary_says_so():
    panel, notes = check_panel(table_of(household(work="diver")), SMALL)
    assert np.isnan(panel.values[0, SMALL.column("work")])
    assert any("work" in sentence for sentence in notes.sentences())


@pytest.mark.parametrize("column", ["household_id", "mentor_id", "area_code"])
def test_identity_numbers_are_warned_of_in_every_column_of_identifiers(column):
    row = {**household(), "mentor_id": "M1", "area_code": "32.01", column: "3201 2345 6789 0001"}
    _, notes = check_panel(table_of(row), SMALL)
    (warning,) = [sentence for sentence in notes.sentences() if "NIK" in sentence]
    assert warning.startswith(f"{column}: 16 digits one after another, as identity numbers (NIK) have, in 1 row(s);")


@pytest.mark.parametrize(("name", "warned"), [("3201234567890001", True), ("KPM-3201", False)])
def test_a_household_id_that_looks_like_an_identity_number_is_warned_of_without_it(name, warned):
    _, notes = check_panel(table_of(household(name), household("K2")), SMALL)
    warnings = " ".join(notes.sentences())
    sentence = "household_id: 16 digits one after another, as identity numbers (NIK) have, in 1 row(s);"
    assert (sentence in warnings) is warned
    assert name not in warnings


def test_known_on_is_as_of_where_it_is_absent_or_empty():
    panel, _ = check_panel(
        _as_texts(household("A"), household("B", known_on="2021-03-01"), household("C", known_on="")), SMALL
    )
    assert (panel.known_on - panel.as_of).tolist() == [0, 59, 0]


def test_csv_and_parquet_and_parts_give_the_same_panel(tmp_path):
    table = draw_table(np.random.default_rng(1), households=30)
    pa.csv.write_csv(table, tmp_path / "panel.csv")
    pq.write_table(table, tmp_path / "panel.parquet")
    (tmp_path / "parts").mkdir()
    for number, start in enumerate(range(0, len(table), 40)):
        pq.write_table(table.slice(start, 40), tmp_path / "parts" / f"{number}.parquet")
    of_csv, *others = (
        check_panel(files.read_table(tmp_path / name), SMALL)[0] for name in ("panel.csv", "panel.parquet", "parts")
    )
    for other in others:
        for name, values in vars(of_csv).items():
            assert (
                values.equals(vars(other)[name])
                if isinstance(values, pa.Array)
                else np.array_equal(values, vars(other)[name], equal_nan=True)
            )


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("members", pa.array(["4", " 4 ", None])), ("members", pa.array([4, 4, None], pa.int8())), ("members", pa.array([4.0, 4.0, math.nan])),
        ("members", pa.array(["4", "4", ""]).dictionary_encode()), ("members", pa.array(["4", "4", None], pa.large_string())),
        ("missed_meals", pa.array(["true", "1", ""])), ("missed_meals", pa.array(["TRUE", "1.0", None])), ("missed_meals", pa.array([1, 1, None])),
        ("missed_meals", pa.array([True, True, None])), ("floor", pa.array(["bamboo", "bamboo ", ""])),
        ("joined", pa.array(["2020-03-01", "2020-03-01T00:00:00", ""])), ("joined", pa.array([date(2020, 3, 1), date(2020, 3, 1), None])),
        ("joined", pa.array([date(2020, 3, 1), date(2020, 3, 1), None]).cast(pa.timestamp("ns"))),
    ],
)  # fmt: skip
def test_every_way_a_file_writes_a_value_gives_the_same_number(name, values):
    table = pa.table({"household_id": ["A", "B", "C"], "as_of": ["2021-01-01"] * 3, name: values})
    first, second, third = check_panel(table, SMALL)[0].values[:, SMALL.column(name)]
    assert first == second
    assert not math.isnan(first)
    assert math.isnan(third)


@pytest.mark.parametrize("kind", ["int64", "float64"])
def test_identifiers_that_a_file_holds_as_numbers_are_their_digits(kind):
    table = pa.table({"household_id": np.array([7, 10**15], dtype=kind), "as_of": ["2021-01-01"] * 2})
    assert check_panel(table, SMALL)[0].household_id.to_pylist() == [str(10**15), "7"]


def test_the_panel_is_ordered_by_household_and_date_whatever_the_file():
    table = draw_table(np.random.default_rng(2), households=20)
    shuffled = table.take(np.random.default_rng(3).permutation(len(table)))
    panel, of_shuffled = check_panel(table, SMALL)[0], check_panel(shuffled, SMALL)[0]
    assert panel.household_id.equals(of_shuffled.household_id)
    assert (panel.as_of == of_shuffled.as_of).all()
    assert np.array_equal(panel.values, of_shuffled.values, equal_nan=True)


def test_snapshots_of_one_household_are_ordered_by_date():
    panel, _ = check_panel(table_of(household("K1", "2021-06-01"), household("K1", "2021-01-01", members=1)), SMALL)
    assert np.diff(panel.as_of).tolist() == [151]
    assert panel.values[:, SMALL.column("members")].tolist() == [1, 4]


def test_the_latest_known_snapshot_is_one_a_household_and_never_of_the_future():
    panel, _ = check_panel(draw_table(np.random.default_rng(4), households=30), SMALL)
    day = int(panel.as_of.min() + timedelta(days=200).days)
    rows = panel.latest_known(day)
    for household_number in np.unique(panel.household):
        known = np.flatnonzero((panel.household == household_number) & (panel.known_on <= day) & (panel.as_of <= day))
        assert rows[panel.household[rows] == household_number].tolist() == known[-1:].tolist()


@pytest.mark.parametrize("column", ["as_of", "known_on"])
def test_a_row_of_a_day_after_today_is_refused_by_number_and_without_today_any_day_is_taken(column):
    table = draw_table(np.random.default_rng(3), households=20)
    for name in ("as_of", "known_on") if column == "as_of" else ("known_on",):
        days = table.column(name).cast(pa.date32()).to_pylist()
        days[4] = date(2099, 12, 31)
        table = table.set_column(table.column_names.index(name), name, pa.array(days))
    refusal = rf"{column}: after today in 1 row \(row 5\); allowed: a day up to today, 2026-11-27"
    with pytest.raises(PanelError, match=refusal):
        check_panel(table, SMALL, today=to_day(date(2026, 11, 27)))
    assert len(check_panel(table, SMALL)[0]) == len(table)
