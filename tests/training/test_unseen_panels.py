"""Panels of other shapes than the simulator's and the real ones: two declarations are enough to train from them."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graduasi_training.pipeline import Inputs, train
from tests.made_up.small_programme import DICTIONARY, PROGRAMME, draw_table
from tests.made_up.small_run import QUICK

HELD_ONCE = PROGRAMME.replace("hold = 2", "hold = 1").replace("within_months = 24", "within_months = 60", 1)


def programme(every_months, *, max_age_days=400, embargo_months=0):
    text = HELD_ONCE.replace("max_data_age_days = 200", f"max_data_age_days = {max_age_days}")
    return text.replace("folds = 1", f"folds = 2\nevery_months = {every_months}\nembargo_months = {embargo_months}")


def drawn(**shape):
    return draw_table(np.random.default_rng(5), **{"households": 200, "visits": 6, "unknown": 0.05, **shape})


def uneven():
    """Visits that come after a month or after two years."""
    table = drawn(visits=9)
    rows = np.random.default_rng(1).random(len(table)) < 0.6
    return table.filter(pa.array(rows))


def many_countries():
    table = drawn(households=300)
    areas = [f"country-{int(name[1:]) % 7}" for name in table["household_id"].to_pylist()]
    return table.set_column(table.column_names.index("area_code"), "area_code", pa.array(areas))


def without_mentors_and_areas():
    return drawn().drop_columns(["mentor_id", "area_code"])


PANELS = {
    "yearly rows": (lambda: drawn(months=12), programme(12)),
    "monthly rows": (lambda: drawn(months=1, visits=14), programme(1, max_age_days=60)),
    "uneven gaps": (uneven, programme(6, max_age_days=800)),
    "half of everything missing": (lambda: drawn(unknown=0.5, households=900), programme(4)),
    "several countries": (many_countries, programme(4)),
    "no mentors and no areas": (without_mentors_and_areas, programme(4)),
    "an embargo": (lambda: drawn(visits=8), programme(4, embargo_months=3)),
    "a draft": (drawn, programme(4).replace('version = "1"', 'version = "draft"')),
}


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_of_another_shape_is_learned_from_and_judged(name, tmp_path):
    table, programme_text = PANELS[name]
    pq.write_table(table(), tmp_path / "households.parquet")
    (tmp_path / "dictionary.toml").write_text(DICTIONARY, encoding="utf-8")
    (tmp_path / "programme.toml").write_text(programme_text, encoding="utf-8")
    inputs = Inputs(tmp_path / "households.parquet", None, tmp_path / "dictionary.toml", tmp_path / "programme.toml")
    train(inputs, tmp_path / "out", settings=QUICK, tell=lambda text: None)
    evaluation = json.loads((tmp_path / "out" / "evaluation.json").read_text(encoding="utf-8"))
    json.dumps(evaluation, allow_nan=False)
    for row in evaluation["comparison"] + evaluation["comparison_pooled"]:
        assert row["low"] <= row["difference"] <= row["high"]
        assert (row["verdict"] == "better") == (row["low"] > 0)
    champion = evaluation["folds"][-1]["candidates"]["champion"]
    assert champion["auc_low"] <= champion["auc"] <= champion["auc_high"]
    assert (champion["listed"] is None) == ("no mentors" in name)
    notes = " ".join(note["text"] for note in evaluation["notes"])
    assert "no events" in notes
    assert ("programme is a draft" in notes) == (name == "a draft")
