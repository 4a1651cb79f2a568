"""Recordings as they are kept and erased by rule: their terms, sums, seals and publications."""

from sqlalchemy import BigInteger, Boolean, Column, Date, ForeignKey, Index, String, Table, Text, text

from classroom.store.schema.columns import ID, Instant, metadata

# One row a recorded lesson, from its end on; it stays when the recording is erased.
recordings = Table(
    "recordings",
    metadata,
    Column("lesson", ID, ForeignKey("lessons.id"), primary_key=True),
    Column("state", String(8), nullable=False, index=True),
    Column("ended_on", Date, nullable=False, index=True),
    # 延期: kept until this day at least.
    Column("until", Date),
    Column("warned_on", Date),
    Column("extension", String(8)),
    Column("extension_at", Instant),
    Column("extension_reason", Text),
    # 法律保留.
    Column("held_at", Instant),
    Column("held_reason", Text),
    Column("rule", String(10)),
    Column("erase_reason", Text),
    Column("erased_at", Instant),
    Column("bytes", BigInteger),
    Column("summed_at", Instant),
    Column("checked_at", Instant),
    Column("fault", String(8)),
)

# SHA-256 of each finished file.
recording_files = Table(
    "recording_files",
    metadata,
    Column("lesson", ID, ForeignKey("recordings.lesson"), primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("fault", String(8)),
)

# 封存: a class in the recording has withdrawn its consent.
recording_seals = Table(
    "recording_seals",
    metadata,
    Column("lesson", ID, ForeignKey("recordings.lesson"), primary_key=True),
    Column("class_id", ID, ForeignKey("classes.id"), primary_key=True),
    Column("at", Instant, nullable=False),
)

publications = Table(
    "publications",
    metadata,
    Column("id", ID, primary_key=True),
    Column("lesson", ID, ForeignKey("lessons.id"), nullable=False),
    Column("pupils", Boolean, nullable=False),
    Column("state", String(10), nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("school_at", Instant),
    Column("bureau_at", Instant),
    Column("ended_at", Instant),
    Column("word", Text),
    # One at a time; those that came to nothing stay for the record.
    Index(
        "ix_publications_lesson_pupils",
        "lesson",
        "pupils",
        unique=True,
        sqlite_where=text("state IN ('asked', 'approved')"),
        postgresql_where=text("state IN ('asked', 'approved')"),
    ),
)
