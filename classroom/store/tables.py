"""Every table. A change here needs a migration; a test compares the two.

Ids are 12 characters of base32; instants are UTC; the journal's rows are the exact bytes their hashes were taken over.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime on every database. SQLite keeps no zone, so none but UTC may get in."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ID = String(12)
NAME = String(80)

schools = Table(
    "schools",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", NAME, nullable=False, unique=True),
    Column("county", NAME),
)

classrooms = Table(
    "classrooms",
    metadata,
    Column("id", ID, primary_key=True),
    Column("school", ID, ForeignKey("schools.id"), nullable=False),
    Column("name", NAME, nullable=False),
    UniqueConstraint("school", "name"),
)

classes = Table(
    "classes",
    metadata,
    Column("id", ID, primary_key=True),
    Column("school", ID, ForeignKey("schools.id"), nullable=False),
    Column("name", NAME, nullable=False),
    UniqueConstraint("school", "name"),
)

class_sizes = Table(
    "class_sizes",
    metadata,
    Column("class_id", ID, ForeignKey("classes.id"), primary_key=True),
    Column("since", Date, primary_key=True),
    Column("students", Integer, nullable=False),
)

pairs = Table(
    "pairs",
    metadata,
    Column("id", ID, primary_key=True),
    Column("supporter", ID, ForeignKey("schools.id"), nullable=False),
    Column("recipient", ID, ForeignKey("schools.id")),
    Column("level", String(20)),
    UniqueConstraint("supporter", "recipient"),
)

pair_statuses = Table(
    "pair_statuses",
    metadata,
    Column("pair", ID, ForeignKey("pairs.id"), primary_key=True),
    Column("since", Date, primary_key=True),
    Column("status", String(10), nullable=False),
)

consents = Table(
    "consents",
    metadata,
    Column("id", ID, primary_key=True),
    Column("class_id", ID, ForeignKey("classes.id"), nullable=False, index=True),
    Column("noted_by", NAME, nullable=False),
    Column("at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
)

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

lessons = Table(
    "lessons",
    metadata,
    Column("id", ID, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("head", String(64), nullable=False),
    Column("state", String(10), nullable=False, index=True),
    Column("supporter", ID, ForeignKey("schools.id"), nullable=False),
    Column("subject", String(20), nullable=False),
    Column("start_at", Instant, nullable=False, index=True),
    Column("end_at", Instant),
    Column("opened_at", Instant),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("end_reason", String(12)),
    Column("cancelled", Boolean, nullable=False),
    Column("is_test", Boolean, nullable=False),
    Column("recorded", Boolean, nullable=False),
    # False between the end and the moment the ledger has judged it: a crash in between must not lose the lesson.
    Column("settled", Boolean, nullable=False),
)

lesson_seats = Table(
    "lesson_seats",
    metadata,
    Column("lesson", ID, ForeignKey("lessons.id"), primary_key=True),
    Column("seat", String(32), primary_key=True),
    Column("place", Integer, nullable=False),
    Column("role", String(8), nullable=False),
    Column("school", ID, ForeignKey("schools.id"), nullable=False),
    Column("classroom", ID, ForeignKey("classrooms.id"), nullable=False, index=True),
    Column("class_id", ID, ForeignKey("classes.id"), nullable=False),
)

join_codes = Table(
    "join_codes",
    metadata,
    Column("code", String(6), primary_key=True),
    Column("lesson", ID, ForeignKey("lessons.id"), nullable=False),
    Column("seat", String(32), nullable=False),
    UniqueConstraint("lesson", "seat"),
)

# No foreign key: the journal stands alone, the lessons table is only its projection.
journal = Table(
    "journal",
    metadata,
    Column("lesson", ID, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("row", Text, nullable=False),
    Column("hash", String(64), nullable=False),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("lesson", ID, nullable=False),
    Column("at", Instant, nullable=False),
    Column("boot", String(12), nullable=False),
    Column("seats", Text, nullable=False),
    Index("ix_heartbeats_lesson_at", "lesson", "at"),
)

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

views = Table(
    "views",
    metadata,
    Column("id", ID, primary_key=True),
    Column("lesson", ID, nullable=False, index=True),
    Column("link", ID, nullable=False),
    Column("what", String(64), nullable=False),
    Column("at", Instant, nullable=False),
)
