"""Pages of a lesson and the strokes on them, as the browsers get them. Pure."""

from collections.abc import Sequence

import msgspec

from classroom.lesson.events import Paper, Tool
from classroom.lesson.ink import seat_of_writer
from classroom.lesson.lesson import Lesson, Page, Stroke
from classroom.store.courseware import Courseware, CoursewarePage

BLANK: tuple[int, int] = (1920, 1080)
"""The extent of an empty page, in pixels as that of the others."""


class LessonPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page: `number` of a courseware, or an empty one of some `paper`. `text` stands on it."""

    page: str
    courseware: str | None
    number: int
    paper: Paper | None
    width: int
    height: int
    text: str


class LessonCourseware(msgspec.Struct, frozen=True, kw_only=True):
    """A courseware that is in the lesson."""

    courseware: str
    name: str


class LessonPages(msgspec.Struct, frozen=True, kw_only=True):
    """All pages in their row."""

    version: int
    courseware: list[LessonCourseware]
    pages: list[LessonPage]


class StrokeView(msgspec.Struct, frozen=True, kw_only=True):
    """A stroke. `id` is the number of the event that drew it; `seat`: who; `points`, `width`: docs/protocol.md."""

    id: int
    seat: str
    ref: str
    tool: Tool
    colour: str
    width: int
    points: str


class PageStrokes(msgspec.Struct, frozen=True, kw_only=True):
    """What is written on a page after the event `seq`."""

    seq: int
    strokes: list[StrokeView]


def lesson_pages(lesson: Lesson, documents: Sequence[Courseware], pages: Sequence[CoursewarePage]) -> LessonPages:
    """The lesson's row; of what the store has no more only the place remains."""
    known = {(page.courseware, page.number): page for page in pages}
    inside = {page.courseware for page in lesson.pages}
    row = [
        lesson_page(page, None if page.courseware is None else known.get((page.courseware, page.number)))
        for page in lesson.pages
    ]
    return LessonPages(
        version=lesson.pages_version,
        courseware=[LessonCourseware(courseware=one.id, name=one.name) for one in documents if one.id in inside],
        pages=row,
    )


def lesson_page(page: Page, stored: CoursewarePage | None) -> LessonPage:
    """A page, and what the store knows of it."""
    return LessonPage(
        page=page.id,
        courseware=page.courseware,
        number=page.number,
        paper=page.paper,
        width=stored.width if stored else BLANK[0],
        height=stored.height if stored else BLANK[1],
        text=stored.text if stored else "",
    )


def page_strokes(lesson: Lesson, page: str) -> PageStrokes:
    """All of them in the order they were drawn."""
    return PageStrokes(seq=lesson.seq, strokes=[stroke_view(stroke) for stroke in lesson.ink.get(page, ())])


def stroke_view(stroke: Stroke) -> StrokeView:
    """A stroke as every seat draws it."""
    return StrokeView(
        id=stroke.id,
        seat=seat_of_writer(stroke.by),
        ref=stroke.ref,
        tool=stroke.tool,
        colour=stroke.colour,
        width=stroke.width,
        points=stroke.points,
    )
