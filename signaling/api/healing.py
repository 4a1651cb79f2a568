"""`/lessons/{lesson}/gaps`: a seat's own page puts back what the lesson's recording lacks of it (录像补全)."""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from classroom.ledger.months import SHANGHAI
from classroom.lesson.lesson import SOURCES
from classroom.store.lessons import ListedLesson
from recorder.spans import Gap, GapKind
from signaling.api.door import Call, Doors, Nothing
from signaling.context import CLOCK, HEALER, STORE, UPLOADS
from signaling.healing import OPEN_FOR, PURPOSE, Subject, subject_of
from signaling.problem import Problem
from signaling.scope import seat_in
from signaling.uploads import PART_BYTES

DOORS = Doors("healing")

Device = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,32}\Z")]
Source = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{1,16}\Z")]


class MissingSpan(msgspec.Struct, frozen=True, kw_only=True):
    """From `from_at` to `to_at` of the server's wall clock the recording has nothing of a source, or one kind of it."""

    source: str
    kind: GapKind
    from_at: datetime
    to_at: datetime


class MissingSpans(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller's seat could still put back, until when, and what time it is for the server."""

    seat: str
    now: datetime
    until: datetime
    gaps: list[MissingSpan]


class KeptFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """WebM with VP8 and Opus of a source of the caller's seat. `begins_at`: by the server's clock, as the page has it
    from its pings; `size` in bytes."""

    source: Source
    begins_at: datetime
    size: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    device: Device


class KeptUpload(msgspec.Struct, frozen=True, kw_only=True):
    """The upload to send the file by."""

    upload: str
    part_bytes: int


class Healed(msgspec.Struct, frozen=True):
    """What the file has put back; none where all of it was there."""

    seconds: float


@DOORS.door(
    "GET",
    "/api/v1/lessons/{lesson}/gaps",
    may="publish",
    answers=MissingSpans,
    refuses=("lesson_unknown", "recording_under_way", "recording_finishing", "healing_over"),
)
async def missing(call: Call[Nothing, Nothing]) -> MissingSpans:
    """What the recording lacks of the caller's seat; 410 once nothing is taken any more."""
    lesson, seat = await _reached(call)
    zero, found = await call.app[HEALER].missing(lesson, seat)
    assert lesson.ended_at is not None
    return MissingSpans(
        seat=seat,
        now=call.app[CLOCK].at().astimezone(SHANGHAI),
        until=(lesson.ended_at + OPEN_FOR).astimezone(SHANGHAI),
        gaps=[_span(zero, source, gap) for source, gap in found],
    )


@DOORS.door(
    "POST",
    "/api/v1/lessons/{lesson}/gaps/uploads",
    may="publish",
    body=KeptFile,
    answers=KeptUpload,
    status=201,
    refuses=(
        "lesson_unknown",
        "recording_under_way",
        "recording_finishing",
        "healing_over",
        "nothing_missing",
        "too_large",
        "too_many_uploads",
        "disk_full",
    ),
)
async def begin(call: Call[Nothing, KeptFile]) -> KeptUpload:
    """Begin to send what a page has kept. Its parts go through `/uploads`."""
    lesson, seat = await _reached(call)
    asked = call.body
    _, found = await call.app[HEALER].missing(lesson, seat)
    if asked.source not in SOURCES or not any(source == asked.source for source, _ in found):
        raise Problem("nothing_missing")
    subject = Subject(lesson.id, seat, asked.source, asked.begins_at, asked.device)
    upload = await call.app[HEALER].begin(call.grant, subject, asked.size)
    return KeptUpload(upload=upload.id, part_bytes=PART_BYTES)


@DOORS.door(
    "POST",
    "/api/v1/lessons/{lesson}/gaps/uploads/{upload}",
    may="publish",
    answers=Healed,
    refuses=(
        "lesson_unknown",
        "recording_under_way",
        "healing_over",
        "upload_unknown",
        "upload_busy",
        "upload_incomplete",
        "upload_damaged",
        "disk_full",
    ),
)
async def heal(call: Call[Nothing, Nothing]) -> Healed:
    """Everything has been sent: put it where it belongs. May be asked again when the answer was lost."""
    lesson, seat = await _reached(call)
    uploads = call.app[UPLOADS]
    upload = await uploads.own(call.path["upload"], call.grant)
    if upload.purpose != PURPOSE or (subject := subject_of(upload.subject)).lesson != lesson.id or subject.seat != seat:
        raise Problem("upload_unknown")
    healed = await call.app[HEALER].heal(await uploads.finish(upload), call.grant.actor)
    return Healed(round(sum(gap.to_s - gap.from_s for gap in healed), 3))


async def _reached(call: Call[Nothing, KeptFile] | Call[Nothing, Nothing]) -> tuple[ListedLesson, str]:
    """The lesson of the path and the caller's seat in it.

    Raises Problem: lesson_unknown; healing_over for a recording that is erased or sealed.
    """
    store = call.app[STORE]
    seat = await seat_in(store, call.grant, call.path["lesson"])
    listed = await store.lessons.get(call.path["lesson"])
    if seat is None or listed is None:
        raise Problem("lesson_unknown")
    kept = await store.recordings.get(listed.id)
    if kept is not None and (kept.state != "kept" or kept.sealed_by):
        raise Problem("healing_over")
    return listed, seat


def _span(zero: datetime, source: str, gap: Gap) -> MissingSpan:
    begin, end = (zero + timedelta(seconds=at_s) for at_s in (gap.from_s, gap.to_s))
    return MissingSpan(source=source, kind=gap.kind, from_at=begin.astimezone(SHANGHAI), to_at=end.astimezone(SHANGHAI))
