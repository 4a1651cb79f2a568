"""What rooms measured before class (课前检测)."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0015"

ID = sa.String(length=12)


def upgrade() -> None:
    op.create_table(
        "checks",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("school", ID, nullable=False),
        sa.Column("classroom", ID, nullable=True),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor", ID, nullable=False),
        sa.Column("standard", sa.Integer(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("measured", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["school"], ["schools.id"], name=op.f("fk_checks_school_schools")),
        sa.ForeignKeyConstraint(["classroom"], ["classrooms.id"], name=op.f("fk_checks_classroom_classrooms")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checks")),
    )
    op.create_index(op.f("ix_checks_classroom"), "checks", ["classroom"])
    op.create_index("ix_checks_school_at", "checks", ["school", "at"])
