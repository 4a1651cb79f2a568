"""`POST /codes`: six digits that the teacher reads out become a link for this seat."""

import re
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Final

import msgspec
from aiohttp import web

from signaling.api.body import answer, read_body
from signaling.context import CLOCK, STORE
from signaling.problem import Problem
from signaling.scheduling import LINK_LIFE
from signaling.tries import Tries

ROUTES = web.RouteTableDef()
TRIES = web.AppKey("code_tries", Tries)
_CODE: Final = re.compile(r"\d{6}")


class CodeBody(msgspec.Struct, frozen=True):
    """What was typed; blanks between the digits are fine."""

    code: str


@ROUTES.post("/api/v1/codes")
async def enter_code(request: web.Request) -> web.Response:
    """A fresh link to the seat. Five tries a minute, per code and per address."""
    code = re.sub(r"\s", "", (await read_body(request, CodeBody)).code[:32])
    clock, tries = request.app[CLOCK], request.app[TRIES]
    if not tries.allow(f"address {_subscriber(request.remote or '')}", clock.now()) or not tries.allow(
        f"code {code}", clock.now()
    ):
        raise Problem("too_many_tries")
    store = request.app[STORE]
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
    return answer({"page": f"/join/{token}"})


def _subscriber(address: str) -> str:
    """Who is behind an address: of IPv6 addresses everybody has as many as there are, in one network of 64 bits."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv4Address):
        return address
    return str(known.ipv4_mapped or ip_network((int(known) >> 64 << 64, 64)))
