"""Signing in to a meeting of teachers, whose rooms are equal."""

from typing import Any

import pytest

from classroom.lesson import signing, stage, state
from classroom.lesson.errors import LessonError
from classroom.lesson.events import HandLowered, PersonSignedIn, PersonSignedOut, StageSet
from classroom.lesson.lesson import Lesson
from tests.lesson.conftest import AT, PLANS, schedule


@pytest.fixture
def meeting(sitting: Any) -> Any:
    """An open meeting of the teacher's room and the first classroom."""
    planned = state.fold(schedule(None, AT, training="集体备课"))
    assert planned is not None
    sitting.lesson = planned
    sitting.give("take host", "take r1")
    return sitting


def give(meeting: Any, command: Any, **said: Any) -> list[Any]:
    events = command(meeting.lesson, meeting.at, **said)
    lesson = state.fold(events, meeting.lesson)
    assert isinstance(lesson, Lesson)
    meeting.lesson = lesson
    return list(events)


def test_each_room_signs_in_its_own_people_once(meeting: Any) -> None:
    [event] = give(meeting, signing.sign_in, by="assistant:r1", seat="r1", person="p1")
    assert isinstance(event, PersonSignedIn)
    give(meeting, signing.sign_in, by="r1", seat="r1", person="p2")
    assert give(meeting, signing.sign_in, by="r1", seat="r1", person="p1") == []
    give(meeting, signing.sign_in, by="teacher", seat="teacher", person="t1")
    assert {name: seat.people for name, seat in meeting.lesson.seats.items()} == {
        "teacher": ("t1",),
        "r1": ("p1", "p2"),
        "r2": (),
    }
    [event] = give(meeting, signing.sign_out, by="r1", seat="r1", person="p1")
    assert isinstance(event, PersonSignedOut) and meeting.lesson.seats["r1"].people == ("p2",)
    assert give(meeting, signing.sign_out, by="r1", seat="r1", person="p1") == []


def test_nobody_signs_in_for_another_room_and_nobody_in_a_lesson(meeting: Any, sitting: Any) -> None:
    for by, seat in (("r1", "teacher"), ("r2", "r1"), ("observer", "r1"), ("teacher", "r1")):
        with pytest.raises(LessonError, match="forbidden"):
            signing.sign_in(meeting.lesson, meeting.at, by=by, seat=seat, person="p1")
    lesson = state.fold([*schedule(None, AT), *state.open_lesson(state.fold(schedule(None, AT)), AT, by="teacher")])  # type: ignore[arg-type]
    assert lesson is not None
    with pytest.raises(LessonError, match="no_meeting"):
        signing.sign_in(lesson, AT, by="r1", seat="r1", person="p1")


def test_a_room_has_room_for_a_school_s_teachers(meeting: Any) -> None:
    for number in range(signing.MAX_PEOPLE):
        give(meeting, signing.sign_in, by="r1", seat="r1", person=f"p{number}")
    with pytest.raises(LessonError, match="too_many_people"):
        signing.sign_in(meeting.lesson, meeting.at, by="r1", seat="r1", person="another")


def test_whoever_has_a_seat_takes_the_word(meeting: Any) -> None:
    meeting.give("raise r1")
    events = give(meeting, stage.set_stage, by="assistant:r1", seat="r1")
    assert [type(event) for event in events] == [StageSet, HandLowered] and meeting.lesson.stage == "r1"
    give(meeting, stage.set_stage, by="r1", seat=None)
    assert meeting.lesson.stage is None
    with pytest.raises(LessonError, match="forbidden"):
        stage.set_stage(meeting.lesson, meeting.at, by="observer", seat="r1")


def test_no_class_is_in_a_meeting_so_none_has_to_consent(meeting: Any) -> None:
    assert meeting.lesson.missing_consent == []


def test_a_meeting_is_planned() -> None:
    with pytest.raises(LessonError, match="bad_schedule"):
        schedule(None, AT, training="主题研修", periods=(), plans=PLANS)
