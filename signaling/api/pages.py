"""`/lessons/{lesson}/pages`: the pages of a lesson (课件、白板), their pictures and what is written on them."""

from functools import partial
from typing import Any

import msgspec
from aiohttp import web

from classroom.lesson import courseware
from classroom.lesson.lesson import Lesson
from signaling.api.courseware import WEBP, SizeQuery, own_courseware, picture
from signaling.api.door import Call, Doors, Nothing
from signaling.context import LESSONS, STORE
from signaling.page_views import LessonPages, PageStrokes, lesson_pages, page_strokes
from signaling.problem import Problem
from signaling.scope import seat_in

DOORS = Doors("pages")


class CoursewareBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The courseware to show."""

    courseware: str


@DOORS.door(
    "GET", "/api/v1/lessons/{lesson}/pages", may="read_lesson", answers=LessonPages, refuses=("lesson_unknown",)
)
async def listing(call: Call[Nothing, Nothing]) -> LessonPages:
    """The pages in their row, with the texts on them. `version` is that of the view."""
    lesson, store = await _lesson(call), call.app[STORE].courseware
    documents = await store.of_lesson(lesson.id)
    return lesson_pages(lesson, documents, await store.pages([one.id for one in documents]))


@DOORS.door(
    "GET",
    "/api/v1/lessons/{lesson}/pages/{page}/strokes",
    may="read_lesson",
    answers=PageStrokes,
    refuses=("lesson_unknown", "page_unknown"),
)
async def strokes(call: Call[Nothing, Nothing]) -> PageStrokes:
    """What is written on a page, for who comes later: all of it up to the event `seq`."""
    lesson, page = await _lesson(call), call.path["page"]
    courseware.require_page(lesson, page)
    return page_strokes(lesson, page)


@DOORS.door(
    "GET",
    "/api/v1/lessons/{lesson}/courseware/{courseware}/pages/{number}",
    may="read_lesson",
    query=SizeQuery,
    media=(WEBP,),
    refuses=("lesson_unknown", "not_found"),
)
async def page_picture(call: Call[SizeQuery, Nothing]) -> web.StreamResponse:
    """The picture of a courseware's page, for every seat of a lesson that it is in."""
    lesson, asked = await _lesson(call), call.path["courseware"]
    if all(page.courseware != asked for page in lesson.pages):
        raise Problem("not_found")
    return picture(call, asked, small=call.query.size == "small")


@DOORS.door(
    "POST",
    "/api/v1/lessons/{lesson}/courseware",
    may="keep_courseware",
    body=CoursewareBody,
    refuses=("lesson_unknown", "lesson_ended", "not_found", "courseware_not_ready", "pages_full"),
)
async def add(call: Call[Nothing, CoursewareBody]) -> None:
    """Put a courseware into a lesson, before it or while it goes on."""
    app, lesson = call.app, await _reached(call)
    found = await own_courseware(call, call.body.courseware)
    if found.state != "ready":
        raise Problem("courseware_not_ready")
    # First the row: no event may name what somebody is just deleting.
    if not await app[STORE].courseware.use(lesson, found.id):
        raise Problem("not_found")
    command = partial(courseware.add_courseware, by="teacher", courseware=found.id, pages=found.pages)
    await app[LESSONS].command(lesson, command, call.grant.actor)


@DOORS.door(
    "DELETE",
    "/api/v1/lessons/{lesson}/courseware/{courseware}",
    may="keep_courseware",
    refuses=("lesson_unknown", "lesson_ended", "page_shown"),
)
async def remove(call: Call[Nothing, Nothing]) -> None:
    """Take a courseware out of a lesson."""
    command = partial(courseware.remove_courseware, by="teacher", courseware=call.path["courseware"])
    await call.app[LESSONS].command(await _reached(call), command, call.grant.actor)


async def _reached(call: Call[Any, Any]) -> str:
    lesson = call.path["lesson"]
    await seat_in(call.app[STORE], call.grant, lesson)
    return lesson


async def _lesson(call: Call[Any, Any]) -> Lesson:
    """The lesson of the path. Raises Problem, LessonError: lesson_unknown."""
    return await call.app[LESSONS].now(await _reached(call))
