"""Recording: only when it is wanted, and never before every class in the lesson has consented."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from classroom.lesson.errors import LessonError
from classroom.lesson.events import (
    HOST_SEAT,
    AnyEvent,
    ConsentNoted,
    ConsentWithdrawn,
    RecordingStarted,
    RecordingStopped,
    StopReason,
)
from classroom.lesson.lesson import Lesson, require_not_ended, require_open, require_teacher, stamps


def note_consent(lesson: Lesson, at: datetime, *, by: str, class_ids: Iterable[str]) -> list[AnyEvent]:
    """The classes' consents are on record. The last one that was missing starts a wanted recording of a live lesson.

    Raises LessonError(consent_withdrawn) where the teacher notes what the class's school has taken back.
    """
    require_not_ended(lesson)
    require_teacher(by)
    noted = list(dict.fromkeys(class_ids))
    of_lesson = {seat.plan.class_id for seat in lesson.seats.values()}
    if not of_lesson.issuperset(noted):
        raise LessonError("class_unknown")
    if by == HOST_SEAT and not lesson.withdrawn.isdisjoint(noted):
        raise LessonError("consent_withdrawn")
    stamp = stamps(lesson, at, by)
    new = [class_id for class_id in noted if class_id not in lesson.consents]
    events: list[AnyEvent] = [ConsentNoted(class_id=class_id, **next(stamp)) for class_id in new]
    complete = of_lesson <= lesson.consents.union(new)
    if new and complete and lesson.record_wanted and lesson.state == "live" and not lesson.recording:
        events.append(RecordingStarted(**next(stamp)))
    return events


def withdraw_consent(lesson: Lesson, at: datetime, *, by: str, class_ids: Iterable[str]) -> list[AnyEvent]:
    """Classes must not be recorded any more: a recording ends at once, the lesson goes on live."""
    require_not_ended(lesson)
    of_lesson = {seat.plan.class_id for seat in lesson.seats.values()}
    new = [one for one in dict.fromkeys(class_ids) if one in of_lesson and one not in lesson.withdrawn]
    stamp = stamps(lesson, at, by)
    events: list[AnyEvent] = [ConsentWithdrawn(class_id=class_id, **next(stamp)) for class_id in new]
    if new and lesson.recording:
        events.append(RecordingStopped(reason="consent", **next(stamp)))
    return events


def start_recording(lesson: Lesson, at: datetime, *, by: str) -> list[AnyEvent]:
    """Recording begins. Raises LessonError: consent_withdrawn, consent_missing."""
    require_open(lesson)
    require_teacher(by)
    if any(seat.plan.class_id in lesson.withdrawn for seat in lesson.seats.values()):
        raise LessonError("consent_withdrawn")
    if lesson.missing_consent:
        raise LessonError("consent_missing")
    return [] if lesson.recording else [RecordingStarted(**next(stamps(lesson, at, by)))]


def stop_recording(lesson: Lesson, at: datetime, *, by: str, reason: StopReason) -> list[AnyEvent]:
    """Recording ends; where there is none, there is no event."""
    require_open(lesson)
    require_teacher(by)
    return [RecordingStopped(reason=reason, **next(stamps(lesson, at, by)))] if lesson.recording else []


def on_consent(lesson: Lesson, event: ConsentNoted) -> Lesson:
    one = {event.class_id}
    return msgspec.structs.replace(lesson, consents=lesson.consents | one, withdrawn=lesson.withdrawn - one)


def on_withdrawn(lesson: Lesson, event: ConsentWithdrawn) -> Lesson:
    one = {event.class_id}
    return msgspec.structs.replace(lesson, consents=lesson.consents - one, withdrawn=lesson.withdrawn | one)


def on_started(lesson: Lesson, event: RecordingStarted) -> Lesson:
    return msgspec.structs.replace(lesson, recording=True, record_wanted=True)


def on_stopped(lesson: Lesson, event: RecordingStopped) -> Lesson:
    # Somebody who switches it off does not want it any more; a fault or the end changes nobody's wish.
    wanted = lesson.record_wanted and event.reason not in ("teacher", "cli")
    return msgspec.structs.replace(lesson, recording=False, record_wanted=wanted)
