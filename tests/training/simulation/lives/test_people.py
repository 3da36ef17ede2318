"""Components of PKH, and how the members of a family change from quarter to quarter."""

from dataclasses import replace

import numpy as np
import pytest

from graduasi_training.simulation.lives.people import (
    GROWN,
    NO_END_MONTHS,
    PREGNANCY_QUARTERS,
    aid_per_quarter,
    grow_older,
)
from tests.training.simulation.factory import PARAMETERS, many_like, one_family, parameters_with


@pytest.mark.parametrize(
    ("child_years", "idr", "months"),
    [
        ((), 0, 0),
        ((3,), 750_000, 192),
        ((8, 14), 225_000 + 375_000, 132),
        ((17,), 500_000, 24),
        ((1, 2, 8, 14, 17), 2 * 750_000 + 500_000 + 375_000, 216),  # four at most, the highest
    ],
)
def test_aid_and_its_end_follow_the_children(child_years: tuple[float, ...], idr: int, months: int) -> None:
    family = one_family(*child_years)
    assert aid_per_quarter(family, PARAMETERS)[0] == idr
    assert family.months_left[0] == months


def test_a_grown_child_is_no_component() -> None:
    rng, family = np.random.default_rng(1), one_family(18.75)
    older = grow_older(rng, PARAMETERS, family)
    assert family.months_left[0] == 3
    assert (older.child_age >= GROWN).sum() == 0
    assert older.months_left[0] in (0, 3 * GROWN)  # unless a child is on its way


def test_an_elderly_member_has_no_end_in_sight() -> None:
    assert replace(one_family(), grandparent_age=np.array([4 * 72])).months_left[0] == NO_END_MONTHS


def test_an_elderly_head_and_spouse_are_two_components() -> None:
    family = replace(one_family(), head_age=np.array([4 * 71]))
    assert family.n_elderly[0] == 2
    assert replace(family, has_spouse=np.array([False])).n_elderly[0] == 1


def test_a_pregnancy_is_a_component_until_the_child_is_born_and_is_one() -> None:
    family = replace(one_family(), quarters_to_birth=np.array([PREGNANCY_QUARTERS]))
    assert aid_per_quarter(family, PARAMETERS)[0] == 750_000
    assert family.months_left[0] == 12 * 19
    rng, without_another = np.random.default_rng(1), parameters_with({"family.pregnancy_per_year": 0.0})
    for _ in range(PREGNANCY_QUARTERS + 1):
        family = grow_older(rng, without_another, family)
    assert family.child_age[0].tolist() == [0, -1, -1, -1, -1]
    assert not family.is_pregnant[0]


def test_children_start_school_at_seven() -> None:
    younger, older = (one_family(years) for years in (6.5, 6.75))
    at_school = [
        grow_older(np.random.default_rng(1), PARAMETERS, family).at_school[0, 0] for family in (younger, older)
    ]
    assert at_school == [False, True]


@pytest.mark.parametrize(
    ("years", "was_at_school", "share_at_school"), [(10, False, 0.03), (10, True, 0.9988), (17, True, 0.965)]
)
def test_some_children_leave_school_and_some_return(years: float, was_at_school: bool, share_at_school: float) -> None:
    families = many_like(one_family(years), 20_000)
    families = replace(families, at_school=families.at_school & was_at_school)
    older = grow_older(np.random.default_rng(2), PARAMETERS, families)
    assert older.at_school[:, 0].mean() == pytest.approx(share_at_school, abs=0.005)
