"""dictionary.toml: everything about a field, declared once.

The panel contract, the HTTP schema, the monotone constraints, the reason sentences, the fairness groups and the
documentation are all derived from these declarations.
"""

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field as Key

from graduasi.dates import to_day
from graduasi.declarations.toml import Declared, build, read_toml
from graduasi.errors import DeclarationError

FieldType = Literal["number", "integer", "boolean", "category", "date"]
FieldKind = Literal["lever", "context", "audit", "outcome", "yardstick"]
"""Models read levers and context; of a yardstick only how many times over it an amount is (`per`); rules read all but outcomes."""
Effect = Literal["increasing", "decreasing", "any"]
History = Literal["previous", "change", "mean", "slope"]

KEY_COLUMNS = ("household_id", "as_of", "known_on", "mentor_id", "area_code")
"""Columns of a panel that are not fields."""

FEATURE_KINDS = ("lever", "context")


class Field(Declared):
    """One column of the panel and everything that is declared about it."""

    name: str
    type: FieldType
    kind: FieldKind
    label: dict[str, str]
    source: str
    unit: str | None = None
    min: float | None = None
    max: float | None = None
    effect: Effect = "any"
    per: str | None = None
    theme: str | None = None
    sensitive: bool = False
    ordered: bool = False
    categories: tuple[str, ...] = ()
    category_labels: dict[str, dict[str, str]] = Key(default_factory=dict)
    unknown_category: Literal["reject", "missing"] = "reject"
    helps: dict[str, str] = Key(default_factory=dict)
    hinders: dict[str, str] = Key(default_factory=dict)
    zero: dict[str, str] = Key(default_factory=dict)
    history: tuple[History, ...] = ()
    needs_check: bool = False
    lag_days: int = Key(default=0, ge=0)

    @property
    def is_feature(self) -> bool:
        """Whether a model may read this field."""
        return self.kind in FEATURE_KINDS

    @property
    def is_nominal(self) -> bool:
        """Whether its values have no order: an unordered category."""
        return self.type == "category" and not self.ordered

    @property
    def is_share(self) -> bool:
        """Whether people read its values in per cent: a number whose unit begins with "share of"."""
        return self.type == "number" and self.unit is not None and self.unit.startswith("share of ")

    def encode(self, value: object) -> float:
        """A declared value as the number a panel holds: 1.0 for true, a category's index, days since 1970 for a date.

        Raises ValueError, saying what is allowed, for a value of another type.
        """
        match self.type, value:
            case "boolean", bool():
                return float(value)
            case (("number" | "integer"), int() | float()) if not isinstance(value, bool):
                return float(value)
            case "category", str() if value in self.categories:
                return float(self.categories.index(value))
            case "date", date():
                return float(to_day(value))
            case "date", str():
                return float(to_day(date.fromisoformat(value)))
        raise ValueError(f"{self.name} is {self.describe()}, not {value!r}")

    def describe(self) -> str:
        """What is allowed, in words a person can act on."""
        match self.type:
            case "category":
                return f"one of {', '.join(self.categories)}"
            case "boolean":
                return "true or false"
            case "date":
                # Of what lies ahead nobody knows on the day of the row, so a model that reads it reads the future.
                return "a date as YYYY-MM-DD" + ("" if self.kind == "outcome" else ", not after as_of")
        word = "a whole number" if self.type == "integer" else "a number"
        low, high = (None if limit is None else f"{limit:,.15g}" for limit in (self.min, self.max))
        match low, high:
            case None, None:
                return word
            case _, None:
                return f"{word}, {low} or more"
            case None, _:
                return f"{word}, {high} or less"
        return f"{word} from {low} to {high}"


class Header(Declared):
    """The [dictionary] table. `synthetic` says that the households are made up."""

    name: str
    version: str
    languages: tuple[str, ...] = Key(min_length=1)
    ignore: tuple[str, ...] = ()
    synthetic: bool = False


class Dictionary(Declared):
    """All fields by name, in the order of the file. `text` is the file's content, which bundles carry."""

    header: Header
    fields: dict[str, Field]
    text: str
    themes: dict[str, dict[str, str]] = Key(default_factory=dict)
    """What people call a theme, by language; a theme that is not here is called by its code."""

    @property
    def name(self) -> str:
        return self.header.name

    @property
    def version(self) -> str:
        return self.header.version

    @property
    def languages(self) -> tuple[str, ...]:
        return self.header.languages

    @property
    def synthetic(self) -> bool:
        return self.header.synthetic

    def column(self, field: str) -> int:
        """The index of `field` among the fields, which is also its column in a panel's values."""
        return self._index[field]

    @cached_property
    def _index(self) -> dict[str, int]:
        return {name: column for column, name in enumerate(self.fields)}

    @cached_property
    def features(self) -> tuple[Field, ...]:
        """The fields a model may read."""
        return tuple(field for field in self.fields.values() if field.is_feature)


def read_dictionary(path: Path) -> Dictionary:
    """Read dictionary.toml. Raises DeclarationError naming every fault by file, table and key."""
    tables = read_toml(path)
    return parse_dictionary(path.read_text(encoding="utf-8"), tables, file=path.name)


