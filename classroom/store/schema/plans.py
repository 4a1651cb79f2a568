"""What a lesson is to be (备课): its title and its steps, as the teachers of both schools have prepared them."""

from sqlalchemy import Column, ForeignKey, Integer, Table, Text

from classroom.store.schema.columns import ID, NAME, Instant, metadata

plans = Table(
    "plans",
    metadata,
    Column("lesson", ID, ForeignKey("lessons.id"), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("title", NAME, nullable=False),
    # 环节, as JSON: who edits one sends them all, and so does the page that shows them.
    Column("steps", Text, nullable=False),
    Column("edited_at", Instant, nullable=False),
    Column("edited_by", NAME, nullable=False),
)
