"""Reads scores files back, with the dictionary and the programme that they were made with."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from graduasi.declarations.declarations import Declarations, parse_declarations
from graduasi.errors import PanelError
from graduasi.panel.identifiers import HARMLESS_IN_ARROW
from graduasi.scoring.scores import NESTED_COLUMNS, SCORES

READ_ERRORS = (pa.ArrowException, KeyError, TypeError, ValueError, OSError)
NEVER_NULL = (
    "as_of",
    "score",
    "band",
    "blocking",
    "missing_fields",
    "flags",
    "reasons",
    "eligible_referrals",
    "unknown_rules",
    "far_numbers",
    "earlier_values",
    "further_reasons",
    "flag_values",
    "themes",
)


def read_scores(path: Path, model: str | None = None) -> tuple[pa.Table, Declarations]:
    """The scores (with the columns of SCORES), and the declarations that they were made with.

    A CSV file cannot carry declarations: there `model` names the bundle that made it. Raises PanelError for a file that
    is no scores file, or that has a household twice.
    """
    table, declarations = _read(path, model)
    households = table["household_id"]
    if households.null_count or pc.count_distinct(households).as_py() != len(table):
        raise PanelError(f"{path}: household_id is empty or stands twice; score the panel again")
    with_nulls = [name for name in NEVER_NULL if table[name].null_count]
    features = pc.struct_field(pc.list_flatten(table["reasons"]), "feature").unique().to_pylist()
    fields = {str(feature).partition("__")[0] for feature in features}
    fields |= set(pc.list_flatten(table["missing_fields"]).to_pylist())
    if with_nulls or not fields <= set(declarations.dictionary.fields):
        raise PanelError(
            f"{path}: not as `graduasi score` wrote it ({', '.join(with_nulls) or 'fields'}); score the panel again"
        )
    return table, declarations


def _read(path: Path, model: str | None) -> tuple[pa.Table, Declarations]:
    if not path.is_file():
        raise PanelError(f"{path}: no such file")
    if path.suffix.lower() == ".csv":
        return _read_csv(path, model)
    try:
        table = pq.read_table(path)
        texts = {
            key.decode(): value.decode()
            for key, value in (table.schema.metadata or {}).items()
            if key.startswith(b"graduasi.")
        }
        declarations = parse_declarations(texts["graduasi.dictionary"], texts["graduasi.programme"])
        _refuse_older_file(path, table)
        return table.cast(SCORES), declarations
    except READ_ERRORS:
        raise PanelError(f"{path}: not a scores file as `graduasi score` writes it") from None


def _refuse_older_file(path: Path, table: pa.Table) -> None:
    """Raise PanelError for a scores file of an earlier version: it has margins, but lacks columns that lists now need."""
    lacking = [name for name in SCORES.names if name not in table.column_names]
    if lacking and "base_margin" in table.column_names:
        raise PanelError(
            f"{path}: lacks {', '.join(lacking)}, as scores files of an earlier version do; score the panel again"
        )


def as_it_was(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Texts of a column of CSV as they were before `harmless` made them safe for a spreadsheet."""
    return pc.replace_substring_regex(texts, pattern=HARMLESS_IN_ARROW, replacement=r"\1")


def _read_csv(path: Path, model: str | None) -> tuple[pa.Table, Declarations]:
    from graduasi.bundle.by_name import load_by_name

    if model is None:
        raise PanelError(f"{path}: a CSV file does not carry its dictionary; name the bundle that made it with --model")
    bundle = load_by_name(model)
    types = {field.name: pa.string() if field.name in NESTED_COLUMNS else field.type for field in SCORES}
    try:
        table = pa.csv.read_csv(
            path, convert_options=pa.csv.ConvertOptions(column_types=types, strings_can_be_null=True, null_values=[""])
        )
        _refuse_older_file(path, table)
        columns = [
            pa.array([json.loads(cell) for cell in table[field.name].to_pylist()], field.type)
            if field.name in NESTED_COLUMNS
            else as_it_was(table[field.name])
            if field.type == pa.string()
            else table[field.name]
            for field in SCORES
        ]
    except READ_ERRORS:
        raise PanelError(f"{path}: not a scores file as `graduasi score` writes it") from None
    scores = pa.table(columns, schema=SCORES)
    if set(scores["model_version"].to_pylist()) - {bundle.version}:
        raise PanelError(f"{path}: not scored by {bundle.version}; name the bundle that made the file with --model")
    return scores, bundle.declarations
