"""Schools, classrooms, classes, pairs and consents as frozen facts. Dates are local dates (+08:00) of the county.

None of them can refer back to itself, so the garbage collector need not look at the tens of thousands of a province.
"""

from datetime import date, datetime
from typing import Any, Literal

import msgspec

PairStatus = Literal["active", "待定", "ended"]
"""待定: the province has named a district but no school yet; such a pair never counts."""

Role = Literal["teacher", "classroom", "assistant", "observer"]


class School(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """学校. `county` decides whose own school it is."""

    id: str
    name: str
    county: str | None = None


class Classroom(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """教室: a standing place in a school, with its own link."""

    id: str
    school: str
    name: str


class Size(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The roster (名册) has this many students from `since` on."""

    since: date
    students: int


class Class(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """班级. `sizes` in order of `since`."""

    id: str
    school: str
    name: str
    sizes: tuple[Size, ...] = ()


class StatusChange(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The pair has this status from `since` on, that day included."""

    since: date
    status: PairStatus


class Pair(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """结对: supporter (支援学校) and recipient (受援学校; None while 待定).

    `level` is the 结对层级 as the county's list has it, e.g. 县内; it stands where the schools' codes do not say it.
    `place` is the pair's number in that list, within its level.
    """

    id: str
    supporter: str
    recipient: str | None
    level: str | None = None
    place: int | None = None
    statuses: tuple[StatusChange, ...] = ()


class Fact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A dated attribute of a school or a pair: it holds from `since` (local date, inclusive) until the next one.

    `value` is of the shape that registry.fields has for the field; None: taken back. A figure made of it names it
    `fact:{id}`.
    """

    id: str
    subject_id: str
    field: str
    since: date
    value: Any
    recorded_at: datetime


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody with a name has noted that the class's guardians agree to recordings, or to their publication.

    `given_on`: the date of the form; `until`: the last day that it holds for, None: without end. `refused`: how many
    guardians do not agree; `arranged`: their children sit where no camera sees them. `form`: a file, the scan of the
    form; `reference`: where the paper lies.
    """

    id: str
    class_id: str
    noted_by: str
    at: datetime
    purpose: Literal["recording", "publication"] = "recording"
    given_on: date | None = None
    until: date | None = None
    refused: int = 0
    arranged: bool = False
    form: str | None = None
    reference: str = ""
    withdrawn_at: datetime | None = None
    withdrawn_reason: str | None = None


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """What an opaque token stands for; the token itself is nowhere kept.

    `lesson` None: a standing link. `holder` is the same for all links of one teacher, so that a teacher's standing link
    and the links of their lessons are one person to the rule about taken seats. `name` is free text for lists.
    """

    id: str
    role: Role
    school: str | None
    lesson: str | None
    classroom: str | None
    seat: str | None
    holder: str
    name: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


def status_on(pair: Pair, day: date) -> PairStatus | None:
    """The pair's status on a day; None before its first dated status."""
    status: PairStatus | None = None
    for change in pair.statuses:
        if change.since <= day:
            status = change.status
    return status


def is_active(pair: Pair, day: date) -> bool:
    """Whether lessons of the pair count on this day (a pair without a named recipient never does)."""
    return pair.recipient is not None and status_on(pair, day) == "active"


def joins(pair: Pair, one: str, other: str) -> bool:
    """Whether these two schools are the pair's two sides, in either order."""
    return pair.recipient is not None and {one, other} == {pair.supporter, pair.recipient}


def students_on(school_class: Class, day: date) -> int | None:
    """The roster size on a day; None before the first dated size."""
    students: int | None = None
    for size in school_class.sizes:
        if size.since <= day:
            students = size.students
    return students


def is_usable(link: Link, at: datetime) -> bool:
    """Whether the link opens anything at an instant: neither revoked nor expired."""
    return (link.revoked_at is None or at < link.revoked_at) and (link.expires_at is None or at < link.expires_at)
