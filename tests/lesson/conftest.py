"""A lesson to play with: the teacher and two classrooms."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from classroom.lesson import (
    calling,
    chat,
    courseware,
    hands,
    homework,
    ink,
    quiz,
    recording,
    scene,
    seats,
    stage,
    state,
    steps,
    streams,
    talk,
)
from classroom.lesson.events import AnyEvent, Period, QuestionShape, SeatPlan
from classroom.lesson.lesson import Lesson

AT = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)

PLANS = (
    SeatPlan(seat="teacher", school="s1", classroom="u1", role="host", class_id="c1", students=42),
    SeatPlan(seat="r1", school="s2", classroom="r1", role="rural", class_id="c2", students=23),
    SeatPlan(seat="r2", school="s2", classroom="r2", role="rural", class_id="c3"),
)

schedule = partial(
    state.schedule,
    by="cli",
    lesson_id="l1",
    supporter="s1",
    subject="语",
    periods=(Period(start=AT, end=AT + timedelta(minutes=40)),),
    pairs=("p1",),
    plans=PLANS,
    record=True,
)

QUESTIONS = (
    QuestionShape(kind="choice", options=3, answer=1),
    QuestionShape(kind="number"),
)

Command = Callable[[Lesson, datetime], list[AnyEvent]]
write = partial(ink.draw, page="w1", tool="pen", colour="#c00000", width=30, points="o}@o}@gEgE")


def every_command() -> dict[str, Command]:
    """One of each command, by those who may give it."""
    return {
        "schedule": schedule,
        "open": partial(state.open_lesson, by="teacher"),
        "start": partial(state.start, by="teacher"),
        "extend": partial(state.extend, by="teacher", minutes=5),
        "end": partial(state.end, by="teacher", reason="teacher"),
        "end alone": partial(state.end, by="server", reason="alone"),
        "cancel": partial(state.cancel, by="teacher"),
        "take host": partial(seats.take_seat, by="teacher", seat="teacher", device="d0"),
        "take r1": partial(seats.take_seat, by="r1", seat="r1", device="d1"),
        "take r1 elsewhere": partial(seats.take_seat, by="r1", seat="r1", device="d2"),
        "replace r1": partial(seats.replace_device, by="r1", seat="r1", device="d3"),
        "leave r1": partial(seats.leave_seat, by="server", seat="r1", last_at=AT),
        "flow r1": partial(streams.stream_flowing, by="server", seat="r1", source="camera", session="x1"),
        "flow r1 again": partial(streams.stream_flowing, by="server", seat="r1", source="camera", session="x2"),
        "stall r1": partial(streams.stream_stalled, by="server", seat="r1", source="camera", session="x1", last_at=AT),
        "gone r1": partial(streams.stream_gone, by="server", seat="r1", source="camera", session="x1", last_at=AT),
        "rung r1": partial(streams.change_rung, by="server", seat="r1", rung="audio"),
        "raise r1": partial(hands.raise_hand, by="assistant:r1", seat="r1"),
        "lower r1": partial(hands.lower_hand, by="teacher", seat="r1"),
        "step": partial(steps.set_step, by="teacher", step=1),
        "stage r1": partial(stage.set_stage, by="teacher", seat="r1"),
        "stage r2": partial(stage.set_stage, by="teacher", seat="r2"),
        "stage nobody": partial(stage.set_stage, by="teacher", seat=None),
        "draw": partial(calling.draw, by="teacher"),
        "praise r1": partial(calling.praise, by="teacher", seat="r1"),
        "say r1": partial(chat.say, by="r1", seat="r1", line="line1"),
        "whisper r1": partial(chat.say, by="assistant:r1", seat="r1", line="line2", to="r1"),
        "hide line": partial(chat.hide, by="teacher", line="line1"),
        "close chat": partial(chat.close, by="teacher", closed=True),
        "talk r1": partial(talk.set_talk, by="teacher", seat="r1"),
        "hang up": partial(talk.set_talk, by="assistant:r1", seat=None),
        "spotlight r1": partial(scene.set_spotlight, by="teacher", seat="r1", source="board"),
        "layout": partial(scene.set_layout, by="teacher", layout="equal"),
        "take turns": partial(scene.set_rotation, by="teacher", minutes=5),
        "turn": partial(scene.rotate, by="server"),
        "mute all": partial(stage.mute, by="teacher", seat=None, muted=True),
        "unmute r1": partial(stage.mute, by="r1", seat="r1", muted=False),
        "headcount r1": partial(seats.confirm_headcount, by="r1", seat="r1", students=20, teachers=1),
        "help r1": partial(seats.ask_help, by="r1", seat="r1", fault="no_sound"),
        "answer r1": partial(seats.answer_help, by="teacher", seat="r1"),
        "consent some": partial(recording.note_consent, by="teacher", class_ids=["c1", "c2"]),
        "consent rest": partial(recording.note_consent, by="teacher", class_ids=["c3"]),
        "record": partial(recording.start_recording, by="teacher"),
        "record no more": partial(recording.stop_recording, by="teacher", reason="teacher"),
        "quiz": partial(quiz.start_quiz, by="teacher", quiz="q1", questions=QUESTIONS, seconds=60),
        "second quiz": partial(quiz.start_quiz, by="teacher", quiz="q2", questions=QUESTIONS[:1], seconds=None),
        "next question": partial(quiz.ask_question, by="teacher", question=1),
        "tally r1": partial(quiz.tally, by="assistant:r1", seat="r1", question=0, counts=(5, 12, 3)),
        "tally of another": partial(quiz.tally, by="r2", seat="r1", question=0, counts=(5, 12, 3)),
        "show": partial(quiz.show_quiz, by="teacher", shown=True),
        "hide": partial(quiz.show_quiz, by="teacher", shown=False),
        "close quiz": partial(quiz.close_quiz, by="teacher"),
        "homework": partial(homework.give, by="teacher", homework="h1"),
        "hand in r1": partial(homework.hand_in, by="assistant:r1", homework="h1", work="w1", seat="r1"),
        "hand in for another": partial(homework.hand_in, by="r2", homework="h1", work="w2", seat="r1"),
        "take work back": partial(homework.take_back, by="r1", homework="h1", work="w1"),
        "show work": partial(homework.show, by="teacher", homework="h1", work="w1", seat=None),
        "show nothing": partial(homework.show, by="teacher", homework=None, work=None, seat=None),
        "add slides": partial(courseware.add_courseware, by="teacher", courseware="k1", pages=3),
        "remove slides": partial(courseware.remove_courseware, by="teacher", courseware="k1"),
        "blank page": partial(courseware.add_blank_page, by="teacher", page="w1", paper="grid"),
        "show slide": partial(courseware.show_page, by="teacher", page="k1-2"),
        "no page": partial(courseware.show_page, by="teacher", page=None),
        "let r1 write": partial(ink.allow_drawing, by="teacher", seat="r1", allowed=True),
        "write": partial(write, by="teacher", ref="a"),
        "r1 writes": partial(write, by="assistant:r1", ref="b"),
        "erase": partial(ink.erase, by="teacher", page="w1", strokes=tuple(range(100))),
        "clear": partial(ink.clear_page, by="teacher", page="w1"),
        "seat of another school": partial(seats.take_seat, by="r9", seat="r9", device="d9"),
        "hand of another": partial(hands.raise_hand, by="r2", seat="r1"),
        "too many": partial(seats.confirm_headcount, by="r1", seat="r1", students=2001, teachers=1),
    }


class Sitting:
    """Gives commands a second apart and keeps the events."""

    def __init__(self) -> None:
        self.events: list[AnyEvent] = []
        self.lesson: Lesson | None = None
        self.at = AT

    def give(self, *commands: str | Command) -> list[AnyEvent]:
        """Raises LessonError; the events of the last command."""
        happened: list[AnyEvent] = []
        for command in commands:
            self.at += timedelta(seconds=1)
            run = every_command()[command] if isinstance(command, str) else command
            happened = run(self.lesson, self.at)  # type: ignore[arg-type]
            self.lesson = state.fold(happened, self.lesson)
            self.events += happened
        return happened


@pytest.fixture
def sitting() -> Sitting:
    return Sitting()


@pytest.fixture(scope="session")
def sit() -> Callable[[], Sitting]:
    return Sitting


@pytest.fixture(scope="session")
def commands() -> dict[str, Command]:
    return every_command()
