"""Seats, streams, hands, stage, recording: what each command does, whom it lets, and when it does nothing."""

from datetime import timedelta
from typing import Any

import pytest

from classroom.lesson import hands, recording, seats, stage, streams
from classroom.lesson.errors import LessonError
from classroom.lesson.events import DeviceReplaced, HandLowered, Muted, RecordingStarted, SeatTaken, StageSet
from classroom.lesson.lesson import Headcount

OPEN = ("schedule", "take host", "take r1")


def test_the_same_device_again_is_no_event_and_another_replaces_it(sitting: Any) -> None:
    assert [type(event) for event in sitting.give(*OPEN)] == [SeatTaken]
    assert sitting.give("take r1") == []
    assert [type(event) for event in sitting.give("take r1 elsewhere")] == [DeviceReplaced]
    assert sitting.lesson.seats["r1"].device == "d2"


def test_a_seat_that_left_is_taken_again_by_the_same_classroom(sitting: Any) -> None:
    sitting.give(*OPEN, "flow r1", "raise r1", "stage r1", "leave r1")
    seat = sitting.lesson.seats["r1"]
    assert not seat.present and seat.left_at is not None and seat.streams == {}
    assert sitting.lesson.stage == "r1"
    assert [type(event) for event in sitting.give("take r1")] == [SeatTaken]
    assert sitting.lesson.seats["r1"].left_at is None


def test_a_seat_never_leaves_in_the_future(sitting: Any) -> None:
    sitting.give(*OPEN)
    [left] = seats.leave_seat(
        sitting.lesson, sitting.at, by="server", seat="r1", last_at=sitting.at + timedelta(seconds=3)
    )
    assert left.last_at == left.at  # type: ignore[union-attr]


@pytest.mark.parametrize(("students", "teachers"), [(-1, 0), (2001, 0), (0, -1), (0, 51)])
def test_a_headcount_has_bounds(students: int, teachers: int, sitting: Any) -> None:
    sitting.give(*OPEN)
    with pytest.raises(LessonError, match="bad_headcount"):
        seats.confirm_headcount(sitting.lesson, sitting.at, by="r1", seat="r1", students=students, teachers=teachers)


@pytest.mark.parametrize(("students", "teachers"), [(0, 0), (2000, 50)])
def test_nought_is_a_number(students: int, teachers: int, sitting: Any) -> None:
    sitting.give(*OPEN)
    sitting.give(
        lambda lesson, at: seats.confirm_headcount(
            lesson, at, by="assistant:r1", seat="r1", students=students, teachers=teachers
        )
    )
    assert sitting.lesson.seats["r1"].headcount == Headcount(students=students, teachers=teachers)


def test_what_an_older_session_does_is_no_event(sitting: Any) -> None:
    sitting.give(*OPEN, "flow r1", "flow r1 again")
    assert sitting.give("stall r1") == []
    assert sitting.give("gone r1") == []
    assert sitting.lesson.seats["r1"].streams["camera"].session == "x2"


def test_a_stalled_stream_flows_again(sitting: Any) -> None:
    sitting.give(*OPEN, "flow r1", "stall r1")
    assert sitting.lesson.seats["r1"].streams["camera"].state == "stalled"
    assert sitting.give("flow r1")
    assert sitting.lesson.seats["r1"].streams["camera"].state == "flowing"
    sitting.give("gone r1")
    assert sitting.lesson.seats["r1"].streams == {}


def test_a_stream_has_a_known_source_and_a_seat_that_is_there(sitting: Any) -> None:
    sitting.give("schedule", "take host")
    flowing = {"by": "server", "session": "x"}
    with pytest.raises(LessonError, match="source_unknown"):
        streams.stream_flowing(sitting.lesson, sitting.at, seat="teacher", source="window", **flowing)
    with pytest.raises(LessonError, match="seat_absent"):
        streams.stream_flowing(sitting.lesson, sitting.at, seat="r1", source="camera", **flowing)
    with pytest.raises(LessonError, match="forbidden"):
        streams.stream_flowing(sitting.lesson, sitting.at, seat="r1", source="camera", by="r1", session="x")
    with pytest.raises(LessonError, match="rung_unknown"):
        streams.change_rung(sitting.lesson, sitting.at, by="server", seat="teacher", rung="ladder")


