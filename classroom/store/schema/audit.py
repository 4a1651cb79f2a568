"""The audit log (审计日志): who did or saw what. Rows are only ever added, and chained by their hashes."""

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text

from classroom.store.schema.columns import Instant, metadata

audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False, index=True),
    Column("actor_kind", String(8), nullable=False),
    Column("actor", String(12), nullable=False, index=True),
    Column("action", String(48), nullable=False, index=True),
    Column("subject", String(120), nullable=False, index=True),
    # Null once a lawful deletion has taken it away: the chain holds only its digest, and goes on holding.
    Column("detail", Text),
    Column("digest", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

# The last hash, so that a cut tail shows as well.
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), nullable=False),
    Column("hash", String(64), nullable=False),
)
