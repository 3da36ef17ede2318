"""Adding calendar months to days."""

import numpy as np
import pytest

from graduasi.dates import EARLIEST_DAY, LATEST_DAY, add_months, from_day, iso_day
from graduasi.single.features import _months_before


@pytest.mark.parametrize(
    ("day", "months", "moved"),
    [
        ("2023-01-15", -36, "2020-01-15"),
        ("2023-12-01", 1, "2024-01-01"),
        ("2023-05-31", 1, "2023-06-30"),
        ("2023-03-31", -1, "2023-02-28"),
        ("2024-02-29", 12, "2025-02-28"),
        ("1969-12-31", 2, "1970-02-28"),
    ],
)
def test_a_day_that_the_month_lacks_becomes_its_last_day(day, months, moved):
    assert add_months(np.array([iso_day(day)], dtype=np.int32), months).tolist() == [iso_day(moved)]
    assert _months_before(iso_day(day), -months) == iso_day(moved)


@pytest.mark.filterwarnings("error")  # numpy deprecates a timedelta64 without a unit
@pytest.mark.parametrize("months", [-37, -1, 0, 1, 6, 25])
def test_many_days_move_as_each_does_alone_and_without_a_warning(months):
    days = np.arange(EARLIEST_DAY, LATEST_DAY, 13, dtype=np.int32)
    moved = add_months(days, months)
    assert moved.dtype == np.int32
    assert moved.tolist() == [_months_before(day, -months) for day in days.tolist()]


def test_the_earliest_and_latest_day_are_those_that_a_panel_may_hold():
    assert [str(from_day(day)) for day in (EARLIEST_DAY, LATEST_DAY)] == ["1900-01-01", "2100-12-31"]
    assert [iso_day("1900-01-01"), iso_day("2100-12-31")] == [EARLIEST_DAY, LATEST_DAY]


@pytest.mark.parametrize("text", ["1899-12-31", "2101-01-01", "2021-02-29", "2021-1-5", "20210105", " 2021-01-05", ""])
def test_a_text_that_names_no_day_of_a_panel_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - its callers write the message
        iso_day(text)
