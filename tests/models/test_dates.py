import numpy as np
import pytest

from graduasi.dates import add_months, iso_day
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
