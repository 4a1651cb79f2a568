"""What a request handler may reach, under typed keys; `app.py` fills them."""

import asyncio
from collections.abc import Callable

from aiohttp import web

from classroom.relay.hub import Hub
from classroom.store.store import Store
from recorder.service import Recorder
from recorder.stills import Stills
from signaling.auth import Action, Grant, authenticate, authenticate_session, bearer
from signaling.checking import Checking
from signaling.clock import Clock
from signaling.cookies import browser_of, require_same_origin
from signaling.courseware.shelf import Shelf
from signaling.exports import Exporter
from signaling.files import Contents
from signaling.filing import Filing
from signaling.films import Films
from signaling.healing import Healer
from signaling.keeper import Keeper
from signaling.lessons import Lessons
from signaling.passwords import Passwords
from signaling.playbacks import Playbacks
from signaling.previews import Previews
from signaling.records import Records
from signaling.rejudging import Rejudger
from signaling.settings import Settings
from signaling.setup import Setup
from signaling.tickets import Tickets
from signaling.timetabler import Timetabler
from signaling.uploads import Uploads
from signaling.viewings import Viewings
from signaling.works import Works

SETTINGS = web.AppKey("settings", Settings)
STORE = web.AppKey("store", Store)
HUB = web.AppKey("hub", Hub)
LESSONS = web.AppKey("lessons", Lessons)
CHECKING = web.AppKey("checking", Checking)
RECORDER = web.AppKey("recorder", Recorder)
STILLS = web.AppKey("stills", Stills)
PREVIEWS = web.AppKey("previews", Previews)
PLAYBACKS = web.AppKey("playbacks", Playbacks)
RECORDS = web.AppKey("records", Records)
CONTENTS = web.AppKey("contents", Contents)
WORKS = web.AppKey("works", Works)
SHELF = web.AppKey("shelf", Shelf)
EXPORTER = web.AppKey("exporter", Exporter)
TIMETABLER = web.AppKey("timetabler", Timetabler)
VIEWINGS = web.AppKey("viewings", Viewings)
FILMS = web.AppKey("films", Films)
FILM_PLAYBACKS = web.AppKey("film_playbacks", Playbacks)
UPLOADS = web.AppKey("uploads", Uploads)
HEALER = web.AppKey("healer", Healer)
KEEPER = web.AppKey("keeper", Keeper)
TICKETS = web.AppKey("tickets", Tickets)
# Held while the first use of a ticket is noted.
DOWNLOADING = web.AppKey("downloading", asyncio.Lock)
FILING = web.AppKey("filing", Filing)
REJUDGE = web.AppKey("rejudge", Rejudger)
CLOCK: web.AppKey[Clock] = web.AppKey("clock")
NEW_ID: web.AppKey[Callable[[], str]] = web.AppKey("new_id")
# The secret of server.json: whoever can read that file is this server's own command line.
SECRET = web.AppKey("secret", str)
# The links revoked since the start: what they opened is ended, and what they are just about to open does not begin.
REVOKED = web.AppKey("revoked", set[str])
PASSWORDS = web.AppKey("passwords", Passwords)
SETUP = web.AppKey("setup", Setup)
# Where browsers find the pages; known only once the listening port is.
PUBLIC_URL = web.AppKey("public_url", list[str])


async def grant_of(request: web.Request, action: Action) -> Grant:
    """The caller, when the table lets them do `action`: by a bearer's token, else by the cookie of a session.

    Raises Problem: token_missing and others, session_ended, cross_site, password_must_change, forbidden.
    """
    app, at = request.app, request.app[CLOCK].at()
    authorization = request.headers.get("Authorization", "")
    cookie = browser_of(request, app[PUBLIC_URL][0]).session
    if authorization or cookie is None:
        grant = await authenticate(app[STORE], app[SECRET], bearer(authorization), at)
    else:
        # A browser adds the cookie by itself, whoever's page asks it to.
        require_same_origin(request, app[PUBLIC_URL][0])
        grant = await authenticate_session(app[STORE], cookie, at)
    grant.require(action)
    return grant
