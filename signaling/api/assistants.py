"""`POST /lessons/{lesson}/assistants`: the link to a co-teacher's phone, a code on the classroom's screen."""

from typing import Annotated

import msgspec

from signaling.api.door import Call, Doors, Nothing
from signaling.context import LESSONS, STORE
from signaling.problem import Problem
from signaling.scope import seat_in

DOORS = Doors("assistants")


class AssistantBody(msgspec.Struct, frozen=True, kw_only=True):
    """`seat`: whose assistant; a classroom asks for its own only, the teacher for any classroom's."""

    seat: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]


class AssistantPage(msgspec.Struct, frozen=True):
    """The page's path, with the token in it: the same for the same asker while the server runs."""

    page: str


@DOORS.door(
    "POST",
    "/api/v1/lessons/{lesson}/assistants",
    may="invite_assistant",
    body=AssistantBody,
    answers=AssistantPage,
    refuses=("lesson_unknown", "lesson_ended", "seat_unknown", "forbidden"),
)
async def invite(call: Call[Nothing, AssistantBody]) -> AssistantPage:
    """A phone of the classroom's co-teacher may come in by this page until the lesson is over."""
    lesson, seat = call.path["lesson"], call.body.seat
    own = await seat_in(call.app[STORE], call.grant, lesson)
    if call.grant.role == "classroom" and own != seat:
        raise Problem("forbidden")
    grant = call.grant
    return AssistantPage(await call.app[LESSONS].assistant_page(lesson, seat, grant.holder, grant.actor))
