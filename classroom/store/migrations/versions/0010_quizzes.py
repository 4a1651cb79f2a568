"""Quizzes: words, runs, counts and texts."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

ID = sa.String(length=12)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "quizzes",
        sa.Column("id", ID, nullable=False),
        sa.Column("school", ID, nullable=False),
        sa.Column("title", sa.String(length=40), nullable=False),
        sa.Column("questions", sa.Text(), nullable=False),
        sa.Column("author_name", sa.String(length=80), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("removed_at", INSTANT),
        sa.ForeignKeyConstraint(["school"], ["schools.id"], name=op.f("fk_quizzes_school_schools")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quizzes")),
    )
    op.create_index("ix_quizzes_school", "quizzes", ["school"])
    op.create_table(
        "quiz_runs",
        sa.Column("lesson", ID, nullable=False),
        sa.Column("quiz", ID, nullable=False),
        sa.Column("shape", sa.Text(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT),
        sa.ForeignKeyConstraint(["lesson"], ["lessons.id"], name=op.f("fk_quiz_runs_lesson_lessons")),
        sa.PrimaryKeyConstraint("lesson", "quiz", name=op.f("pk_quiz_runs")),
    )
    op.create_index("ix_quiz_runs_quiz", "quiz_runs", ["quiz"])
    op.create_table(
        "quiz_tallies",
        sa.Column("lesson", ID, nullable=False),
        sa.Column("quiz", ID, nullable=False),
        sa.Column("question", sa.Integer(), nullable=False),
        sa.Column("seat", sa.String(length=32), nullable=False),
        sa.Column("counts", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Float()),
        sa.Column("present", sa.Integer()),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["lesson", "quiz"], ["quiz_runs.lesson", "quiz_runs.quiz"], name=op.f("fk_quiz_tallies_lesson_quiz_runs")
        ),
        sa.PrimaryKeyConstraint("lesson", "quiz", "question", "seat", name=op.f("pk_quiz_tallies")),
    )
    op.create_table(
        "quiz_texts",
        sa.Column("lesson", ID, nullable=False),
        sa.Column("quiz", ID, nullable=False),
        sa.Column("question", sa.Integer(), nullable=False),
        sa.Column("seat", sa.String(length=32), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["lesson"], ["lessons.id"], name=op.f("fk_quiz_texts_lesson_lessons")),
        sa.PrimaryKeyConstraint("lesson", "quiz", "question", "seat", name=op.f("pk_quiz_texts")),
    )
