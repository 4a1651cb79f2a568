"""`/resources`: the library (资源库) of videos that classes watch."""

import asyncio
import time
from typing import Annotated, Any, Final

import msgspec
from aiohttp import web

from classroom.ledger.subjects import box_of
from classroom.store.exports import TooManyExports
from classroom.store.ids import new_token
from classroom.store.registry import By
from classroom.store.resources import Origin, Resource
from classroom.store.store import Store
from recorder.export.plan import Layout, Wish
from signaling.api.body import answer
from signaling.api.door import Call, Doors, Nothing, Upload
from signaling.api.recordings import PartResponse
from signaling.auth import Action
from signaling.context import CLOCK, EXPORTER, FILM_PLAYBACKS, FILMS, NEW_ID, PUBLIC_URL, STORE
from signaling.cookies import browser_of, is_secure
from signaling.evidence import Id, Subject
from signaling.holders import is_revoked, may_still
from signaling.library import ResourceView, is_published, own, reach, resource_views, seen
from signaling.messages import ONE_LINE
from signaling.playbacks import CHECK_EVERY_S, Playback
from signaling.problem import Problem

DOORS = Doors("resources")
MAX_CAPTIONS_BYTES: Final = 1024 * 1024
COOKIE: Final = "film"
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=ONE_LINE)]
Grade = Annotated[str, msgspec.Meta(max_length=20, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
_FILE_HEADERS: Final = {"Cache-Control": "private, no-store"}


class NewResource(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of an upload that has been finished, or of a lesson's recording (without pupils unless asked for).

    `school`: whose it is, for the bureau; a school's is its own. 省名师资源 (`province`) is of no school.
    """

    title: Title
    origin: Origin
    subject: Subject
    grade: Grade = ""
    school: Id | None = None
    upload: Id | None = None
    lesson: Id | None = None
    layout: Layout = "slides"
    pupils: bool = False


class ResourceChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be otherwise; null leaves a thing as it is."""

    title: Title | None = None
    subject: Subject | None = None
    grade: Grade | None = None


class ResourceList(msgspec.Struct, frozen=True):
    """The latest first."""

    items: list[ResourceView]


class FilmPlayed(msgspec.Struct, frozen=True, kw_only=True):
    """What a player needs; a cookie opens the addresses. `captions` null: there are none."""

    resource: str
    title: str
    media: str
    length_ms: int
    film: str
    poster: str
    captions: str | None


@DOORS.door("GET", "/api/v1/resources", may="read_resources", answers=ResourceList)
async def listing(call: Call[Nothing, Nothing]) -> ResourceList:
    """The videos that the caller's school may use: its own, its supporters', those for all; the bureau sees all."""
    store, app = call.app[STORE], call.app
    found = await store.resources.shown_to(await reach(store, call.grant.school, app[CLOCK].at()))
    return ResourceList(await resource_views(store, app[FILMS], call.grant, found))


@DOORS.door(
    "POST",
    "/api/v1/resources",
    may="keep_resources",
    body=NewResource,
    answers=ResourceView,
    status=201,
    refuses=(
        "upload_unknown",
        "lesson_unknown",
        "lesson_not_over",
        "not_published",
        "resource_origin",
        "resource_school_needed",
        "too_many_exports",
    ),
)
async def add(call: Call[Nothing, NewResource]) -> ResourceView:
    """Put a video into the library. It is looked at, and made fit for every browser, in the background."""
    app, asked, grant = call.app, call.body, call.grant
    store, at = app[STORE], app[CLOCK].at()
    if (asked.upload is None) == (asked.lesson is None):
        raise Problem("bad_request", "either an upload or a lesson")
    school = await _school(store, call)
    if asked.lesson is not None:
        await _ask_export(call, asked.lesson)
    resource = Resource(
        id=app[NEW_ID](),
        title=asked.title.strip(),
        origin=asked.origin,
        school=school,
        subject=_subject(asked.subject),
        grade=asked.grade.strip(),
        upload=asked.upload,
        lesson=asked.lesson,
        layout=asked.layout if asked.lesson else None,
        pupils=asked.pupils and asked.lesson is not None,
        state="waiting" if asked.upload else "exporting",
        added_at=at,
        actor_kind=grant.actor.kind,
        actor=grant.actor.id,
    )
    if not await store.resources.add(resource, By(grant.actor, at)):
        raise Problem("upload_unknown")
    app[FILMS].wake()
    return await _view(call, resource)


@DOORS.door(
    "PATCH",
    "/api/v1/resources/{resource}",
    may="keep_resources",
    body=ResourceChange,
    answers=ResourceView,
    refuses=("resource_unknown",),
)
async def change(call: Call[Nothing, ResourceChange]) -> ResourceView:
    """Another title, subject or grade."""
    store, at = call.app[STORE], call.app[CLOCK].at()
    found = await own(store, call.grant, call.path["resource"], at)
    asked = call.body
    values = {"title": asked.title, "grade": asked.grade, "subject": asked.subject and _subject(asked.subject)}
    values = {name: value.strip() for name, value in values.items() if value is not None}
    if values:
        await store.resources.change(found, values, By(call.grant.actor, at))
    return await _view(call, await own(store, call.grant, found.id, at))


@DOORS.door(
    "DELETE",
    "/api/v1/resources/{resource}",
    may="keep_resources",
    refuses=("resource_unknown", "resource_in_use"),
)
async def remove(call: Call[Nothing, Nothing]) -> None:
    """Cancel what is being made of it, and delete its files. What was watched of it stays in the records."""
    store, at = call.app[STORE], call.app[CLOCK].at()
    found = await own(store, call.grant, call.path["resource"], at)
    using = [one.title for one in await store.courses.all() if found.id in one.resources]
    if using:
        raise Problem("resource_in_use", "、".join(using[:5]))
    await store.resources.remove(found.id, By(call.grant.actor, at))
    await call.app[FILMS].clear(found)


@DOORS.door(
    "POST",
    "/api/v1/resources/{resource}/retry",
    may="keep_resources",
    answers=ResourceView,
    refuses=("resource_unknown",),
)
async def retry(call: Call[Nothing, Nothing]) -> ResourceView:
    """Try one anew that has failed."""
    store, at = call.app[STORE], call.app[CLOCK].at()
    found = await own(store, call.grant, call.path["resource"], at)
    await store.resources.again(found.id)
    call.app[FILMS].wake()
    return await _view(call, await own(store, call.grant, found.id, at))


@DOORS.door(
    "PUT",
    "/api/v1/resources/{resource}/captions",
    may="keep_resources",
    upload=Upload(MAX_CAPTIONS_BYTES),
    answers=ResourceView,
    refuses=("resource_unknown", "captions_unreadable", "too_large", "too_slow"),
)
async def put_captions(call: Call[Nothing, Nothing]) -> ResourceView:
    """Put subtitles to it, or others: WebVTT."""
    store, at = call.app[STORE], call.app[CLOCK].at()
    found = await own(store, call.grant, call.path["resource"], at)
    data = (await call.file()).removeprefix(b"\xef\xbb\xbf")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise Problem("captions_unreadable") from None
    if not text.startswith("WEBVTT") or "-->" not in text or "\x00" in text:
        raise Problem("captions_unreadable")
    await call.app[FILMS].keep_captions(found.id, data)
    await store.resources.change(found, {"has_captions": True}, By(call.grant.actor, at))
    return await _view(call, await own(store, call.grant, found.id, at))


@DOORS.door("DELETE", "/api/v1/resources/{resource}/captions", may="keep_resources", refuses=("resource_unknown",))
async def drop_captions(call: Call[Nothing, Nothing]) -> None:
    """Take its subtitles away."""
    store, at = call.app[STORE], call.app[CLOCK].at()
    found = await own(store, call.grant, call.path["resource"], at)
    await store.resources.change(found, {"has_captions": False}, By(call.grant.actor, at))
    await call.app[FILMS].keep_captions(found.id, None)


@DOORS.door(
    "GET",
    "/api/v1/resources/{resource}/poster",
    may="read_resources",
    media=("image/jpeg",),
    refuses=("resource_unknown", "film_lost"),
)
async def poster(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """A picture of it, for lists."""
    found = await seen(call.app[STORE], call.grant, call.path["resource"], call.app[CLOCK].at())
    path = call.app[FILMS].beside(found.id, ".jpg")
    if not await asyncio.to_thread(path.is_file):
        raise Problem("film_lost")
    return web.FileResponse(path, headers={**_FILE_HEADERS, "Content-Type": "image/jpeg"})


@DOORS.door(
    "POST",
    "/api/v1/resources/{resource}/playbacks",
    may="read_resources",
    answers=FilmPlayed,
    status=201,
    refuses=("resource_unknown", "resource_not_ready", "not_published", "film_lost"),
)
async def play(call: Call[Nothing, Nothing]) -> web.Response:
    """Look at it before a class does. It counts nowhere; one row in the log."""
    store, at = call.app[STORE], call.app[CLOCK].at()
    found = await seen(store, call.grant, call.path["resource"], at)
    played = await played_of(call, found)
    await store.audit.note(call.grant.actor, "resource.played", f"resource:{found.id}", at)
    return opened(call, found, played)


@DOORS.door(
    "GET",
    "/api/v1/resources/{resource}/files/{name}",
    may=None,
    media=("video/mp4", "video/webm", "image/jpeg", "text/vtt"),
    refuses=("playback_ended", "film_lost", "not_found"),
)
async def file(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """The film, its poster or its subtitles, or a part of them, to who plays it."""
    resource = call.path["resource"]
    await _playback(call.request, resource)
    found = await call.app[STORE].resources.get(resource)
    if found is None or found.removed_at is not None or found.state != "ready":
        raise Problem("film_lost")
    films = call.app[FILMS]
    paths = {"film": (films.path(found), found.media or ""), "poster": (films.beside(found.id, ".jpg"), "image/jpeg")}
    if found.has_captions:
        paths["captions"] = (films.beside(found.id, ".vtt"), "text/vtt; charset=utf-8")
    if call.path["name"] not in paths:
        raise Problem("not_found")
    path, media = paths[call.path["name"]]
    if not await asyncio.to_thread(path.is_file):
        raise Problem("film_lost")
    return PartResponse(path, headers={**_FILE_HEADERS, "Content-Type": media})


async def played_of(call: Call[Any, Any], found: Resource) -> FilmPlayed:
    """What a player needs. Raises Problem: resource_not_ready, not_published, film_lost."""
    if found.state != "ready":
        raise Problem("resource_not_ready")
    if not await is_published(call.app[STORE], found):
        raise Problem("not_published")
    if not await asyncio.to_thread(call.app[FILMS].path(found).is_file):
        raise Problem("film_lost")
    at = f"/api/v1/resources/{found.id}/files/"
    return FilmPlayed(
        resource=found.id,
        title=found.title,
        media=found.media or "",
        length_ms=found.length_ms or 0,
        film=f"{at}film",
        poster=f"{at}poster",
        captions=f"{at}captions" if found.has_captions else None,
    )


def opened(call: Call[Any, Any], found: Resource, body: msgspec.Struct) -> web.Response:
    """The answer with the cookie that opens the film's files."""
    key, app = new_token(), call.app
    app[FILM_PLAYBACKS].begin(key, call.grant, found.id, frozenset(), time.monotonic())
    response = answer(body, 201)
    secure = is_secure(call.request, app[PUBLIC_URL][0])
    response.set_cookie(
        _cookie(secure), key, path=f"/api/v1/resources/{found.id}/", httponly=True, samesite="Strict", secure=secure
    )
    return response


async def _playback(request: web.Request, resource: str) -> Playback:
    """The playback that the request's cookie belongs to. Raises Problem(playback_ended)."""
    app, now = request.app, time.monotonic()
    key = request.cookies.get(_cookie(is_secure(request, app[PUBLIC_URL][0])), "")
    found = app[FILM_PLAYBACKS].find(key, resource, now) if key.isascii() else None
    if found is None:
        raise Problem("playback_ended")
    if now - found.checked >= CHECK_EVERY_S or is_revoked(app, found.grant):
        session = browser_of(request, app[PUBLIC_URL][0]).session
        action: Action = "read_room" if found.grant.role == "classroom" else "read_resources"
        if not await may_still(app, found.grant, session, action):
            app[FILM_PLAYBACKS].end(key)
            raise Problem("playback_ended")
        found.checked = now
    return found


async def _school(store: Store, call: Call[Nothing, NewResource]) -> str | None:
    """Whose the new video is."""
    asked, grant = call.body, call.grant
    if asked.origin == "province":
        if grant.school is not None:
            raise Problem("resource_origin")
        return None
    school = grant.school or asked.school
    if school is None or school not in (await store.registry.book()).schools:
        raise Problem("resource_school_needed")
    return school


async def _ask_export(call: Call[Nothing, NewResource], lesson: str) -> None:
    """Have the lesson's MP4 made. Raises Problem: lesson_unknown, lesson_not_over, not_published, too_many_exports."""
    store, asked = call.app[STORE], call.body
    listed = await store.lessons.get(lesson)
    if listed is None or call.grant.school not in (None, listed.supporter):
        raise Problem("lesson_unknown")
    if listed.ended_at is None:
        raise Problem("lesson_not_over")
    approval = await store.publications.approved(lesson)
    if approval is None or (asked.pupils and not approval.pupils):
        raise Problem("not_published")
    try:
        await call.app[EXPORTER].ask(lesson, Wish(asked.layout, asked.pupils), call.grant.actor)
    except TooManyExports:
        raise Problem("too_many_exports") from None


def _subject(said: str) -> str:
    box = box_of(said)
    if box is None:
        raise Problem("bad_request", "no subject of the twelve boxes")
    return box


async def _view(call: Call[Any, Any], resource: Resource) -> ResourceView:
    return (await resource_views(call.app[STORE], call.app[FILMS], call.grant, [resource]))[0]


def _cookie(secure: bool) -> str:
    return f"__Secure-{COOKIE}" if secure else COOKIE
