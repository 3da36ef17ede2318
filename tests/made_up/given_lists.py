"""The lists that mentors get from a model: scored and listed as `graduasi score` and `graduasi list` do."""

import pyarrow as pa

from graduasi.dates import from_day
from graduasi.lists.ranking import build_lists
from graduasi.readiness.model import ReadinessModel
from graduasi.scoring.cohort import cohort_on, households_out
from graduasi.scoring.scores import score_rows, to_table
from graduasi_training.study.study import Study
from tests.made_up.learned_model import UnsavedBundle


def given_lists(study: Study, model: ReadinessModel, day: int) -> dict[str, list[str]]:
    """By mentor, the households that are proposed on the day, in order."""
    out = households_out(study.events, study.programme, day=day)
    rows = cohort_on(study.panel, day, study.declarations, out=out)
    bundle = UnsavedBundle(study.declarations, model, "test", None)
    scores: pa.Table = to_table(score_rows(study.panel, rows, as_of=day, bundle=bundle), bundle)
    lists = build_lists(
        scores,
        declarations=study.declarations,
        quota=study.programme.quota_per_mentor,
        used={},
        language="en",
        today=from_day(day),
    )
    return {one.mentor_id: [entry.household_id for entry in one.section("propose")] for one in lists}
