"""Who is signed in. The cookie holds a random token; the table holds its hash, so a copy of the table signs nobody in."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from graduasi_serving.database.base import Base, UtcTime


class WebSession(Base):
    """One signed-in browser, until `idle_until` (moved by each click) or `ends_at`, whichever is sooner."""

    __tablename__ = "web_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    idle_until: Mapped[datetime] = mapped_column(UtcTime)
    ends_at: Mapped[datetime] = mapped_column(UtcTime)
