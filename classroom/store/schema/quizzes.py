"""Quizzes (测验): the words of a school's questions, and by lesson what classes were counted to say to them."""

from sqlalchemy import Column, Float, ForeignKey, ForeignKeyConstraint, Integer, String, Table, Text

from classroom.store.schema.columns import ID, NAME, Instant, metadata

# `questions` is JSON, see classroom.store.quizzes.Question.
quizzes = Table(
    "quizzes",
    metadata,
    Column("id", ID, primary_key=True),
    Column("school", ID, ForeignKey("schools.id"), nullable=False, index=True),
    Column("title", String(40), nullable=False),
    Column("questions", Text, nullable=False),
    Column("author_name", NAME, nullable=False),
    Column("created_at", Instant, nullable=False),
    # Off the school's list; kept, because results of lessons refer to it.
    Column("removed_at", Instant),
)

# A projection of the journal: `shape` is what QuizStarted says of the questions.
quiz_runs = Table(
    "quiz_runs",
    metadata,
    Column("lesson", ID, ForeignKey("lessons.id"), primary_key=True),
    Column("quiz", ID, primary_key=True, index=True),
    Column("shape", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("closed_at", Instant),
)

# The same: the last count of each class.
quiz_tallies = Table(
    "quiz_tallies",
    metadata,
    Column("lesson", ID, primary_key=True),
    Column("quiz", ID, primary_key=True),
    Column("question", Integer, primary_key=True),
    Column("seat", String(32), primary_key=True),
    Column("counts", String(80), nullable=False),
    Column("number", Float),
    Column("present", Integer),
    Column("at", Instant, nullable=False),
    ForeignKeyConstraint(["lesson", "quiz"], ["quiz_runs.lesson", "quiz_runs.quiz"]),
)

# Free text that a class says, which goes when the lesson's recording does.
quiz_texts = Table(
    "quiz_texts",
    metadata,
    Column("lesson", ID, ForeignKey("lessons.id"), primary_key=True),
    Column("quiz", ID, primary_key=True),
    Column("question", Integer, primary_key=True),
    Column("seat", String(32), primary_key=True),
    Column("text", String(200), nullable=False),
    Column("at", Instant, nullable=False),
)
