"""The view: a lesson with its names, in local time, with nothing that is not for these eyes."""

from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec
import pytest

from classroom.lesson import hands, recording, seats, stage, state, streams
from classroom.lesson.events import Period, SeatPlan
from classroom.lesson.lesson import Lesson
from classroom.registry.book import Book
from classroom.registry.facts import Class, Classroom, School
from signaling.commands import Command
from signaling.messages import View
from signaling.view import names_of, view_of

AT = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)
BOOK = Book(
    schools={"s1": School(id="s1", name="实验小学"), "s2": School(id="s2", name="檀溪中小")},
    classrooms={
        "u1": Classroom(id="u1", school="s1", name="录播室"),
        "r1": Classroom(id="r1", school="s2", name="同步教室"),
    },
    classes={
        "c1": Class(id="c1", school="s1", name="四（2）班"),
        "c2": Class(id="c2", school="s2", name="四（1）班"),
    },
    pairs={},
)


@pytest.fixture
def lesson() -> Lesson:
    """As full as a lesson gets."""
    plans = (
        SeatPlan(seat="teacher", school="s1", classroom="u1", role="host", class_id="c1", students=42),
        SeatPlan(seat="r1", school="s2", classroom="r1", role="rural", class_id="c2"),
    )
    lesson = state.fold(
        state.schedule(
            None,
            AT,
            by="cli",
            lesson_id="l1",
            supporter="s1",
            subject="语",
            periods=(Period(start=AT, end=AT + timedelta(minutes=40)),),
            pairs=("p1",),
            plans=plans,
            record=True,
        )
    )
    steps: list[Command] = [
        partial(seats.take_seat, by="teacher", seat="teacher", device="d0"),
        partial(seats.take_seat, by="r1", seat="r1", device="d1"),
        partial(streams.stream_flowing, by="server", seat="r1", source="camera", session="x"),
        partial(recording.note_consent, by="teacher", class_ids=["c1"]),
        partial(hands.raise_hand, by="r1", seat="r1"),
        partial(seats.confirm_headcount, by="r1", seat="r1", students=0, teachers=1),
        partial(seats.ask_help, by="r1", seat="r1", fault="no_picture"),
        partial(stage.mute, by="teacher", seat=None, muted=True),
        partial(state.start, by="teacher"),
    ]
    for step in steps:
        assert lesson is not None
        lesson = state.fold(step(lesson, AT), lesson)
    assert lesson is not None
    return lesson


def view(lesson: Lesson, **more: object) -> View:
    return view_of(lesson, names_of(lesson, BOOK), AT, **more)  # type: ignore[arg-type]


def test_ids_have_become_names(lesson: Lesson) -> None:
    found = view(lesson)
    assert found.supporter.school == "实验小学"
    names = [(seat.school, seat.classroom, seat.class_name) for seat in found.seats]
    assert names == [("实验小学", "录播室", "四（2）班"), ("檀溪中小", "同步教室", "四（1）班")]
    [missing] = found.recording.missing_consent
    assert (missing.seat, missing.school, missing.class_name) == ("r1", "檀溪中小", "四（1）班")


def test_instants_are_local_and_carry_their_offset(lesson: Lesson) -> None:
    shown = msgspec.to_builtins(view(lesson))
    assert shown["now"] == shown["opened_at"] == shown["started_at"] == "2019-05-14T09:00:00+08:00"
    assert shown["planned"] == [{"start": "2019-05-14T09:00:00+08:00", "end": "2019-05-14T09:40:00+08:00"}]
    assert shown["hands"] == [{"seat": "r1", "at": "2019-05-14T09:00:00+08:00"}]
    assert shown["ended_at"] is None


def test_a_seat_is_shown_as_it_is(lesson: Lesson) -> None:
    seat = msgspec.to_builtins(view(lesson, kinds={("r1", "camera", "audio"), ("teacher", "camera", "video")}).seats[1])
    expected = {"present": True, "muted": True, "help": "no_picture", "students": None, "rung": "full", "left_at": None}
    assert seat.items() >= expected.items()
    assert seat["headcount"] == {"students": 0, "teachers": 1}
    assert seat["streams"] == [{"source": "camera", "state": "flowing", "audio": True, "video": False}]


def test_codes_and_links_are_shown_only_when_they_are_given(lesson: Lesson) -> None:
    assert all(seat.code is None and seat.join is None for seat in view(lesson).seats)
    shown = view(lesson, codes={"r1": "123456"}, joins={"r1": "/join/x"}).seats
    assert [(seat.code, seat.join) for seat in shown] == [(None, None), ("123456", "/join/x")]
