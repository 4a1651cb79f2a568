"""Reviews of lessons (听课评课表): what a colleague says of a recording as a whole, on a form."""

from sqlalchemy import Column, ForeignKey, String, Table, Text, UniqueConstraint

from classroom.store.schema.columns import ID, NAME, Instant, metadata

reviews = Table(
    "reviews",
    metadata,
    Column("id", ID, primary_key=True),
    Column("lesson", ID, ForeignKey("lessons.id"), nullable=False),
    # As in comments: an account's id, or the holder of a teacher's links.
    Column("author", String(32), nullable=False),
    Column("author_name", NAME, nullable=False),
    Column("state", String(10), nullable=False),
    # The form as JSON: who saves it sends all of it, and so does the page that shows it.
    Column("form", Text, nullable=False),
    Column("saved_at", Instant, nullable=False),
    Column("submitted_at", Instant),
    UniqueConstraint("lesson", "author"),
)
