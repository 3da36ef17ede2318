"""Drafts of the two TOML files, made from the columns of a panel that has no dictionary yet."""

import json
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graduasi.declarations.declarations import Declarations
from graduasi.declarations.dictionary import KEY_COLUMNS, Field, FieldType
from graduasi.declarations.findings import Finding, core_catalogue
from graduasi.errors import PanelError
from graduasi.panel import columns
from graduasi.panel.identifiers import holds_identity_number
from graduasi.panel.missing_codes import missing_codes_in, without_codes
from graduasi.panel.table_contract import missing_columns

MAX_CATEGORIES = 25
"""A column with more different texts is not drafted as a category."""
SAMPLE_ROWS = 100_000
"""Types are guessed from the first rows only."""
DRAFT_VERSION = "draft"
"""The version of a file that nobody has completed yet."""
IF_A_COLUMN_TELLS = """\
# If a column says how each family turned out, give it kind = "outcome" in dictionary.toml, and put this label in place
# of the one above. Nobody but you knows how far ahead the column looks, so the last line must be completed:
# [[labels]]
# name = "given"
# kind = "column"
# column = {column}
# known_after_months =      # 12 for what happens within a year of the row; 0 only for what is true on the day of the row"""
USUAL_MONTHS = 12
"""The drafted label looks a year ahead where the panel does not show how far apart visits are."""
DAYS_PER_MONTH = 365.25 / 12
HEADER_COMMENT = "# Drafted from the columns. Complete by hand: kind, effect, unit, range, theme, words, source."


def draft_dictionary(table: pa.Table, name: str) -> str:
    """The text of a dictionary in which every column is a field, of the narrowest type that its values fit."""
    lines = [
        HEADER_COMMENT,
        "[dictionary]",
        f"name = {_quoted(name)}",
        f'version = "{DRAFT_VERSION}"',
        'languages = ["en"]',
    ]
    if reserved := [_quoted(column) for column in table.column_names if "__" in column]:
        lines.append(f"ignore = [{', '.join(reserved)}]  # two underscores are kept for derived features: rename these")
    for column in _field_columns(table):
        sample = table.slice(0, SAMPLE_ROWS)
        lines += ["", f"[fields.{_key(column)}]", *_field_lines(sample.column(column), column, sample.column("as_of"))]
    return "\n".join(lines) + "\n"


def draft_programme(table: pa.Table, name: str) -> str:
    """The text of a programme with one label, to be replaced by hand: on the first boolean column, else the first number."""
    fields = _field_columns(table)
    types = {column: guess_type(table.column(column).slice(0, SAMPLE_ROWS)) for column in fields}
    boolean = next((column for column in fields if types[column] == "boolean"), None)
    number = next(
        (column for column in fields if types[column] in ("number", "integer")), fields[0] if fields else "FIELD"
    )
    comparison = 'op = "=="\nvalue = true' if boolean else 'op = ">="\nvalue = 0'
    rule = f"field = {_quoted(boolean or number)}\n{comparison}"
    months = _months_between_visits(table)
    return "\n".join([
        "# Drafted. Complete by hand: who is in the cohort, what ready means, the floor, who is protected.",
        "[programme]", f"name = {_quoted(name)}", f'version = "{DRAFT_VERSION}"', "quota_per_mentor = 10", "max_data_age_days = 400", "",
        "[[labels]]                # what ready means: the rules hold at the visit nearest to so many months later", 'name = "ready_next"',
        'kind = "snapshots"', f"after_months = {months}", "hold_months = 0", f"tolerance_months = {months // 2}", "[[labels.rules]]", *rule.splitlines(), "",
        IF_A_COLUMN_TELLS.format(column=_quoted(boolean or "COLUMN")), "",
        "[bands]", "ready = 0.40", "nearly = 0.20", "", "[evaluation]", "folds = 1", "",
    ])  # fmt: skip


def draft_findings(declarations: Declarations) -> list[Finding]:
    """A finding for each of the two files whose version says that it is a draft."""
    versions = {"dictionary": declarations.dictionary.version, "programme": declarations.programme.version}
    return [core_catalogue().finding(f"draft_{name}") for name, version in versions.items() if version == DRAFT_VERSION]


