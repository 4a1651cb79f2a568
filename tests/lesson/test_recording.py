"""Recording: never before every class has consented."""

from typing import Any

import pytest

from classroom.lesson import recording
from classroom.lesson.errors import LessonError
from classroom.lesson.events import ConsentWithdrawn, RecordingStarted, RecordingStopped

OPEN = ("schedule", "take host", "take r1")


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


def test_a_withdrawn_consent_ends_the_recording_and_no_teacher_notes_it_again(sitting: Any) -> None:
    sitting.give(*OPEN, "start", "consent some", "consent rest")
    events = sitting.give(
        lambda lesson, at: recording.withdraw_consent(lesson, at, by="server", class_ids=["c2", "elsewhere"])
    )
    assert [type(event) for event in events] == [ConsentWithdrawn, RecordingStopped] and events[-1].reason == "consent"
    assert not sitting.lesson.recording and sitting.lesson.record_wanted and sitting.lesson.state == "live"
    for again in (
        lambda lesson, at: recording.note_consent(lesson, at, by="teacher", class_ids=["c2"]),
        lambda lesson, at: recording.start_recording(lesson, at, by="teacher"),
    ):
        with pytest.raises(LessonError, match="consent_withdrawn"):
            sitting.give(again)
    events = sitting.give(lambda lesson, at: recording.note_consent(lesson, at, by="server", class_ids=["c2"]))
    assert isinstance(events[-1], RecordingStarted) and sitting.lesson.withdrawn == frozenset()
