"""Links and join codes."""

from sqlalchemy import Column, ForeignKey, String, Table, UniqueConstraint

from classroom.store.schema.columns import ID, NAME, Instant, metadata

links = Table(
    "links",
    metadata,
    Column("id", ID, primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("role", String(12), nullable=False),
    Column("school", ID, ForeignKey("schools.id")),
    Column("lesson", ID, index=True),
    Column("classroom", ID, ForeignKey("classrooms.id")),
    Column("seat", String(32)),
    Column("holder", ID, nullable=False),
    Column("name", NAME),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
)

join_codes = Table(
    "join_codes",
    metadata,
    Column("code", String(6), primary_key=True),
    Column("lesson", ID, ForeignKey("lessons.id"), nullable=False),
    Column("seat", String(32), nullable=False),
    UniqueConstraint("lesson", "seat"),
)
