"""The ledger: judged activities."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from classroom.store.schema.columns import ID, metadata

activities = Table(
    "activities",
    metadata,
    Column("pair", ID, ForeignKey("pairs.id"), primary_key=True),
    Column("lesson", ID, ForeignKey("lessons.id"), primary_key=True),
    Column("period", Integer, primary_key=True, autoincrement=False),
    Column("month", String(7), nullable=False, index=True),
    Column("state", String(12), nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("participants", Integer, nullable=False),
    Column("subject", String(20), nullable=False),
    Column("flags", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_activities_lesson", "lesson"),
)
