"""Who may see which list and which household. This is the only place where that is decided.

The decision is a condition that every query for lists or their entries carries, so the page, the detail page and the
export cannot disagree, and a row nobody may see is not found rather than forbidden.
"""

import re
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true

from graduasi_serving.database.lists import ListedHousehold, PublishedList

# Wilayah codes of Statistics Indonesia have fixed lengths: province 2, regency 4, district 7, village 10 digits.
WILAYAH_LENGTHS = (2, 4, 7)


@dataclass(frozen=True)
class Viewer:
    """A signed-in person, as far as access is concerned."""

    role: str
    mentor_id: str | None
    area: str | None


def may_see_list(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on PublishedList: a mentor's own; a supervisor's area; everything for an administrator."""
    match viewer:
        case Viewer(role="admin"):
            return true()
        case Viewer(role="mentor", mentor_id=str(mentor)):
            return PublishedList.mentor_id == mentor
        case Viewer(role="supervisor", area=str(area)) if area:
            return _lies_within(area)
    return false()


def lists_seen_by(viewer: Viewer) -> Select[PublishedList]:
    """Current lists this person may see."""
    return select(PublishedList).where(PublishedList.current_for.is_not(None), may_see_list(viewer))


def entries_seen_by(viewer: Viewer) -> Select[ListedHousehold]:
    """Households on current lists this person may see."""
    current = ListedHousehold.published_list.and_(PublishedList.current_for.is_not(None))
    return select(ListedHousehold).join(current).where(may_see_list(viewer))


def _lies_within(area: str) -> ColumnElement[bool]:
    """The same area or one below it, by dotted codes (32.01 holds 32.01.07) or by Wilayah codes (3201 holds 3201070).

    Not LIKE: SQLite ignores case there and PostgreSQL does not.
    """
    prefixes = [f"{area}."]
    if re.fullmatch(r"\d+", area) and len(area) in WILAYAH_LENGTHS:
        prefixes.append(area)
    below = [func.substr(PublishedList.area, 1, len(prefix)) == prefix for prefix in prefixes]
    return or_(PublishedList.area == area, *below)
