"""A simulated programme read back from its files, and small parts of one to try single steps on."""

from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import pandas as pd

from graduasi.declarations.dictionary import Dictionary
from graduasi.declarations.programme import Programme
from graduasi_training.simulation.families import Families, draw_families
from graduasi_training.simulation.lives.people import People, draw_people
from graduasi_training.simulation.lives.places import District
from graduasi_training.simulation.parameters import Parameters, shipped_parameters

PARAMETERS = shipped_parameters()


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


def parameters_with(numbers: dict[str, float]) -> Parameters:
    """The shipped parameters with other numbers in place of some."""
    return replace(PARAMETERS, numbers={**PARAMETERS.numbers, **numbers})


def one_family(*child_years: float) -> People:
    """Two parents of 35 with children of these ages; those of school age go to school."""
    drawn = draw_people(np.random.default_rng(0), PARAMETERS, np.array([False]))
    ages = np.array([[*(int(4 * years) for years in child_years), *[-1] * (5 - len(child_years))]])
    no, no_member = np.array([False]), np.array([-1])
    return replace(
        drawn, child_age=ages, at_school=ages >= 28, head_age=np.array([140]), head_is_female=no, has_spouse=~no,
        other_adults=np.array([0]), grandparent_age=no_member, severe_disability=no, head_is_disabled=no,
        quarters_to_birth=no_member,
    )  # fmt: skip


def many_like(family: People, n: int) -> People:
    """The same family `n` times."""
    return People(**{field.name: np.repeat(getattr(family, field.name), n, axis=0) for field in fields(People)})


def some_families() -> Families:
    """The families of two mentors at the start of a simulation."""
    district = District(number=1, first_mentor=1, caseloads=np.array([200, 200]))
    return draw_families(np.random.default_rng(4), PARAMETERS, district=district, quarters=1)
