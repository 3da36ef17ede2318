"""The panel contract for one household as JSON: a pydantic check and a JSON Schema, both from the dictionary.

The check of a file's table (`table_contract`), this check and the schema accept and refuse the same values, as a test
makes sure. Only that a date must not lie after its row is beyond a JSON Schema, which says so as `x-not-after`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Strict, TypeAdapter, ValidationError, with_config
from pydantic import Field as Key
from typing_extensions import TypedDict

from graduasi.dates import from_day, iso_day, to_day
from graduasi.declarations.dictionary import Dictionary, Field
from graduasi.panel.identifiers import repeatable_name


@dataclass(frozen=True)
class RowFault:
    """One broken rule of one field. The value itself is never kept."""

    field: str
    code: Literal["unknown_field", "not_allowed"]
    message: str


class RowContract:
    """Checks the `fields` of a household in a request, and turns them into a panel's numbers."""

    def __init__(self, dictionary: Dictionary) -> None:
        self.dictionary = dictionary
        allowed = {name: field for name, field in dictionary.fields.items() if field.kind != "outcome"}
        annotations = {name: _annotation(field) for name, field in allowed.items()}
        # A pydantic model reserves some names (copy, schema, _x), and takes longer than a plain dict.
        row = with_config(extra="forbid")(TypedDict("HouseholdFields", annotations, total=False))  # type: ignore[operator]
        self._row: TypeAdapter[dict[str, Any]] = TypeAdapter(row)
        self._allowed = allowed
        """The fields that a request may hold: all but outcomes."""
        self._columns = columns = {name: dictionary.column(name) for name in allowed}
        self._whole = [(name, columns[name]) for name, field in allowed.items() if field.type in ("integer", "boolean")]
        """Name and column of each field that holds whole numbers."""
        self._dates = [(name, columns[name]) for name, field in allowed.items() if field.type == "date"]
        """Name and column of each date; none may lie after its row."""
        self._encoded = [
            (name, columns[name], _encoder(field))
            for name, field in allowed.items()
            if field.type in ("category", "date")
        ]
        """Name, column and encoder of each field that JSON holds as text."""

    def parse(self, fields: Mapping[str, Any], as_of: int) -> tuple[list[float], list[RowFault]]:
        """One number for each field of the dictionary (NaN: null or absent), and every fault, for a row of the day `as_of`.

        If there is a fault, the numbers must not be used.
        """
        values = [math.nan] * len(self.dictionary.fields)
        try:
            row = self._row.validate_python(fields)
        except ValidationError as error:
            faults = error.errors(include_url=False, include_input=False)
            names = dict.fromkeys(str(fault["loc"][0]) if fault["loc"] else "" for fault in faults)
            return values, [self._fault(name) for name in names]  # pydantic names each way in which one value is wrong
        columns = self._columns
        for name, value in row.items():
            if value is not None:
                values[columns[name]] = value  # True and False count as 1 and 0
        for name, column, encode in self._encoded:
            if (value := row.get(name)) is not None:
                values[column] = encode(value)
        # pydantic accepts what is whole to nine digits; a file's check does not. NaN % 1 is not above 0.
        broken = [name for name, column in self._whole if values[column] % 1 > 0]
        broken += [name for name, column in self._dates if values[column] > as_of]
        return values, [self._fault(name) for name in broken]

    def _fault(self, name: str) -> RowFault:
        """The fault of the key `name`: a value that is not allowed, an outcome, or an unknown key."""
        if name in self._allowed:
            return RowFault(
                name, "not_allowed", f"{name}: allowed is {self._allowed[name].describe()}, or null for not known"
            )
        if name in self.dictionary.fields:
            return RowFault(name, "unknown_field", f"{name}: an outcome, which is never part of a request")
        shown = repeatable_name(name) or "a key"
        return RowFault(
            shown,
            "unknown_field",
            f"{shown}: not a field of dictionary {self.dictionary.name} {self.dictionary.version}",
        )

    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema (2020-12) of `fields`."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": f"Household fields of dictionary {self.dictionary.name} {self.dictionary.version}",
            "type": "object",
            "additionalProperties": False,
            "properties": {name: _property(field, self.dictionary.languages) for name, field in self._allowed.items()},
        }


_ZeroOrOne = Annotated[float, Key(strict=True, allow_inf_nan=False, ge=0, le=1, multiple_of=1)]
"""False and true written as 0 and 1."""


def _annotation(field: Field) -> Any:
    """The type that pydantic checks the field's value against; null is always allowed."""
    match field.type:
        case "boolean":
            return Annotated[bool, Strict()] | _ZeroOrOne | None
        case "category":
            category: Any = Literal.__getitem__(field.categories)  # made at run time, so no static type describes it
            if field.unknown_category == "missing":
                return Annotated[category | None, BeforeValidator(_unlisted_to_none(field))]
            return category | None
        case "date":
            return Annotated[date | None, BeforeValidator(_iso_date)]
    whole: dict[str, Any] = {"multiple_of": 1} if field.type == "integer" else {}
    return Annotated[float, Key(strict=True, allow_inf_nan=False, ge=field.min, le=field.max, **whole)] | None


def _unlisted_to_none(field: Field) -> Any:
    """A validator that takes a text outside the field's categories for null."""

    def convert(value: object) -> object:
        return None if isinstance(value, str) and value not in field.categories else value

    return convert


def _iso_date(value: object) -> object:
    """A text YYYY-MM-DD as a date, null as it is. Raises ValueError for all else, and for a day that no panel can hold."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError
    return from_day(iso_day(value))


def _encoder(field: Field) -> Any:
    """The function that turns the field's date, or its category's code, into a panel's number."""
    if field.type == "date":
        return to_day
    return {code: float(index) for index, code in enumerate(field.categories)}.__getitem__


def _property(field: Field, languages: tuple[str, ...]) -> dict[str, Any]:
    """The field's schema within the JSON Schema."""
    schema: dict[str, Any] = {
        "title": field.label[languages[-1]],
        "description": f"{field.label[languages[0]]}. {field.source}",
        "default": None,
    }
    if field.unit:
        schema["x-unit"] = field.unit
    match field.type:
        case "boolean":
            # Programs that are generated from a schema know no list of values of several types.
            return schema | {
                "anyOf": [{"type": "boolean"}, {"type": "integer", "minimum": 0, "maximum": 1}, {"type": "null"}]
            }
        case "category" if field.unknown_category == "missing":
            return schema | {"type": ["string", "null"], "examples": list(field.categories)}
        case "category":
            return schema | {"type": ["string", "null"], "enum": [*field.categories, None]}
        case "date":
            return schema | {
                "type": ["string", "null"],
                "format": "date",
                "x-not-after": "as_of",
                "pattern": r"^(19\d{2}|20\d{2}|2100)-\d{2}-\d{2}$",
            }
    limits = {"minimum": field.min, "maximum": field.max}
    return schema | {"type": [field.type, "null"]} | {key: limit for key, limit in limits.items() if limit is not None}
