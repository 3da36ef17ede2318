"""Counts of sign-ins that went wrong, shared by all worker processes."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from graduasi_serving.database.base import Base, UtcTime


class SignInCount(Base):
    """Wrong passwords under one key until `ends_at`; afterwards the row means nothing and is deleted.

    Keys are hashes of names and addresses, of names that nobody has too: the table shows at a glance neither who was
    attacked nor from where. `name_hash` is null for a count that belongs to no single name.
    """

    __tablename__ = "sign_in_count"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    name_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    wrong: Mapped[int]
    ends_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
