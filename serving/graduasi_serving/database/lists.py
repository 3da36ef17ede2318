"""Lists as they were published to mentors. A new list replaces the mentor's last one, which is kept as history."""

from datetime import date, datetime
from typing import TypedDict

from sqlalchemy import JSON, Double, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from graduasi_serving.database.base import Base, UtcTime

Sentences = dict[str, dict[str, list[str]]]
"""Finished sentences by language, then by kind: helps, hinders, facts, conditions, protections, missing, flags, referrals."""


class Theme(TypedDict):
    """What one theme added to a family's score, in log-odds, and what people call it, by language."""

    theme: str
    kind: str
    contribution: float
    label: dict[str, str]


class PublishedList(Base):
    """One mentor's list.

    `current_for` is the mentor_id while the list is the current one, and null once it was replaced or withdrawn. The
    column is unique, so the database itself ensures that a mentor has at most one current list.
    """

    __tablename__ = "published_list"

    id: Mapped[int] = mapped_column(primary_key=True)
    mentor_id: Mapped[str] = mapped_column(String(100), index=True)
    current_for: Mapped[str | None] = mapped_column(String(100), unique=True)
    area: Mapped[str] = mapped_column(String(100))
    quota: Mapped[int]
    used: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    as_of: Mapped[date]
    model_version: Mapped[str] = mapped_column(String(100))
    shortfall: Mapped[dict[str, str]] = mapped_column(JSON)
    synthetic: Mapped[bool]
    entries: Mapped[list["ListedHousehold"]] = relationship(
        back_populates="published_list", order_by="ListedHousehold.rank"
    )


class ListedHousehold(Base):
    """One household on one list, with everything the pages say about it.

    The relapse risk is that of needing aid again within `relapse_months` months after graduating. The interval of the
    score and the relapse columns are null on lists published before migration 0002.
    """

    __tablename__ = "list_entry"
    __table_args__ = (UniqueConstraint("list_id", "section", "household_id", name="uq_list_entry_household"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("published_list.id", ondelete="CASCADE"), index=True)
    section: Mapped[str] = mapped_column(String(30))
    rank: Mapped[int]
    household_id: Mapped[str] = mapped_column(String(100), index=True)
    area_code: Mapped[str | None] = mapped_column(String(100))
    band: Mapped[str] = mapped_column(String(20))
    score: Mapped[float | None] = mapped_column(Double)
    score_low: Mapped[float | None] = mapped_column(Double)
    score_high: Mapped[float | None] = mapped_column(Double)
    relapse_risk: Mapped[float | None] = mapped_column(Double)
    relapse_low: Mapped[float | None] = mapped_column(Double)
    relapse_high: Mapped[float | None] = mapped_column(Double)
    relapse_months: Mapped[int | None]
    sentences: Mapped[Sentences] = mapped_column(JSON)
    as_of: Mapped[date]
    model_version: Mapped[str] = mapped_column(String(100))
    themes: Mapped[list[Theme] | None] = mapped_column(JSON)
    """Null on lists published before migration 0004."""
    published_list: Mapped[PublishedList] = relationship(back_populates="entries")
