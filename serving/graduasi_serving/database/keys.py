"""The keys that sign access tokens. The newest signs; older ones are still accepted until they are deleted."""

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from graduasi_serving.database.base import Base, UtcTime


class SigningKey(Base):
    """One HMAC key, made by `graduasi db upgrade` when there is none."""

    __tablename__ = "signing_key"

    kid: Mapped[str] = mapped_column(String(32), primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(UtcTime)
