"""The registry: schools, classrooms, classes, pairs, consents."""

from sqlalchemy import Column, Date, ForeignKey, Integer, String, Table, UniqueConstraint

from classroom.store.schema.columns import ID, NAME, Instant, metadata

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
