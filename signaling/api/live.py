"""`/live`: the wall of lessons that go on now, and the way into one of them (巡课)."""

import msgspec

from signaling.api.door import Call, Doors, Nothing
from signaling.observing import LessonUnderWay, ObserverPage, lessons_under_way, observe

DOORS = Doors("live")


class LessonsUnderWay(msgspec.Struct, frozen=True):
    """The earliest first."""

    lessons: list[LessonUnderWay]


@DOORS.door("GET", "/api/v1/live", may="observe", answers=LessonsUnderWay)
async def wall(call: Call[Nothing, Nothing]) -> LessonsUnderWay:
    """Every lesson that goes on now: its rooms, who is there, and who watches."""
    return LessonsUnderWay(await lessons_under_way(call.app))


@DOORS.door(
    "POST",
    "/api/v1/live/{lesson}/observe",
    may="observe",
    answers=ObserverPage,
    status=201,
    refuses=("lesson_unknown", "lesson_not_open", "lesson_ended"),
)
async def look_in(call: Call[Nothing, Nothing]) -> ObserverPage:
    """巡课: a page that shows the lesson; its teacher is told the caller's name, and the log keeps what was watched."""
    return await observe(call.app, call.grant, call.path["lesson"])
