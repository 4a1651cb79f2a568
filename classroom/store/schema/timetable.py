"""The timetable (课表): lessons that come every week, and the days on which each has been made."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Integer, String, Table

from classroom.store.schema.columns import ID, Instant, metadata

timetable = Table(
    "timetable",
    metadata,
    Column("id", ID, primary_key=True),
    # The host's.
    Column("school", ID, ForeignKey("schools.id"), nullable=False, index=True),
    Column("classroom", ID, ForeignKey("classrooms.id"), nullable=False),
    Column("class_id", ID, ForeignKey("classes.id"), nullable=False),
    # Of the school's people. No foreign key: their entry can be deleted lawfully.
    Column("teacher", ID),
    Column("subject", String(20), nullable=False),
    # Digits, 1 is Monday.
    Column("weekdays", String(7), nullable=False),
    # Of the day, in minutes.
    Column("begins_min", Integer, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    Column("record", Boolean, nullable=False),
    Column("made_at", Instant, nullable=False),
    # No lesson of it is made any more, and those that were are withdrawn.
    Column("ended_at", Instant),
)

timetable_rooms = Table(
    "timetable_rooms",
    metadata,
    Column("row", ID, ForeignKey("timetable.id"), primary_key=True),
    Column("classroom", ID, ForeignKey("classrooms.id"), primary_key=True),
    Column("place", Integer, nullable=False),
    Column("school", ID, ForeignKey("schools.id"), nullable=False, index=True),
    Column("class_id", ID, ForeignKey("classes.id"), nullable=False),
)

# The lesson's id is fixed before the lesson is made, so no foreign key: whatever happens in between, it is made once.
timetable_days = Table(
    "timetable_days",
    metadata,
    Column("row", ID, ForeignKey("timetable.id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("lesson", ID, nullable=False, unique=True),
    Column("is_made", Boolean, nullable=False),
)
