"""教师网络研修 as the rule book counts it."""

from datetime import date
from typing import Any

import pytest

from classroom.ledger.activity import Activity, Attendance, Flag, State, TrainingKind
from classroom.ledger.facts import Period, Role
from classroom.ledger.meeting import Meeting, MeetingRoom, judge_meeting, judge_meeting_again
from classroom.ledger.rules import CountingRules
from classroom.ledger.words import Standing

CITY, VILLAGE = "实验小学", "檀溪中小"


def meeting(day: Any, *people: tuple[str, str, str], pairs: tuple[str, ...] = ("P1",)) -> list[Activity]:
    """`people`: (name, school, spans apart by blanks); planned 09:50–10:30."""
    attendance = tuple(
        Attendance(person=person, school=school, connected=day.spans(*spans.split()))
        for person, school, spans in people
    )
    one = Meeting(
        id="M",
        title="评课",
        kind=TrainingKind.THEME,
        planned=Period(day.at("09:50"), day.at("10:30")),
        pairs=pairs,
        attendance=attendance,
    )
    return list(judge_meeting(one, day.pairs))


def of(*names: str, school: str, spans: str = "09:50-10:30") -> list[tuple[str, str, str]]:
    return [(name, school, spans) for name in names]


def test_v34_a_lesson_and_the_scheduled_discussion_after_it(day: Any) -> None:
    day.lesson()
    day.host()
    day.rural("R1")
    assert (day.activity().state, day.activity().participants) == (State.COUNTED, 67)
    teachers = of("t1", school=CITY) + of("t2", school=VILLAGE)
    observers = of("o1", "o2", "o3", school=CITY) + of("o4", "o5", "o6", school=VILLAGE)
    [found] = meeting(day, *teachers, *observers)
    assert (found.state, found.participants, found.teachers, found.students) == (State.COUNTED, 8, 8, 0)
    assert (found.minutes, found.training) == (40, TrainingKind.THEME)


def test_one_side_alone_is_no_meeting(day: Any) -> None:
    [found] = meeting(day, *of("t1", "t2", school=CITY))
    assert (found.state, found.participants) == (State.NOT_COUNTED, 0)
    assert [flag.words for flag in found.flags] == ["单方研修"]


@pytest.mark.parametrize(
    ("village", "state", "minutes"),
    [("10:10-10:30", State.COUNTED, 20), ("10:10:01-10:30", State.NOT_COUNTED, 19)],
)
def test_twenty_minutes_together_and_nothing_waits(day: Any, village: str, state: State, minutes: int) -> None:
    [found] = meeting(day, *of("t1", school=CITY), *of("t2", school=VILLAGE, spans=village))
    assert (found.state, found.minutes) == (state, minutes)
    assert found.flags == (() if state is State.COUNTED else (Flag.TOO_SHORT,))


def test_the_teachers_of_a_side_are_taken_together(day: Any) -> None:
    city = of("t1", school=CITY, spans="09:50-10:01") + of("t2", school=CITY, spans="10:02-10:15")
    [found] = meeting(day, *city, *of("t3", school=VILLAGE))
    assert (found.state, found.minutes, found.participants) == (State.COUNTED, 25, 3)


def test_who_came_for_less_than_ten_minutes_or_from_elsewhere_is_not_counted_and_nobody_twice(day: Any) -> None:
    there = of("t1", school=CITY) + of("t2", school=VILLAGE)
    others = of("t3", school=CITY, spans="09:50-09:59:59") + of("t4", school="南苑小学")
    twice = of("t1", school=CITY, spans="10:00-10:30")
    [found] = meeting(day, *there, *others, *twice)
    assert found.participants == 2


def test_several_pairs_are_judged_each_on_its_own(day: Any) -> None:
    first, second = meeting(day, *of("t1", school=CITY), *of("t2", school=VILLAGE), pairs=("P1", "P2"))
    assert (first.pair, first.state) == ("P1", State.COUNTED)
    assert (second.pair, second.flags) == ("P2", (Flag.NOT_HELD,))


def test_a_pair_must_be_active_that_day(day_of: Any) -> None:
    early = day_of(date(2019, 3, 20))
    [found] = meeting(early, *of("t1", school=CITY), *of("t2", school=VILLAGE))
    assert (found.state, found.flags) == (State.NOT_COUNTED, (Flag.PAIR_INACTIVE,))


def logged(clock: Any, *, seen: str = "09:50-10:30", signed: bool = True, **more: Any) -> Meeting:
    """A meeting as the journal has it: one room a side, with a teacher or two in each."""
    spans = clock.spans(*seen.split())
    full = clock.spans("09:50-10:30")
    people = [("t1", CITY, "U1", full), ("t2", CITY, "U1", full), ("t3", VILLAGE, "R1", spans)]
    return Meeting(
        id="M",
        title="单元备课",
        kind=TrainingKind.PREPARATION,
        planned=Period(clock.at("09:50"), clock.at("10:30")),
        pairs=("P1",),
        attendance=tuple(
            Attendance(person=person, school=school, room=room, connected=time)
            for person, school, room, time in people
            if signed or school == CITY
        ),
        rooms=(
            MeetingRoom(room="U1", school=CITY, role=Role.HOST, seen=full),
            MeetingRoom(room="R1", school=VILLAGE, role=Role.RURAL, seen=spans),
        ),
        **more,
    )


def judged(day: Any, meeting: Meeting, **said: Any) -> Activity:
    standing = {"M.0.P1": Standing(**said)} if said else {}
    [found] = judge_meeting(meeting, day.pairs, said=standing)
    again = judge_meeting_again(found, day.pairs[0], Standing(**said), CountingRules())
    assert again == found, "its own evidence is all that is needed"
    return found


def test_the_rooms_and_who_signed_in_stand_behind_the_number(day: Any) -> None:
    found = judged(day, logged(day))
    assert (found.state, found.participants, found.lesson, found.minutes) == (State.COUNTED, 3, "M", 40)
    assert [(room.room, room.minutes, room.headcount.teachers, room.is_counted) for room in found.rooms] == [
        ("U1", 40, 2, True),
        ("R1", 40, 1, True),
    ]
    assert [one.person for one in found.attendance] == ["t1", "t2", "t3"]


def test_a_room_in_which_nobody_signed_in_is_named_and_a_correction_puts_it_right(day: Any) -> None:
    meeting = logged(day, signed=False)
    assert [flag.words for flag in judged(day, meeting).flags] == ["单方研修", "教师未签到"]
    found = judged(day, meeting, rooms=("R1",), decided=True, word="w1", is_corrected=True, teachers={"R1": 4})
    assert (found.state, found.participants, found.word) == (State.COUNTED, 6, "w1")
    assert found.flags == (Flag.CORRECTED,)


def test_a_test_and_one_that_was_called_off_never_count(day: Any) -> None:
    assert judged(day, logged(day, is_test=True)).flags == (Flag.TEST,)
    assert judged(day, logged(day), is_cancelled=True, is_corrected=True).participants == 0
    assert judged(day, logged(day), all_teachers=5, is_corrected=True).participants == 5
    assert judged(day, logged(day), decided=False, word="w1").flags == (Flag.REJECTED,)
