"""Homework as pages show it while a lesson is open: numbers only; words, works and marks are fetched. Pure."""

import msgspec

from classroom.lesson.lesson import Lesson


class HomeworkCount(msgspec.Struct, frozen=True, kw_only=True):
    """A task that was given in the lesson; how many works there are, and how many somebody has written on."""

    homework: str
    works: int
    marked: int


class DeskView(msgspec.Struct, frozen=True, kw_only=True):
    """What of the homework lies on a seat's screen: a work with its marks, or (null) the task itself."""

    seat: str
    homework: str
    work: str | None


def homework_counts(lesson: Lesson) -> list[HomeworkCount]:
    """In the order in which they were given."""
    return [
        HomeworkCount(homework=name, works=len(one.works), marked=len(one.marked))
        for name, one in lesson.homework.items()
    ]


def desk_views(lesson: Lesson) -> list[DeskView]:
    """Seat by seat; a seat whose screen shows nothing of it is not there."""
    return [
        DeskView(seat=seat, homework=lesson.desks[seat].homework, work=lesson.desks[seat].work)
        for seat in lesson.seats
        if seat in lesson.desks
    ]
