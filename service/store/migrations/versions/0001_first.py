"""Keys, audit rows, feedback and sealed notes."""

import sqlalchemy as sa
from alembic import op

from service.store.tables import UtcTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "api_key",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("scopes", sa.String(80), nullable=False),
        sa.Column("per_minute", sa.Integer),
        sa.Column("created", UtcTime, nullable=False),
        sa.Column("revoked", UtcTime),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("client", sa.String(64), nullable=False),
        sa.Column("user_ref", sa.String(64)),
        sa.Column("note_ref", sa.String(64)),
        sa.Column("payer", sa.String(32)),
        sa.Column("codes", sa.String(512), nullable=False),
        sa.Column("bundle", sa.String(40), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("milliseconds", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_table(
        "feedback",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("client", sa.String(64), nullable=False),
        sa.Column("note_ref", sa.String(64)),
        sa.Column("bundle", sa.String(40), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("code", sa.String(8), nullable=False),
        sa.Column("replaced", sa.String(8)),
        sa.Column("units", sa.Integer),
        sa.Column("modifiers", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(40)),
        sa.Column("sealed", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
    )
    op.create_table(
        "note",
        sa.Column("ref", sa.String(64), nullable=False),
        sa.Column("kept", UtcTime, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("ref", name="pk_note"),
    )
    for table, column in (("audit", "at"), ("audit", "note_ref"), ("feedback", "at"), ("feedback", "note_ref")):
        op.create_index(f"ix_{table}_{column}", table, [column])
    op.create_index("ix_note_kept", "note", ["kept"])


def downgrade() -> None:
    """Drop the tables."""
    for table in ("note", "feedback", "audit", "api_key"):
        op.drop_table(table)
