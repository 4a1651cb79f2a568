"""Courseware, its pages, and the lessons that it is shown in."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

ID = sa.String(length=12)


def upgrade() -> None:
    op.create_table(
        "courseware",
        sa.Column("id", ID, nullable=False),
        sa.Column("school", ID, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("failure", sa.String(length=20), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["school"], ["schools.id"], name=op.f("fk_courseware_school_schools")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_courseware")),
    )
    op.create_index(op.f("ix_courseware_school"), "courseware", ["school"])
    op.create_index(op.f("ix_courseware_state"), "courseware", ["state"])
    op.create_table(
        "courseware_pages",
        sa.Column("courseware", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["courseware"], ["courseware.id"], name=op.f("fk_courseware_pages_courseware_courseware")
        ),
        sa.PrimaryKeyConstraint("courseware", "number", name=op.f("pk_courseware_pages")),
    )
    op.create_table(
        "lesson_courseware",
        sa.Column("lesson", ID, nullable=False),
        sa.Column("courseware", ID, nullable=False),
        sa.ForeignKeyConstraint(["lesson"], ["lessons.id"], name=op.f("fk_lesson_courseware_lesson_lessons")),
        sa.ForeignKeyConstraint(
            ["courseware"], ["courseware.id"], name=op.f("fk_lesson_courseware_courseware_courseware")
        ),
        sa.PrimaryKeyConstraint("lesson", "courseware", name=op.f("pk_lesson_courseware")),
    )
    op.create_index(op.f("ix_lesson_courseware_courseware"), "lesson_courseware", ["courseware"])
