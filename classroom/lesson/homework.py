"""Homework (同步作业): a task on every screen, photographed pages handed in by classes, marks of both teachers.

The rows of the store are the truth, for work goes on after the lesson; while it is open its events tell the pages.
"""

from datetime import datetime

import msgspec

from classroom.lesson.errors import LessonError
from classroom.lesson.events import (
    AnyEvent,
    HomeworkGiven,
    HomeworkShown,
    WorkHandedIn,
    WorkMarked,
    WorkTakenBack,
)
from classroom.lesson.lesson import (
    Desk,
    Homework,
    Lesson,
    require_open,
    require_own_or_teacher,
    require_teacher,
    seat_of,
    stamps,
)

MAX_HOMEWORKS = 5
MAX_WORKS = 400
"""Pictures of one lesson: five classes of forty, two pages each."""


def give(lesson: Lesson, at: datetime, *, by: str, homework: str) -> list[AnyEvent]:
    """布置作业: the task is on every screen. Raises LessonError: too_many_homeworks, lesson_not_open, forbidden."""
    require_open(lesson)
    require_teacher(by)
    if homework in lesson.homework:
        return []
    if len(lesson.homework) >= MAX_HOMEWORKS:
        raise LessonError("too_many_homeworks")
    return [HomeworkGiven(homework=homework, **next(stamps(lesson, at, by)))]


def hand_in(lesson: Lesson, at: datetime, *, by: str, homework: str, work: str, seat: str) -> list[AnyEvent]:
    """A picture from a class. Raises LessonError: homework_unknown, too_many_works, seat_unknown, forbidden."""
    require_open(lesson)
    seat_of(lesson, seat)
    require_own_or_teacher(by, seat)
    if work in _of(lesson, homework).works:
        return []
    if sum(len(one.works) for one in lesson.homework.values()) >= MAX_WORKS:
        raise LessonError("too_many_works")
    return [WorkHandedIn(homework=homework, work=work, seat=seat, **next(stamps(lesson, at, by)))]


def mark(lesson: Lesson, at: datetime, *, by: str, homework: str, work: str) -> list[AnyEvent]:
    """批改, by the teacher, or by the assistant of the class whose work it is. Each time is an event of its own.

    Raises LessonError: homework_unknown, work_unknown, forbidden.
    """
    _require_own(lesson, by, homework, work)
    return [WorkMarked(homework=homework, work=work, **next(stamps(lesson, at, by)))]


def take_back(lesson: Lesson, at: datetime, *, by: str, homework: str, work: str) -> list[AnyEvent]:
    """The picture is no more. Raises LessonError: homework_unknown, work_unknown, forbidden."""
    _require_own(lesson, by, homework, work)
    return [WorkTakenBack(homework=homework, work=work, **next(stamps(lesson, at, by)))]


def show(
    lesson: Lesson, at: datetime, *, by: str, homework: str | None, work: str | None, seat: str | None
) -> list[AnyEvent]:
    """讲评: a work, the task (`work` None) or nothing (`homework` None) on a seat's screen, or (None) on every one.

    A class shows its own works on its own screen, and goes on from what the teacher shows.

    Raises LessonError: homework_unknown, work_unknown, seat_unknown, forbidden.
    """
    require_open(lesson)
    if seat is None:
        require_teacher(by)
    else:
        seat_of(lesson, seat)
        require_own_or_teacher(by, seat)
    if homework is not None and work is not None:
        _require_own(lesson, by, homework, work)
    elif homework is not None:
        _of(lesson, homework)
    wanted = None if homework is None else Desk(homework=homework, work=work)
    if all(lesson.desks.get(one) == wanted for one in ([seat] if seat is not None else lesson.seats)):
        return []
    return [HomeworkShown(homework=homework, work=work, seat=seat, **next(stamps(lesson, at, by)))]


def _of(lesson: Lesson, homework: str) -> Homework:
    if homework not in lesson.homework:
        raise LessonError("homework_unknown")
    return lesson.homework[homework]


def _require_own(lesson: Lesson, by: str, homework: str, work: str) -> None:
    """Whoever may see the picture: the teacher, and the class whose work it is."""
    require_open(lesson)
    works = _of(lesson, homework).works
    if work not in works:
        raise LessonError("work_unknown")
    require_own_or_teacher(by, works[work])


def on_given(lesson: Lesson, event: HomeworkGiven) -> Lesson:
    desks = {seat: Desk(homework=event.homework) for seat in lesson.seats}
    return msgspec.structs.replace(lesson, homework={**lesson.homework, event.homework: Homework()}, desks=desks)


def on_handed_in(lesson: Lesson, event: WorkHandedIn) -> Lesson:
    works = {**lesson.homework[event.homework].works, event.work: event.seat}
    return _with_homework(lesson, event.homework, works=works)


def on_marked(lesson: Lesson, event: WorkMarked) -> Lesson:
    return _with_homework(lesson, event.homework, marked=lesson.homework[event.homework].marked | {event.work})


def on_taken_back(lesson: Lesson, event: WorkTakenBack) -> Lesson:
    before = lesson.homework[event.homework]
    works = {work: seat for work, seat in before.works.items() if work != event.work}
    changed = _with_homework(lesson, event.homework, works=works, marked=before.marked - {event.work})
    kept = {seat: desk for seat, desk in lesson.desks.items() if desk.work != event.work}
    return msgspec.structs.replace(changed, desks=kept)


def on_shown(lesson: Lesson, event: HomeworkShown) -> Lesson:
    seats = list(lesson.seats) if event.seat is None else [event.seat]
    kept = {seat: desk for seat, desk in lesson.desks.items() if seat not in seats}
    if event.homework is not None:
        kept |= {seat: Desk(homework=event.homework, work=event.work) for seat in seats}
    return msgspec.structs.replace(lesson, desks=kept)


def _with_homework(lesson: Lesson, name: str, **changes: object) -> Lesson:
    changed = msgspec.structs.replace(lesson.homework[name], **changes)
    return msgspec.structs.replace(lesson, homework={**lesson.homework, name: changed})
