"""The TOML files that are installed with graduasi: those of PKH, the programme it was made for."""

from importlib.resources import files
from pathlib import Path


def pkh_file(name: str) -> Path:
    """The path of dictionary.toml or programme.toml of PKH."""
    return Path(str(files("graduasi") / "programmes" / "pkh" / name))


def default_dictionary() -> Path:
    """The dictionary that commands use if none is given."""
    return pkh_file("dictionary.toml")


def default_programme() -> Path:
    """The programme that commands use if none is given."""
    return pkh_file("programme.toml")
