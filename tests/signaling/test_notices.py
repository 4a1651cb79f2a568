"""What a relay's notice means to a lesson."""

from datetime import UTC, datetime, timedelta

import pytest

from classroom.lesson import state
from classroom.lesson.errors import LessonError
from classroom.lesson.events import AnyEvent, SeatPlan
from classroom.lesson.lesson import Lesson
from classroom.relay.session import Notice
from signaling.flows import StreamName
from signaling.notices import commands_of, forget_streams

AT = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)
LAST = AT - timedelta(seconds=3)
CAMERA = StreamName("l1", "r1", "camera")


class Told:
    """A lesson that hears notices."""

    def __init__(self) -> None:
        plans = (
            SeatPlan(seat="teacher", school="s1", classroom="u1", role="host", class_id="c1"),
            SeatPlan(seat="r1", school="s2", classroom="r1", role="rural", class_id="c2"),
        )
        lesson = state.fold(
            state.schedule(
                None, AT, by="cli", lesson_id="l1", supporter="s1", subject="语", periods=(), pairs=(), plans=plans
            )
        )
        assert lesson is not None
        self.lesson: Lesson = lesson

    def hear(self, kind: str, session: str, name: StreamName = CAMERA) -> list[AnyEvent]:
        notice = Notice("/".join(name), None, session, kind, 10.0, 7.0)  # type: ignore[arg-type]
        happened: list[AnyEvent] = []
        for command in commands_of(notice, name, LAST):
            events = command(self.lesson, AT)
            self.lesson = state.fold(events, self.lesson) or self.lesson
            happened += events
        return happened


@pytest.fixture
def told() -> Told:
    told = Told()
    told.lesson = state.fold(state.open_lesson(told.lesson, AT, by="teacher"), told.lesson) or told.lesson
    return told


def names(events: list[AnyEvent]) -> list[str]:
    return [type(event).__name__ for event in events]


def test_media_takes_an_empty_seat_and_flows(told: Told) -> None:
    assert names(told.hear("flowing", "s1")) == ["SeatTaken", "StreamFlowing"]
    assert told.lesson.seats["r1"].device == "whip:s1"
    assert names(told.hear("flowing", "s2")) == ["StreamFlowing"]


def test_the_teachers_media_opens_a_scheduled_lesson_and_a_classrooms_does_not() -> None:
    told = Told()
    with pytest.raises(LessonError, match="lesson_not_open"):
        told.hear("flowing", "s1")
    opened = told.hear("flowing", "s1", StreamName("l1", "teacher", "camera"))
    assert names(opened) == ["LessonOpened", "SeatTaken", "StreamFlowing"]


def test_a_stream_stalls_and_goes_with_its_last_packet(told: Told) -> None:
    told.hear("flowing", "s1")
    [stalled] = told.hear("stalled", "s1")
    [gone] = told.hear("gone", "s1")
    assert names([stalled, gone]) == ["StreamStalled", "StreamGone"]
    assert stalled.last_at == gone.last_at == LAST  # type: ignore[union-attr]


def test_a_replaced_session_is_gone_unless_its_successor_flows_already(told: Told) -> None:
    told.hear("flowing", "s1")
    told.hear("flowing", "s2")
    assert told.hear("replaced", "s1") == []
    assert names(told.hear("replaced", "s2")) == ["StreamGone"]


def test_after_a_restart_every_stream_is_forgotten(told: Told) -> None:
    told.hear("flowing", "s1")
    told.hear("flowing", "s2", StreamName("l1", "r1", "stand"))
    for command in forget_streams(told.lesson, {"r1": LAST}, AT):
        [gone] = command(told.lesson, AT)
        assert gone.last_at == LAST  # type: ignore[union-attr]
        told.lesson = state.fold([gone], told.lesson) or told.lesson
    assert told.lesson.seats["r1"].streams == {}
    assert forget_streams(told.lesson, {}, AT) == []
