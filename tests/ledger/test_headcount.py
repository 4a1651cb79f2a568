"""Where the number of a room comes from."""

import pytest

from classroom.ledger.activity import Flag, NumberSource
from classroom.ledger.facts import Seat
from classroom.ledger.headcount import headcount, number_flags, with_a_teacher


@pytest.mark.parametrize(
    ("confirmed", "planned", "number", "source"),
    [
        (20, 23, 20, NumberSource.CONFIRMED),
        (0, 23, 0, NumberSource.CONFIRMED),
        (None, 23, 23, NumberSource.PLANNED),
        (None, 0, 0, NumberSource.MISSING),
        (None, None, 0, NumberSource.MISSING),
    ],
)
def test_confirmed_before_planned_before_nothing(
    confirmed: int | None, planned: int | None, number: int, source: NumberSource
) -> None:
    students = headcount(Seat(room="R1", school="S", students=planned, confirmed_students=confirmed))
    assert (students.students, students.students_from) == (number, source)
    teachers = headcount(Seat(room="R1", school="S", teachers=planned, confirmed_teachers=confirmed))
    assert (teachers.teachers, teachers.teachers_from) == (number, source)


def test_marks_name_what_was_not_confirmed() -> None:
    sure = headcount(Seat(room="R1", school="S", confirmed_students=20, confirmed_teachers=1))
    roster = headcount(Seat(room="R2", school="S", students=20, teachers=1))
    nothing = headcount(Seat(room="R3", school="S"))
    assert number_flags([sure]) == ()
    assert number_flags([sure, roster]) == (Flag.BY_ROSTER,)
    assert number_flags([roster, nothing]) == (Flag.BY_ROSTER, Flag.STUDENTS_MISSING, Flag.TEACHERS_MISSING)


def test_a_host_side_without_a_teacher_gets_one_and_stays_marked() -> None:
    host = with_a_teacher(headcount(Seat(room="U1", school="S", students=42, confirmed_teachers=0)))
    assert (host.teachers, host.students, number_flags([host])) == (1, 42, (Flag.BY_ROSTER, Flag.TEACHERS_MISSING))


def test_every_flag_has_words() -> None:
    assert all(flag.words for flag in Flag)
