"""`/setup`: the first accounts, made in the browser by whoever reads what the server printed."""

import msgspec
from aiohttp import web

from signaling.api.body import answer
from signaling.api.door import Call, Doors, Nothing
from signaling.api.me import Me, me_of
from signaling.auth import Grant
from signaling.context import CLOCK, PASSWORDS, PUBLIC_URL, SETUP, STORE
from signaling.cookies import browser_of, refuse_foreign_page, set_session
from signaling.setup import SetupCall, set_up
from signaling.sign_in import begin_session

DOORS = Doors("setup")


class SetupState(msgspec.Struct, frozen=True):
    """`needed`: no account was ever made."""

    needed: bool


@DOORS.door("GET", "/api/v1/setup", may=None, answers=SetupState)
async def state(call: Call[Nothing, Nothing]) -> SetupState:
    """Whether the server waits to be set up."""
    return SetupState(await call.app[STORE].accounts.is_empty())


@DOORS.door("POST", "/api/v1/setup", may=None, body=SetupCall, answers=Me, status=201)
async def first(call: Call[Nothing, SetupCall]) -> web.Response:
    """Make the administrator, and the bureau's officer; signs the administrator in. Works once."""
    app, at, url = call.app, call.app[CLOCK].at(), call.app[PUBLIC_URL][0]
    refuse_foreign_page(call.request, url)
    app[SETUP].require(call.body.code)
    admin = await set_up(app[STORE], app[PASSWORDS], call.body, at)
    app[SETUP].spend()
    tokens = await begin_session(app[STORE], admin, (), browser_of(call.request, url), at)
    response = answer(await me_of(app[STORE], Grant(admin.role, account=admin)), 201)
    set_session(call.request, response, url, tokens)
    return response
