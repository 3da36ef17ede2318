"""Drafting the two TOML files from the columns of a panel nobody has described yet."""

import json
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graduasi.declarations.declarations import Declarations
from graduasi.declarations.dictionary import KEY_COLUMNS, Field, FieldType
from graduasi.errors import PanelError
from graduasi.panel import columns
from graduasi.panel.table_contract import missing_columns

MAX_CATEGORIES = 25
SAMPLE_ROWS = 100_000
DRAFT = "draft"
"""The version of what nobody has completed yet."""
TO_COMPLETE = {"dictionary": "kinds, effects, ranges and words", "programme": "label, cohort and rules"}
HINT = "# Drafted from the columns. Complete by hand: kind, effect, unit, range, theme, words, source."


def draft_dictionary(table: pa.Table, name: str) -> str:
    """A dictionary in which every column is a field of a type that fits what was seen."""
    parts = [HINT, "[dictionary]", f"name = {_quoted(name)}", f'version = "{DRAFT}"', 'languages = ["en"]']
    if reserved := [_quoted(column) for column in table.column_names if "__" in column]:
        parts.append(f"ignore = [{', '.join(reserved)}]  # two underscores are kept for derived features: rename these")
    for column in _described(table):
        parts += ["", f"[fields.{_key(column)}]", *_field_lines(table.column(column).slice(0, SAMPLE_ROWS), column)]
    return "\n".join(parts) + "\n"


def draft_programme(table: pa.Table, name: str) -> str:
    """A programme with one label to be chosen by hand: the first true-or-false column, else the first number."""
    fields = _described(table)
    kinds = {column: guess_type(table.column(column).slice(0, SAMPLE_ROWS)) for column in fields}
    boolean = next((column for column in fields if kinds[column] == "boolean"), None)
    number = next(
        (column for column in fields if kinds[column] in ("number", "integer")), fields[0] if fields else "FIELD"
    )
    test = 'op = "=="\nvalue = true' if boolean else 'op = ">="\nvalue = 0'
    rule = f"field = {_quoted(boolean or number)}\n{test}"
    return "\n".join([
        "# Drafted. Complete by hand: who is in the cohort, what ready means, the floor, who is protected.",
        "[programme]", f"name = {_quoted(name)}", f'version = "{DRAFT}"', "quota_per_mentor = 10", "max_data_age_days = 400", "",
        "[[labels]]                # what ready means: the rules hold at the next snapshot", 'name = "ready_next"', 'kind = "snapshots"',
        "after = 1", "hold = 1", "[[labels.rules]]", *rule.splitlines(), "",
        "[bands]", "ready = 0.40", "nearly = 0.20", "", "[evaluation]", "folds = 1", "",
    ])  # fmt: skip


def draft_warnings(declarations: Declarations) -> list[str]:
    """A sentence for each of the two that is a draft by its version."""
    versions = {"dictionary": declarations.dictionary.version, "programme": declarations.programme.version}
    return [
        f"the {name} is a draft, by its version: complete its {TO_COMPLETE[name]}, then give it a version"
        for name, version in versions.items()
        if version == DRAFT
    ]


def guess_type(column: pa.ChunkedArray) -> str:
    """The narrowest type that every value of the column has."""
    kinds: tuple[FieldType, ...] = ("boolean", "integer", "number", "date")
    for kind in kinds:
        parsed = columns.parse(column, Field(name="draft", type=kind, kind="context", label={}, source=""))
        if not any(bad.any() for bad in parsed.broken.values()) and (
            not np.isnan(parsed.values).all() or kind == "number"
        ):
            return kind
    return "category"


def _field_lines(column: pa.ChunkedArray, name: str) -> list[str]:
    kind = guess_type(column)
    lines = [f'type = "{kind}"', 'kind = "context"          # lever | context | audit | outcome']
    if kind == "category":
        codes = sorted(code for code in pc.unique(columns.texts(column)).to_pylist() if code is not None)
        if not 2 <= len(codes) <= MAX_CATEGORIES:
            # Many different texts may be names or addresses: none of them is copied into a file that travels.
            many = f"{len(codes)} different texts: list the column under ignore, or group it"
            one = "the same text in every row: list the column under ignore, or write its code under categories"
            lines[1] = f'kind = "audit"            # {many if len(codes) > 1 else one}'
            codes = ["FIRST", "SECOND"]
            lines.append('unknown_category = "missing"')
        lines.append("categories = [" + ", ".join(_quoted(code) for code in codes) + "]")
    label = name.replace("_", " ").strip().capitalize() or name
    return [*lines, 'theme = "other"', f"label.en = {_quoted(label)}", 'source = "where the definition comes from"']


def _described(table: pa.Table) -> list[str]:
    """The columns that become fields."""
    return [column for column in table.column_names if column not in KEY_COLUMNS and "__" not in column]


def _key(column: str) -> str:
    """A TOML key: bare where it may be, so that the draft reads well."""
    return column if re.fullmatch(r"[A-Za-z0-9_-]+", column) else _quoted(column)


def _quoted(text: str) -> str:
    """A TOML basic string, whose escapes are those of JSON but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def write_drafts(table: pa.Table, out: Path, name: str) -> None:
    """Write both drafts into the folder `out`, which is made. Raises PanelError where the columns make no panel."""
    faults = missing_columns(table.column_names)
    if faults:
        raise PanelError(faults.sentences(name))
    out.mkdir(parents=True, exist_ok=True)
    (out / "dictionary.toml").write_text(draft_dictionary(table, name), encoding="utf-8")
    (out / "programme.toml").write_text(draft_programme(table, name), encoding="utf-8")
