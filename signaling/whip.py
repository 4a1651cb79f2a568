"""WHIP (RFC 9725) and WHEP: one offer, one answer, one connection, never renegotiated."""

from typing import Final

from aiohttp import web

from classroom.relay.hub import Session
from signaling.auth import Grant
from signaling.context import CLOCK, HUB, LESSONS, STORE, grant_of
from signaling.flows import stream_key, subscriber_key
from signaling.problem import Problem
from signaling.scope import seat_in

# A browser's offer with every codec that it knows takes 8 kB.
MAX_OFFER_BYTES: Final = 64 * 1024

ROUTES = web.RouteTableDef()


class SessionOwners:
    """Who opened which media session, so that nobody else ends it."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}

    def add(self, session: str, grant: Grant) -> None:
        self._owners[session] = grant.link.id if grant.link else grant.role

    def is_owner(self, session: str, grant: Grant) -> bool:
        return self._owners.get(session) == (grant.link.id if grant.link else grant.role)

    def forget(self, session: str) -> None:
        """The relay's notice that a session is gone ends here too."""
        self._owners.pop(session, None)


OWNERS = web.AppKey("session_owners", SessionOwners)


@ROUTES.post("/whip/{lesson}/{seat}/{source}")
async def publish(request: web.Request) -> web.Response:
    """A source of a seat begins to send. 201 with the answer and the session's URL."""
    grant = await grant_of(request, "publish")
    lesson, seat, source = (request.match_info[name] for name in ("lesson", "seat", "source"))
    own = await seat_in(request.app[STORE], grant, lesson)
    if grant.link is None or own != seat:
        raise Problem("forbidden")
    offer = await _offer(request)
    lessons = request.app[LESSONS]
    await lessons.check_publish(lesson, seat, source, role=grant.link.role, holder=grant.link.holder)
    session = request.app[HUB].publish(stream_key(lesson, seat, source), offer, group=subscriber_key(lesson, seat))
    return _created(request, session, grant)


@ROUTES.post("/whep/{lesson}/{seat}/{source}")
async def view(request: web.Request) -> web.Response:
    """A seat, or an observer, begins to receive a source. Each observer's view is logged."""
    grant = await grant_of(request, "subscribe")
    lesson, seat, source = (request.match_info[name] for name in ("lesson", "seat", "source"))
    own = await seat_in(request.app[STORE], grant, lesson)
    offer = await _offer(request)
    await request.app[LESSONS].check_view(lesson)
    receiver = own
    if grant.link is not None and grant.role == "observer":
        receiver = f"observer-{grant.link.id}"
        await request.app[STORE].audit.viewed(lesson, grant.link.id, f"{seat}/{source}", request.app[CLOCK].at())
    if receiver is None:
        raise Problem("forbidden")
    key = subscriber_key(lesson, receiver)
    session = request.app[HUB].subscribe(stream_key(lesson, seat, source), key, offer, group=key)
    return _created(request, session, grant)


@ROUTES.delete("/sessions/{session}")
async def end(request: web.Request) -> web.Response:
    """The one who opened a session ends it (RFC 9725 §4.2); 404 when it is gone already."""
    # Whoever may publish may also subscribe.
    grant = await grant_of(request, "subscribe")
    session, owners = request.match_info["session"], request.app[OWNERS]
    if not owners.is_owner(session, grant):
        raise Problem("not_found")
    owners.forget(session)
    if not request.app[HUB].end(session):
        raise Problem("not_found")
    return web.Response()


@ROUTES.patch("/sessions/{session}")
async def patch(request: web.Request) -> web.Response:
    """Neither trickle nor restart: 501 without `Accept-Patch`. A new POST is the restart."""
    raise Problem("trickle_unsupported")


@ROUTES.options("/whip/{lesson}/{seat}/{source}")
@ROUTES.options("/whep/{lesson}/{seat}/{source}")
async def options(request: web.Request) -> web.Response:
    """What a POST here takes."""
    return web.Response(status=204, headers={"Accept-Post": "application/sdp", "Allow": "OPTIONS, POST"})


def add_media(app: web.Application) -> None:
    """Register WHIP, WHEP and the sessions they make."""
    app[OWNERS] = SessionOwners()
    app.add_routes(ROUTES)


async def _offer(request: web.Request) -> str:
    if request.content_type != "application/sdp":
        raise Problem("unsupported_media_type")
    if (request.content_length or 0) > MAX_OFFER_BYTES:
        raise Problem("too_large")
    body = await request.read()
    if len(body) > MAX_OFFER_BYTES:
        raise Problem("too_large")
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Problem("bad_sdp", "not UTF-8") from None


def _created(request: web.Request, session: Session, grant: Grant) -> web.Response:
    request.app[OWNERS].add(session.id, grant)
    return web.Response(
        status=201,
        text=session.answer,
        content_type="application/sdp",
        headers={"Location": f"/sessions/{session.id}", "Cache-Control": "no-store"},
    )
