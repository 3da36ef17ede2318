"""A model in a registry was logged as code by an earlier version of this package. It must still load and answer the same."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import mlflow
import numpy as np
import pyarrow.parquet as pq
import pytest

from graduasi.bundle import load_bundle
from graduasi.dates import to_day
from graduasi.panel.table_contract import check_panel
from graduasi.scoring.scores import score_rows
from graduasi.single.features import Snapshot
from graduasi.single.scores import SingleScorer

LOGGED = Path(__file__).parents[2] / "data" / "logged_by_0_1_0"


@pytest.mark.filterwarnings("ignore:.*Any type hint is inferred:UserWarning")  # the signature is of type Any on purpose
def test_a_model_that_version_0_1_0_logged_still_loads_and_answers_the_same():
    panel = pq.read_table(LOGGED / "households.parquet").to_pandas()
    model = mlflow.pyfunc.load_model(str(LOGGED / "model"))
    answers = model.predict(panel, params={"as_of": "2021-02-01", "reasons": 3}).to_dict("records")
    expected = json.loads((LOGGED / "answers.json").read_text(encoding="utf-8"))
    assert len({row["band"] for row in expected}) == 6  # every band, so that no rule could change unseen
    assert [row["household_id"] for row in answers] == [row["household_id"] for row in expected]
    for answer, row in zip(answers, expected, strict=True):
        for number in ("margin", "score_low", "score_high"):
            assert answer[number] == pytest.approx(row[number], abs=1e-9)
        assert answer["band"] == row["band"]
        assert [[reason["feature"], reason["value"]] for reason in answer["reasons"]] == row["reasons"]


def test_a_household_alone_gets_what_version_0_1_0_gave_it_in_a_panel():
    bundle, day = load_bundle(LOGGED / "model" / "artifacts" / "bundle"), to_day(date(2021, 2, 1))
    panel = check_panel(pq.read_table(LOGGED / "households.parquet"), bundle.dictionary)[0]
    answers = json.loads((LOGGED / "answers.json").read_text(encoding="utf-8"))
    expected = {row["household_id"]: row["margin"] for row in answers}
    scorer = SingleScorer(bundle)
    for latest in panel.latest_known(day).tolist():
        name = panel.household_id[latest].as_py()
        if name in expected:
            rows = np.flatnonzero(panel.household == panel.household[latest])
            visits = [
                Snapshot(int(panel.as_of[row]), int(panel.known_on[row]), panel.values[row].tolist())
                for row in rows[rows <= latest]
            ]
            assert scorer.score(visits, scored_on=day, reasons=0).margin == pytest.approx(expected.pop(name), abs=1e-9)
    assert not expected


def test_the_answers_of_version_0_1_0_hold_values_that_today_s_models_would_read_otherwise():
    bundle, day = load_bundle(LOGGED / "model" / "artifacts" / "bundle"), to_day(date(2021, 2, 1))
    panel = check_panel(pq.read_table(LOGGED / "households.parquet"), bundle.dictionary)[0]
    as_then = score_rows(panel, panel.latest_known(day), as_of=day, bundle=bundle)
    today = replace(bundle, model=replace(bundle.model, is_careful=True))
    now = score_rows(panel, panel.latest_known(day), as_of=day, bundle=today)
    assert not np.allclose(as_then.explained.margin, now.explained.margin)
