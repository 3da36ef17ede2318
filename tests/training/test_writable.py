"""A folder that cannot be written to is refused before any work is done, and nothing is made in it."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from graduasi.errors import Refused
from graduasi_training.pipeline import refuse_unwritable, train
from tests.made_up.small_run import QUICK, write_inputs


def test_a_folder_that_exists_or_can_be_made_is_accepted_and_nothing_is_made(tmp_path):
    refuse_unwritable(tmp_path)
    refuse_unwritable(tmp_path / "runs" / "first")
    refuse_unwritable(Path("runs-that-are-not-there"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("out", ["notes.txt", "notes.txt/run"])
def test_a_file_in_place_of_the_folder_is_named(tmp_path, out):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(Refused, match=r"notes\.txt is a file, not a folder; name another folder"):
        refuse_unwritable(tmp_path / out)


def test_a_folder_without_the_right_to_write_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # whoever runs the tests may write everywhere
    with pytest.raises(Refused, match=f"run: {tmp_path} cannot be written to"):
        refuse_unwritable(tmp_path / "run")


def test_training_checks_the_folder_before_it_reads_anything(tmp_path):
    (tmp_path / "out").touch()
    inputs = replace(write_inputs(tmp_path / "in"), panel=tmp_path / "nothing.csv")
    with pytest.raises(Refused, match="out is a file"):
        train(inputs, tmp_path / "out", settings=QUICK, tell=lambda text: None)
