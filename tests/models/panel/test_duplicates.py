"""Households that stand in a panel twice are counted; families that are alike because little is asked are not."""

import tomllib

import numpy as np
import pyarrow as pa
import pytest

from graduasi.declarations.dictionary import parse_dictionary
from graduasi.panel.duplicates import repeated_households
from graduasi.panel.table_contract import check_panel
from tests.made_up.small_programme import SMALL, draw_table
from tests.made_up.worlds import declarations_of


def _copied(table, share, *, changed=None):
    """The table with copies of a share of its households under other identifiers, other mentors included."""
    households = sorted(set(table["household_id"].to_pylist()))
    copied = set(households[: round(share * len(households))])
    rows = [row for row in table.to_pylist() if row["household_id"] in copied]
    rows = [{**row, "household_id": f"copy of {row['household_id']}", "mentor_id": "another"} for row in rows]
    for row in rows[:: 1 if changed else len(rows)]:
        row.update(changed or {})
    return pa.concat_tables([table, pa.Table.from_pylist(rows, schema=table.schema)])


def _drawn(**shape):
    return draw_table(np.random.default_rng(5), **{"households": 400, "visits": 5, "unknown": 0.1, **shape})


def _repeated(table):
    panel, notes = check_panel(table, SMALL)
    assert notes.repeated_households == repeated_households(panel)
    return notes.repeated_households


@pytest.mark.parametrize("share", [0.1, 1.0])
def test_households_entered_twice_are_counted_and_told(share):
    table = _copied(_drawn(), share)
    count = _repeated(table)
    assert 0.9 * 400 * share < count <= 400 * share  # a few of the drawn histories are too poor to tell
    (sentence,) = [text for text in check_panel(table, SMALL)[1].sentences() if "repeat" in text]
    assert sentence.startswith(f"household_id: {count} households repeat the whole history of another one")


def test_on_richer_histories_every_copy_is_counted():
    assert _repeated(_copied(_drawn(visits=10), 1.0)) == 400


def test_a_panel_without_copies_has_none_and_a_few_are_not_told():
    assert _repeated(_drawn()) == 0
    assert _repeated(_copied(_drawn(), 0.005)) == 0


def test_copies_that_differ_in_one_value_are_other_families():
    assert _repeated(_copied(_drawn(), 1.0, changed={"debt_idr": 12345.0})) == 0


WIDE = tuple(f"f{number}" for number in range(12))


def _wide(values):
    """A panel of households × visits × twelve numbers."""
    households, visits, _ = values.shape
    head = '[dictionary]\nname = "wide"\nversion = "1"\nlanguages = ["en"]\n'
    field = '[fields.{0}]\ntype = "number"\nkind = "context"\nlabel.en = "A number"\nsource = "test"\n'
    text = head + "".join(field.format(name) for name in WIDE)
    table = pa.table({
        "household_id": [f"W{number:05}" for number in np.repeat(np.arange(households), visits)],
        "as_of": pa.array(np.tile(17000 + 90 * np.arange(visits), households).astype(np.int32)).cast(pa.date32()),
        **{name: values[:, :, index].ravel() for index, name in enumerate(WIDE)},
    })  # fmt: skip
    return check_panel(table, parse_dictionary(text, tomllib.loads(text), file="dictionary.toml"))[0]


@pytest.mark.parametrize(("visits", "copies"), [(1, 0), (2, 500)])
def test_one_visit_alone_is_no_history(visits, copies):
    values = np.random.default_rng(3).normal(size=(500, visits, 12))
    assert repeated_households(_wide(np.concatenate([values, values]))) == copies


def test_however_much_is_asked_answers_that_a_twentieth_of_all_families_give_do_not_make_copies():
    """Twenty kinds of families, alike in all twelve fields on each of four visits."""
    kinds = np.random.default_rng(4).normal(size=(20, 4, 12))
    assert repeated_households(_wide(kinds[np.arange(1000) % 20])) == 0


@pytest.mark.parametrize("categories", [2, 5])
def test_families_that_are_alike_because_the_fields_are_coarse_are_not_called_copies(categories):
    """Two fields of few values that never change, and three visits: thousands of families are alike by chance."""
    rng = np.random.default_rng(1)
    household = np.repeat(np.arange(3000), 3)
    kind = rng.integers(0, categories, (2, 3000)).astype(float)
    table = pa.table({
        "household_id": [f"W{number:05}" for number in household],
        "as_of": pa.array(np.tile([17000, 17100, 17200], 3000).astype(np.int32)).cast(pa.date32()),
        "shown": kind[0][household],
        "noise": kind[1][household],
    })  # fmt: skip
    panel, _ = check_panel(table, declarations_of().dictionary)
    assert len({tuple(row) for row in panel.values[:, :2].tolist()}) <= 25
    assert repeated_households(panel) == 0


def test_values_that_follow_from_one_rare_value_and_never_change_are_not_enough():
    """The same two static rare values may be a village's: by themselves they do not make two families one."""
    rng = np.random.default_rng(2)
    household, village = np.repeat(np.arange(2000), 4), rng.integers(0, 300, 2000)
    table = pa.table({
        "household_id": [f"W{number:05}" for number in household],
        "as_of": pa.array(np.tile([17000, 17100, 17200, 17300], 2000).astype(np.int32)).cast(pa.date32()),
        "shown": village[household] * 1.0,
        "noise": village[household] * 2.5,
    })  # fmt: skip
    assert repeated_households(check_panel(table, declarations_of().dictionary)[0]) == 0
