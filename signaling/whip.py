"""WHIP (RFC 9725) and WHEP: one offer, one answer, one connection, never renegotiated."""

import re
from typing import Final

from aiohttp import web
from multidict import CIMultiDict

from classroom.registry.facts import Link
from classroom.relay.session import Session
from signaling.addresses import subscriber
from signaling.api.body import read_in_time
from signaling.auth import Grant
from signaling.commands import actor
from signaling.context import CHECKING, CLOCK, HUB, LESSONS, REVOKED, SETTINGS, STORE, grant_of
from signaling.flows import guest_line, stream_key, subscriber_key, viewer_key
from signaling.problem import Problem
from signaling.scope import seat_in
from signaling.turn import ice_servers, link_headers

# A browser's offer with every codec that it knows takes 8 kB.
MAX_OFFER_BYTES: Final = 64 * 1024
# A seat sends six sources at most and watches some of four others; a page that reloads leaves its old ones for seconds.
MAX_LINK_SESSIONS: Final = 48

ROUTES = web.RouteTableDef()


class SessionOwners:
    """Which link opened which media session and for which stream: nobody else ends it, and it ends with its link."""

    def __init__(self) -> None:
        self._owners: dict[str, tuple[Link, str]] = {}

    def add(self, session: str, link: Link, stream: str) -> None:
        self._owners[session] = (link, stream)

    def is_owner(self, session: str, grant: Grant) -> bool:
        owned = self._owners.get(session)
        return owned is not None and grant.link is not None and owned[0].id == grant.link.id

    def of_link(self, link: str) -> list[str]:
        """The sessions that a link has open."""
        return [session for session, (owner, _) in self._owners.items() if owner.id == link]

    def require_room(self, link: Link) -> None:
        """Raises Problem(too_many_sessions): one link must not take the connections of all the others."""
        # Observers share a link; they are counted by stream.
        if link.role != "observer" and len(self.of_link(link.id)) >= MAX_LINK_SESSIONS:
            raise Problem("too_many_sessions")

    def observers(self, stream: str) -> int:
        """How many sessions of observers watch a stream."""
        return sum(owner.role == "observer" and watched == stream for owner, watched in self._owners.values())

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
    stream = stream_key(lesson, seat, source)
    request.app[OWNERS].require_room(grant.link)
    session = request.app[HUB].publish(stream, offer, group=subscriber_key(lesson, seat))
    _own(request, session, grant.link, stream)
    return _created(request, session, grant.link)


@ROUTES.post("/whep/{lesson}/{seat}/{source}")
async def view(request: web.Request) -> web.Response:
    """A seat, or an observer, begins to receive a source. Each observer's view is logged."""
    grant = await grant_of(request, "subscribe")
    lesson, seat, source = (request.match_info[name] for name in ("lesson", "seat", "source"))
    own = await seat_in(request.app[STORE], grant, lesson)
    is_observer = grant.role == "observer"
    if grant.link is None or (own is None and not is_observer):
        raise Problem("forbidden")
    offer = await _offer(request)
    app, stream = request.app, stream_key(lesson, seat, source)
    watching = app[OWNERS].observers(stream) if is_observer else None
    await app[LESSONS].check_view(lesson, seat, source, by=actor(grant.link.role, own), observers=watching)
    app[OWNERS].require_room(grant.link)
    # A co-teacher's phone has a line of its own, which says nothing about the classroom's.
    place = None if grant.link.role == "assistant" else own
    key = viewer_key(lesson, place, grant.link.id)
    line = guest_line(key, subscriber(request.remote or "")) if place is None else key
    session = app[HUB].subscribe(stream, key, offer, group=line, line_bps=_line_bps(request))
    _own(request, session, grant.link, stream)
    if is_observer:
        try:
            seen = {"what": f"{seat}/{source}"}
            await app[STORE].audit.note(grant.actor, "lesson.viewed", f"lesson:{lesson}", app[CLOCK].at(), seen)
        except BaseException:
            # Nobody watches unlogged; without its answer the session never began.
            app[HUB].end(session.id)
            raise
    return _created(request, session, grant.link)


@ROUTES.post("/whip/check/{ticket}")
async def publish_check(request: web.Request) -> web.Response:
    """A check (课前检测) sends noise to learn what its line carries. It ends with the check, its `Location`."""
    ticket, checking = request.match_info["ticket"], request.app[CHECKING]
    checking.find(ticket)
    return _checked(ticket, checking.publish(ticket, await _offer(request)))


@ROUTES.post("/whep/check/{ticket}")
async def view_check(request: web.Request) -> web.Response:
    """The same check gets it back."""
    ticket, checking = request.match_info["ticket"], request.app[CHECKING]
    checking.find(ticket)
    return _checked(ticket, checking.view(ticket, await _offer(request)))


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
    body = await read_in_time(request)
    if len(body) > MAX_OFFER_BYTES:
        raise Problem("too_large")
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Problem("bad_sdp", "not UTF-8") from None


def _line_bps(request: web.Request) -> int | None:
    """What the page says its line carries: the `Downlink` header of the Network Information API, in Mbit/s. None
    without, and where it makes no sense."""
    found = re.fullmatch(r"\d{1,5}(\.\d{1,6})?", request.headers.get("Downlink", ""))
    return None if found is None else int(float(found[0]) * 1e6)


def _own(request: web.Request, session: Session, link: Link, stream: str) -> None:
    """The session is the link's. Raises Problem(token_invalid) when the link was revoked while its offer came."""
    request.app[OWNERS].add(session.id, link, stream)
    if link.id in request.app[REVOKED]:
        request.app[HUB].end(session.id)
        raise Problem("token_invalid")


def _checked(ticket: str, session: Session) -> web.Response:
    headers = {"Location": f"/api/v1/checks/{ticket}", "Cache-Control": "no-store"}
    return web.Response(status=201, text=session.answer, content_type="application/sdp", headers=headers)


def _created(request: web.Request, session: Session, link: Link) -> web.Response:
    app = request.app
    headers = CIMultiDict({"Location": f"/sessions/{session.id}", "Cache-Control": "no-store"})
    for value in link_headers(ice_servers(app[SETTINGS], link.id, app[CLOCK].at())):
        headers.add("Link", value)
    return web.Response(status=201, text=session.answer, content_type="application/sdp", headers=headers)
