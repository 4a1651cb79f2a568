"""What the bureau's own systems get: programs' tokens, webhooks, and the events that wait for them."""

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text, UniqueConstraint

from classroom.store.schema.columns import ID, NAME, Instant, metadata

programs = Table(
    "programs",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", NAME, nullable=False),
    Column("token_hash", String(64), nullable=False),
    # Blanks between them, in the order of the table of scopes.
    Column("scopes", String(120), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    # To the hour: a program that asks every second must not write every second.
    Column("last_used_at", Instant),
    UniqueConstraint("token_hash"),
)

# What has happened, in order; kept for a while after every webhook has got it, so that it can be sent again.
events = Table(
    "events",
    metadata,
    Column("seq", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("subject", String(120), nullable=False),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", ID, primary_key=True),
    Column("url", String(400), nullable=False),
    # Blanks between them.
    Column("kinds", Text, nullable=False),
    # Signs what is sent, so it cannot be kept as a hash.
    Column("secret", String(64), nullable=False),
    Column("state", String(8), nullable=False),
    Column("created_at", Instant, nullable=False),
    # The last event that was received, or that came before the webhook was made.
    Column("received", BigInteger().with_variant(Integer(), "sqlite"), nullable=False),
    Column("last_received_at", Instant),
    Column("failed_since", Instant),
    Column("failures", Integer, nullable=False),
    Column("last_error", String(200)),
    Column("next_at", Instant, nullable=False),
)
