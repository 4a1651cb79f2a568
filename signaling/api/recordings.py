"""`/recordings`: playing a lesson's recording, and what is said of it (听评课). Private; every playback is logged."""

import asyncio
import time
from typing import Annotated, Any, Final

import msgspec
from aiohttp import hdrs, web

from classroom.store.comments import TooManyByOne, TooManyComments
from classroom.store.ids import new_token
from classroom.store.lessons import ListedLesson
from recorder.manifest import Manifest
from recorder.preview import Preview, is_of
from recorder.preview import read as read_preview
from recorder.service import Recorder
from signaling.api.body import answer
from signaling.api.courseware import WEBP, picture
from signaling.api.door import Call, Doors, Nothing
from signaling.context import CLOCK, PLAYBACKS, PREVIEWS, PUBLIC_URL, RECORDER, STORE
from signaling.cookies import browser_of, is_secure
from signaling.healing import FINISHING
from signaling.holders import is_revoked, may_still
from signaling.page_film import PlayedPages, played_pages
from signaling.playback_views import (
    CommentView,
    Played,
    PlayedPreview,
    author_of,
    comment_views,
    files_of,
    media_of,
    played,
    preview_view,
    removes_any,
    viewer_of,
)
from signaling.playbacks import CHECK_EVERY_S, Playback
from signaling.problem import Problem
from signaling.scope import seat_in
from signaling.shown import require_shown

DOORS = Doors("recordings")
COOKIE: Final = "classroom_playback"
PART_BYTES: Final = 512 * 1024
"""Of a file in one answer. A player that has read ahead far enough lets an answer stand half read, and a browser keeps
six connections to a server: six classrooms would leave none to comment by. This much a browser takes in at once."""
_FILE_HEADERS: Final = {
    # Pictures of pupils stay in no cache of a PC that others use as well.
    "Cache-Control": "no-store",
    "Content-Disposition": "inline",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class CommentList(msgspec.Struct, frozen=True):
    """In the order of the lesson."""

    comments: list[CommentView]


class PreviewNow(msgspec.Struct, frozen=True):
    """Null until it is made."""

    preview: PlayedPreview | None


class PlayQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`renews`: the page goes on with a playback that it has; while that is good it stands in the log already."""

    renews: bool = False


class NewComment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said, of the moment `at_s` seconds into the recording."""

    at_s: Annotated[float, msgspec.Meta(ge=0, le=86_400)]
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=1000, pattern=r"\S")]


@DOORS.door(
    "POST",
    "/api/v1/recordings/{lesson}/playbacks",
    may="play_recording",
    query=PlayQuery,
    answers=Played,
    status=201,
    refuses=(
        "lesson_unknown",
        "recording_under_way",
        "recording_finishing",
        "not_recorded",
        "recording_erased",
        "recording_sealed",
    ),
)
async def play(call: Call[PlayQuery, Nothing]) -> web.Response:
    """Begin to play a recording: all that a player needs, and a cookie that opens the files. One row in the log."""
    app, lesson = call.app, await reached(call)
    kept = await require_shown(app[STORE], lesson.id, call.grant)
    manifest, preview = await _recording(call, lesson)
    key, at = new_token(), app[CLOCK].at()
    detail = {"started_at": manifest.started_at.isoformat()}
    if not (call.query.renews and _plays_already(call, lesson.id)):
        await app[STORE].audit.note(call.grant.actor, "recording.played", f"lesson:{lesson.id}", at, detail)
    app[PLAYBACKS].begin(key, call.grant, lesson.id, files_of(manifest, preview), time.monotonic())
    response = answer(played(manifest, lesson, preview, call.grant, kept.fault if kept else None), 201)
    secure = is_secure(call.request, app[PUBLIC_URL][0])
    response.set_cookie(
        _cookie(secure), key, path=f"/api/v1/recordings/{lesson.id}/", httponly=True, samesite="Strict", secure=secure
    )
    return response


