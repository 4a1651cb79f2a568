"""What a request handler may reach, under typed keys; `app.py` fills them."""

from collections.abc import Callable

from aiohttp import web

from classroom.relay.hub import Hub
from classroom.store.store import Store
from recorder.service import Recorder
from signaling.auth import Action, Grant, authenticate, bearer
from signaling.clock import Clock
from signaling.lessons import Lessons
from signaling.records import Records
from signaling.settings import Settings

SETTINGS = web.AppKey("settings", Settings)
STORE = web.AppKey("store", Store)
HUB = web.AppKey("hub", Hub)
LESSONS = web.AppKey("lessons", Lessons)
RECORDER = web.AppKey("recorder", Recorder)
RECORDS = web.AppKey("records", Records)
CLOCK: web.AppKey[Clock] = web.AppKey("clock")
NEW_ID: web.AppKey[Callable[[], str]] = web.AppKey("new_id")
# The secret of server.json: whoever can read that file is this server's own command line.
SECRET = web.AppKey("secret", str)
# The links revoked since the start: what they opened is ended, and what they are just about to open does not begin.
REVOKED = web.AppKey("revoked", set[str])
# Where browsers find the pages; known only once the listening port is.
PUBLIC_URL = web.AppKey("public_url", list[str])


async def grant_of(request: web.Request, action: Action) -> Grant:
    """The caller, when the table lets them do `action`. Raises Problem."""
    token = bearer(request.headers.get("Authorization", ""))
    app = request.app
    grant = await authenticate(app[STORE], app[SECRET], token, app[CLOCK].at())
    grant.require(action)
    return grant
