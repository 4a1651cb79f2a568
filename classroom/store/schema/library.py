"""资源库: videos that classes watch, courses made of them, when these are shown to whom, and what was really played."""

from sqlalchemy import BigInteger, Boolean, Column, Date, ForeignKey, Index, Integer, String, Table, Text

from classroom.store.schema.columns import ID, Instant, metadata

TITLE = String(120)

resources = Table(
    "resources",
    metadata,
    Column("id", ID, primary_key=True),
    Column("title", TITLE, nullable=False),
    # school: of one school and its pairs; county: of one school, for all; province: 省名师资源, of no school.
    Column("origin", String(8), nullable=False),
    Column("school", ID, ForeignKey("schools.id"), index=True),
    Column("subject", String(12), nullable=False),
    Column("grade", String(20), nullable=False),
    # Where it comes from: an upload, until that was made into a film, or a lesson's recording.
    Column("upload", ID),
    Column("lesson", ID, ForeignKey("lessons.id")),
    Column("layout", String(12)),
    Column("pupils", Boolean, nullable=False),
    Column("state", String(10), nullable=False, index=True),
    # Begun so often: what brings its process, or the server, down every time is given up.
    Column("attempts", Integer, nullable=False),
    Column("failure", String(20)),
    Column("media", String(20)),
    Column("bytes", BigInteger),
    Column("sha256", String(64)),
    Column("length_ms", Integer),
    Column("has_captions", Boolean, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("actor_kind", String(8), nullable=False),
    Column("actor", String(12), nullable=False),
    # Its file is gone; what was watched of it still has its name.
    Column("removed_at", Instant),
)

courses = Table(
    "courses",
    metadata,
    Column("id", ID, primary_key=True),
    Column("title", TITLE, nullable=False),
    Column("school", ID, ForeignKey("schools.id"), index=True),
    Column("subject", String(12), nullable=False),
    Column("grade", String(20), nullable=False),
    # Ids of resources in their order, apart by blanks.
    Column("resources", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("removed_at", Instant),
)

showings = Table(
    "showings",
    metadata,
    Column("id", ID, primary_key=True),
    Column("course", ID, ForeignKey("courses.id"), nullable=False, index=True),
    Column("class_id", ID, ForeignKey("classes.id"), nullable=False),
    Column("classroom", ID, ForeignKey("classrooms.id"), nullable=False, index=True),
    # Every week on this day (1 is Monday) from the first date to the last; without: on the first date alone.
    Column("weekday", Integer),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    # Of the day, in minutes.
    Column("begins_min", Integer, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("made_at", Instant, nullable=False),
)

plays = Table(
    "plays",
    metadata,
    Column("id", ID, primary_key=True),
    Column("resource", ID, ForeignKey("resources.id"), nullable=False),
    Column("class_id", ID, ForeignKey("classes.id"), nullable=False),
    Column("school", ID, ForeignKey("schools.id"), nullable=False),
    Column("classroom", ID, ForeignKey("classrooms.id"), nullable=False),
    # The local date on which it began.
    Column("day", Date, nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    # 实到人数 as somebody in the room said.
    Column("students", Integer),
    # Of the last report, so that one that is sent twice counts once.
    Column("seq", Integer, nullable=False),
    Column("position_ms", Integer, nullable=False),
    # Parts of the resource that were really played, as JSON: [[from, to], …] in ms, each once.
    Column("parts", Text, nullable=False),
    # The room has begun another, or the day is over.
    Column("is_over", Boolean, nullable=False),
    # Changed since the ledger looked at it.
    Column("is_due", Boolean, nullable=False, index=True),
    Index("ix_plays_class_id_resource_day", "class_id", "resource", "day"),
    Index("ix_plays_school_day", "school", "day"),
    Index("ix_plays_classroom_is_over", "classroom", "is_over"),
)
