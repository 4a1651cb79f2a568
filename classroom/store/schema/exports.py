"""MP4s of lessons: asked for, being made, or ready."""

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Integer, String, Table, UniqueConstraint

from classroom.store.schema.columns import ID, Instant, metadata

exports = Table(
    "exports",
    metadata,
    Column("id", ID, primary_key=True),
    Column("lesson", ID, ForeignKey("lessons.id"), nullable=False),
    Column("layout", String(12), nullable=False),
    Column("pupils", Boolean, nullable=False),
    Column("state", String(8), nullable=False, index=True),
    # Begun so often: what brings its process, or the server, down every time is given up.
    Column("attempts", Integer, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("failure", String(20)),
    Column("bytes", BigInteger),
    Column("sha256", String(64)),
    Column("seconds", Float),
    # One file for one wish, whoever asks for it.
    UniqueConstraint("lesson", "layout", "pupils"),
)
