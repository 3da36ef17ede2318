"""Dictionary and programme together: what a panel's fields mean, and the programme's rules about them.

Nearly every rule needs both, and a programme is valid only with the dictionary it was checked against, so the two are
passed around as one.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from graduasi.declarations.dictionary import Dictionary, parse_dictionary, read_dictionary
from graduasi.declarations.programme import Programme, parse_programme, read_programme
from graduasi.declarations.since_then import column_label_faults, yardstick_faults
from graduasi.errors import DeclarationError


@dataclass(frozen=True)
class Declarations:
    """A dictionary, and the programme that was checked against it."""

    dictionary: Dictionary
    programme: Programme

    @property
    def max_data_age_days(self) -> int:
        """How old a snapshot may be before its household is stale and its values are no longer carried forward."""
        return self.programme.max_data_age_days


def read_declarations(dictionary: Path, programme: Path) -> Declarations:
    """Read both files. Raises DeclarationError naming every fault by file, table and key.

    Files are held to today's rules; the texts in a bundle, which `parse_declarations` reads, to those of its version.
    """
    fields = read_dictionary(dictionary)
    declared = Declarations(fields, read_programme(programme, fields))
    faults = [
        *(f"{dictionary.name}: {fault}" for fault in yardstick_faults(declared.dictionary)),
        *(f"{programme.name}: {fault}" for fault in column_label_faults(declared.programme)),
    ]
    if faults:
        raise DeclarationError(faults)
    return declared


def parse_declarations(dictionary: str, programme: str) -> Declarations:
    """Parse the texts of both files, which bundles and scores files carry.

    Raises DeclarationError naming every fault, and ValueError for a text that is not TOML.
    """
    fields = parse_dictionary(dictionary, tomllib.loads(dictionary), file="dictionary.toml")
    rules = parse_programme(programme, tomllib.loads(programme), dictionary=fields, file="programme.toml")
    return Declarations(fields, rules)
