"""People who read the pages (mentors, supervisors and administrators), and their signed-in browsers."""

from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from graduasi_serving.database.base import Base, UtcTime

Role = Literal["mentor", "supervisor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)


class User(Base):
    """One person. A mentor has a `mentor_id`, a supervisor an `area`."""

    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    role: Mapped[str] = mapped_column(String(20))
    mentor_id: Mapped[str | None] = mapped_column(String(100))
    area: Mapped[str | None] = mapped_column(String(100))
    password_hash: Mapped[str] = mapped_column(String(200))
    made_at: Mapped[datetime] = mapped_column(UtcTime)


class WebSession(Base):
    """One signed-in browser, until `idle_until` (which clicks move) or `ends_at`, whichever is sooner.

    The cookie holds a random token and the table only its hash, so a copy of the table signs nobody in.
    """

    __tablename__ = "web_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    idle_until: Mapped[datetime] = mapped_column(UtcTime)
    ends_at: Mapped[datetime] = mapped_column(UtcTime)
