"""The registry: schools, classrooms, classes, pairs, consents; dated facts; people, materials, publicity, files."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

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
    # Its number in the county's list (附件1), within its level.
    Column("place", Integer),
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
    Column("purpose", String(12), nullable=False, server_default="recording"),
    Column("given_on", Date),
    Column("until", Date),
    Column("refused", Integer, nullable=False, server_default="0"),
    Column("arranged", Boolean, nullable=False, server_default=false()),
    # The scan's id among the files.
    Column("form", ID),
    Column("reference", NAME, nullable=False, server_default=""),
    Column("withdrawn_reason", Text),
)

# Only added to: of those with the same `since` the latest recorded holds. The subject is a school or a pair.
dated_facts = Table(
    "facts",
    metadata,
    Column("id", ID, primary_key=True),
    # The version of the part "facts" that brought it: in the order of the transactions' ends.
    Column("version", Integer, nullable=False, index=True),
    Column("subject", String(8), nullable=False),
    Column("subject_id", ID, nullable=False),
    Column("field", String(32), nullable=False),
    Column("since", Date, nullable=False),
    # JSON; null takes the value back from that day on.
    Column("value", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("actor_kind", String(8), nullable=False),
    Column("actor", String(12), nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_facts_subject_id_field", "subject_id", "field"),
)

# How often each part of the book has changed; bumped in the transaction that changes it.
registry_versions = Table(
    "registry_versions",
    metadata,
    Column("part", String(12), primary_key=True),
    Column("version", Integer, nullable=False),
)

# 人员. Without a school: of the bureau.
people = Table(
    "people",
    metadata,
    Column("id", ID, primary_key=True),
    Column("school", ID, ForeignKey("schools.id"), index=True),
    Column("name", NAME, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("phone", String(40), nullable=False),
    Column("left_on", Date),
)

# 文件. The content lies in the data directory under its hash; the same content may be uploaded by several.
files = Table(
    "files",
    metadata,
    Column("id", ID, primary_key=True),
    Column("sha256", String(64), nullable=False, index=True),
    Column("size", Integer, nullable=False),
    Column("media", String(100), nullable=False),
    Column("name", NAME, nullable=False),
    # Whose it is; without: the bureau's.
    Column("school", ID, ForeignKey("schools.id")),
    Column("uploaded_at", Instant, nullable=False),
    Column("actor_kind", String(8), nullable=False),
    Column("actor", String(12), nullable=False),
)

# 过程资料. A removed one keeps its row: whether it counted then must stay answerable.
materials = Table(
    "materials",
    metadata,
    Column("id", ID, primary_key=True),
    Column("school", ID, ForeignKey("schools.id"), nullable=False),
    Column("pair", ID, ForeignKey("pairs.id")),
    Column("title", NAME, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("file", ID, ForeignKey("files.id"), nullable=False),
    Column("uploaded_at", Instant, nullable=False, index=True),
    Column("removed_at", Instant),
    # The same content stands once in a school.
    Index(
        "ix_materials_school_sha256",
        "school",
        "sha256",
        unique=True,
        sqlite_where=text("removed_at IS NULL"),
        postgresql_where=text("removed_at IS NULL"),
    ),
)

# 宣传报道. Without a pair: the bureau's own, or a school's as a whole.
publicity = Table(
    "publicity",
    metadata,
    Column("id", ID, primary_key=True),
    Column("pair", ID, ForeignKey("pairs.id")),
    Column("school", ID, ForeignKey("schools.id")),
    Column("level", String(8), nullable=False),
    Column("outlet", NAME, nullable=False),
    Column("title", String(200), nullable=False),
    Column("url", String(500), nullable=False),
    # Hash of the title: the same story stands once in an outlet of a level.
    Column("story", String(64), nullable=False),
    Column("published_on", Date, nullable=False, index=True),
    Column("noted_at", Instant, nullable=False),
    Column("removed_at", Instant),
    Index(
        "ix_publicity_level_outlet_story",
        "level",
        "outlet",
        "story",
        unique=True,
        sqlite_where=text("removed_at IS NULL"),
        postgresql_where=text("removed_at IS NULL"),
    ),
)

# 技术装备标准, every version as a whole; the shipped one is version 0 and has no row.
standards = Table(
    "standards",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor_kind", String(8), nullable=False),
    Column("actor", String(12), nullable=False),
    Column("reason", Text, nullable=False),
    Column("value", Text, nullable=False),
)

# 附件3 of a month before this system began, or of another county: its cells as they stood on paper.
imported_returns = Table(
    "imported_returns",
    metadata,
    Column("id", ID, primary_key=True),
    Column("pair", ID, ForeignKey("pairs.id"), nullable=False),
    Column("month", String(7), nullable=False),
    Column("cells", Text, nullable=False),
    Column("file", ID, ForeignKey("files.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor_kind", String(8), nullable=False),
    Column("actor", String(12), nullable=False),
    Column("is_replaced", Boolean, nullable=False),
    Index(
        "ix_imported_returns_month_pair",
        "month",
        "pair",
        unique=True,
        sqlite_where=text("NOT is_replaced"),
        postgresql_where=text("NOT is_replaced"),
    ),
)
