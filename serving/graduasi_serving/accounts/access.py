"""Who may see which list and which household. This is the only module that decides it.

The decision is a condition in the WHERE clause of every query for lists or their entries. So all pages agree, and what a
person may not see is not found (404) rather than forbidden.
"""

import re
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true

from graduasi_serving.database.lists import ListedHousehold, PublishedList

# Wilayah codes of Statistics Indonesia have fixed lengths: province 2, regency 4, district 7, village 10 digits. A
# village holds no other area, so its length is not needed here.
WILAYAH_LENGTHS = (2, 4, 7)


@dataclass(frozen=True)
class Viewer:
    """What access depends on: a signed-in person's role, and the mentor_id or area that goes with it."""

    role: str
    mentor_id: str | None
    area: str | None


def may_see_list(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on PublishedList: a mentor sees their own, a supervisor those of an area, an administrator all.

    Anybody else sees nothing: an unknown role, a mentor without a mentor_id, a supervisor without an area.
    """
    match viewer:
        case Viewer(role="admin"):
            return true()
        case Viewer(role="mentor", mentor_id=str(mentor_id)):
            return PublishedList.mentor_id == mentor_id
        case Viewer(role="supervisor", area=str(area)) if area:
            return _lies_within(area)
    return false()


def lists_seen_by(viewer: Viewer) -> Select[PublishedList]:
    """The query for the current lists that this person may see."""
    return select(PublishedList).where(PublishedList.current_for.is_not(None), may_see_list(viewer))


def entries_seen_by(viewer: Viewer) -> Select[ListedHousehold]:
    """The query for the households on the current lists that this person may see."""
    on_current_list = ListedHousehold.published_list.and_(PublishedList.current_for.is_not(None))
    return select(ListedHousehold).join(on_current_list).where(may_see_list(viewer))


def _lies_within(area: str) -> ColumnElement[bool]:
    """The condition that a list's area is `area` or lies below it.

    Codes may have dots (32.01 holds 32.01.07) or be Wilayah codes (3201 holds 3201070). Compared with substr and not with
    LIKE, which ignores case in SQLite and not in PostgreSQL.
    """
    prefixes = [f"{area}."]
    if re.fullmatch(r"\d+", area) and len(area) in WILAYAH_LENGTHS:
        prefixes.append(area)
    below = [func.substr(PublishedList.area, 1, len(prefix)) == prefix for prefix in prefixes]
    return or_(PublishedList.area == area, *below)
