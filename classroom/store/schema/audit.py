"""Who looked."""

from sqlalchemy import Column, String, Table

from classroom.store.schema.columns import ID, Instant, metadata

views = Table(
    "views",
    metadata,
    Column("id", ID, primary_key=True),
    Column("lesson", ID, nullable=False, index=True),
    Column("link", ID, nullable=False),
    Column("what", String(64), nullable=False),
    Column("at", Instant, nullable=False),
)
