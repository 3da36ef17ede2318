"""What training computes of a household on a day is what every path computes of it later on the same day."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graduasi.batch.job import Job
from graduasi.batch.score_file import score_file
from graduasi.bundle import load_bundle
from graduasi.panel.events import check_events, read_events
from graduasi.panel.table_contract import check_panel
from graduasi.readiness.features import build_features, features_of
from graduasi.scoring.cohort import cohort_of, households_out
from graduasi.scoring.scores import score_rows
from tests.agreement.households import DAY, HOUSEHOLDS, events_table, panel_table

TOLERANCE = 1e-9


def by_training(trained, households):
    """Household by household, as training computes it: features of the cohort, then the fitted model."""
    study = trained.study
    panel, _ = check_panel(panel_table(households), study.dictionary)
    rows = cohort_of(panel, panel.latest_known(DAY), study.declarations)
    out = households_out(check_events(events_table(households), study.programme), study.programme, day=DAY)
    rows = np.array([row for row in rows if panel.household_id[int(row)].as_py() not in out])
    values = build_features(panel, rows, as_of=DAY, declarations=study.declarations).values
    return panel.household_id.take(pa.array(rows)).to_pylist(), trained.fitted.candidates["blend"].explain(values)


def test_every_path_gives_the_margins_and_contributions_of_training(trained, score, scored):
    names, explained = by_training(trained, [score.reduced(household) for household in HOUSEHOLDS])
    features = [feature.name for feature in features_of(trained.study.dictionary)]
    assert sorted(scored) == names
    for row, name in enumerate(names):
        found = scored[name]
        assert found["margin"] == pytest.approx(explained.margin[row], abs=TOLERANCE)
        assert found["base_margin"] == pytest.approx(explained.base, abs=TOLERANCE)
        strongest = np.sort(np.abs(explained.contributions[row]))[::-1]
        for rank, reason in enumerate(found["reasons"]):
            contribution = explained.contributions[row, features.index(reason["feature"])]
            assert reason["contribution"] == pytest.approx(contribution, abs=TOLERANCE)
            assert abs(contribution) == pytest.approx(strongest[rank], abs=TOLERANCE)


def test_the_study_that_was_trained_on_has_the_features_that_scoring_has_on_the_same_day(trained, bundle):
    study = trained.study
    for day in np.unique(study.observations.day):
        chosen = np.flatnonzero(study.observations.day == day)
        rows = study.observations.snapshot[chosen]
        scored = score_rows(study.panel, rows, as_of=int(day), bundle=bundle)
        np.testing.assert_allclose(scored.features.values, study.values[chosen], atol=TOLERANCE)


def test_the_cohort_of_training_is_that_of_scoring_events_included_but_for_whom_nobody_saw_lately(
    trained, bundle, tmp_path
):
    study, day = trained.study, int(trained.study.observations.day.max())
    inputs = trained.out.parent / "inputs"
    events = read_events(inputs / "events.csv", bundle.programme)
    target = tmp_path / "scores.parquet"
    score_file(Job(inputs / "households.parquet", target, bundle, events, inputs / "events.csv", as_of=day))
    rows = study.observations.snapshot[study.observations.day == day]
    expected = study.panel.household_id.take(pa.array(rows)).to_pylist()
    scored = pq.read_table(target)
    is_fresh = day - scored["as_of"].cast(pa.int32()).to_numpy() <= bundle.programme.max_data_age_days
    assert scored.filter(pa.array(is_fresh))["household_id"].to_pylist() == expected
    assert {"stale"} <= set(scored.filter(pa.array(~is_fresh))["band"].to_pylist()) <= {"stale", "protected"}
    assert "K00001" not in expected


def test_the_bundle_on_disk_gives_what_the_model_in_memory_gives(trained):
    values, model = trained.study.values, load_bundle(trained.out / "bundle").model
    found, expected = model.explain(values), trained.fitted.champion.explain(values)
    np.testing.assert_array_equal(found.contributions, expected.contributions)
    assert found.base == expected.base
