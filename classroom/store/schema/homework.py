"""Homework (同步作业): tasks, photographed works, and what both teachers wrote on them."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from classroom.store.schema.columns import ID, Instant, metadata

# `file`: a page or a sheet that goes with the words, kept among the uploaded files.
homework = Table(
    "homework",
    metadata,
    Column("id", ID, primary_key=True),
    Column("lesson", ID, ForeignKey("lessons.id"), nullable=False, index=True),
    Column("text", String(1000), nullable=False),
    Column("file", ID, ForeignKey("files.id")),
    Column("due_at", Instant),
    Column("given_at", Instant, nullable=False),
)

# The pictures themselves lie in the data directory (signaling.works).
works = Table(
    "works",
    metadata,
    Column("id", ID, primary_key=True),
    Column("homework", ID, ForeignKey("homework.id"), nullable=False),
    Column("seat", String(32), nullable=False),
    # From 1 within the class; a number of the teacher's choice or a nickname may stand beside it.
    Column("number", Integer, nullable=False),
    Column("label", String(20), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("handed_in_at", Instant, nullable=False),
    # Who marks it just now: `teacher` or `assistant:<seat>`.
    Column("held_by", String(45)),
    Column("held_at", Instant),
    Index("ix_works_homework_seat", "homework", "seat"),
)

# One layer for each who marks: `strokes` is JSON, see classroom.store.homework.Stroke.
work_marks = Table(
    "work_marks",
    metadata,
    Column("work", ID, ForeignKey("works.id"), primary_key=True),
    Column("marker", String(45), primary_key=True),
    Column("strokes", Text, nullable=False),
    Column("comment", String(200), nullable=False),
    Column("stamp", String(8)),
    Column("marked_at", Instant, nullable=False),
)