def parse_dictionary(text: str, tables: Mapping[str, Any], *, file: str) -> Dictionary:
    """A dictionary from parsed TOML; `text` is what a bundle will carry. Raises DeclarationError naming every fault."""
    faults = [
        f"{file}: [{table}]: unknown table; a dictionary has [dictionary], [fields.NAME] and [themes.NAME]"
        for table in set(tables) - {"dictionary", "fields", "themes"}
    ]
    header: Header | None = None
    try:
        header = build(Header, _table(tables, "dictionary", file=file), file=file, table="dictionary")
    except DeclarationError as error:
        faults.extend(error.reasons)
    fields, field_faults = _fields(tables, file=file)
    faults += field_faults
    if header is not None:
        for field in fields.values():
            faults.extend(f"{file}: [fields.{field.name}] {fault}" for fault in _contradictions(field, header, fields))
    themes = tables.get("themes", {})
    if not _are_texts(themes):
        faults.append(f"{file}: [themes]: not as it should be; allowed: [themes.NAME] with a text for each language")
    if not tables.get("fields"):
        faults.append(f"{file}: [fields]: no field is declared; a panel needs at least one feature")
    elif not faults and not any(field.is_feature for field in fields.values()):
        faults.append(f"{file}: [fields]: no field has kind lever or context, so a model would have nothing to read")
    if faults or header is None:
        raise DeclarationError(faults)
    return Dictionary(header=header, fields=fields, text=text, themes=themes)


def _are_texts(themes: Any) -> bool:
    """Whether every theme has texts by language, and nothing else."""
    return isinstance(themes, dict) and all(
        isinstance(texts, dict) and all(isinstance(text, str) for text in texts.values()) for texts in themes.values()
    )


def _fields(tables: Mapping[str, Any], *, file: str) -> tuple[dict[str, Field], list[str]]:
    """The fields whose own tables are well formed, and the faults of all others."""
    try:
        field_tables = _table(tables, "fields", file=file)
    except DeclarationError as error:
        return {}, list(error.reasons)
    fields: dict[str, Field] = {}
    faults: list[str] = []
    for name in field_tables:
        try:
            keys = _table(field_tables, name, file=file, parent="fields.")
            fields[name] = build(Field, {**keys, "name": name}, file=file, table=f"fields.{name}")
        except DeclarationError as error:
            faults.extend(error.reasons)
    return fields, faults


def _table(tables: Mapping[str, Any], name: str, *, file: str, parent: str = "") -> dict[str, Any]:
    """The table called `name`, empty where there is none. Raises DeclarationError for a value that is not a table.

    `parent` is the prefix of its name in messages, with the dot.
    """
    table = tables.get(name, {})
    if not isinstance(table, dict):
        full_name = f"{parent}{name}"
        raise DeclarationError(
            f"{file}: {full_name}: a value where a table belongs; write [{full_name}] and its keys below"
        )
    return table


def _contradictions(field: Field, header: Header, fields: Mapping[str, Field]) -> list[str]:
    """What in a well-formed field contradicts itself, the header or another field, each as 'key: sentence'."""
    faults = [*_range_faults(field), *_category_faults(field), *_language_faults(field, header)]
    if field.name in KEY_COLUMNS:
        faults.append(f"name: {field.name} is a key column of every panel; choose another name")
    if "__" in field.name:
        faults.append("name: two underscores are kept for derived features; use one")
    if field.history and not (field.is_feature and field.type in ("number", "integer", "boolean")):
        faults.append("history: only a lever or context field of type number, integer or boolean has a history")
    if field.effect != "any" and (not field.is_feature or field.is_nominal):
        faults.append("effect: only a lever or context field whose values have an order can move readiness one way")
    if field.kind == "yardstick" and field.type not in ("number", "integer"):
        faults.append("kind: only a number can be a yardstick, which amounts are a ratio to")
    return [*faults, *_ratio_faults(field, fields)]


def _ratio_faults(field: Field, fields: Mapping[str, Field]) -> list[str]:
    if field.per is None:
        return []
    faults = [] if field.type in ("number", "integer") else ["per: only a number can be a ratio"]
    base = fields.get(field.per)
    if base is None or base.type not in ("number", "integer") or base.name == field.name:
        faults.append(f"per: {field.per} is not another field of type number")
    elif base.per is not None:
        faults.append(f"per: {field.per} is itself a ratio; name a plain number")
    elif base.kind == "outcome" and field.kind != "outcome":
        faults.append(f"per: {field.per} is an outcome, which nobody knows on the day of scoring")
    return faults


def _range_faults(field: Field) -> list[str]:
    limits = [limit for limit in (field.min, field.max) if limit is not None]
    if limits and field.type not in ("number", "integer"):
        return ["min, max: only a number or an integer has a range"]
    if len(limits) == 2 and limits[0] > limits[1]:
        return [f"min: {limits[0]:g} is above max, {limits[1]:g}"]
    return []


def _category_faults(field: Field) -> list[str]:
    if field.type != "category":
        return ["categories: only a field of type category has them"] if field.categories or field.ordered else []
    faults = []
    if len(field.categories) < 2:
        faults.append("categories: list at least two codes")
    if len(set(field.categories)) != len(field.categories):
        faults.append("categories: a code stands twice")
    faults += [
        f"category_labels.{code}: not among the categories"
        for code in field.category_labels
        if code not in field.categories
    ]
    return faults


def _language_faults(field: Field, header: Header) -> list[str]:
    texts = {"label": field.label, "helps": field.helps, "hinders": field.hinders, "zero": field.zero}
    faults = [
        f"label.{language}: required, since languages names {language}"
        for language in header.languages
        if language not in field.label
    ]
    for key, by_language in texts.items():
        faults += [
            f"{key}.{language}: {language} is not among the dictionary's languages"
            for language in by_language
            if language not in header.languages
        ]
    for key in ("helps", "hinders", "zero"):
        if texts[key] and set(texts[key]) != set(header.languages):
            faults.append(f"{key}: give a sentence in each language ({', '.join(header.languages)}) or in none")
    if field.zero and field.type not in ("number", "integer"):
        faults.append("zero: only a field of type number or integer can be 0")
    return faults
