"""Accounts (账号), their sessions, the browsers they signed in from, and wrong passwords. Tokens only as hashes."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table, UniqueConstraint

from classroom.store.schema.columns import ID, NAME, Instant, metadata

accounts = Table(
    "accounts",
    metadata,
    Column("id", ID, primary_key=True),
    Column("login", String(32), nullable=False),
    Column("name", NAME, nullable=False),
    Column("role", String(16), nullable=False),
    Column("school", ID, ForeignKey("schools.id"), index=True),
    Column("password_hash", String(128), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
    Column("once_until", Instant),
    Column("version", Integer, nullable=False),
    UniqueConstraint("login"),
)

account_sessions = Table(
    "account_sessions",
    metadata,
    Column("id", ID, primary_key=True),
    Column("token_hash", String(64), nullable=False),
    Column("account", ID, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    UniqueConstraint("token_hash"),
)

account_devices = Table(
    "account_devices",
    metadata,
    Column("id", ID, primary_key=True),
    Column("token_hash", String(64), nullable=False),
    Column("account", ID, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("seen_at", Instant, nullable=False),
    UniqueConstraint("token_hash"),
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    # "account:…", "device:…" or "address:…"; names that nobody has are counted alike, by their hash.
    Column("key", String(80), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last_at", Instant, nullable=False, index=True),
)
