"""参与师生数: the students and teachers a room brought, and where each number comes from (人次, no names)."""

import msgspec

from classroom.ledger.activity import Flag, Headcount, NumberSource
from classroom.ledger.facts import Seat


def headcount(seat: Seat) -> Headcount:
    """The confirmed number, else the planned one, else 0. A confirmed 0 is a number; an empty roster is not."""
    students, students_from = _number(seat.confirmed_students, seat.students)
    teachers, teachers_from = _number(seat.confirmed_teachers, seat.teachers)
    return Headcount(
        students=students,
        teachers=teachers,
        students_from=students_from,
        teachers_from=teachers_from,
        roster=seat.students,
    )


def with_a_teacher(host: Headcount) -> Headcount:
    """For a host side without any: a lesson is given by somebody, so there is one teacher, marked as missing."""
    return msgspec.structs.replace(host, teachers=1, teachers_from=NumberSource.MISSING)


def corrected(count: Headcount, students: int | None, teachers: int | None) -> Headcount:
    """With the numbers that a correction gave; None leaves one as it is."""
    if students is not None:
        count = msgspec.structs.replace(count, students=students, students_from=NumberSource.CONFIRMED)
    if teachers is not None:
        count = msgspec.structs.replace(count, teachers=teachers, teachers_from=NumberSource.CONFIRMED)
    return count


def on_roster(count: Headcount, students: int) -> Headcount:
    """With another roster size; a confirmed number stays."""
    count = msgspec.structs.replace(count, roster=students)
    if count.students_from is NumberSource.CONFIRMED:
        return count
    students_from = NumberSource.PLANNED if students else NumberSource.MISSING
    return msgspec.structs.replace(count, students=students, students_from=students_from)


def number_flags(counts: list[Headcount]) -> tuple[Flag, ...]:
    """按名册, 人数未填, 教师未填: what the reader must know about the rooms' numbers."""
    students = {count.students_from for count in counts}
    found = []
    if NumberSource.PLANNED in students:
        found.append(Flag.BY_ROSTER)
    if NumberSource.MISSING in students:
        found.append(Flag.STUDENTS_MISSING)
    if any(count.teachers_from is NumberSource.MISSING for count in counts):
        found.append(Flag.TEACHERS_MISSING)
    return tuple(found)


def _number(confirmed: int | None, planned: int | None) -> tuple[int, NumberSource]:
    if confirmed is not None:
        return confirmed, NumberSource.CONFIRMED
    if planned:
        return planned, NumberSource.PLANNED
    return 0, NumberSource.MISSING