def guess_type(column: pa.ChunkedArray) -> str:
    """The narrowest type that every value of the column has; number for a column without any value."""
    types: tuple[FieldType, ...] = ("boolean", "integer", "number", "date")
    for field_type in types:
        parsed = columns.parse(column, Field(name="draft", type=field_type, kind="context", label={}, source=""))
        fits = not any(bad.any() for bad in parsed.broken.values())
        is_empty = bool(np.isnan(parsed.values).all())
        if fits and (not is_empty or field_type == "number"):
            return field_type
    return "category"


def _months_between_visits(table: pa.Table) -> int:
    """The median number of months from a household's row to its next, at least 1; USUAL_MONTHS where no household has two."""
    day = columns.dates(table.column("as_of")).values
    texts = columns.texts(table.column("household_id"))
    household = texts.dictionary_encode().indices.fill_null(-1).to_numpy(zero_copy_only=False)
    order = np.lexsort((day, household))
    is_next = np.diff(household[order]) == 0
    days = np.diff(day[order])[is_next]
    days = days[days > 0]  # neither a repeated row nor a date that could not be read
    return max(1, round(float(np.median(days)) / DAYS_PER_MONTH)) if len(days) else USUAL_MONTHS


def _field_lines(column: pa.ChunkedArray, name: str, as_of: pa.ChunkedArray) -> list[str]:
    """The lines of one field's table, without its heading."""
    codes_for_missing = missing_codes_in(column)
    column = without_codes(column, codes_for_missing)
    field_type = guess_type(column)
    lines = [f'type = "{field_type}"', 'kind = "context"          # lever | context | audit | yardstick | outcome']
    if field_type == "date" and (columns.dates(column).values > columns.dates(as_of).values).any():
        lines[1] = 'kind = "outcome"          # some lie after their row, so they are known only afterwards'
    if field_type == "category":
        codes = sorted(code for code in pc.unique(columns.texts(column)).to_pylist() if code is not None)
        if any(map(holds_identity_number, codes)):
            lines[1] = 'kind = "audit"            # holds identity numbers: take the column out of the file'
            codes = ["FIRST", "SECOND"]
            lines.append('unknown_category = "missing"')
        elif not 2 <= len(codes) <= MAX_CATEGORIES:
            # Many different texts may be names or addresses: none of them is copied into a file that travels.
            if len(codes) > 1:
                advice = f"{len(codes)} different texts: list the column under ignore, or group it"
            else:
                advice = "the same text in every row: list the column under ignore, or write its code under categories"
            lines[1] = f'kind = "audit"            # {advice}'
            codes = ["FIRST", "SECOND"]
            lines.append('unknown_category = "missing"')
        lines.append("categories = [" + ", ".join(_quoted(code) for code in codes) + "]")
    if codes_for_missing:
        lines.append(f"# not counted as values: {', '.join(codes_for_missing)}; write unknown as an empty cell")
    label = name.replace("_", " ").strip().capitalize() or name
    return [*lines, 'theme = "other"', f"label.en = {_quoted(label)}", 'source = "where the definition comes from"']


def _field_columns(table: pa.Table) -> list[str]:
    """The columns that become fields."""
    return [column for column in table.column_names if column not in KEY_COLUMNS and "__" not in column]


def _key(column: str) -> str:
    """The column's name as a TOML key: without quotes where TOML allows it, so that the draft reads well."""
    return column if re.fullmatch(r"[A-Za-z0-9_-]+", column) else _quoted(column)


def _quoted(text: str) -> str:
    """The text as a TOML basic string. Its escapes are those of JSON, which only leaves U+007F unescaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def write_drafts(table: pa.Table, out: Path, name: str) -> None:
    """Write both drafts into the folder `out`, creating it. Raises PanelError if a column is missing that every panel has."""
    faults = missing_columns(table.column_names)
    numbers = {column for column in table.column_names if holds_identity_number(column)}
    faults.add_columns(table.column_names, "an identity number is no name", "rename them", bad=numbers)
    if faults:
        raise PanelError(faults.sentences(name))
    out.mkdir(parents=True, exist_ok=True)
    (out / "dictionary.toml").write_text(draft_dictionary(table, name), encoding="utf-8")
    (out / "programme.toml").write_text(draft_programme(table, name), encoding="utf-8")
