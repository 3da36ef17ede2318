"""Events and panel mean the same households, or it is told; identifiers keep their text whatever type a file gives them."""

import uuid
from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graduasi.errors import PanelError
from graduasi.panel import columns, files
from graduasi.panel.events import NO_EVENTS, check_events, events_of_strangers
from tests.made_up.small_programme import RULES

PANEL = pa.array([f"{number:07d}" for number in range(20)])


def _events(*households):
    rows = {"household_id": list(households), "event": ["graduated"] * len(households)}
    return check_events(pa.table(rows | {"event_date": [date(2026, 1, 1)] * len(households)}), RULES)


@pytest.mark.parametrize(
    ("strangers", "outcome"), [(0, None), (1, "1 of 20"), (17, "17 of 20"), (19, "refused"), (20, "refused")]
)
def test_events_of_households_that_are_not_in_the_panel_are_counted_and_refused_where_hardly_any_is(strangers, outcome):
    households = PANEL.to_pylist()
    events = _events(*households[strangers:], *(household.lstrip("0") or "0" for household in households[:strangers]))
    if outcome == "refused":
        with pytest.raises(PanelError, match=f"left.csv: household_id: {strangers} of 20 events .* leading zeros"):
            events_of_strangers(events, PANEL, file="left.csv")
    else:
        found = [finding["text"] for finding in events_of_strangers(events, PANEL, file="left.csv")]
        assert [text.partition(" events")[0] for text in found] == ([outcome] if outcome else [])


def test_where_there_are_no_events_there_are_no_strangers():
    assert events_of_strangers(NO_EVENTS, PANEL, file="events") == []


UUID = uuid.UUID("12345678-1234-5678-1234-567812345678")


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pa.array(["007", None]), ["007", None]),
        (pa.array([7, 10]), ["7", "10"]),
        (pa.array([7.0, None]), ["7", None]),
        (pa.array([Decimal("1.0000000000"), Decimal("12.0000000000")]), ["1", "12"]),
        (pa.array([UUID.bytes, None], pa.uuid()), [str(UUID), None]),
    ],
    ids=["text", "whole numbers", "floats", "decimals", "uuid"],
)
def test_identifiers_become_the_text_that_people_write(values, texts):
    assert columns.texts(values).to_pylist() == texts


@pytest.mark.parametrize(
    "values",
    [
        pa.array([32.1]), pa.array([Decimal("32.10")]), pa.array([1e17]), pa.array([UUID.bytes], pa.binary(16)), pa.array([True]),
        pa.array([np.timedelta64(1, "D").astype("timedelta64[s]")]), pa.array([[1]]), pa.array([date(2026, 1, 1)]),
    ],
)  # fmt: skip
def test_what_is_no_identifier_is_refused_in_a_sentence(values):
    with pytest.raises(PanelError, match="are text, whole numbers or UUIDs; a column holds"):
        columns.texts(values)


def test_uuids_of_a_parquet_file_are_read(tmp_path):
    pq.write_table(pa.table({"household_id": pa.array([UUID.bytes], pa.uuid())}), tmp_path / "panel.parquet")
    (batch,) = files.read_batches(tmp_path / "panel.parquet")
    assert columns.texts(batch.column("household_id")).to_pylist() == [str(UUID)]


@pytest.mark.parametrize("block", [64, 257, 1 << 20])
def test_notes_with_line_breaks_are_read_whatever_a_block_cuts(tmp_path, monkeypatch, block):
    monkeypatch.setattr(files, "CSV_BLOCK_BYTES", block)
    rows = [(f"K{number}", "a\nb, c\n" * (number % 3)) for number in range(40)]
    lines = ["household_id,notes", *(f'{household},"{note}"' for household, note in rows)]
    (tmp_path / "panel.csv").write_bytes("\n".join(lines).encode())
    table = files.read_table(tmp_path / "panel.csv")
    assert table.column("household_id").to_pylist() == [household for household, _ in rows]
    assert [note or "" for note in table.column("notes").to_pylist()] == [note for _, note in rows]
