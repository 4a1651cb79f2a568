"""A recording as the player gets it: streams with their people's names, files, gaps, preview. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec

from classroom.ledger.months import SHANGHAI
from classroom.lesson.events import HOST_SEAT
from classroom.store.comments import Comment
from classroom.store.lessons import ListedLesson
from classroom.store.recordings import Fault
from recorder.cuts import Cut, cuts
from recorder.export.plan import length
from recorder.manifest import Manifest, StreamEntry
from recorder.preview import PER_ROW, PER_SHEET, TILE, Preview
from recorder.spans import Gap
from signaling.auth import Grant

MEDIA: Final[Mapping[str, str]] = {"webm": "video/webm", "mp4": "video/mp4", "jpg": "image/jpeg"}
"""By a file's ending."""
_SOURCES: Final = ("camera", "screen", "board", "stand", "students", "phone")
_ROLES: Final = {
    "teacher": "主讲教师",
    "school_officer": "学校管理员",
    "bureau_officer": "教育局",
    "inspector": "巡课员",
}


class PlayedFile(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of a stream: the file that plays from `from_s` to `to_s` of the recording, whose zero lies at
    `offset_s`, and what is in it. `healed`: the seat's own page has uploaded it later."""

    name: str
    offset_s: float
    from_s: float
    to_s: float
    audio: bool
    video: bool
    healed: bool


class PlayedStream(msgspec.Struct, frozen=True, kw_only=True):
    """One source of one seat. `gaps` in the recording's seconds."""

    seat: str
    source: str
    school: str
    classroom: str
    files: list[PlayedFile]
    gaps: list[Gap]


class PlayedStrip(msgspec.Struct, frozen=True, kw_only=True):
    """Small pictures of a stream: number n was taken at `at_s[n]` and lies on sheet n // `per_sheet`."""

    seat: str
    source: str
    sheets: list[str]
    at_s: list[float]


class PlayedPreview(msgspec.Struct, frozen=True, kw_only=True):
    """Names of pictures beside the files. A small picture has `width` × `height`, `per_row` of them in a row."""

    poster: str | None
    strips: list[PlayedStrip]
    chapters: list[float]
    width: int
    height: int
    per_row: int
    per_sheet: int


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson's recording. `started_at`: the zero of its seconds; `viewer`: who plays it, for the watermark;
    `is_whole`: its files are closed and indexed; `preview`: null until it is made; `fault`: a file is not what it
    was."""

    lesson: str
    subject: str
    supporter: str
    class_name: str
    started_at: datetime
    seconds: float
    viewer: str
    may_comment: bool
    is_whole: bool
    fault: Fault | None
    streams: list[PlayedStream]
    preview: PlayedPreview | None


class CommentView(msgspec.Struct, frozen=True, kw_only=True):
    """A comment. `is_own`: it is the caller's; `may_remove`: the caller may take it away."""

    id: str
    at_s: float
    text: str
    author_name: str
    created_at: datetime
    is_own: bool
    may_remove: bool


def played(
    manifest: Manifest, lesson: ListedLesson, preview: Preview | None, grant: Grant, fault: Fault | None
) -> Played:
    """What the page of the player is made of."""
    streams = [_stream(stream, lesson) for stream in manifest.streams if stream.files]
    return Played(
        lesson=lesson.id,
        subject=lesson.subject,
        supporter=next((seat.school for seat in lesson.seats if seat.role == "host"), ""),
        class_name=lesson.class_name,
        started_at=manifest.started_at.astimezone(SHANGHAI),
        seconds=round(length(manifest), 3),
        viewer=viewer_of(grant, lesson),
        may_comment=grant.may("comment"),
        is_whole=all(file.finished for stream in manifest.streams for file in stream.files),
        fault=fault,
        streams=sorted(streams, key=lambda stream: _place(stream, lesson)),
        preview=None if preview is None else preview_view(preview),
    )


def files_of(manifest: Manifest, preview: Preview | None) -> frozenset[str]:
    """The names of all that the page may ask for."""
    names = {file.name for stream in manifest.streams for file in stream.files}
    if preview is not None:
        names |= {sheet for strip in preview.strips for sheet in strip.sheets}
        names |= {preview.poster} if preview.poster else set()
    return frozenset(names)


def viewer_of(grant: Grant, lesson: ListedLesson) -> str:
    """Who somebody is, for the watermark and under a comment: the name, else the role with the school."""
    if grant.name:
        return grant.name
    host = next((seat.school for seat in lesson.seats if seat.role == "host"), "")
    role = _ROLES.get(grant.role, grant.role)
    return f"{host} {role}".strip() if grant.role == "teacher" else role


def author_of(grant: Grant) -> str:
    """Who a comment is by: all links of one teacher, and the account that they came from, are one."""
    return grant.holder or grant.actor.id


def removes_any(grant: Grant, lesson: ListedLesson) -> bool:
    """Whether the caller may take away what others said: an officer of the school that taught, or of the bureau."""
    return grant.may("keep_recordings") and grant.school in (None, lesson.supporter)


def comment_views(found: Sequence[Comment], grant: Grant, lesson: ListedLesson) -> list[CommentView]:
    """Comments as the caller sees them."""
    is_free = removes_any(grant, lesson)
    return [
        CommentView(
            id=one.id,
            at_s=one.at_s,
            text=one.text,
            author_name=one.author_name,
            created_at=one.created_at.astimezone(SHANGHAI),
            is_own=one.author == author_of(grant),
            may_remove=is_free or one.author == author_of(grant),
        )
        for one in found
    ]


def media_of(name: str) -> Literal["video/webm", "video/mp4", "image/jpeg"] | str:
    """What a file of a recording is."""
    return MEDIA.get(name.rpartition(".")[2], "application/octet-stream")


def _stream(stream: StreamEntry, lesson: ListedLesson) -> PlayedStream:
    seat = next((seat for seat in lesson.seats if seat.seat == stream.seat), None)
    return PlayedStream(
        seat=stream.seat,
        source=stream.source,
        school=seat.school if seat else "",
        classroom=seat.classroom if seat else "",
        files=[_file(cut) for cut in cuts(stream.files)],
        gaps=stream.gaps,
    )


def _file(cut: Cut) -> PlayedFile:
    file = cut.file
    return PlayedFile(
        name=file.name,
        offset_s=file.offset_s,
        from_s=round(cut.from_s, 3),
        to_s=round(cut.to_s, 3),
        healed=file.page is not None,
        audio="opus" in file.codecs or "aac" in file.codecs,
        video=bool(set(file.codecs) - {"opus", "aac"}),
    )


def _place(stream: PlayedStream, lesson: ListedLesson) -> tuple[bool, int, int]:
    """The teacher first, then what the teacher shows, then the classrooms as they stand in the plan."""
    order = _SOURCES.index(stream.source) if stream.source in _SOURCES else len(_SOURCES)
    seats = [seat.seat for seat in lesson.seats]
    seat = seats.index(stream.seat) if stream.seat in seats else len(seats)
    return stream.seat != HOST_SEAT, seat, order


def preview_view(preview: Preview) -> PlayedPreview:
    """The small pictures and chapters as the player gets them."""
    return PlayedPreview(
        poster=preview.poster,
        strips=[PlayedStrip(seat=s.seat, source=s.source, sheets=s.sheets, at_s=s.at_s) for s in preview.strips],
        chapters=preview.chapters,
        width=TILE[0],
        height=TILE[1],
        per_row=PER_ROW,
        per_sheet=PER_SHEET,
    )
