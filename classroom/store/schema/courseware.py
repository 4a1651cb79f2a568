"""Courseware (课件): what teachers show, as pages; and the lessons that it is shown in."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text

from classroom.store.schema.columns import ID, NAME, Instant, metadata

courseware = Table(
    "courseware",
    metadata,
    Column("id", ID, primary_key=True),
    Column("school", ID, ForeignKey("schools.id"), nullable=False, index=True),
    Column("name", NAME, nullable=False),
    # preparing, ready or failed; the failure's code.
    Column("state", String(10), nullable=False, index=True),
    Column("failure", String(20)),
    Column("pages", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("uploaded_at", Instant, nullable=False),
    # Taken off the list: it stays for the lessons that it was shown in.
    Column("withdrawn_at", Instant),
)

courseware_pages = Table(
    "courseware_pages",
    metadata,
    Column("courseware", ID, ForeignKey("courseware.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    # What a screen reader says.
    Column("text", Text, nullable=False),
)

# Which lessons it is in, or was.
lesson_courseware = Table(
    "lesson_courseware",
    metadata,
    Column("lesson", ID, ForeignKey("lessons.id"), primary_key=True),
    Column("courseware", ID, ForeignKey("courseware.id"), primary_key=True, index=True),
)
