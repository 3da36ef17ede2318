"""The calendar, the parameters and the random draws that the simulation is made of."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graduasi_training.simulation import simulate
from graduasi_training.simulation.chance import normal_cuts
from graduasi_training.simulation.parameters import Parameters, Table, parse_parameters
from graduasi_training.simulation.quarters import quarter_ends
from tests.training.simulation.factory import PARAMETERS


def test_quarters_are_counted_back_from_the_last() -> None:
    assert quarter_ends(date(2026, 9, 30), 4) == [
        date(2025, 12, 31),
        date(2026, 3, 31),
        date(2026, 6, 30),
        date(2026, 9, 30),
    ]


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=6))
def test_cuts_of_the_normal_distribution_rise(shares: list[float]) -> None:
    cuts = normal_cuts(shares)
    assert len(cuts) == len(shares) - 1
    assert (np.diff(cuts) > 0).all()


@pytest.mark.parametrize("entry", ["{ value = 1 }", '{ source = "s" }', '{ value = 1, source = "s", guess = "g" }'])
def test_an_assumption_without_a_reason_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match=r"a\.b: needs a value and either a source or a guess"):
        parse_parameters(f"[a]\nb = {entry}")


def test_every_shipped_assumption_has_its_reason() -> None:
    assert len(PARAMETERS.reasons) > 100
    assert all(len(reason) > 5 for reason in PARAMETERS.reasons.values())


def test_every_shipped_assumption_is_used(tmp_path: Path) -> None:
    used: set[str] = set()

    class RecordedParameters(Parameters):
        def number(self, name: str) -> float:
            used.add(name)
            return super().number(name)

        def table(self, name: str) -> Table:
            used.add(name)
            return super().table(name)

        def per_quarter(self, name: str) -> float:
            used.add(name)
            return super().per_quarter(name)

        def section(self, name: str) -> dict[str, Table]:
            tables = super().section(name)
            used.update(f"{name}.{own_name}" for own_name in tables)
            return tables

    recorded = RecordedParameters(PARAMETERS.numbers, PARAMETERS.tables, PARAMETERS.reasons)
    simulate(tmp_path, households=300, quarters=2, seed=1, parameters=recorded)
    assert used == set(PARAMETERS.reasons)