def test_hands_stand_in_the_order_they_went_up(sitting: Any) -> None:
    sitting.give(*OPEN, lambda lesson, at: seats.take_seat(lesson, at, by="r2", seat="r2", device="d"))
    sitting.give(lambda lesson, at: hands.raise_hand(lesson, at, by="r2", seat="r2"))
    sitting.give("raise r1")
    assert sitting.give("raise r1") == []
    assert [hand.seat for hand in sitting.lesson.hands] == ["r2", "r1"]
    with pytest.raises(LessonError, match="forbidden"):
        hands.raise_hand(sitting.lesson, sitting.at, by="teacher", seat="r2")
    sitting.give("lower r1")
    assert [hand.seat for hand in sitting.lesson.hands] == ["r2"]


def test_the_stage_opens_the_microphone_and_takes_the_hand_down(sitting: Any) -> None:
    events = sitting.give(*OPEN, "mute all", "raise r1", "stage r1")
    assert [type(event) for event in events] == [StageSet, Muted, HandLowered]
    assert sitting.lesson.stage == "r1" and not sitting.lesson.seats["r1"].muted and sitting.lesson.seats["r2"].muted
    assert sitting.give("stage r1") == []
    sitting.give("stage nobody")
    assert sitting.lesson.stage is None


def test_only_a_classroom_that_is_there_can_be_called_on_stage(sitting: Any) -> None:
    sitting.give(*OPEN)
    for seat, code in (("r2", "seat_absent"), ("teacher", "seat_unknown"), ("r9", "seat_unknown")):
        with pytest.raises(LessonError, match=code):
            stage.set_stage(sitting.lesson, sitting.at, by="teacher", seat=seat)
    with pytest.raises(LessonError, match="forbidden"):
        stage.set_stage(sitting.lesson, sitting.at, by="r1", seat="r1")


def test_a_classroom_mutes_itself_and_nobody_else(sitting: Any) -> None:
    sitting.give(*OPEN)
    assert stage.mute(sitting.lesson, sitting.at, by="r1", seat="r1", muted=True)
    for seat in ("r2", "teacher", None):
        with pytest.raises(LessonError, match="forbidden"):
            stage.mute(sitting.lesson, sitting.at, by="r1", seat=seat, muted=True)


def test_a_recording_needs_the_consent_of_every_class(sitting: Any) -> None:
    sitting.give(*OPEN, "start", "consent some")
    with pytest.raises(LessonError, match="consent_missing"):
        sitting.give("record")
    assert [seat.plan.seat for seat in sitting.lesson.missing_consent] == ["r2"]


def test_the_last_consent_starts_a_wanted_recording_of_a_live_lesson(sitting: Any) -> None:
    events = sitting.give(*OPEN, "start", "consent some", "consent rest")
    assert isinstance(events[-1], RecordingStarted) and sitting.lesson.recording


def test_a_start_records_at_once_when_all_have_consented(sitting: Any) -> None:
    events = sitting.give(*OPEN, "consent some", "consent rest", "start")
    assert isinstance(events[-1], RecordingStarted) and sitting.lesson.recording


def test_a_recording_switched_off_is_not_wanted_any_more(sitting: Any) -> None:
    sitting.give(*OPEN, "start", "consent some", "consent rest", "record no more")
    assert not sitting.lesson.recording and not sitting.lesson.record_wanted
    sitting.give("record", lambda lesson, at: recording.stop_recording(lesson, at, by="server", reason="fault"))
    assert not sitting.lesson.recording and sitting.lesson.record_wanted


def test_consent_is_for_a_class_of_this_lesson_and_noted_by_the_teacher(sitting: Any) -> None:
    sitting.give(*OPEN)
    with pytest.raises(LessonError, match="class_unknown"):
        recording.note_consent(sitting.lesson, sitting.at, by="teacher", class_ids=["c9"])
    with pytest.raises(LessonError, match="forbidden"):
        recording.note_consent(sitting.lesson, sitting.at, by="r1", class_ids=["c2"])


def test_a_call_for_help_is_asked_and_answered_once(sitting: Any) -> None:
    sitting.give(*OPEN, "help r1")
    assert sitting.lesson.seats["r1"].help == "no_sound" and sitting.give("help r1") == []
    with pytest.raises(LessonError, match="forbidden"):
        seats.answer_help(sitting.lesson, sitting.at, by="r1", seat="r1")
    sitting.give("answer r1")
    assert sitting.lesson.seats["r1"].help is None and sitting.give("answer r1") == []
