"""Strict reading of TOML declarations: every unknown key and wrong value is reported with its file, table and key."""

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from graduasi.errors import DeclarationError

Model = TypeVar("Model", bound=BaseModel)


class Declared(BaseModel):
    """A table of a TOML file: immutable, and without any key that is not declared here."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def read_toml(path: Path) -> dict[str, Any]:
    """The parsed file. Raises DeclarationError for a file that is missing, unreadable or not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DeclarationError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DeclarationError(f"{path}: cannot be read as text ({type(error).__name__})") from None
    except tomllib.TOMLDecodeError as error:
        raise DeclarationError(f"{path}: not valid TOML: {error}") from None


def build(model: type[Model], tables: dict[str, Any], *, file: str, table: str = "") -> Model:
    """`tables` validated as a `model`. Raises DeclarationError with every fault, each naming file, table and key.

    `table` is the name in the file of the table that `tables` holds; empty for the whole file.
    """
    try:
        return model.model_validate(_tuples(tables), strict=True)
    except ValidationError as error:
        raise DeclarationError([_sentence(fault, file=file, table=table) for fault in _own_faults(error)]) from None


def _own_faults(error: ValidationError) -> list[Any]:
    """Pydantic's faults, without those that only follow from others.

    pydantic leaves the faulty entries out of a list, and may then also report that the list is too short.
    """
    faults: list[Any] = list(error.errors(include_url=False))
    paths = [fault["loc"] for fault in faults]

    def follows_from_an_entry(fault: Any) -> bool:
        parent = fault["loc"]
        return fault["type"] == "too_short" and any(
            len(path) > len(parent) and path[: len(parent)] == parent for path in paths
        )

    return [fault for fault in faults if not follows_from_an_entry(fault)]


def _tuples(value: Any) -> Any:
    """Parsed TOML with every list as a tuple, as strict validation requires of a tuple key.

    Validation is strict so that "3" is not taken for a number, nor 1 for true.
    """
    if isinstance(value, dict):
        return {key: _tuples(member) for key, member in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _sentence(fault: Any, *, file: str, table: str) -> str:
    """One of pydantic's faults as 'file: [table] key: what is wrong'."""
    parts = [str(part) for part in fault["loc"]]
    *parents, key = [table, *parts] if table else parts or [""]
    parent = ".".join(part for part in parents if part)
    location = f"{file}: [{parent}] {key}" if parent else f"{file}: [{key}]"
    match fault["type"]:
        case "extra_forbidden":
            return f"{location}: unknown key; remove it or correct its spelling"
        case "missing":
            return f"{location}: required, but absent"
        case "value_error":
            return f"{location}: {fault['ctx']['error']}"
        case _:
            return f"{location}: {fault['msg']} (it is {fault['input']!r})"
