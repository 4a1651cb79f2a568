"""Which lessons and which seat a link reaches."""

from classroom.lesson.events import HOST_SEAT
from classroom.store.store import Store
from signaling.auth import Grant
from signaling.commands import actor
from signaling.problem import Problem


async def seat_in(store: Store, grant: Grant, lesson: str) -> str | None:
    """The seat that the caller has in this lesson; None for observers, officers and the command line, who have none.

    A lesson out of reach is told from one that does not exist by nothing. Raises Problem(lesson_unknown).
    """
    link = grant.link
    if link is None:
        return await _seat_of_account(store, grant, lesson)
    if link.lesson is not None:
        if link.lesson != lesson:
            raise Problem("lesson_unknown")
        return link.seat
    listed = await store.lessons.get(lesson)
    if listed is not None:
        if link.role == "teacher" and listed.supporter == link.school:
            return HOST_SEAT
        if link.role == "classroom" and any(seat.seat == link.classroom for seat in listed.seats):
            return link.classroom
    raise Problem("lesson_unknown")


def speaker(grant: Grant, seat: str | None) -> str:
    """`by` of what the caller, who has this seat in the lesson, does in it."""
    return HOST_SEAT if seat == HOST_SEAT else actor(grant.link.role if grant.link is not None else "observer", seat)


async def _seat_of_account(store: Store, grant: Grant, lesson: str) -> str | None:
    """An account of a school reaches the lessons that its school has a part in, and a teacher's one teaches its own."""
    if grant.school is None:
        return None
    supporter, schools = await store.lessons.schools(lesson)
    if grant.role == "teacher" and supporter == grant.school:
        return HOST_SEAT
    if grant.role != "teacher" and grant.school in schools:
        return None
    raise Problem("lesson_unknown")
