"""The panel contract on one household as JSON: a pydantic row and a JSON Schema, from the same declarations.

The frame check (`frames`), this row and the schema accept and refuse the same values; a test holds them together.
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


@dataclass(frozen=True)
class RowFault:
    """One broken rule of one field. The value itself is never kept."""

    field: str
    code: Literal["unknown_field", "not_allowed"]
    message: str


class RowContract:
    """Checks a household's `fields` as they come in a request, and turns them into a panel's numbers."""

    def __init__(self, dictionary: Dictionary) -> None:
        self.dictionary = dictionary
        self._sent = {name: field for name, field in dictionary.fields.items() if field.kind != "outcome"}
        fields = {name: _annotation(field) for name, field in self._sent.items()}
        # A model would keep some names (copy, schema, _x) to itself, and takes longer than a plain dict.
        shape = with_config(extra="forbid")(TypedDict("HouseholdFields", fields, total=False))  # type: ignore[operator]
        self._row: TypeAdapter[dict[str, Any]] = TypeAdapter(shape)
        self._places = {name: dictionary.column(name) for name in self._sent}
        self._whole = [
            (name, self._places[name]) for name, field in self._sent.items() if field.type in ("integer", "boolean")
        ]
        self._coded = [
            (name, self._places[name], _encoder(field))
            for name, field in self._sent.items()
            if field.type in ("category", "date")
        ]

    def parse(self, fields: Mapping[str, Any]) -> tuple[list[float], list[RowFault]]:
        """One value for each field of the dictionary (NaN: null or not sent), and every fault."""
        values = [math.nan] * len(self.dictionary.fields)
        try:
            row = self._row.validate_python(fields)
        except ValidationError as error:
            faults = error.errors(include_url=False, include_input=False)
            names = dict.fromkeys(str(fault["loc"][0]) if fault["loc"] else "" for fault in faults)
            return values, [self._fault(name) for name in names]  # pydantic names each way in which one value is wrong
        places = self._places
        for name, value in row.items():
            if value is not None:
                values[places[name]] = value  # True and False count as 1 and 0
        for name, place, encode in self._coded:
            if (value := row.get(name)) is not None:
                values[place] = encode(value)
        # pydantic takes what is whole to nine digits; a file's check does not. NaN % 1 is not above 0.
        return values, [self._fault(name) for name, place in self._whole if values[place] % 1 > 0]

    def _fault(self, name: str) -> RowFault:
        if name in self._sent:
            return RowFault(
                name, "not_allowed", f"{name}: allowed is {self._sent[name].describe()}, or null for not known"
            )
        if name in self.dictionary.fields:
            return RowFault(name, "unknown_field", f"{name}: an outcome, which is never part of a request")
        # A key nobody declared may itself be somebody's data: it is named only if it looks like a field's name.
        shown = name if name.isidentifier() and len(name) <= 64 and not any(c.isdigit() for c in name) else "a key"
        return RowFault(
            shown,
            "unknown_field",
            f"{shown}: not a field of dictionary {self.dictionary.name} {self.dictionary.version}",
        )

    def json_schema(self) -> dict[str, Any]:
        """JSON Schema (2020-12) of `fields`."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": f"Household fields of dictionary {self.dictionary.name} {self.dictionary.version}",
            "type": "object",
            "additionalProperties": False,
            "properties": {name: _property(field, self.dictionary.languages) for name, field in self._sent.items()},
        }


_Truth = Annotated[float, Key(strict=True, allow_inf_nan=False, ge=0, le=1, multiple_of=1)]
"""True and false written as 1 and 0."""


def _annotation(field: Field) -> Any:
    match field.type:
        case "boolean":
            return Annotated[bool, Strict()] | _Truth | None
        case "category":
            known: Any = Literal.__getitem__(field.categories)  # made when running, so no static type describes it
            return (
                Annotated[known | None, BeforeValidator(_listed_or_missing(field))]
                if field.unknown_category == "missing"
                else known | None
            )
        case "date":
            return Annotated[date | None, BeforeValidator(_iso_date)]
    whole: dict[str, Any] = {"multiple_of": 1} if field.type == "integer" else {}
    return Annotated[float, Key(strict=True, allow_inf_nan=False, ge=field.min, le=field.max, **whole)] | None


def _listed_or_missing(field: Field) -> Any:
    def convert(value: object) -> object:
        return None if isinstance(value, str) and value not in field.categories else value

    return convert


def _iso_date(value: object) -> object:
    """A date as YYYY-MM-DD within the days a panel can hold."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError
    return from_day(iso_day(value))


def _encoder(field: Field) -> Any:
    """What turns a date or a category's code into a panel's number."""
    if field.type == "date":
        return to_day
    return {code: float(place) for place, code in enumerate(field.categories)}.__getitem__


def _property(field: Field, languages: tuple[str, ...]) -> dict[str, Any]:
    about: dict[str, Any] = {
        "title": field.label[languages[-1]],
        "description": f"{field.label[languages[0]]}. {field.source}",
        "default": None,
    }
    if field.unit:
        about["x-unit"] = field.unit
    match field.type:
        case "boolean":
            return about | {"enum": [True, False, 0, 1, None]}
        case "category" if field.unknown_category == "missing":
            return about | {"type": ["string", "null"], "examples": list(field.categories)}
        case "category":
            return about | {"enum": [*field.categories, None]}
        case "date":
            return about | {
                "type": ["string", "null"],
                "format": "date",
                "pattern": r"^(19\d{2}|20\d{2}|2100)-\d{2}-\d{2}$",
            }
    limits = {"minimum": field.min, "maximum": field.max}
    return about | {"type": [field.type, "null"]} | {key: limit for key, limit in limits.items() if limit is not None}
