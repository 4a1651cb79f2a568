"""The audit log takes the place of the views; accounts."""

import hashlib
import json
from datetime import UTC

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ID = sa.String(length=12)
INSTANT = sa.DateTime(timezone=True)
SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_audit()
    _move_views()
    _create_accounts()
    _create_sign_ins()


def _create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", SEQ, autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor", ID, nullable=False),
        sa.Column("action", sa.String(length=48), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    for column in ("at", "actor", "action", "subject"):
        op.create_index(op.f(f"ix_audit_{column}"), "audit", [column])
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", SEQ, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )


def _move_views() -> None:
    """What observers saw becomes the first rows of the chain, in the order it was seen."""
    connection = op.get_bind()
    views = sa.table(
        "views", sa.column("id"), sa.column("lesson"), sa.column("link"), sa.column("what"), sa.column("at", INSTANT)
    )
    audit = sa.table(
        "audit",
        *map(sa.column, ("seq", "actor_kind", "actor", "action", "subject", "detail", "digest", "hash")),
        sa.column("at", INSTANT),
    )
    seq, previous = 0, "0" * 64
    for view in connection.execute(sa.select(views).order_by(views.c.at, views.c.id)).all():
        seq += 1
        at = view.at.replace(tzinfo=UTC) if view.at.tzinfo is None else view.at.astimezone(UTC)
        detail = json.dumps({"what": view.what}, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256(detail.encode()).hexdigest()
        line = [seq, at.isoformat(), "link", view.link, "lesson.viewed", f"lesson:{view.lesson}", digest]
        text = json.dumps(line, separators=(",", ":"), ensure_ascii=False)
        previous = hashlib.sha256(bytes.fromhex(previous) + text.encode()).hexdigest()
        connection.execute(
            sa.insert(audit).values(
                seq=seq,
                at=at,
                actor_kind="link",
                actor=view.link,
                action="lesson.viewed",
                subject=f"lesson:{view.lesson}",
                detail=detail,
                digest=digest,
                hash=previous,
            )
        )
    if seq:
        head = sa.table("audit_head", *map(sa.column, ("id", "seq", "hash")))
        connection.execute(sa.insert(head).values(id=0, seq=seq, hash=previous))
    op.drop_table("views")


def _create_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", ID, nullable=False),
        sa.Column("login", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("school", ID, nullable=True),
        sa.Column("password_hash", sa.String(length=128), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("disabled_at", INSTANT, nullable=True),
        sa.Column("once_until", INSTANT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["school"], ["schools.id"], name=op.f("fk_accounts_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("login", name=op.f("uq_accounts_login")),
    )
    op.create_index(op.f("ix_accounts_school"), "accounts", ["school"])


def _create_sign_ins() -> None:
    """Sessions, known browsers, and wrong passwords."""
    op.create_table(
        "account_sessions",
        sa.Column("id", ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account", ID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_account_sessions_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_account_sessions_token_hash")),
    )
    op.create_index(op.f("ix_account_sessions_account"), "account_sessions", ["account"])
    op.create_table(
        "account_devices",
        sa.Column("id", ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account", ID, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_account_devices_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_devices")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_account_devices_token_hash")),
    )
    op.create_index(op.f("ix_account_devices_account"), "account_devices", ["account"])
    op.create_table(
        "sign_in_failures",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_failures")),
    )
    op.create_index(op.f("ix_sign_in_failures_last_at"), "sign_in_failures", ["last_at"])
