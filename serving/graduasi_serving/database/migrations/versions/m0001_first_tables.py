"""Users, clients, sessions, signing keys and published lists."""

import sqlalchemy as sa
from alembic import op

from graduasi_serving.database.base import UtcTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    _people_and_programs()
    _published_lists()


def downgrade() -> None:
    """Drop the tables, those that refer to others first."""
    for table in ("list_entry", "published_list", "web_session", "signing_key", "user_account", "client"):
        op.drop_table(table)


def _people_and_programs() -> None:
    op.create_table(
        "client",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_client"),
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("mentor_id", sa.String(100)),
        sa.Column("area", sa.String(100)),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("wrong_passwords", sa.Integer(), nullable=False),
        sa.Column("locked_until", UtcTime()),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_user_account"),
        sa.UniqueConstraint("name", name="uq_user_account_name"),
    )
    op.create_table(
        "signing_key",
        sa.Column("kid", sa.String(32), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("kid", name="pk_signing_key"),
    )
    op.create_table(
        "web_session",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("csrf", sa.String(64), nullable=False),
        sa.Column("idle_until", UtcTime(), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_web_session"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name="fk_web_session_user_id_user_account", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_web_session_user_id", "web_session", ["user_id"])


def _published_lists() -> None:
    op.create_table(
        "published_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mentor_id", sa.String(100), nullable=False),
        sa.Column("current_for", sa.String(100)),
        sa.Column("area", sa.String(100), nullable=False),
        sa.Column("quota", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("model_version", sa.String(100), nullable=False),
        sa.Column("shortfall", sa.JSON(), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_published_list"),
        sa.UniqueConstraint("current_for", name="uq_published_list_current_for"),
    )
    op.create_index("ix_published_list_mentor_id", "published_list", ["mentor_id"])
    op.create_table(
        "list_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("section", sa.String(30), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.String(100), nullable=False),
        sa.Column("area_code", sa.String(100)),
        sa.Column("band", sa.String(20), nullable=False),
        sa.Column("score", sa.Double()),
        sa.Column("sentences", sa.JSON(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("model_version", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_list_entry"),
        sa.UniqueConstraint("list_id", "section", "household_id", name="uq_list_entry_household"),
        sa.ForeignKeyConstraint(
            ["list_id"], ["published_list.id"], name="fk_list_entry_list_id_published_list", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_list_entry_list_id", "list_entry", ["list_id"])
    op.create_index("ix_list_entry_household_id", "list_entry", ["household_id"])
