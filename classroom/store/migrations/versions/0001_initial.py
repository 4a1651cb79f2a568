"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ID = sa.String(length=12)
NAME = sa.String(length=80)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_registry()
    _create_lessons()
    _create_journal()
    _create_records()


def _create_registry() -> None:
    op.create_table(
        "schools",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("county", NAME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schools")),
        sa.UniqueConstraint("name", name=op.f("uq_schools_name")),
    )
    op.create_table(
        "classrooms",
        sa.Column("id", ID, nullable=False),
        sa.Column("school", ID, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.ForeignKeyConstraint(["school"], ["schools.id"], name=op.f("fk_classrooms_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classrooms")),
        sa.UniqueConstraint("school", "name", name=op.f("uq_classrooms_school_name")),
    )
    op.create_table(
        "classes",
        sa.Column("id", ID, nullable=False),
        sa.Column("school", ID, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.ForeignKeyConstraint(["school"], ["schools.id"], name=op.f("fk_classes_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classes")),
        sa.UniqueConstraint("school", "name", name=op.f("uq_classes_school_name")),
    )
    op.create_table(
        "class_sizes",
        sa.Column("class_id", ID, nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("students", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["class_id"], ["classes.id"], name=op.f("fk_class_sizes_class_id")),
        sa.PrimaryKeyConstraint("class_id", "since", name=op.f("pk_class_sizes")),
    )
    op.create_table(
        "pairs",
        sa.Column("id", ID, nullable=False),
        sa.Column("supporter", ID, nullable=False),
        sa.Column("recipient", ID, nullable=True),
        sa.Column("level", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["recipient"], ["schools.id"], name=op.f("fk_pairs_recipient")),
        sa.ForeignKeyConstraint(["supporter"], ["schools.id"], name=op.f("fk_pairs_supporter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairs")),
        sa.UniqueConstraint("supporter", "recipient", name=op.f("uq_pairs_supporter_recipient")),
    )
    op.create_table(
        "pair_statuses",
        sa.Column("pair", ID, nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["pair"], ["pairs.id"], name=op.f("fk_pair_statuses_pair")),
        sa.PrimaryKeyConstraint("pair", "since", name=op.f("pk_pair_statuses")),
    )
    op.create_table(
        "consents",
        sa.Column("id", ID, nullable=False),
        sa.Column("class_id", ID, nullable=False),
        sa.Column("noted_by", NAME, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["class_id"], ["classes.id"], name=op.f("fk_consents_class_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_class_id"), "consents", ["class_id"], unique=False)
    op.create_table(
        "links",
        sa.Column("id", ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("role", ID, nullable=False),
        sa.Column("school", ID, nullable=True),
        sa.Column("lesson", ID, nullable=True),
        sa.Column("classroom", ID, nullable=True),
        sa.Column("seat", sa.String(length=32), nullable=True),
        sa.Column("holder", ID, nullable=False),
        sa.Column("name", NAME, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["classroom"], ["classrooms.id"], name=op.f("fk_links_classroom")),
        sa.ForeignKeyConstraint(["school"], ["schools.id"], name=op.f("fk_links_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_links_token_hash")),
    )
    op.create_index(op.f("ix_links_lesson"), "links", ["lesson"], unique=False)


def _create_lessons() -> None:
    op.create_table(
        "lessons",
        sa.Column("id", ID, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("supporter", ID, nullable=False),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("start_at", INSTANT, nullable=False),
        sa.Column("end_at", INSTANT, nullable=True),
        sa.Column("opened_at", INSTANT, nullable=True),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("end_reason", ID, nullable=True),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("recorded", sa.Boolean(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["supporter"], ["schools.id"], name=op.f("fk_lessons_supporter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lessons")),
    )
    op.create_index(op.f("ix_lessons_start_at"), "lessons", ["start_at"], unique=False)
    op.create_index(op.f("ix_lessons_state"), "lessons", ["state"], unique=False)
    op.create_table(
        "lesson_seats",
        sa.Column("lesson", ID, nullable=False),
        sa.Column("seat", sa.String(length=32), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("school", ID, nullable=False),
        sa.Column("classroom", ID, nullable=False),
        sa.Column("class_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["class_id"], ["classes.id"], name=op.f("fk_lesson_seats_class_id")),
        sa.ForeignKeyConstraint(["classroom"], ["classrooms.id"], name=op.f("fk_lesson_seats_classroom")),
        sa.ForeignKeyConstraint(["lesson"], ["lessons.id"], name=op.f("fk_lesson_seats_lesson")),
        sa.ForeignKeyConstraint(["school"], ["schools.id"], name=op.f("fk_lesson_seats_school")),
        sa.PrimaryKeyConstraint("lesson", "seat", name=op.f("pk_lesson_seats")),
    )
    op.create_index(op.f("ix_lesson_seats_classroom"), "lesson_seats", ["classroom"], unique=False)
    op.create_table(
        "join_codes",
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("lesson", ID, nullable=False),
        sa.Column("seat", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["lesson"], ["lessons.id"], name=op.f("fk_join_codes_lesson")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_join_codes")),
        sa.UniqueConstraint("lesson", "seat", name=op.f("uq_join_codes_lesson_seat")),
    )


def _create_journal() -> None:
    op.create_table(
        "journal",
        sa.Column("lesson", ID, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("lesson", "seq", name=op.f("pk_journal")),
    )
    op.create_table(
        "heartbeats",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("lesson", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("boot", ID, nullable=False),
        sa.Column("seats", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_heartbeats")),
    )
    op.create_index("ix_heartbeats_lesson_at", "heartbeats", ["lesson", "at"], unique=False)


def _create_records() -> None:
    op.create_table(
        "activities",
        sa.Column("pair", ID, nullable=False),
        sa.Column("lesson", ID, nullable=False),
        sa.Column("period", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("state", ID, nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("participants", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["lesson"], ["lessons.id"], name=op.f("fk_activities_lesson")),
        sa.ForeignKeyConstraint(["pair"], ["pairs.id"], name=op.f("fk_activities_pair")),
        sa.PrimaryKeyConstraint("pair", "lesson", "period", name=op.f("pk_activities")),
    )
    op.create_index("ix_activities_lesson", "activities", ["lesson"], unique=False)
    op.create_index(op.f("ix_activities_month"), "activities", ["month"], unique=False)
    op.create_table(
        "views",
        sa.Column("id", ID, nullable=False),
        sa.Column("lesson", ID, nullable=False),
        sa.Column("link", ID, nullable=False),
        sa.Column("what", sa.String(length=64), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_views")),
    )
    op.create_index(op.f("ix_views_lesson"), "views", ["lesson"], unique=False)
