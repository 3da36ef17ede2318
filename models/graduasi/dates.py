"""Days as whole numbers since 1970-01-01, and calendar months on them.

A panel of a million rows compares dates all the time; whole numbers make that a plain numpy comparison.
"""

import re
from datetime import date

import numpy as np
import numpy.typing as npt

Days = npt.NDArray[np.int32]

EPOCH = date(1970, 1, 1)
EARLIEST, LATEST = -25_567, 47_846
"""1900-01-01 and 2100-12-31: a date outside is a typing error, not a visit."""
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def to_day(when: date) -> int:
    """The number of days from 1970-01-01 to `when`."""
    return (when - EPOCH).days


def iso_day(text: str) -> int:
    """The day that YYYY-MM-DD names. Raises ValueError for any other text, and for a day that no panel can hold."""
    if not ISO_DAY.fullmatch(text):
        raise ValueError
    day = to_day(date.fromisoformat(text))
    if not EARLIEST <= day <= LATEST:
        raise ValueError
    return day


def from_day(day: int) -> date:
    """The date that lies `day` days after 1970-01-01."""
    return date.fromordinal(EPOCH.toordinal() + int(day))


def add_months(days: Days, months: int) -> Days:
    """Move each day by whole calendar months; a day that the month lacks becomes its last day (31 May + 1 = 30 June)."""
    dates = np.asarray(days, dtype="int64").astype("datetime64[D]")
    month = dates.astype("datetime64[M]")
    day_of_month = (dates - month.astype("datetime64[D]")).astype("int64")
    target = month + np.timedelta64(months, "M")
    last = ((target + np.timedelta64(1, "M")).astype("datetime64[D]") - target.astype("datetime64[D]")).astype(
        "int64"
    ) - 1
    moved = target.astype("datetime64[D]") + np.minimum(day_of_month, last)
    return moved.astype("int64").astype("int32")
