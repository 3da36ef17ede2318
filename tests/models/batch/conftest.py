"""A small panel to score, in parts that are small enough for it to have many."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from graduasi.batch import parts
from graduasi.batch.job import Job
from graduasi.panel.events import NO_EVENTS
from tests.made_up.small_programme import draw_table

TABLE = draw_table(np.random.default_rng(7), households=60)


@pytest.fixture
def small_parts(monkeypatch):
    """Seven households a part and few rows a batch, so that sixty households make nine parts."""
    monkeypatch.setattr(parts, "PART_HOUSEHOLDS", 7)
    monkeypatch.setattr(parts, "BATCH_ROWS", 16)


@pytest.fixture
def job(tmp_path, bundle):
    pq.write_table(TABLE, tmp_path / "panel.parquet")
    return Job(tmp_path / "panel.parquet", tmp_path / "scores.parquet", bundle, NO_EVENTS)
