"""Columns of list_entry for the interval of the score and for the relapse risk; entries published before have neither."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NUMBERS = ("score_low", "score_high", "relapse_risk", "relapse_low", "relapse_high")
MONTHS = "relapse_months"


def upgrade() -> None:
    """Add the columns, null in every row."""
    for name in NUMBERS:
        op.add_column("list_entry", sa.Column(name, sa.Double()))
    op.add_column("list_entry", sa.Column(MONTHS, sa.Integer()))


def downgrade() -> None:
    """Drop the columns with their content."""
    for name in (*NUMBERS, MONTHS):
        op.drop_column("list_entry", name)
