"""The simulation's calendar: the last days of quarters, counted back from the last one."""

from calendar import monthrange
from datetime import date

LAST_QUARTER_END = date(2026, 9, 30)


def quarter_ends(last: date, count: int) -> list[date]:
    """The last days of `count` months that are three months apart; the month of `last` is the final one."""
    months = [last.year * 12 + last.month - 1 - 3 * quarters_back for quarters_back in range(count - 1, -1, -1)]
    return [_month_end(month // 12, month % 12 + 1) for month in months]


def decimal_year(day: date) -> float:
    """A date as a year with a fraction, such as 2024.75."""
    return day.year + (day.timetuple().tm_yday - 1) / 365.25


def _month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])
