"""Which event a family has, and who can be graduated."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from graduasi_training.simulation.records.exits import (
    EVENTS,
    EXITED_NATURALLY,
    GRADUATED,
    MOVED_OR_DIED,
    NO_EVENT,
    RE_ENTERED,
    REMOVED,
    Membership,
    admit_entrants,
    apply_events,
    draw_events,
    graduation_hazard,
)
from tests.training.simulation.factory import PARAMETERS, parameters_with

YES, NO = np.array([True]), np.array([False])
IN_AID = Membership(in_aid=YES, graduated=NO, entry_quarter=np.array([0]), quarters_in_aid=np.array([3]))
MOVES, IS_REMOVED, FOUND_AT_ONCE = "moved_or_died_per_year", "removed_per_year", "natural_each_quarter"


@pytest.mark.parametrize(
    ("certain", "has_component", "event"),
    [
        ((MOVES, IS_REMOVED, FOUND_AT_ONCE), False, MOVED_OR_DIED),
        ((IS_REMOVED, FOUND_AT_ONCE), False, EXITED_NATURALLY),
        ((IS_REMOVED, FOUND_AT_ONCE), True, REMOVED),
        ((FOUND_AT_ONCE,), True, GRADUATED),
    ],
)
def test_a_family_that_its_mentor_would_graduate_graduates_only_if_nothing_else_ends_its_stay(
    certain: tuple[str, ...], has_component: bool, event: int
) -> None:
    chances = {f"exits.{name}": float(name in certain) for name in (MOVES, IS_REMOVED, FOUND_AT_ONCE)}
    drawn = draw_events(
        np.random.default_rng(0),
        parameters_with(chances),
        membership=IN_AID,
        has_component=np.array([has_component]),
        hazard=np.array([1.0]),
        relapses=YES,
    )
    assert EVENTS[drawn[0]] == EVENTS[event]


@pytest.mark.parametrize(
    ("graduated", "has_component", "event"),
    [(True, True, RE_ENTERED), (True, False, NO_EVENT), (False, True, NO_EVENT)],
)
def test_only_a_graduate_with_a_component_returns(graduated: bool, has_component: bool, event: int) -> None:
    out_of_aid = replace(IN_AID, in_aid=NO, graduated=np.array([graduated]))
    drawn = draw_events(
        np.random.default_rng(0),
        PARAMETERS,
        membership=out_of_aid,
        has_component=np.array([has_component]),
        hazard=np.array([1.0]),
        relapses=YES,
    )
    assert drawn[0] == event


@pytest.mark.parametrize(
    ("event", "in_aid", "graduated"),
    [(GRADUATED, False, True), (EXITED_NATURALLY, False, False), (REMOVED, False, False), (NO_EVENT, True, False)],
)
def test_an_event_ends_membership_and_a_return_begins_it_again(event: int, in_aid: bool, graduated: bool) -> None:
    after = apply_events(IN_AID, np.array([event]))
    assert (after.in_aid[0], after.graduated[0], after.quarters_in_aid[0]) == (in_aid, graduated, 4)
    returned = apply_events(after, np.array([RE_ENTERED]))
    assert (returned.in_aid[0], returned.graduated[0]) == (True, False)


@pytest.mark.parametrize(
    ("quarter", "has_component", "enters"), [(0, True, False), (2, True, True), (2, False, False), (3, True, False)]
)
def test_a_family_enters_in_its_quarter_if_it_has_a_component(quarter: int, has_component: bool, enters: bool) -> None:
    before = replace(IN_AID, in_aid=NO, entry_quarter=np.array([2]))
    after = admit_entrants(before, quarter=quarter, has_component=np.array([has_component]))
    assert after.in_aid[0] == enters


def hazard_of(*, visited: bool = True, strictness: float = 0.0, **fields: Any) -> float:
    """The hazard of a family at the poverty line that is undecided and has two assets."""
    observed = {
        "income_excl_aid_pc_idr": 600_000, "poverty_line_idr": 600_000, "has_motorcycle": True, "has_fridge": False, "has_business": False,
        "floor_material": 3, "willingness": 1, "n_adults_able_to_work": 2, "has_severe_disability": False, **fields,
    }  # fmt: skip
    columns = {name: np.array([value]) for name, value in observed.items()}
    strict, is_visited = np.array([strictness]), np.array([visited])
    return float(graduation_hazard(PARAMETERS, observed=columns, strictness=strict, visited=is_visited)[0])


@pytest.mark.parametrize("fields", [{"visited": False}, {"n_adults_able_to_work": 0}, {"has_severe_disability": True}])
def test_who_is_not_visited_or_cannot_work_or_is_disabled_is_never_graduated(fields: dict[str, Any]) -> None:
    assert hazard_of(**fields) == 0.0


@pytest.mark.parametrize(
    ("better", "times"),
    [
        ({"income_excl_aid_pc_idr": 1_200_000}, 2**1.3),
        ({"has_fridge": True}, np.exp(0.5)),
        ({"has_business": True}, np.exp(0.5)),
        ({"floor_material": 5}, 1.0),
        ({"willingness": 2}, np.exp(0.9)),
        ({"strictness": -1.0}, np.e),
    ],
)
def test_mentors_graduate_by_income_assets_and_willingness(better: dict[str, Any], times: float) -> None:
    base, raised = hazard_of(), hazard_of(**better)
    assert raised / (1 - raised) == pytest.approx(times * base / (1 - base))
