"""Meetings of teachers (教师网络研修), and what a lesson is to be (备课)."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

ID = sa.String(length=12)
NAME = sa.String(length=80)


def upgrade() -> None:
    op.add_column("lessons", sa.Column("training", sa.String(length=8), nullable=True))
    with op.batch_alter_table("lesson_seats") as seats:
        seats.alter_column("class_id", existing_type=ID, nullable=True)
    op.create_table(
        "plans",
        sa.Column("lesson", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", NAME, nullable=False),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_by", NAME, nullable=False),
        sa.ForeignKeyConstraint(["lesson"], ["lessons.id"], name=op.f("fk_plans_lesson_lessons")),
        sa.PrimaryKeyConstraint("lesson", name=op.f("pk_plans")),
    )
