"""Every table. A change here needs a migration; a test compares the two.

Ids are 12 characters of base32; instants are UTC; the journal's rows are the exact bytes their hashes were taken over.
"""

from classroom.store.schema import (
    accounts,
    audit,
    chat,
    checks,
    comments,
    courseware,
    exports,
    feeds,
    homework,
    keeping,
    ledger,
    lessons,
    library,
    links,
    plans,
    quizzes,
    registry,
    returns,
    reviews,
    timetable,
    uploads,
)
from classroom.store.schema.columns import metadata

__all__ = [
    "accounts",
    "audit",
    "chat",
    "checks",
    "comments",
    "courseware",
    "exports",
    "feeds",
    "homework",
    "keeping",
    "ledger",
    "lessons",
    "library",
    "links",
    "metadata",
    "plans",
    "quizzes",
    "registry",
    "returns",
    "reviews",
    "timetable",
    "uploads",
]
