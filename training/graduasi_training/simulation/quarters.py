"""The calendar of the simulation: ends of quarters, counted back from the last."""

from calendar import monthrange
from datetime import date

LAST_QUARTER_END = date(2026, 9, 30)


def quarter_ends(last: date, count: int) -> list[date]:
    """`count` ends of quarters, three months apart, the last of them `last`."""
    months = [last.year * 12 + last.month - 1 - 3 * back for back in range(count - 1, -1, -1)]
    return [_month_end(month // 12, month % 12 + 1) for month in months]


def as_year(day: date) -> float:
    """A date as a year with its fraction."""
    return day.year + (day.timetuple().tm_yday - 1) / 365.25


def _month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])
