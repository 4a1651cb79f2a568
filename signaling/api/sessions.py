"""`/sessions`: signing in and out (登录, 退出)."""

import msgspec
from aiohttp import web

from signaling.accounts import Login, Password
from signaling.api.body import answer
from signaling.api.door import Call, Doors, Nothing
from signaling.api.me import Me, me_of
from signaling.auth import Grant
from signaling.context import CLOCK, PASSWORDS, PUBLIC_URL, STORE
from signaling.cookies import browser_of, drop_session, refuse_foreign_page, set_session
from signaling.sign_in import sign_in

DOORS = Doors("sessions")


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed."""

    login: Login
    password: Password


@DOORS.door("POST", "/api/v1/sessions", may=None, body=SignIn, answers=Me, status=201)
async def begin(call: Call[Nothing, SignIn]) -> web.Response:
    """Sign in: the answer sets the cookie of a new session."""
    app, url = call.app, call.app[PUBLIC_URL][0]
    refuse_foreign_page(call.request, url)
    account, tokens = await sign_in(
        app[STORE],
        app[PASSWORDS],
        call.body.login,
        call.body.password,
        browser_of(call.request, url),
        app[CLOCK].at(),
    )
    response = answer(await me_of(app[STORE], Grant(account.role, account=account)), 201)
    set_session(call.request, response, url, tokens)
    return response


@DOORS.door("DELETE", "/api/v1/sessions/current", may="keep_self")
async def end(call: Call[Nothing, Nothing]) -> web.Response:
    """Sign out: the session opens nothing any more, wherever its cookie went."""
    app, url, response = call.app, call.app[PUBLIC_URL][0], web.Response(status=204)
    if (token := browser_of(call.request, url).session) is not None:
        await app[STORE].sign_ins.end(token, app[CLOCK].at())
    drop_session(call.request, response, url)
    return response
