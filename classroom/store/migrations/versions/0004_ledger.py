"""The ledger: activities of all forms, words on them, months, policies and returns."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ID = sa.String(length=12)
NAME = sa.String(length=80)
MONTH = sa.String(length=7)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_months()
    _create_returns()


def _create_months() -> None:
    op.create_table(
        "work_months",
        sa.Column("month", MONTH, nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("school_due_at", INSTANT, nullable=False),
        sa.Column("bureau_due_at", INSTANT, nullable=False),
        sa.Column("is_provisional", sa.Boolean(), nullable=False),
        sa.Column("is_edited", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_work_months")),
    )
    op.create_table(
        "workdays",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_working", sa.Boolean(), nullable=False),
        sa.Column("words", NAME, nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_workdays")),
    )
    op.create_table(
        "workday_years",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_workday_years")),
    )
    op.create_table(
        "editions",
        sa.Column("thing", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("thing", name=op.f("pk_editions")),
    )
    op.create_table(
        "policies",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor", ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policies")),
    )


def _create_returns() -> None:
    op.create_table(
        "returns",
        sa.Column("month", MONTH, nullable=False),
        sa.Column("pair", ID, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor", ID, nullable=False),
        sa.Column("filed_at", INSTANT, nullable=True),
        sa.Column("is_on_time", sa.Boolean(), nullable=True),
        sa.Column("is_confirmed", sa.Boolean(), nullable=False),
        sa.Column("filer", NAME, nullable=False),
        sa.Column("snapshot", sa.Integer(), nullable=True),
        sa.Column("printed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("month", "pair", name=op.f("pk_returns")),
    )
    op.create_index("ix_returns_pair_month", "returns", ["pair", "month"])
    op.create_table(
        "return_steps",
        sa.Column("month", MONTH, nullable=False),
        sa.Column("pair", ID, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("action", ID, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor", ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("is_on_time", sa.Boolean(), nullable=True),
        sa.Column("snapshot", sa.Integer(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("month", "pair", "seq", name=op.f("pk_return_steps")),
    )
    op.create_table(
        "hand_values",
        sa.Column("month", MONTH, nullable=False),
        sa.Column("pair", ID, nullable=False),
        sa.Column("cell", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor", ID, nullable=False),
        sa.PrimaryKeyConstraint("month", "pair", "cell", "seq", name=op.f("pk_hand_values")),
    )
    op.create_table(
        "snapshots",
        sa.Column("month", MONTH, nullable=False),
        sa.Column("pair", ID, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("policy", sa.Integer(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("month", "pair", "number", name=op.f("pk_snapshots")),
    )
    op.create_table(
        "carries",
        sa.Column("pair", ID, nullable=False),
        sa.Column("month", MONTH, nullable=False),
        sa.Column("cell", sa.String(length=40), nullable=False),
        sa.Column("into_month", MONTH, nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("pair", "month", "cell", name=op.f("pk_carries")),
    )
    op.create_index("ix_carries_into_month", "carries", ["into_month"])
