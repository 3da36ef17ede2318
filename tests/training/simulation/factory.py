"""A simulated programme, read back from its files."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from graduasi.declarations.dictionary import Dictionary
from graduasi.declarations.programme import Programme


@dataclass(frozen=True)
class Simulated:
    """The files of a simulation, read back."""

    folder: Path
    panel: pd.DataFrame
    events: pd.DataFrame
    truth: pd.DataFrame
    dictionary: Dictionary
    programme: Programme
    figures: dict[str, float]
