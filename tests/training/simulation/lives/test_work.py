"""Work and businesses."""

import numpy as np

from graduasi_training.simulation.families import step_state
from graduasi_training.simulation.lives.work import CASUAL_FARM, NOT_WORKING
from tests.training.simulation.factory import PARAMETERS, some_families


def test_only_a_family_with_a_business_has_its_age_and_licence() -> None:
    rng, state = np.random.default_rng(5), some_families().state
    for _ in range(8):
        state = step_state(rng, PARAMETERS, state, with_people=True)
        without = ~state.work.has_business
        assert not state.work.has_licence[without].any()
        assert (state.work.business_quarters[without] == 0).all()
    assert state.work.has_licence.any()


def test_a_head_without_a_job_or_unable_to_work_does_not_work() -> None:
    state = some_families().state
    status = state.work.status(state.people)
    idle = state.work.out_of_job | ~state.people.head_able
    assert 0 < idle.sum() < len(idle)
    assert (status[idle] == NOT_WORKING).all()
    assert (status[~idle] == state.work.usual_status[~idle]).all()


def test_casual_farm_workers_are_farmers() -> None:
    work = some_families().state.work
    started_as_farm_worker = work.usual_status == CASUAL_FARM
    assert work.is_farmer[started_as_farm_worker].mean() > 0.6  # a few took up this work later
