"""The timetable (课表), and who teaches a lesson beside it."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0019"

ID = sa.String(length=12)


def upgrade() -> None:
    op.add_column("lessons", sa.Column("teacher", ID, nullable=True))
    op.create_table(
        "timetable",
        sa.Column("id", ID, nullable=False),
        sa.Column("school", ID, nullable=False),
        sa.Column("classroom", ID, nullable=False),
        sa.Column("class_id", ID, nullable=False),
        sa.Column("teacher", ID, nullable=True),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("weekdays", sa.String(length=7), nullable=False),
        sa.Column("begins_min", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("record", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["school"], ["schools.id"], name=op.f("fk_timetable_school_schools")),
        sa.ForeignKeyConstraint(["classroom"], ["classrooms.id"], name=op.f("fk_timetable_classroom_classrooms")),
        sa.ForeignKeyConstraint(["class_id"], ["classes.id"], name=op.f("fk_timetable_class_id_classes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timetable")),
    )
    op.create_index(op.f("ix_timetable_school"), "timetable", ["school"])
    op.create_table(
        "timetable_rooms",
        sa.Column("row", ID, nullable=False),
        sa.Column("classroom", ID, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("school", ID, nullable=False),
        sa.Column("class_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["row"], ["timetable.id"], name=op.f("fk_timetable_rooms_row_timetable")),
        sa.ForeignKeyConstraint(["classroom"], ["classrooms.id"], name=op.f("fk_timetable_rooms_classroom_classrooms")),
        sa.ForeignKeyConstraint(["school"], ["schools.id"], name=op.f("fk_timetable_rooms_school_schools")),
        sa.ForeignKeyConstraint(["class_id"], ["classes.id"], name=op.f("fk_timetable_rooms_class_id_classes")),
        sa.PrimaryKeyConstraint("row", "classroom", name=op.f("pk_timetable_rooms")),
    )
    op.create_index(op.f("ix_timetable_rooms_school"), "timetable_rooms", ["school"])
    op.create_table(
        "timetable_days",
        sa.Column("row", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("lesson", ID, nullable=False),
        sa.Column("is_made", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["row"], ["timetable.id"], name=op.f("fk_timetable_days_row_timetable")),
        sa.PrimaryKeyConstraint("row", "day", name=op.f("pk_timetable_days")),
        sa.UniqueConstraint("lesson", name=op.f("uq_timetable_days_lesson")),
    )
