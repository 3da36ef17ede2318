"""A model in a registry was logged as code by an earlier version of this package. It must still load and answer the same."""

import json
from pathlib import Path

import mlflow
import pyarrow.parquet as pq
import pytest

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
