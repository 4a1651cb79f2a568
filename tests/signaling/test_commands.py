"""From a page's message to the lesson's command: every message has its own, by whoever really sent it."""

from datetime import UTC, datetime
from functools import partial
from typing import get_args

import pytest

from classroom.lesson import seats, state
from classroom.lesson.errors import LessonError
from classroom.lesson.events import AnyEvent, SeatPlan
from classroom.lesson.lesson import Lesson
from signaling.commands import Command, actor, class_ids, command_of
from signaling.messages import (
    AddPage,
    AllowDrawing,
    AnswerHelp,
    AnyClientMessage,
    AskHelp,
    AskQuestion,
    Camera,
    ClearPage,
    CloseChat,
    CloseQuiz,
    ConfirmHeadcount,
    Draw,
    DrawStroke,
    End,
    Erase,
    Extend,
    Hello,
    HideLine,
    LowerHand,
    Mute,
    NoteConsent,
    PagesHeld,
    Ping,
    Point,
    Praise,
    RaiseHand,
    Record,
    Rotate,
    Say,
    SetLayout,
    SetStage,
    SetStep,
    SetTalk,
    ShowHomework,
    ShowPage,
    ShowQuiz,
    SignIn,
    Sketch,
    Spotlight,
    Start,
    TallyQuestion,
    Want,
)

AT = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)
PLANS = (
    SeatPlan(seat="teacher", school="s1", classroom="u1", role="host", class_id="c1"),
    SeatPlan(seat="r1", school="s2", classroom="r1", role="rural", class_id="c2"),
)
ONE_OF_EACH: list[AnyClientMessage] = [
    Hello(token="t", device="d"),
    Start(),
    Extend(minutes=5),
    End(),
    RaiseHand(),
    LowerHand(),
    SetStage(seat="r1"),
    SetStep(step=1),
    Draw(),
    Praise(seat="r1"),
    Say(text="好"),
    HideLine(line="abcdefgh2345"),
    CloseChat(closed=True),
    SetTalk(seat=None),
    Spotlight(seat="r1", source="board"),
    SetLayout(layout="equal"),
    Rotate(minutes=5),
    Mute(seat=None, muted=True),
    ConfirmHeadcount(students=20, teachers=1),
    SignIn(person="abcdefgh2345"),
    AskHelp(fault="no_sound"),
    AnswerHelp(seat="r1"),
    NoteConsent(seat=None, by_name="王老师"),
    Record(on=True),
    Camera(on=False),
    Want(session="abc234", height=720),
    AskQuestion(question=1),
    TallyQuestion(question=0, counts=(3, 18)),
    ShowQuiz(shown=True),
    CloseQuiz(),
    ShowHomework(homework="h1", seat="r1"),
    ShowPage(page=None),
    AddPage(page="w1", paper="grid"),
    DrawStroke(page="w1", ref="a", tool="pen", colour="#c00000", width=20, points="??"),
    Erase(page="w1", strokes=[1]),
    ClearPage(page="w1"),
    AllowDrawing(seat="r1", allowed=True),
    Point(page="w1", at=(1, 2)),
    Sketch(page="w1", ref="a", tool="pen", colour="#c00000", width=20, points="??"),
    PagesHeld(held=1, of=2),
    Ping(t=0.0),
]

CHANGE_NOTHING = (Hello, Camera, Want, Say, Point, Sketch, PagesHeld, Ping)


@pytest.fixture
def lesson() -> Lesson:
    """Live, with the classroom there, its hand up and calling for help."""
    scheduled = partial(
        state.schedule,
        by="cli",
        lesson_id="l1",
        supporter="s1",
        subject="语",
        periods=(),
        pairs=(),
        plans=PLANS,
    )
    lesson = state.fold(scheduled(None, AT))
    steps: list[Command] = [
        partial(state.start, by="teacher"),
        partial(seats.take_seat, by="r1", seat="r1", device="d1"),
        partial(seats.ask_help, by="r1", seat="r1", fault="no_sound"),
    ]
    for step in steps:
        assert lesson is not None
        lesson = state.fold(step(lesson, AT), lesson)
    assert lesson is not None
    return lesson


