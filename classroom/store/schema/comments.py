"""Comments on recordings (听评课): what somebody says of a moment of a lesson."""

from sqlalchemy import Column, Float, ForeignKey, Index, String, Table

from classroom.store.schema.columns import ID, NAME, Instant, metadata

comments = Table(
    "comments",
    metadata,
    Column("id", ID, primary_key=True),
    Column("lesson", ID, ForeignKey("lessons.id"), nullable=False),
    Column("at_s", Float, nullable=False),
    Column("text", String(1000), nullable=False),
    # An account's id, or the holder of a teacher's links: one person, however they came.
    Column("author", String(32), nullable=False),
    Column("author_name", NAME, nullable=False),
    Column("created_at", Instant, nullable=False),
    Index("ix_comments_lesson_at_s", "lesson", "at_s"),
)
