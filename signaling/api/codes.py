"""`POST /codes`: six digits that the teacher reads out become a link for this seat."""

import re
from typing import Final

import msgspec
from aiohttp import web

from signaling.addresses import subscriber
from signaling.api.door import Call, Doors, Nothing
from signaling.context import CLOCK, STORE
from signaling.problem import Problem
from signaling.scheduling import LINK_LIFE
from signaling.tries import Tries

DOORS = Doors("codes")
TRIES = web.AppKey("code_tries", Tries)
_CODE: Final = re.compile(r"\d{6}")


class CodeBody(msgspec.Struct, frozen=True):
    """What was typed; blanks between the digits are fine."""

    code: str


class CodePage(msgspec.Struct, frozen=True):
    """The page of the seat, with a fresh token in its address."""

    page: str


@DOORS.door("POST", "/api/v1/codes", may=None, body=CodeBody, answers=CodePage, refuses=("bad_code", "too_many_tries"))
async def enter_code(call: Call[Nothing, CodeBody]) -> CodePage:
    """Six digits become a fresh link to their seat. Five tries a minute, per code and per address."""
    code = re.sub(r"\s", "", call.body.code[:32])
    clock, tries = call.app[CLOCK], call.app[TRIES]
    if not tries.allow(f"address {subscriber(call.request.remote or '')}", clock.now()) or not tries.allow(
        f"code {code}", clock.now()
    ):
        raise Problem("too_many_tries")
    store = call.app[STORE]
    found = await store.links.resolve_code(code) if _CODE.fullmatch(code) else None
    if found is None:
        raise Problem("bad_code")
    # A rural seat's id is its classroom's.
    classroom = (await store.registry.book()).classrooms[found.seat]
    token, _ = await store.links.mint(
        "classroom",
        clock.at(),
        school=classroom.school,
        lesson=found.lesson,
        classroom=classroom.id,
        seat=found.seat,
        expires_at=clock.at() + LINK_LIFE,
    )
    return CodePage(f"/join/{token}")
