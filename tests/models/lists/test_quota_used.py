"""The file of used places: read by mentor, and refused by row."""

import pyarrow as pa
import pytest

from graduasi.errors import PanelError
from graduasi.lists.quota_used import mentors_not_in_scores, read_used


@pytest.mark.parametrize(
    ("content", "used"),
    [
        ("mentor_id,used\nM1,3\nM2,0\n", {"M1": 3, "M2": 0}),
        ("\ufeffmentor_id,used\nM1,3\n", {"M1": 3}),
        ("used,mentor_id\n 3 ,M1\n", {"M1": 3}),
    ],
)
def test_used_places_are_read_by_mentor(tmp_path, content, used):
    (tmp_path / "used.csv").write_text(content, encoding="utf-8")
    assert read_used(tmp_path / "used.csv") == used


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("mentor_id\nM1\n", "needs the columns"), ("mentor,used\nM1,3\n", "needs the columns"), ("mentor_id,used\nM1,-1\n", "row 1"),
        ("mentor_id,used\nM1,1.5\n", "row 1"), ("mentor_id,used\nM1,1\nM1,2\n", "row 2"), ("mentor_id,used\nM1,\n", "row 1"), ("", "needs the columns"),
        ("mentor_id,quota\nM1,3\n", "needs the columns"), ("mentor_id,used\n,3\n", "mentor_id: empty"), ("mentor_id,used\nM1\n", "row 1"),
    ],
)  # fmt: skip
def test_a_bad_file_of_used_places_is_refused_by_row(tmp_path, content, message):
    (tmp_path / "used.csv").write_text(content, encoding="utf-8")
    with pytest.raises(PanelError, match=message):
        read_used(tmp_path / "used.csv")


def test_without_a_file_nobody_has_used_a_place():
    assert read_used(None) == {}


@pytest.mark.parametrize(
    ("used", "warnings"),
    [
        ({"M1": 3}, []),
        ({}, []),
        ({"M1": 3, "M9": 1}, ["warning: 1 mentor_id of the used places not in the scores"]),
        ({"M8": 3, "M9": 1}, ["warning: 2 mentor_ids of the used places not in the scores"]),
    ],
)
def test_mentors_that_the_scores_lack_are_counted_in_a_warning(used, warnings):
    assert mentors_not_in_scores(used, pa.table({"mentor_id": ["M1", "M2", None]})) == warnings
