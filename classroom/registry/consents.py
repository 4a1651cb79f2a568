"""The register of consents (班级同意登记): what stands for a class on a day. Pure.

There is one register for being recorded and one for being published. The latest entry of a class holds: until its day,
or until it is withdrawn; after a withdrawal only a new entry by the school makes it good again.
"""

from collections.abc import Iterable
from datetime import date
from typing import Literal

from classroom.registry.facts import Consent

Purpose = Literal["recording", "publication"]
Standing = Literal["none", "good", "refused", "expired", "withdrawn"]
"""`refused`: some guardians do not agree, and their children have not been seated out of the pictures."""


def school_year_end(day: date) -> date:
    """The last day of the school year (学年) that a day lies in: the 31st of August."""
    return date(day.year + (day.month > 8), 8, 31)


def standing(entries: Iterable[Consent], purpose: Purpose, day: date) -> Standing:
    """Where a class stands on a local date by its entries, the oldest first."""
    latest = None
    for entry in entries:
        if entry.purpose == purpose:
            latest = entry
    if latest is None:
        return "none"
    if latest.withdrawn_at is not None:
        return "withdrawn"
    if latest.until is not None and day > latest.until:
        return "expired"
    return "good" if latest.refused == 0 or latest.arranged else "refused"
