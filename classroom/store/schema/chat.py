"""Chat (讨论区): what lines say. The journal holds their ids alone."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table

from classroom.store.schema.columns import ID, Instant, metadata

chat_lines = Table(
    "chat_lines",
    metadata,
    Column("id", ID, primary_key=True),
    Column("lesson", ID, ForeignKey("lessons.id"), nullable=False),
    # `teacher`, `classroom` or `assistant`: who wrote it, for the seat.
    Column("role", String(16), nullable=False),
    Column("seat", String(32), nullable=False),
    # Null: to everybody; else in private between the teacher and this seat's co-teacher.
    Column("to_seat", String(32)),
    Column("text", String(200), nullable=False),
    Column("said_at", Instant, nullable=False),
    Column("hidden", Boolean, nullable=False),
    Index("ix_chat_lines_lesson_said_at", "lesson", "said_at"),
)
