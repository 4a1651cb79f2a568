"""课前检测: what rooms and teachers measured before class, as evidence beside their school's equipment verdict."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from classroom.store.schema.columns import ID, Instant, metadata

checks = Table(
    "checks",
    metadata,
    Column("id", ID, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("school", ID, ForeignKey("schools.id"), nullable=False),
    # None: a teacher's own PC.
    Column("classroom", ID, ForeignKey("classrooms.id"), index=True),
    Column("actor_kind", String(8), nullable=False),
    Column("actor", String(12), nullable=False),
    # The version that it was judged by.
    Column("standard", Integer, nullable=False),
    Column("passed", Boolean, nullable=False),
    # Numbers alone: JSON of Measured and of its findings.
    Column("measured", Text, nullable=False),
    Column("findings", Text, nullable=False),
    Index("ix_checks_school_at", "school", "at"),
)
