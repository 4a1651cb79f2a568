"""Homework: tasks, works and marks."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

ID = sa.String(length=12)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "homework",
        sa.Column("id", ID, nullable=False),
        sa.Column("lesson", ID, nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("file", ID),
        sa.Column("due_at", INSTANT),
        sa.Column("given_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["lesson"], ["lessons.id"], name=op.f("fk_homework_lesson_lessons")),
        sa.ForeignKeyConstraint(["file"], ["files.id"], name=op.f("fk_homework_file_files")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_homework")),
    )
    op.create_index("ix_homework_lesson", "homework", ["lesson"])
    op.create_table(
        "works",
        sa.Column("id", ID, nullable=False),
        sa.Column("homework", ID, nullable=False),
        sa.Column("seat", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=20), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("handed_in_at", INSTANT, nullable=False),
        sa.Column("held_by", sa.String(length=45)),
        sa.Column("held_at", INSTANT),
        sa.ForeignKeyConstraint(["homework"], ["homework.id"], name=op.f("fk_works_homework_homework")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_works")),
    )
    op.create_index("ix_works_homework_seat", "works", ["homework", "seat"])
    op.create_table(
        "work_marks",
        sa.Column("work", ID, nullable=False),
        sa.Column("marker", sa.String(length=45), nullable=False),
        sa.Column("strokes", sa.Text(), nullable=False),
        sa.Column("comment", sa.String(length=200), nullable=False),
        sa.Column("stamp", sa.String(length=8)),
        sa.Column("marked_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["work"], ["works.id"], name=op.f("fk_work_marks_work_works")),
        sa.PrimaryKeyConstraint("work", "marker", name=op.f("pk_work_marks")),
    )
