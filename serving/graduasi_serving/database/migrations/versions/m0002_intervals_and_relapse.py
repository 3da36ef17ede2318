"""The interval of the score and the relapse risk of listed households; lists published before have neither."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

CHANCES = ("score_low", "score_high", "relapse_risk", "relapse_low", "relapse_high")
MONTHS = "relapse_months"


def upgrade() -> None:
    """Add the columns, empty."""
    for name in CHANCES:
        op.add_column("list_entry", sa.Column(name, sa.Double()))
    op.add_column("list_entry", sa.Column(MONTHS, sa.Integer()))


def downgrade() -> None:
    """Remove them, and what they held."""
    for name in (*CHANCES, MONTHS):
        op.drop_column("list_entry", name)