@DOORS.door(
    "GET",
    "/api/v1/recordings/{lesson}/files/{name}",
    may=None,
    media=("video/webm", "video/mp4", "image/jpeg"),
    refuses=("playback_ended", "not_found"),
)
async def file(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """A file of a recording, or a part of it (`Range`; at most 512 KiB at once), to who plays the recording."""
    playback = await _playback(call.request, call.path["lesson"])
    name = call.path["name"]
    if name not in playback.files:
        raise Problem("not_found")
    path = call.app[RECORDER].library.folder(playback.lesson) / name
    if not await asyncio.to_thread(path.is_file):
        raise Problem("not_found")
    return PartResponse(path, headers={**_FILE_HEADERS, "Content-Type": media_of(name)})


@DOORS.door(
    "GET", "/api/v1/recordings/{lesson}/preview", may=None, answers=PreviewNow, refuses=("playback_ended", "not_found")
)
async def preview(call: Call[Nothing, Nothing]) -> PreviewNow:
    """The preview of the recording that one plays, for a page that was opened before it was made."""
    playback = await _playback(call.request, call.path["lesson"])
    library = call.app[RECORDER].library
    manifest, _ = await _manifest(call.app[RECORDER], playback.lesson)
    found = await asyncio.to_thread(read_preview, library.folder(playback.lesson))
    if manifest is None or found is None or not is_of(found, manifest):
        return PreviewNow(None)
    playback.files |= files_of(manifest, found)
    return PreviewNow(preview_view(found))


@DOORS.door(
    "GET", "/api/v1/recordings/{lesson}/pages", may=None, answers=PlayedPages, refuses=("playback_ended", "not_found")
)
async def pages(call: Call[Nothing, Nothing]) -> PlayedPages:
    """The pages and strokes of the recording that one plays (课件、白板)."""
    playback = await _playback(call.request, call.path["lesson"])
    manifest, _ = await _manifest(call.app[RECORDER], playback.lesson)
    if manifest is None:
        raise Problem("not_found")
    return await played_pages(call.app[STORE], playback.lesson, manifest)


@DOORS.door(
    "GET",
    "/api/v1/recordings/{lesson}/courseware/{courseware}/pages/{number}",
    may=None,
    media=(WEBP,),
    refuses=("playback_ended", "not_found"),
)
async def page_picture(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """The picture of a page that was shown in the recording that one plays."""
    playback = await _playback(call.request, call.path["lesson"])
    used = await call.app[STORE].courseware.of_lesson(playback.lesson)
    if all(one.id != call.path["courseware"] for one in used):
        raise Problem("not_found")
    return picture(call, call.path["courseware"], small=False)


@DOORS.door(
    "GET",
    "/api/v1/recordings/{lesson}/comments",
    may="play_recording",
    answers=CommentList,
    refuses=("lesson_unknown", "recording_erased", "recording_sealed"),
)
async def comments(call: Call[Nothing, Nothing]) -> CommentList:
    """What was said about the lesson's recording; nothing once it is erased or while it is sealed."""
    lesson = await reached(call)
    await require_shown(call.app[STORE], lesson.id, call.grant)
    return CommentList(comment_views(await call.app[STORE].comments.of_lesson(lesson.id), call.grant, lesson))


@DOORS.door(
    "POST",
    "/api/v1/recordings/{lesson}/comments",
    may="comment",
    body=NewComment,
    answers=CommentView,
    status=201,
    refuses=("lesson_unknown", "too_many_comments", "too_many_own_comments", "recording_erased", "recording_sealed"),
)
async def add_comment(call: Call[Nothing, NewComment]) -> CommentView:
    """Say something about a moment, under one's name."""
    lesson, body = await reached(call), call.body
    await require_shown(call.app[STORE], lesson.id, call.grant)
    try:
        made = await call.app[STORE].comments.add(
            lesson=lesson.id,
            at_s=body.at_s,
            text=body.text.strip(),
            author=author_of(call.grant),
            author_name=viewer_of(call.grant, lesson),
            by=call.by,
        )
    except TooManyComments:
        raise Problem("too_many_comments") from None
    except TooManyByOne:
        raise Problem("too_many_own_comments") from None
    return comment_views([made], call.grant, lesson)[0]


@DOORS.door(
    "DELETE",
    "/api/v1/recordings/{lesson}/comments/{comment}",
    may="comment",
    refuses=("lesson_unknown", "not_found"),
)
async def remove_comment(call: Call[Nothing, Nothing]) -> None:
    """Take back a comment of one's own; an officer of the school that taught, and of the bureau, any."""
    lesson = await reached(call)
    author = None if removes_any(call.grant, lesson) else author_of(call.grant)
    if not await call.app[STORE].comments.remove(lesson.id, call.path["comment"], author, call.by):
        raise Problem("not_found")


class PartResponse(web.FileResponse):
    """A file of which an answer holds PART_BYTES at most, where the request is for a range: a player asks for more."""

    async def prepare(self, request: web.BaseRequest) -> Any:
        try:
            asked = request.http_range
        except ValueError:
            asked = slice(None, None, 1)
        start, stop = asked.start, asked.stop
        if hdrs.RANGE in request.headers and start is not None and start >= 0:
            last = start + PART_BYTES - 1 if stop is None else min(stop - 1, start + PART_BYTES - 1)
            headers = request.headers.copy()
            headers[hdrs.RANGE] = f"bytes={start}-{last}"
            request = request.clone(headers=headers)
        return await super().prepare(request)


async def reached(call: Call[Any, Any]) -> ListedLesson:
    """The lesson of the path. Raises Problem(lesson_unknown) for one that the caller does not reach."""
    store, lesson = call.app[STORE], call.path["lesson"]
    await seat_in(store, call.grant, lesson)
    listed = await store.lessons.get(lesson)
    if listed is None:
        raise Problem("lesson_unknown")
    return listed


async def _recording(call: Call[Any, Any], lesson: ListedLesson) -> tuple[Manifest, Preview | None]:
    """What there is to play. Raises Problem: recording_under_way, recording_finishing, not_recorded."""
    recorder, id = call.app[RECORDER], lesson.id
    if lesson.ended_at is None:
        raise Problem("recording_under_way" if lesson.recorded else "not_recorded")
    manifest, is_whole = await _manifest(recorder, id)
    if not is_whole and lesson.recorded and call.app[CLOCK].at() - lesson.ended_at < FINISHING:
        raise Problem("recording_finishing")
    if manifest is None or not any(stream.files for stream in manifest.streams):
        raise Problem("not_recorded")
    preview = await asyncio.to_thread(read_preview, recorder.library.folder(id))
    if not is_of(preview, manifest):
        call.app[PREVIEWS].want(id)
    return manifest, preview


async def _manifest(recorder: Recorder, lesson: str) -> tuple[Manifest | None, bool]:
    """What the recording consists of, and whether that is all; one of an earlier stop is not."""
    library = recorder.library
    if not recorder.is_recording(lesson) and await asyncio.to_thread(library.is_whole, lesson):
        manifest = await asyncio.to_thread(library.manifest, lesson)
        if manifest is not None and manifest.stopped_at is not None:
            return manifest, True
    # A crash, or a full disk: what is there plays all the same.
    return await asyncio.to_thread(library.current, lesson), False


async def _playback(request: web.Request, lesson: str) -> Playback:
    """The playback that the request's cookie belongs to. Raises Problem(playback_ended)."""
    app, now = request.app, time.monotonic()
    key = request.cookies.get(_cookie(is_secure(request, app[PUBLIC_URL][0])), "")
    found = app[PLAYBACKS].find(key, lesson, now) if key.isascii() else None
    if found is None:
        raise Problem("playback_ended")
    if now - found.checked >= CHECK_EVERY_S or is_revoked(app, found.grant):
        session = browser_of(request, app[PUBLIC_URL][0]).session
        if not await may_still(app, found.grant, session, "play_recording") or not await _is_shown(app, found):
            app[PLAYBACKS].end(key)
            raise Problem("playback_ended")
        found.checked = now
    return found


def _plays_already(call: Call[Any, Any], lesson: str) -> bool:
    """Whether the browser holds a playback of this lesson, begun by the same caller, that is still good."""
    key = call.request.cookies.get(_cookie(is_secure(call.request, call.app[PUBLIC_URL][0])), "")
    found = call.app[PLAYBACKS].find(key, lesson, time.monotonic()) if key.isascii() else None
    return found is not None and found.grant.actor == call.grant.actor


async def _is_shown(app: web.Application, playback: Playback) -> bool:
    try:
        await require_shown(app[STORE], playback.lesson, playback.grant)
    except Problem:
        return False
    return True


def _cookie(secure: bool) -> str:
    return f"__Secure-{COOKIE}" if secure else COOKIE
