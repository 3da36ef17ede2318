"""Reading scores files back, with the dictionary and the programme whose words they need."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from graduasi.declarations.declarations import Declarations, parse_declarations
from graduasi.errors import PanelError
from graduasi.scoring.scores import NESTED, SCORES

UNREADABLE = (pa.ArrowException, KeyError, TypeError, ValueError, OSError)
NEVER_EMPTY = (
    "as_of",
    "score",
    "band",
    "blocking",
    "missing_fields",
    "flags",
    "reasons",
    "eligible_referrals",
    "unknown_rules",
)


def read_scores(path: Path, model: str | None = None) -> tuple[pa.Table, Declarations]:
    """The scores and what they were made with. A CSV file cannot carry that: `model` names the bundle that made it.

    Raises PanelError for anything but a scores file, in which a household stands once.
    """
    table, declarations = _read(path, model)
    households = table["household_id"]
    if households.null_count or pc.count_distinct(households).as_py() != len(table):
        raise PanelError(f"{path}: household_id is empty or stands twice; score the panel again")
    empty = [name for name in NEVER_EMPTY if table[name].null_count]
    told = pc.struct_field(pc.list_flatten(table["reasons"]), "feature").unique().to_pylist()
    fields = {str(name).partition("__")[0] for name in told} | set(pc.list_flatten(table["missing_fields"]).to_pylist())
    if empty or not fields <= set(declarations.dictionary.fields):
        raise PanelError(
            f"{path}: not as `graduasi score` wrote it ({', '.join(empty) or 'fields'}); score the panel again"
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
        _refuse_an_older_file(path, table)
        return table.cast(SCORES), declarations
    except UNREADABLE:
        raise PanelError(f"{path}: not a scores file as `graduasi score` writes it") from None


def _refuse_an_older_file(path: Path, table: pa.Table) -> None:
    """A scores file of an earlier version has margins, but lacks what lists now tell."""
    lacking = [name for name in SCORES.names if name not in table.column_names]
    if lacking and "base_margin" in table.column_names:
        raise PanelError(
            f"{path}: lacks {', '.join(lacking)}, as scores files of an earlier version do; score the panel again"
        )


def _read_csv(path: Path, model: str | None) -> tuple[pa.Table, Declarations]:
    from graduasi.bundle.by_name import load_by_name

    if model is None:
        raise PanelError(f"{path}: a CSV file does not carry its dictionary; name the bundle that made it with --model")
    bundle = load_by_name(model)
    types = {field.name: pa.string() if field.name in NESTED else field.type for field in SCORES}
    try:
        table = pa.csv.read_csv(
            path, convert_options=pa.csv.ConvertOptions(column_types=types, strings_can_be_null=True, null_values=[""])
        )
        _refuse_an_older_file(path, table)
        columns = [
            pa.array([json.loads(cell) for cell in table[field.name].to_pylist()], field.type)
            if field.name in NESTED
            else table[field.name]
            for field in SCORES
        ]
    except UNREADABLE:
        raise PanelError(f"{path}: not a scores file as `graduasi score` writes it") from None
    scores = pa.table(columns, schema=SCORES)
    if set(scores["model_version"].to_pylist()) - {bundle.version}:
        raise PanelError(f"{path}: not scored by {bundle.version}; name the bundle that made the file with --model")
    return scores, bundle.declarations
