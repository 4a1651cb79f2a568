"""Recordings kept and erased by rule; the register of consents in full."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

ID = sa.String(length=12)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _widen_consents()
    _create_recordings()
    _create_publications()


def _widen_consents() -> None:
    for column in (
        sa.Column("purpose", sa.String(length=12), nullable=False, server_default="recording"),
        sa.Column("given_on", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("refused", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("arranged", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("form", ID, nullable=True),
        sa.Column("reference", sa.String(length=80), nullable=False, server_default=""),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
    ):
        op.add_column("consents", column)


def _create_recordings() -> None:
    op.create_table(
        "recordings",
        sa.Column("lesson", ID, nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("warned_on", sa.Date(), nullable=True),
        sa.Column("extension", sa.String(length=8), nullable=True),
        sa.Column("extension_at", INSTANT, nullable=True),
        sa.Column("extension_reason", sa.Text(), nullable=True),
        sa.Column("held_at", INSTANT, nullable=True),
        sa.Column("held_reason", sa.Text(), nullable=True),
        sa.Column("rule", sa.String(length=10), nullable=True),
        sa.Column("erase_reason", sa.Text(), nullable=True),
        sa.Column("erased_at", INSTANT, nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("summed_at", INSTANT, nullable=True),
        sa.Column("checked_at", INSTANT, nullable=True),
        sa.Column("fault", sa.String(length=8), nullable=True),
        sa.ForeignKeyConstraint(["lesson"], ["lessons.id"], name=op.f("fk_recordings_lesson_lessons")),
        sa.PrimaryKeyConstraint("lesson", name=op.f("pk_recordings")),
    )
    op.create_index(op.f("ix_recordings_state"), "recordings", ["state"])
    op.create_index(op.f("ix_recordings_ended_on"), "recordings", ["ended_on"])
    op.create_table(
        "recording_files",
        sa.Column("lesson", ID, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("fault", sa.String(length=8), nullable=True),
        sa.ForeignKeyConstraint(["lesson"], ["recordings.lesson"], name=op.f("fk_recording_files_lesson_recordings")),
        sa.PrimaryKeyConstraint("lesson", "name", name=op.f("pk_recording_files")),
    )
    op.create_table(
        "recording_seals",
        sa.Column("lesson", ID, nullable=False),
        sa.Column("class_id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["lesson"], ["recordings.lesson"], name=op.f("fk_recording_seals_lesson_recordings")),
        sa.ForeignKeyConstraint(["class_id"], ["classes.id"], name=op.f("fk_recording_seals_class_id_classes")),
        sa.PrimaryKeyConstraint("lesson", "class_id", name=op.f("pk_recording_seals")),
    )


def _create_publications() -> None:
    op.create_table(
        "publications",
        sa.Column("id", ID, nullable=False),
        sa.Column("lesson", ID, nullable=False),
        sa.Column("pupils", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("school_at", INSTANT, nullable=True),
        sa.Column("bureau_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("word", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["lesson"], ["lessons.id"], name=op.f("fk_publications_lesson_lessons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publications")),
    )
    op.create_index(op.f("ix_publications_state"), "publications", ["state"])
    op.create_index(
        "ix_publications_lesson_pupils",
        "publications",
        ["lesson", "pupils"],
        unique=True,
        sqlite_where=sa.text("state IN ('asked', 'approved')"),
        postgresql_where=sa.text("state IN ('asked', 'approved')"),
    )
