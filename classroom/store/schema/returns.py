"""Months, the working-day calendar, policies, and the returns with their steps and snapshots."""

from sqlalchemy import Boolean, Column, Date, Index, Integer, String, Table, Text

from classroom.store.schema.columns import ID, NAME, Instant, metadata

MONTH = String(7)

work_months = Table(
    "work_months",
    metadata,
    Column("month", MONTH, primary_key=True),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    Column("school_due_at", Instant, nullable=False),
    Column("bureau_due_at", Instant, nullable=False),
    Column("is_provisional", Boolean, nullable=False),
    Column("is_edited", Boolean, nullable=False),
)

# What the bureau has entered; it wins over the table that is shipped.
workdays = Table(
    "workdays",
    metadata,
    Column("day", Date, primary_key=True),
    Column("is_working", Boolean, nullable=False),
    Column("words", NAME, nullable=False),
)

# Years whose notice the bureau has entered in full.
workday_years = Table("workday_years", metadata, Column("year", Integer, primary_key=True, autoincrement=False))

# One row a thing that is edited as a whole (the calendar): two officers must not overwrite one another.
editions = Table(
    "editions",
    metadata,
    Column("thing", String(20), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("actor_kind", String(8), nullable=False),
    Column("actor", String(12), nullable=False),
    Column("at", Instant, nullable=False),
)

policies = Table(
    "policies",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor_kind", String(8), nullable=False),
    Column("actor", String(12), nullable=False),
    Column("reason", Text, nullable=False),
    Column("value", Text, nullable=False),
)

# Open months that a change of the counting rules wants judged again; a row goes when that is done.
rejudgings = Table(
    "rejudgings",
    metadata,
    Column("month", MONTH, primary_key=True),
    Column("policy", Integer, nullable=False),
)

# `pair` is "bureau" for 附件2: so no foreign key. A form that nobody has touched has no row.
returns = Table(
    "returns",
    metadata,
    Column("month", MONTH, primary_key=True),
    Column("pair", ID, primary_key=True),
    Column("state", String(10), nullable=False),
    # Counts every change of the form, so that a stale edit is seen.
    Column("version", Integer, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("actor_kind", String(8), nullable=False),
    Column("actor", String(12), nullable=False),
    # The first submission decides whether it was in time.
    Column("filed_at", Instant),
    Column("is_on_time", Boolean),
    Column("is_confirmed", Boolean, nullable=False),
    Column("filer", NAME, nullable=False),
    # The latest snapshot, and its printed values again in short, to add up without opening snapshots.
    Column("snapshot", Integer),
    Column("printed", Text, nullable=False),
    Index("ix_returns_pair_month", "pair", "month"),
)

return_steps = Table(
    "return_steps",
    metadata,
    Column("month", MONTH, primary_key=True),
    Column("pair", ID, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("action", String(12), nullable=False),
    Column("state", String(10), nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor_kind", String(8), nullable=False),
    Column("actor", String(12), nullable=False),
    Column("reason", Text, nullable=False),
    Column("is_on_time", Boolean),
    Column("snapshot", Integer),
    Column("detail", Text, nullable=False),
)

# Only added to: the latest of a cell wins, one without a value takes it back.
hand_values = Table(
    "hand_values",
    metadata,
    Column("month", MONTH, primary_key=True),
    Column("pair", ID, primary_key=True),
    Column("cell", String(40), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("value", Text),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor_kind", String(8), nullable=False),
    Column("actor", String(12), nullable=False),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("month", MONTH, primary_key=True),
    Column("pair", ID, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("policy", Integer, nullable=False),
    Column("value", Text, nullable=False),
    Column("digest", String(64), nullable=False),
)

# What a frozen month could not take off below 0, and the month that takes it instead.
carries = Table(
    "carries",
    metadata,
    Column("pair", ID, primary_key=True),
    Column("month", MONTH, primary_key=True),
    Column("cell", String(40), primary_key=True),
    Column("into_month", MONTH, nullable=False),
    Column("amount", Integer, nullable=False),
    Index("ix_carries_into_month", "into_month"),
)
