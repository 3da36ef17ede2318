"""Scores files are read back as they were written, with the declarations they were made with, or refused."""

import csv
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from graduasi.batch.job import Job
from graduasi.batch.read_scores import read_scores
from graduasi.batch.score_file import score_file
from graduasi.errors import PanelError
from graduasi.panel.events import NO_EVENTS
from graduasi.scoring.scores import SCORES
from tests.made_up.small_programme import DECLARED, draw_table

TABLE = draw_table(np.random.default_rng(7), households=20)


@pytest.fixture
def job(tmp_path, bundle):
    pq.write_table(TABLE, tmp_path / "panel.parquet")
    return Job(tmp_path / "panel.parquet", tmp_path / "scores.parquet", bundle, NO_EVENTS)


def test_scores_in_parquet_carry_their_dictionary_and_programme(job):
    score_file(job)
    table, declarations = read_scores(job.target)
    assert declarations == DECLARED
    assert table.schema.equals(SCORES)


def test_scores_in_csv_are_read_back_with_the_declarations_of_the_bundle_that_made_them(job, bundle_folder):
    score_file(job)
    csv_job = replace(job, target=job.target.with_suffix(".csv"))
    score_file(csv_job)
    table, declarations = read_scores(csv_job.target, str(bundle_folder))
    assert table.equals(pq.read_table(job.target))
    assert declarations == DECLARED
    with pytest.raises(PanelError, match="--model"):
        read_scores(csv_job.target)


def test_scores_of_an_earlier_version_are_refused_with_what_to_do(job, tmp_path):
    score_file(job)
    table = pq.read_table(job.target)
    pq.write_table(table.drop_columns(["unknown_rules", "score_low"]), tmp_path / "older.parquet")
    with pytest.raises(PanelError, match=r"lacks score_low, unknown_rules, .* score the panel again"):
        read_scores(tmp_path / "older.parquet")


@pytest.mark.parametrize("identifier", ["NA", "null", "nan", "007", "-0012", "=1+1", "'=x"])
def test_an_identifier_that_looks_like_null_a_number_or_a_formula_comes_back_from_csv(job, bundle_folder, identifier):
    first = TABLE["household_id"][0].as_py()
    names = pc.replace_substring_regex(TABLE["household_id"], f"^{first}$", identifier)
    pq.write_table(TABLE.set_column(0, "household_id", names), job.panel)
    csv_job = replace(job, target=job.target.with_suffix(".csv"))
    score_file(csv_job)
    scores, _ = read_scores(csv_job.target, str(bundle_folder))
    assert identifier in scores["household_id"].to_pylist()


def test_scores_in_csv_are_not_read_with_the_declarations_of_another_bundle(job, bundle_folder):
    csv_job = replace(job, target=job.target.with_suffix(".csv"))
    score_file(csv_job)
    text = csv_job.target.read_text().replace(csv_job.bundle.version, "small-0-0123456789ab")
    csv_job.target.write_text(text)
    with pytest.raises(PanelError, match="not scored by small-1-"):
        read_scores(csv_job.target, str(bundle_folder))


@pytest.mark.parametrize("change", ["twice", "empty"])
def test_a_file_with_a_household_twice_or_without_its_identifier_is_refused(job, change):
    score_file(job)
    table = pq.read_table(job.target)
    identifiers = table["household_id"].to_pylist()
    identifiers[1] = identifiers[0] if change == "twice" else None
    pq.write_table(table.set_column(0, "household_id", pa.array(identifiers)), job.target)
    with pytest.raises(PanelError, match="household_id is empty or stands twice"):
        read_scores(job.target)


def test_a_file_that_is_no_scores_file_is_refused(job, bundle_folder):
    with pytest.raises(PanelError, match="not a scores file"):
        read_scores(job.panel)
    pyarrow.csv.write_csv(TABLE, job.panel.with_suffix(".csv"))
    with pytest.raises(PanelError, match="not a scores file"):
        read_scores(job.panel.with_suffix(".csv"), str(bundle_folder))


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("flags", ""), ("flags", "[1]"), ("blocking", "null"), ("score", ""), ("missing_fields", '["nobody"]'), ("as_of", "soon"),
        ("reasons", '[{"feature": "nobody", "kind": "lever", "direction": "helps", "contribution": 1, "value": null}]'),
    ],
)  # fmt: skip
def test_a_damaged_cell_of_scores_in_csv_is_refused_with_a_sentence(job, bundle_folder, column, cell):
    csv_job = replace(job, target=job.target.with_suffix(".csv"))
    score_file(csv_job)
    with csv_job.target.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[0][column] = cell
    with csv_job.target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(PanelError, match=r"score|scores"):
        read_scores(csv_job.target, str(bundle_folder))


@pytest.mark.parametrize("name", ["reasons", "score"])
def test_a_column_of_another_type_is_no_scores_file(job, name):
    score_file(job)
    table = pq.read_table(job.target)
    other_type = pa.array([["x"]] * len(table)) if name == "score" else pa.array(["x"] * len(table))
    pq.write_table(table.set_column(table.column_names.index(name), name, other_type), job.target)
    with pytest.raises(PanelError, match="not a scores file"):
        read_scores(job.target)
