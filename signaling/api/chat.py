"""`/lessons/{lesson}/chat`: what was written in a lesson (讨论区)."""

import msgspec

from signaling.api.door import Call, Doors, Nothing
from signaling.chat import read
from signaling.context import STORE
from signaling.messages import LineView
from signaling.problem import Problem
from signaling.scope import seat_in

DOORS = Doors("chat")


class Lines(msgspec.Struct, frozen=True):
    """The last ones in their order."""

    lines: list[LineView]


@DOORS.door("GET", "/api/v1/lessons/{lesson}/chat", may="take_part", answers=Lines, refuses=("lesson_unknown",))
async def chat(call: Call[Nothing, Nothing]) -> Lines:
    """The last 50 lines that the caller may read: private ones are the teacher's and that co-teacher's alone."""
    store, lesson = call.app[STORE], call.path["lesson"]
    seat = await seat_in(store, call.grant, lesson)
    if seat is None:
        raise Problem("forbidden")
    return Lines(await read(store, lesson, call.grant.role, seat))
