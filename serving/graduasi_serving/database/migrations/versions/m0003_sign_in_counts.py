"""Wrong passwords are counted by name and address in a table of their own, no longer in the account. Locks end with this step."""

import sqlalchemy as sa
from alembic import op

from graduasi_serving.database.base import UtcTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table, and drop the counts in the accounts."""
    op.create_table(
        "sign_in_count",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("name_hash", sa.String(64)),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_count")),
    )
    op.create_index(op.f("ix_sign_in_count_name_hash"), "sign_in_count", ["name_hash"])
    op.create_index(op.f("ix_sign_in_count_ends_at"), "sign_in_count", ["ends_at"])
    for name in ("wrong_passwords", "locked_until"):
        op.drop_column("user_account", name)


def downgrade() -> None:
    """Drop the table; every account is unlocked."""
    op.drop_table("sign_in_count")
    op.add_column("user_account", sa.Column("wrong_passwords", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("user_account", sa.Column("locked_until", UtcTime()))
