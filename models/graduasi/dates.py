"""Days as whole numbers since 1970-01-01, and adding calendar months to them.

A panel of a million rows compares dates all the time; with whole numbers that is a plain numpy comparison.
"""

import re
from datetime import date, datetime, timedelta, timezone

import numpy as np
import numpy.typing as npt

Days = npt.NDArray[np.int32]
"""Days since 1970-01-01, negative before it."""

EPOCH = date(1970, 1, 1)
EARLIEST_DAY, LATEST_DAY = -25_567, 47_846
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
    if not EARLIEST_DAY <= day <= LATEST_DAY:
        raise ValueError
    return day


def from_day(day: int) -> date:
    """The date that lies `day` days after 1970-01-01."""
    return date.fromordinal(EPOCH.toordinal() + int(day))


def latest_today(now: datetime) -> int:
    """The day it is where a day begins first on earth (UTC+14): no later one can be in a file, whatever the zone of this machine."""
    return to_day(now.astimezone(timezone(timedelta(hours=14))).date())


def add_months(days: Days, months: int) -> Days:
    """Move each day by whole calendar months; a day that the month lacks becomes its last day (31 May + 1 = 30 June)."""
    # Every timedelta64 here has a unit. Integers added to dates become one without a unit, which numpy deprecates.
    dates = np.asarray(days, dtype="int64").astype("datetime64[D]")
    month = dates.astype("datetime64[M]")
    days_into_month = dates - month.astype("datetime64[D]")
    target_month = month + np.timedelta64(months, "M")
    first_day = target_month.astype("datetime64[D]")
    last_day = (target_month + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    return np.minimum(first_day + days_into_month, last_day).astype("int64").astype("int32")
