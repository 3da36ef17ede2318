"""A column of list_entry for what brought the score to where it is, by theme; entries published before have none."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column, null in every row."""
    op.add_column("list_entry", sa.Column("themes", sa.JSON()))


def downgrade() -> None:
    """Drop the column with its content."""
    op.drop_column("list_entry", "themes")