def events(lesson: Lesson, message: AnyClientMessage, by: str, seat: str | None) -> list[AnyEvent]:
    command = command_of(message, by, seat)
    assert command is not None
    return command(lesson, AT)


def test_one_of_each_is_all_there_are() -> None:
    assert {type(message) for message in ONE_OF_EACH} == set(get_args(AnyClientMessage))


@pytest.mark.parametrize("message", ONE_OF_EACH, ids=lambda message: type(message).__name__)
def test_what_a_page_says_is_a_command_unless_it_changes_no_lesson(message: AnyClientMessage) -> None:
    assert (command_of(message, "r1", "r1") is None) == isinstance(message, CHANGE_NOTHING)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (RaiseHand(), ["HandRaised"]),
        (Mute(seat="r1", muted=True), ["Muted"]),
        (ConfirmHeadcount(students=20, teachers=1), ["HeadcountConfirmed"]),
        (AskHelp(fault="other"), ["HelpAsked"]),
        (LowerHand(), []),
    ],
)
def test_a_classroom_speaks_for_itself(message: AnyClientMessage, expected: list[str], lesson: Lesson) -> None:
    happened = events(lesson, message, "r1", "r1")
    assert [type(event).__name__ for event in happened] == expected
    assert all(event.by == "r1" and event.seat == "r1" for event in happened)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "message",
    [
        Start(),
        End(),
        SetStage(seat="r1"),
        SetStep(step=0),
        Mute(seat=None, muted=True),
        Mute(seat="teacher", muted=True),
        AnswerHelp(seat="r1"),
        Record(on=True),
        Record(on=False),
        RaiseHand(seat="teacher"),
        ShowPage(page=None),
        AddPage(page="w1", paper="plain"),
        AllowDrawing(seat="r1", allowed=True),
        ConfirmHeadcount(seat="teacher", students=1, teachers=1),
        NoteConsent(seat=None, by_name="某人"),
    ],
    ids=repr,
)
def test_what_is_the_teachers_is_refused_to_a_classroom(message: AnyClientMessage, lesson: Lesson) -> None:
    with pytest.raises(LessonError, match="forbidden"):
        events(lesson, message, "r1", "r1")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (SetStage(seat="r1"), ["StageSet"]),
        (SetStep(step=0), ["StepSet"]),
        (Mute(seat=None, muted=True), ["Muted"]),
        (ConfirmHeadcount(seat="r1", students=1, teachers=0), ["HeadcountConfirmed"]),
        (AnswerHelp(seat="r1"), ["HelpAnswered"]),
        (NoteConsent(seat="r1", by_name="王老师"), ["ConsentNoted"]),
        (NoteConsent(seat=None, by_name="王老师"), ["ConsentNoted", "ConsentNoted"]),
        (Record(on=False), []),
        (AddPage(page="w1", paper="plain"), ["BlankPageAdded", "PageShown"]),
        (AllowDrawing(seat="r1", allowed=True), ["DrawingAllowed"]),
        (End(), ["LessonEnded"]),
    ],
    ids=repr,
)
def test_the_teacher_names_any_seat(message: AnyClientMessage, expected: list[str], lesson: Lesson) -> None:
    assert [type(event).__name__ for event in events(lesson, message, "teacher", "teacher")] == expected


def test_an_actor_is_known_by_its_link() -> None:
    assert actor("teacher", "teacher") == "teacher"
    assert actor("classroom", "r1") == "r1"
    assert actor("assistant", "r1") == "assistant:r1"
    assert actor("observer", None) == "observer" == actor("observer", "r1")


def test_consent_is_about_the_missing_classes_or_one_seats(lesson: Lesson) -> None:
    assert class_ids(lesson, None) == ["c1", "c2"] and class_ids(lesson, "r1") == ["c2"]
    with pytest.raises(LessonError, match="seat_unknown"):
        class_ids(lesson, "r9")
    with pytest.raises(LessonError, match="seat_unknown"):
        command_of(RaiseHand(), "observer", None)
