"""Courseware (课件) in a lesson, and the whiteboard (白板): the row of pages, and which of them everybody sees.

A page is one of a courseware's, by its number, or an empty one to write on. Pictures, names and texts are the store's.
"""

from datetime import datetime
from typing import Final

import msgspec

from classroom.lesson.errors import LessonError
from classroom.lesson.events import AnyEvent, BlankPageAdded, CoursewareAdded, CoursewareRemoved, PageShown, Paper
from classroom.lesson.lesson import Lesson, Page, require_not_ended, require_open, require_teacher, stamps

MAX_PAGES: Final = 500
"""In one lesson: five lessons' worth of slides."""


def add_courseware(lesson: Lesson, at: datetime, *, by: str, courseware: str, pages: int) -> list[AnyEvent]:
    """Puts all pages of a courseware at the end of the row; also before the lesson is opened.

    Raises LessonError: forbidden, lesson_ended, pages_full.
    """
    require_not_ended(lesson)
    require_teacher(by)
    if any(page.courseware == courseware for page in lesson.pages):
        return []
    if len(lesson.pages) + pages > MAX_PAGES:
        raise LessonError("pages_full")
    return [CoursewareAdded(courseware=courseware, pages=pages, **next(stamps(lesson, at, by)))]


def remove_courseware(lesson: Lesson, at: datetime, *, by: str, courseware: str) -> list[AnyEvent]:
    """Takes a courseware out of the row. Raises LessonError: forbidden, lesson_ended, page_shown while one is shown."""
    require_not_ended(lesson)
    require_teacher(by)
    own = [page.id for page in lesson.pages if page.courseware == courseware]
    if lesson.shown in own:
        raise LessonError("page_shown")
    return [CoursewareRemoved(courseware=courseware, **next(stamps(lesson, at, by)))] if own else []


def add_blank_page(lesson: Lesson, at: datetime, *, by: str, page: str, paper: Paper) -> list[AnyEvent]:
    """白板: an empty page behind the one that is shown, and shows it. Its name is the caller's: asked twice, it is one.

    Raises LessonError: forbidden, lesson_not_open, lesson_ended, pages_full.
    """
    require_open(lesson)
    require_teacher(by)
    if any(each.id == page for each in lesson.pages):
        return []
    if len(lesson.pages) >= MAX_PAGES:
        raise LessonError("pages_full")
    stamp = stamps(lesson, at, by)
    return [
        BlankPageAdded(page=page, paper=paper, after=lesson.shown, **next(stamp)),
        PageShown(page=page, **next(stamp)),
    ]


def show_page(lesson: Lesson, at: datetime, *, by: str, page: str | None) -> list[AnyEvent]:
    """翻页: this page is on every screen; None puts the pages away.

    Raises LessonError: forbidden, lesson_not_open, lesson_ended, page_unknown.
    """
    require_open(lesson)
    require_teacher(by)
    if page is not None:
        require_page(lesson, page)
    return [] if page == lesson.shown else [PageShown(page=page, **next(stamps(lesson, at, by)))]


def require_page(lesson: Lesson, page: str) -> None:
    """Raises LessonError(page_unknown)."""
    if all(each.id != page for each in lesson.pages):
        raise LessonError("page_unknown")


def page_id(courseware: str, number: int) -> str:
    """What a courseware's page is called in a lesson; numbers are from 1."""
    return f"{courseware}-{number}"


def pages_in(event: CoursewareAdded) -> list[Page]:
    """The pages that have come with a courseware."""
    return [
        Page(id=page_id(event.courseware, number), courseware=event.courseware, number=number)
        for number in range(1, event.pages + 1)
    ]


def on_courseware_added(lesson: Lesson, event: CoursewareAdded) -> Lesson:
    return msgspec.structs.replace(lesson, pages=(*lesson.pages, *pages_in(event)), pages_version=event.seq)


def on_courseware_removed(lesson: Lesson, event: CoursewareRemoved) -> Lesson:
    kept = tuple(page for page in lesson.pages if page.courseware != event.courseware)
    return msgspec.structs.replace(lesson, pages=kept, pages_version=event.seq)


def on_blank_page_added(lesson: Lesson, event: BlankPageAdded) -> Lesson:
    places = [page.id for page in lesson.pages]
    place = places.index(event.after) + 1 if event.after in places else len(places)
    blank = Page(id=event.page, paper=event.paper)
    return msgspec.structs.replace(
        lesson, pages=(*lesson.pages[:place], blank, *lesson.pages[place:]), pages_version=event.seq
    )


def on_page_shown(lesson: Lesson, event: PageShown) -> Lesson:
    return msgspec.structs.replace(lesson, shown=event.page)
