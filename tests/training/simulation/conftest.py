"""One small simulated programme that the tests of this folder share."""

import pandas as pd
import pytest

from graduasi.declarations.dictionary import read_dictionary
from graduasi.declarations.programme import read_programme
from graduasi_training.simulation import simulate
from graduasi_training.simulation.summary import summarise
from tests.training.simulation.factory import Simulated


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    folder = tmp_path_factory.mktemp("simulated")
    simulate(folder, households=6000, quarters=20, seed=7)
    tables = [pd.read_parquet(folder / f"{name}.parquet") for name in ("households", "events", "truth")]
    dictionary = read_dictionary(folder / "dictionary.toml")
    programme = read_programme(folder / "programme.toml", dictionary)
    return Simulated(folder, *tables, dictionary, programme, summarise(folder))
