"""Lessons: the journal, the heartbeats beside it, and the projection of both."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from classroom.store.schema.columns import ID, Instant, metadata

lessons = Table(
    "lessons",
    metadata,
    Column("id", ID, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("head", String(64), nullable=False),
    Column("state", String(10), nullable=False, index=True),
    Column("supporter", ID, ForeignKey("schools.id"), nullable=False),
    Column("subject", String(20), nullable=False),
    Column("start_at", Instant, nullable=False, index=True),
    Column("end_at", Instant),
    Column("opened_at", Instant),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("end_reason", String(12)),
    Column("cancelled", Boolean, nullable=False),
    Column("is_test", Boolean, nullable=False),
    Column("recorded", Boolean, nullable=False),
    # Who is to teach, of the host's people. No foreign key: their entry can be deleted lawfully.
    Column("teacher", ID),
    # 教师网络研修 of which kind; null: a lesson.
    Column("training", String(8)),
    # False between the end and the moment the ledger has judged it: a crash in between must not lose the lesson.
    Column("settled", Boolean, nullable=False),
)

lesson_seats = Table(
    "lesson_seats",
    metadata,
    Column("lesson", ID, ForeignKey("lessons.id"), primary_key=True),
    Column("seat", String(32), primary_key=True),
    Column("place", Integer, nullable=False),
    Column("role", String(8), nullable=False),
    Column("school", ID, ForeignKey("schools.id"), nullable=False),
    Column("classroom", ID, ForeignKey("classrooms.id"), nullable=False, index=True),
    # Null in a meeting of teachers, which no class is in.
    Column("class_id", ID, ForeignKey("classes.id")),
)

# No foreign key: the journal stands alone, the lessons table is only its projection.
journal = Table(
    "journal",
    metadata,
    Column("lesson", ID, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("row", Text, nullable=False),
    Column("hash", String(64), nullable=False),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("lesson", ID, nullable=False),
    Column("at", Instant, nullable=False),
    Column("boot", String(12), nullable=False),
    Column("seats", Text, nullable=False),
    Index("ix_heartbeats_lesson_at", "lesson", "at"),
)
