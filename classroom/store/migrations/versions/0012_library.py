"""Videos that classes watch, courses, when they are shown, and what was played."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

ID = sa.String(length=12)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "resources",
        sa.Column("id", ID, nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("origin", sa.String(length=8), nullable=False),
        sa.Column("school", ID, nullable=True),
        sa.Column("subject", sa.String(length=12), nullable=False),
        sa.Column("grade", sa.String(length=20), nullable=False),
        sa.Column("upload", ID, nullable=True),
        sa.Column("lesson", ID, nullable=True),
        sa.Column("layout", sa.String(length=12), nullable=True),
        sa.Column("pupils", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(length=20), nullable=True),
        sa.Column("media", sa.String(length=20), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("length_ms", sa.Integer(), nullable=True),
        sa.Column("has_captions", sa.Boolean(), nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor", ID, nullable=False),
        sa.Column("removed_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["school"], ["schools.id"], name=op.f("fk_resources_school_schools")),
        sa.ForeignKeyConstraint(["lesson"], ["lessons.id"], name=op.f("fk_resources_lesson_lessons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resources")),
    )
    op.create_index(op.f("ix_resources_school"), "resources", ["school"])
    op.create_index(op.f("ix_resources_state"), "resources", ["state"])
    op.create_table(
        "courses",
        sa.Column("id", ID, nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("school", ID, nullable=True),
        sa.Column("subject", sa.String(length=12), nullable=False),
        sa.Column("grade", sa.String(length=20), nullable=False),
        sa.Column("resources", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("removed_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["school"], ["schools.id"], name=op.f("fk_courses_school_schools")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_courses")),
    )
    op.create_index(op.f("ix_courses_school"), "courses", ["school"])
    op.create_table(
        "showings",
        sa.Column("id", ID, nullable=False),
        sa.Column("course", ID, nullable=False),
        sa.Column("class_id", ID, nullable=False),
        sa.Column("classroom", ID, nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=True),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("begins_min", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["course"], ["courses.id"], name=op.f("fk_showings_course_courses")),
        sa.ForeignKeyConstraint(["class_id"], ["classes.id"], name=op.f("fk_showings_class_id_classes")),
        sa.ForeignKeyConstraint(["classroom"], ["classrooms.id"], name=op.f("fk_showings_classroom_classrooms")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_showings")),
    )
    op.create_index(op.f("ix_showings_classroom"), "showings", ["classroom"])
    op.create_index(op.f("ix_showings_course"), "showings", ["course"])
    op.create_table(
        "plays",
        sa.Column("id", ID, nullable=False),
        sa.Column("resource", ID, nullable=False),
        sa.Column("class_id", ID, nullable=False),
        sa.Column("school", ID, nullable=False),
        sa.Column("classroom", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.Column("students", sa.Integer(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("position_ms", sa.Integer(), nullable=False),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.Column("is_over", sa.Boolean(), nullable=False),
        sa.Column("is_due", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["resource"], ["resources.id"], name=op.f("fk_plays_resource_resources")),
        sa.ForeignKeyConstraint(["class_id"], ["classes.id"], name=op.f("fk_plays_class_id_classes")),
        sa.ForeignKeyConstraint(["school"], ["schools.id"], name=op.f("fk_plays_school_schools")),
        sa.ForeignKeyConstraint(["classroom"], ["classrooms.id"], name=op.f("fk_plays_classroom_classrooms")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plays")),
    )
    op.create_index("ix_plays_class_id_resource_day", "plays", ["class_id", "resource", "day"])
    op.create_index("ix_plays_classroom_is_over", "plays", ["classroom", "is_over"])
    op.create_index(op.f("ix_plays_is_due"), "plays", ["is_due"])
    op.create_index("ix_plays_school_day", "plays", ["school", "day"])
