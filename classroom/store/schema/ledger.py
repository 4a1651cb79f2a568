"""The ledger: judged activities of all forms, their monthly tallies, people's words, hand entries, adjustments."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from classroom.store.schema.columns import ID, Instant, metadata

ACTIVITY = String(64)

# A lesson's activity is named "{lesson}.{period}.{pair}", one of a hand entry "hand.{entry}".
activities = Table(
    "activities",
    metadata,
    Column("id", ACTIVITY, primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("pair", ID, ForeignKey("pairs.id"), nullable=False),
    # Null for an activity that no lesson's log stands behind.
    Column("lesson", ID, ForeignKey("lessons.id")),
    Column("period", Integer),
    Column("month", String(7), nullable=False),
    Column("begins_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    # The class that teaches (专递, 名师: the class that watched), where the registry knows it.
    Column("class_id", ID),
    Column("state", String(12), nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("participants", Integer, nullable=False),
    # Of these, the people of the side that teaches: a lesson shared by two pairs has them once.
    Column("host_participants", Integer, nullable=False),
    # How many pairs this lesson period was judged for.
    Column("sharers", Integer, nullable=False),
    Column("is_hand", Boolean, nullable=False),
    # Words apart by blanks, with one at either end where there is any, so that one can be looked for.
    Column("subjects", String(80), nullable=False),
    Column("flags", Text, nullable=False),
    Column("marks", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_activities_lesson", "lesson"),
    # Pages of a month, and of a pair's month, in order of time; sums of a pair's month by form.
    Index("ix_activities_month_begins_at", "month", "begins_at", "id"),
    Index("ix_activities_pair_month_begins_at", "pair", "month", "begins_at", "id"),
    # Pages of a span of days.
    Index("ix_activities_begins_at_id", "begins_at", "id"),
    # The few that a list of all pairs asks for.
    Index(
        "ix_activities_pending",
        "month",
        "begins_at",
        "id",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
    Index(
        "ix_activities_shared",
        "month",
        "lesson",
        "period",
        sqlite_where=text("sharers > 1"),
        postgresql_where=text("sharers > 1"),
    ),
    Index(
        "ix_activities_marked",
        "month",
        "begins_at",
        "id",
        sqlite_where=text("marks <> ''"),
        postgresql_where=text("marks <> ''"),
    ),
)

# What the activities of a pair's month add up to; written in the transaction that changes any of them.
tallies = Table(
    "tallies",
    metadata,
    Column("month", String(7), primary_key=True),
    Column("kind", String(12), primary_key=True),
    Column("pair", ID, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("participants", Integer, nullable=False),
    Column("pending", Integer, nullable=False),
    Column("subjects", String(80), nullable=False),
    Index("ix_tallies_pair_month", "pair", "month"),
)

# 确认, 驳回, 更正: what a named person said, kept for ever; only a proposal's decision is filled in later.
words = Table(
    "words",
    metadata,
    Column("id", ID, primary_key=True),
    Column("activity", ACTIVITY, nullable=False),
    Column("pair", ID, ForeignKey("pairs.id"), nullable=False),
    Column("month", String(7), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("state", String(8), nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor_kind", String(8), nullable=False),
    Column("actor", String(12), nullable=False),
    Column("reason", Text, nullable=False),
    # What it changes, and the evidence; the activity before and after.
    Column("change", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("decided_at", Instant),
    Column("decider_kind", String(8)),
    Column("decider", String(12)),
    Column("decision", Text),
    Index("ix_words_activity_at", "activity", "at"),
    Index(
        "ix_words_proposed",
        "at",
        sqlite_where=text("state = 'proposed'"),
        postgresql_where=text("state = 'proposed'"),
    ),
)

# 手工录入: what an officer wrote down because no log did. `replaced_by`: the log has come after all.
hand_entries = Table(
    "hand_entries",
    metadata,
    Column("id", ID, primary_key=True),
    Column("pair", ID, ForeignKey("pairs.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor_kind", String(8), nullable=False),
    Column("actor", String(12), nullable=False),
    Column("entry", Text, nullable=False),
    Column("replaced_by", ACTIVITY),
)

# 补计 (+) and 冲减 (−): what became of an activity after its month was reported, in the month that takes it.
adjustments = Table(
    "adjustments",
    metadata,
    Column("id", ID, primary_key=True),
    Column("activity", ACTIVITY, nullable=False, index=True),
    Column("kind", String(12), nullable=False),
    Column("pair", ID, ForeignKey("pairs.id"), nullable=False),
    Column("of_month", String(7), nullable=False),
    Column("into_month", String(7), nullable=False),
    Column("count", Integer, nullable=False),
    Column("participants", Integer, nullable=False),
    Column("subjects", String(80), nullable=False),
    Column("at", Instant, nullable=False),
    # The word that caused it; null where a log or a dated fact did.
    Column("word", ID),
    Index("ix_adjustments_pair_into_month", "pair", "into_month"),
    Index("ix_adjustments_into_month", "into_month"),
)
