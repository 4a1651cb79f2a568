"""Who had a part in a lesson: seconds on stage and of voice, calls, hands, praise; from 上课 to 下课."""

from datetime import UTC, datetime, timedelta

import pytest

from classroom.ledger.fairness import Part, Spoken, parts, spoken
from classroom.lesson.events import (
    AnyEvent,
    HandRaised,
    LessonEnded,
    LessonStarted,
    Praised,
    SeatLeft,
    SeatTaken,
    StageSet,
)
from classroom.lesson.heartbeat import Heartbeat, Marks

AT = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)


def at(second: float) -> datetime:
    return AT + timedelta(seconds=second)


def journal(*events: tuple[type[AnyEvent], float, dict[str, object]]) -> list[AnyEvent]:
    return [
        kind(lesson="l1", seq=seq, at=at(second), by="teacher", **fields)  # type: ignore[arg-type]
        for seq, (kind, second, fields) in enumerate(events, 1)
    ]


def beat(second: float, **voices: int | None) -> Heartbeat:
    seats = {seat: Marks(up_audio=0, voice_ms=ms) for seat, ms in voices.items()}
    return Heartbeat(lesson="l1", at=at(second), boot="b", seats=seats)


STARTED = (LessonStarted, 0.0, {})
ENDED = (LessonEnded, 600.0, {"reason": "teacher"})


def test_time_on_stage_ends_with_another_with_the_lesson_and_with_leaving() -> None:
    events = journal(
        (StageSet, -60, {"seat": "r1"}),
        STARTED,
        (StageSet, 60, {"seat": "r2"}),
        (StageSet, 90, {"seat": None}),
        (StageSet, 100, {"seat": "r1"}),
        (SeatLeft, 145, {"seat": "r1", "last_at": at(130)}),
        (StageSet, 500, {"seat": "r2"}),
        ENDED,
    )
    found = parts(events, [], at(10_000))
    assert found == {"r1": Part(stage_s=90, calls=1), "r2": Part(stage_s=130, calls=2)}


def test_whoever_comes_back_to_the_stage_stands_there_again() -> None:
    events = journal(
        STARTED,
        (StageSet, 100, {"seat": "r1"}),
        (SeatLeft, 130, {"seat": "r1", "last_at": at(120)}),
        (SeatTaken, 150, {"seat": "r2", "device": "d"}),
        (SeatTaken, 160, {"seat": "r1", "device": "d"}),
        (StageSet, 260, {"seat": None}),
        (SeatLeft, 300, {"seat": "r1", "last_at": at(300)}),
        ENDED,
    )
    assert parts(events, [], at(10_000)) == {"r1": Part(stage_s=120, calls=1)}


def test_a_lesson_under_way_counts_up_to_now() -> None:
    events = journal(STARTED, (StageSet, 100, {"seat": "r1"}))
    assert parts(events, [], at(160)) == {"r1": Part(stage_s=60, calls=1)}
    assert parts(journal((StageSet, 100, {"seat": "r1"})), [], at(160)) == {}, "before 上课"


def test_voice_is_summed_between_the_bells_and_unknown_where_nothing_tells_it() -> None:
    beats = [beat(-5, r1=800), beat(1, r1=800, r2=None), beat(2, r1=0), beat(3, r1=400), beat(700, r1=800)]
    found = parts(journal(STARTED, (HandRaised, 5, {"seat": "r2"}), (Praised, 6, {"seat": "r2"}), ENDED), beats, at(0))
    assert found["r1"].spoke_s == pytest.approx(1.2)
    assert found["r2"] == Part(spoke_s=None, hands=1, praises=1)


def test_when_a_seat_last_spoke_is_known_after_a_restart() -> None:
    assert spoken([beat(1, r1=800, r2=0), beat(2, r1=0, r2=0), beat(3, r3=None)]) == {
        "r1": Spoken(seconds=0.8, last_at=at(1)),
        "r2": Spoken(),
    }
