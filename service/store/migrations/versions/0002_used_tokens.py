"""Signed tokens that were used."""

import sqlalchemy as sa
from alembic import op

from service.store.tables import UtcTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "used_token",
        sa.Column("ref", sa.String(64), nullable=False),
        sa.Column("until", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("ref", name="pk_used_token"),
    )
    op.create_index("ix_used_token_until", "used_token", ["until"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("used_token")
