"""Files on their way to the server, part by part; their bytes lie in the data directory."""

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table

from classroom.store.schema.columns import ID, NAME, Instant, metadata

uploads = Table(
    "uploads",
    metadata,
    Column("id", ID, primary_key=True),
    Column("purpose", String(12), nullable=False),
    # What it belongs to, in the purpose's own words.
    Column("subject", String(120), nullable=False),
    Column("actor_kind", String(8), nullable=False),
    Column("actor", String(12), nullable=False),
    Column("school", ID, ForeignKey("schools.id")),
    Column("name", NAME, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64)),
    Column("state", String(10), nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)
