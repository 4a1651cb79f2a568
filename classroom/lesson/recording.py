"""Recording: only when it is wanted, and never before every class in the lesson has consented."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from classroom.lesson.errors import LessonError
from classroom.lesson.events import AnyEvent, ConsentNoted, RecordingStarted, RecordingStopped, StopReason
from classroom.lesson.lesson import Lesson, require_not_ended, require_open, require_teacher, stamps


def note_consent(lesson: Lesson, at: datetime, *, by: str, class_ids: Iterable[str]) -> list[AnyEvent]:
    """The classes' consents are on record. The last one that was missing starts a wanted recording of a live lesson."""
    require_not_ended(lesson)
    require_teacher(by)
    noted = list(dict.fromkeys(class_ids))
    of_lesson = {seat.plan.class_id for seat in lesson.seats.values()}
    if not of_lesson.issuperset(noted):
        raise LessonError("class_unknown")
    stamp = stamps(lesson, at, by)
    new = [class_id for class_id in noted if class_id not in lesson.consents]
    events: list[AnyEvent] = [ConsentNoted(class_id=class_id, **next(stamp)) for class_id in new]
    complete = of_lesson <= lesson.consents.union(new)
    if new and complete and lesson.record_wanted and lesson.state == "live" and not lesson.recording:
        events.append(RecordingStarted(**next(stamp)))
    return events


def start_recording(lesson: Lesson, at: datetime, *, by: str) -> list[AnyEvent]:
    """Recording begins. Raises LessonError(consent_missing)."""
    require_open(lesson)
    require_teacher(by)
    if lesson.missing_consent:
        raise LessonError("consent_missing")
    return [] if lesson.recording else [RecordingStarted(**next(stamps(lesson, at, by)))]


def stop_recording(lesson: Lesson, at: datetime, *, by: str, reason: StopReason) -> list[AnyEvent]:
    """Recording ends; where there is none, there is no event."""
    require_open(lesson)
    require_teacher(by)
    return [RecordingStopped(reason=reason, **next(stamps(lesson, at, by)))] if lesson.recording else []


def on_consent(lesson: Lesson, event: ConsentNoted) -> Lesson:
    return msgspec.structs.replace(lesson, consents=lesson.consents | {event.class_id})


def on_started(lesson: Lesson, event: RecordingStarted) -> Lesson:
    return msgspec.structs.replace(lesson, recording=True, record_wanted=True)


def on_stopped(lesson: Lesson, event: RecordingStopped) -> Lesson:
    # Somebody who switches it off does not want it any more; a fault or the end changes nobody's wish.
    wanted = lesson.record_wanted and event.reason not in ("teacher", "cli")
    return msgspec.structs.replace(lesson, recording=False, record_wanted=wanted)
