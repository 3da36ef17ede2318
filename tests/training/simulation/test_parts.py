"""The parts of the simulation one by one: the calendar, parameters, components, truth."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graduasi_training.simulation.chance import normal_cuts
from graduasi_training.simulation.lives.people import (
    GROWN,
    NO_END_MONTHS,
    People,
    aid_per_quarter,
    draw_people,
    grow_older,
)
from graduasi_training.simulation.lives.places import cut_into_districts, draw_caseloads
from graduasi_training.simulation.parameters import parse_parameters, shipped_parameters
from graduasi_training.simulation.quarters import quarter_ends
from graduasi_training.simulation.records.truth import Target, work_out_truth

PARAMETERS = shipped_parameters()


def one_family(*child_years: float) -> People:
    """Two parents of 35 with children of these ages, all of them at school who should be."""
    drawn = draw_people(np.random.default_rng(0), PARAMETERS, np.array([False]))
    ages = np.array([[*(int(4 * years) for years in child_years), *[-1] * (5 - len(child_years))]])
    no, none = np.array([False]), np.array([-1])
    return replace(
        drawn, child_age=ages, at_school=ages >= 28, head_age=np.array([140]), has_spouse=~no, other_adults=np.array([0]),
        grandparent_age=none, severe_disability=no, head_is_disabled=no, due=none,
    )  # fmt: skip


def test_quarters_are_counted_back_from_the_last() -> None:
    assert quarter_ends(date(2026, 9, 30), 4) == [
        date(2025, 12, 31),
        date(2026, 3, 31),
        date(2026, 6, 30),
        date(2026, 9, 30),
    ]


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


@given(st.integers(1, 3000), st.integers(0, 100))
def test_caseloads_add_up_and_districts_keep_them_whole(households: int, seed: int) -> None:
    caseloads = draw_caseloads(np.random.default_rng(seed), PARAMETERS, households)
    districts = list(cut_into_districts(caseloads, 700))
    assert int(caseloads.sum()) == households
    assert np.concatenate([district.caseloads for district in districts]).tolist() == caseloads.tolist()
    assert [district.first_mentor for district in districts] == [
        1 + sum(len(d.caseloads) for d in districts[:place]) for place in range(len(districts))
    ]


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=6))
def test_cuts_of_the_normal_curve_rise(shares: list[float]) -> None:
    cuts = normal_cuts(shares)
    assert len(cuts) == len(shares) - 1
    assert (np.diff(cuts) > 0).all()


def test_would_sustain_looks_only_at_the_quarters_of_the_label() -> None:
    target = Target(log_factor=0.0, after=4, hold=4)
    path = np.full((2, 9), -1.0)
    path[:, 4:8] = 1.0
    path[1, 6] = -0.1
    truth = work_out_truth(PARAMETERS, log_welfare=path, luck=np.ones((2, 9)), target=target)
    assert truth.would_sustain.tolist() == [[True, False], [False, False]]


def test_relapse_is_likelier_for_the_poorer_and_bad_luck_brings_it() -> None:
    target = Target(log_factor=0.0, after=4, hold=4)
    path = np.repeat([[-0.5], [0.5]], 8, axis=1)
    truth = work_out_truth(PARAMETERS, log_welfare=path, luck=np.array([[1.0] * 8, [0.0] * 8]), target=target)
    assert truth.relapse_propensity[0, 0] > truth.relapse_propensity[1, 0]
    assert truth.would_stay_out[:, 0].tolist() == [True, False]


@pytest.mark.parametrize("entry", ["{ value = 1 }", '{ source = "s" }', '{ value = 1, source = "s", guess = "g" }'])
def test_an_assumption_without_a_reason_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match=r"a\.b: needs a value and either a source or a guess"):
        parse_parameters(f"[a]\nb = {entry}")


def test_every_shipped_assumption_has_its_reason() -> None:
    assert len(PARAMETERS.reasons) > 100
    assert all(len(reason) > 5 for reason in PARAMETERS.reasons.values())
