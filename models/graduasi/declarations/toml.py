"""Reading the two TOML files strictly: an unknown key or a wrong value is named with its file, table and key."""

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from graduasi.errors import DeclarationError

Model = TypeVar("Model", bound=BaseModel)


class Declared(BaseModel):
    """A table of a TOML file: immutable, and closed to keys nobody declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def read_toml(path: Path) -> dict[str, Any]:
    """The parsed file. Raises DeclarationError when it is missing or not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DeclarationError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DeclarationError(f"{path}: cannot be read as text ({type(error).__name__})") from None
    except tomllib.TOMLDecodeError as error:
        raise DeclarationError(f"{path}: not valid TOML: {error}") from None


def build(model: type[Model], tables: dict[str, Any], *, file: str, at: str = "") -> Model:
    """`tables` as a `model`. Raises DeclarationError with every fault, each naming file, table and key."""
    try:
        return model.model_validate(_tuples(tables), strict=True)
    except ValidationError as error:
        raise DeclarationError([_sentence(fault, file=file, at=at) for fault in _own_faults(error)]) from None


def _own_faults(error: ValidationError) -> list[Any]:
    """Without the complaint that a list is too short once its faulty entries are left out."""
    faults: list[Any] = list(error.errors(include_url=False))
    places = [fault["loc"] for fault in faults]

    def follows(fault: Any) -> bool:
        place = fault["loc"]
        return fault["type"] == "too_short" and any(len(at) > len(place) and at[: len(place)] == place for at in places)

    return [fault for fault in faults if not follows(fault)]


def _tuples(value: Any) -> Any:
    """Parsed TOML with its lists as the tuples that a strict table asks for: in it "3" is no number and 1 is not true."""
    if isinstance(value, dict):
        return {key: _tuples(each) for key, each in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _sentence(fault: Any, *, file: str, at: str) -> str:
    *table, key = [at, *(str(part) for part in fault["loc"])] if at else [str(part) for part in fault["loc"]] or [""]
    within = ".".join(part for part in table if part)
    place = f"{file}: [{within}] {key}" if within else f"{file}: [{key}]"
    match fault["type"]:
        case "extra_forbidden":
            return f"{place}: unknown key; remove it or correct its spelling"
        case "missing":
            return f"{place}: required, but absent"
        case "value_error":
            return f"{place}: {fault['ctx']['error']}"
        case _:
            return f"{place}: {fault['msg']} (it is {fault['input']!r})"
