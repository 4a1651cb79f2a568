"""The relay as the others see it: streams to publish and to view, in opaque ids."""

import asyncio
import base64
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from aioice.ice import get_host_addresses

from classroom.relay.alarm import Alarm
from classroom.relay.connection import Connection, Path
from classroom.relay.downlink import Downlink
from classroom.relay.drops import DropReason, Drops
from classroom.relay.fanout import Fanout
from classroom.relay.ice import Address, BadStun, is_response, parse_request
from classroom.relay.negotiation import NoCommonCodec, accept_publisher, accept_viewer, track_of
from classroom.relay.pacer import Pacer
from classroom.relay.peer import SecureError, generate_certificate
from classroom.relay.publication import Publication
from classroom.relay.rebinding import Rebindings
from classroom.relay.route import Route, Subscriber
from classroom.relay.rtcp import NTP_EPOCH_S
from classroom.relay.sdp import Accepted, BadOffer, Offer, Transport, parse_offer, write_answer
from classroom.relay.session import Flow, Link, Notice, Session
from classroom.relay.track import Start
from classroom.relay.view import View, Watched
from classroom.relay.wire import Wire
from classroom.relay.wire_tcp import Listener

# What each viewer and each line needs some times a second is spread over so many turns of this length.
TURN_S = 0.05
TURNS = 4
# Turns are taken together where nobody is in a hurry: each waking costs as much as some packets. With more sessions
# than this it would be too much at once.
MANY_SESSIONS = 60
SWEEP_S = 1.0
# Pictures for a narrow line leave in steps of this.
PACE_S = 0.005
# A seat that comes back finds its line as it was known.
REMEMBERED_S = 120.0
# A layer that nobody wants any more goes on for a moment: somebody may only be changing the layout.
UNWANTED_S = 5.0
# A publisher whose sound and pictures have both stopped; a connection that says nothing at all. Healthy viewers are
# silent for up to 5.7 s, healthy publishers for some hundredths of a second.
STALLED_S = 3.0
GONE_S = 8.0
# A port that is free for UDP may be taken for TCP.
FREE_PORT_TRIES = 8

_log = logging.getLogger(__name__)


class OfferError(Exception):
    """An offer that gets no session. `code`: bad_sdp, no_common_codec, stream_absent or too_many_sessions."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class RelayConfig:
    """`announce`: candidate addresses (empty: the machine's own); `video_codecs`: in order of preference.

    `max_handshakes` bounds the sessions that are not connected yet; each lasts ten seconds at most. `tcp`: ICE over TCP
    too, on the same port number.
    """

    host: str = "0.0.0.0"
    port: int = 8189
    announce: tuple[str, ...] = ()
    video_codecs: tuple[str, ...] = ("vp8", "h264", "vp9")
    max_sessions: int = 1000
    max_handshakes: int = 64
    tcp: bool = True


class _Entry:
    """A session in the hub's table. `group` is the seat that its bandwidth counts towards."""

    def __init__(self, id: str, stream: str, subscriber: str | None, group: str, connection: Connection) -> None:
        self.id = id
        self.stream = stream
        self.subscriber = subscriber
        self.group = group
        self.connection = connection
        self.began = connection.heard
        self.part: Publication | View | None = None
        self.is_connected = False
        self.task: asyncio.Task[None] | None = None


class Hub:
    """Owns the socket, the sessions, the routes and the timers. All of it lives on one event loop.

    `notice` is called synchronously, never from within publish or subscribe of the same session, and not during close.
    """

    port: int

    def __init__(self, config: RelayConfig, notice: Callable[[Notice], None]) -> None:
        self._config = config
        self._notice = notice
        self._clock = time.monotonic
        self._ntp_offset = time.time() - time.monotonic() + NTP_EPOCH_S
        self._certificate = generate_certificate()
        self._drops = Drops()
        self._drops_logged = 0
        self._entries: dict[str, _Entry] = {}
        self._by_ufrag: dict[str, _Entry] = {}
        self._routes: dict[str, Route] = {}
        self._downlinks: dict[str, Downlink] = {}
        self._waiting: set[Pacer] = set()
        self._pacing = Alarm(self._pace, self._clock)
        self._touched: list[Publication] = []
        self._closing: set[asyncio.Task[None]] = set()
        self._ticker = Alarm(self._run, self._clock)
        self._ticked = self._noted = self._swept = 0.0
        self._turn = 0
        self._pause_s = TURN_S
        """For how long nobody has to be looked after: some turns."""
        self._wire: Wire | None = None
        self._listener: Listener | None = None
        self._is_closed = False
        self._packets_in = 0

    async def start(self) -> None:
        """Bind the sockets (sets `port`) and start the timers; OSError."""
        config = self._config
        wire, self._listener = self._bind()
        self._wire = wire
        self._rebindings = Rebindings(self._speaker, wire.send)
        self._fanout = wire.express or Fanout(wire.sock, self._drops)
        self.port = wire.port
        self._addresses = config.announce or _own_addresses(config.host)
        wire.open()
        if self._listener is not None:
            await self._listener.open()
        self._ticked = self._swept = self._clock()
        self._ticker.within(TURN_S)

    async def close(self) -> None:
        """Refuse new sessions, say goodbye to all peers, close the socket. Idempotent; gives no notices."""
        self._is_closed = True
        self._pacing.close()
        self._ticker.close()
        for entry in list(self._entries.values()):
            self._remove(entry)
        while self._closing:
            await asyncio.gather(*self._closing, return_exceptions=True)
        if self._wire is not None:
            self._wire.close()
        if self._listener is not None:
            self._listener.close()

    def publish(self, stream: str, offer: str, *, group: str) -> Session:
        """Answer a publisher's offer; an older session of the stream ends as "replaced". OfferError."""
        parsed = self._parse(offer)
        try:
            accepted = accept_publisher(parsed, self._config.video_codecs)
        except NoCommonCodec as error:
            raise OfferError("no_common_codec", str(error)) from error
        for old in [old for old in self._entries.values() if old.stream == stream and old.subscriber is None]:
            self._finish(old, "replaced")
        entry = self._enter(stream, None, group, parsed)
        route = self._route(stream)
        publication = Publication(
            entry.connection,
            route,
            accepted,
            secrets.randbits(32),
            self._drops,
            self._clock,
            lambda now: self._tell(entry, "flowing", now),
            self._touched.append,
            self._wire.express if self._wire is not None else None,
        )
        entry.part = publication
        ended = route.publish(publication, [track_of(one) for one in accepted], _draw_start)
        publication.begin()
        for other in list(self._entries.values()):
            # A viewer that was promised another codec has to ask again.
            if isinstance(other.part, View) and any(one.track in ended for one in other.part.watched):
                self._finish(other, "gone")
        return self._answer(entry, parsed, accepted)

    def subscribe(
        self, stream: str, subscriber: str, offer: str, *, group: str, line_bps: int | None = None
    ) -> Session:
        """Answer a viewer's offer. `line_bps`: what is known of the group's line to begin with. OfferError."""
        parsed = self._parse(offer)
        route = self._routes.get(stream)
        if route is None or route.publisher is None:
            raise OfferError("stream_absent", "Nobody publishes this stream.")
        tracks = {track.track.kind: track for track in route.offered()}
        ssrcs = {kind: (track.ssrc, secrets.randbits(32)) for kind, track in tracks.items()}
        try:
            accepted = accept_viewer(parsed, [track.track for track in tracks.values()], ssrcs)
        except NoCommonCodec as error:
            raise OfferError("no_common_codec", str(error)) from error
        entry = self._enter(stream, subscriber, group, parsed)
        entry.part = View(
            entry.connection,
            route,
            [Watched(one, tracks[track_of(one).kind], secrets.randbits(15)) for one in accepted],
            entry.id,
            secrets.randbits(32),
            self._ntp_offset,
            self._fanout.send,
            self._drops,
            lambda now: self._tell(entry, "flowing", now),
        )
        line = self._downlinks.get(group)
        if line is None:
            line = self._downlinks[group] = Downlink(self._fanout.send, self._drops, self._waits)
            if line_bps is not None:
                line.begin(line_bps, self._clock())
        line.add(entry.id, entry.part)
        return self._answer(entry, parsed, accepted)

    def want(self, session: str, subscriber: str, height: int) -> bool:
        """How high a viewer shows its picture, in pixels, 0 for not at all; False when it has no such session."""
        entry = self._entries.get(session)
        if entry is None or entry.subscriber != subscriber or not isinstance(entry.part, View):
            return False
        entry.part.shown = height
        entry.part.has_news = True
        return True

    def has_room(self, group: str) -> bool:
        """Whether the line of these viewers has room for something beside their media, as far as is known."""
        line = self._downlinks.get(group)
        return line is None or line.has_room(self._clock())

    def attach(self, stream: str, subscriber: Subscriber) -> None:
        """Let a tap follow the stream, whether or not it has a publisher yet."""
        self._catch_up()
        self._route(stream).attach(subscriber)

    def detach(self, stream: str, subscriber: Subscriber) -> None:
        """Let it go. Unknown ones are ignored."""
        self._catch_up()
        route = self._routes.get(stream)
        if route is not None:
            route.detach(subscriber)
            self._tidy(route)

    def end(self, session: str) -> bool:
        """End one session; False when there is none."""
        entry = self._entries.get(session)
        if entry is None:
            return False
        self._finish(entry, "gone")
        return True

    def end_stream(self, prefix: str) -> None:
        """End every session that publishes or views a stream whose key starts with `prefix`."""
        for entry in [entry for entry in self._entries.values() if entry.stream.startswith(prefix)]:
            self._finish(entry, "gone")

    def flows(self) -> list[Flow]:
        """What flows now: a snapshot."""
        self._catch_up()
        flows = []
        for entry in self._entries.values():
            part = entry.part
            if isinstance(part, Publication):
                for inbound in part.inbounds:
                    if inbound.first is not None:
                        first, last, voice = inbound.first, inbound.last, inbound.voice
                        voice_s = None if voice is None else voice.seconds
                        flows.append(Flow(entry.stream, None, entry.id, inbound.kind, first, last, voice_s))
            elif isinstance(part, View):
                for one in part.watched:
                    if one.first is not None:
                        kind, last = one.track.track.kind, part.last_proof(one)
                        flows.append(Flow(entry.stream, entry.subscriber, entry.id, kind, one.first, last))
        return flows

    def stats(self) -> dict[str, int]:
        """Counters since the start, and how many sessions there are now."""
        self._catch_up()
        wire, fanout = self._wire, self._fanout if self._wire is not None else None
        express = None if wire is None else wire.express
        sources = [source for source in (wire, express, self._listener) if source is not None]
        parts = [entry.part for entry in self._entries.values()]
        return {
            "sessions": len(parts),
            "publishers": sum(isinstance(part, Publication) for part in parts),
            "viewers": sum(isinstance(part, View) for part in parts),
            "handshakes": self._handshakes(),
            "routes": len(self._routes),
            "tcp_connections": len(self._listener.streams) if self._listener is not None else 0,
            "datagrams_in": sum(source.datagrams for source in sources),
            "bytes_in": sum(source.bytes for source in sources),
            "packets_in": self._packets_in + sum(part.packets for part in parts if isinstance(part, Publication)),
            "packets_out": fanout.packets_out if fanout else 0,
            "bytes_out": fanout.bytes_out if fanout else 0,
            "segment_offload": int(fanout is not None and fanout.segments),
            **self._drops.by_name(),
        }

    def link(self, session: str) -> Link | None:
        """The state of one session's path; None when there is no such session."""
        entry = self._entries.get(session)
        part = entry.part if entry is not None else None
        if isinstance(part, Publication):
            return Link(None, part.loss, part.jitter_ms, part.in_bps, 0, None, part.connection.by_tcp)
        if isinstance(part, View):
            remb_bps, by_tcp = part.remb_bps, part.connection.by_tcp
            return Link(part.round_trip_ms, part.loss, part.jitter_ms, 0, part.out_bps, remb_bps, by_tcp)
        return None

    def _parse(self, offer: str) -> Offer:
        if self._is_closed or self._wire is None or len(self._entries) >= self._config.max_sessions:
            raise OfferError("too_many_sessions", "The relay takes no more sessions now.")
        if self._handshakes() >= self._config.max_handshakes:
            raise OfferError("too_many_sessions", "Too many sessions are being set up at this moment.")
        try:
            return parse_offer(offer)
        except BadOffer as error:
            raise OfferError("bad_sdp", str(error)) from error

    def _handshakes(self) -> int:
        return sum(not entry.is_connected for entry in self._entries.values())

    def _route(self, stream: str) -> Route:
        route = self._routes.get(stream)
        if route is None:
            route = self._routes[stream] = Route(stream, self._fanout.send, self._drops)
        return route

    def _enter(self, stream: str, subscriber: str | None, group: str, offer: Offer) -> _Entry:
        assert self._wire is not None
        # Twice 60 and 120 bits out of base32, whose letters are ice-chars (RFC 8839 §5.4).
        id, ufrag, password = _draw_name(12), _draw_name(12), _draw_name(24)
        connection = Connection(self._wire, self._certificate, offer, ufrag, password, self._drops, self._clock())
        entry = _Entry(id, stream, subscriber, group, connection)
        self._entries[id] = entry
        self._by_ufrag[ufrag] = entry
        return entry

    def _answer(self, entry: _Entry, offer: Offer, accepted: list[Accepted]) -> Session:
        connection = entry.connection
        transport = Transport(
            connection.ufrag,
            connection.password,
            self._certificate.fingerprint(),
            "active" if offer.setup == "passive" else "passive",
            self._addresses,
            self.port,
            self._config.tcp,
        )
        entry.task = asyncio.create_task(self._connect(entry))
        return Session(entry.id, write_answer(offer, accepted, transport, entry.id, secrets.randbits(40)))

    async def _connect(self, entry: _Entry) -> None:
        try:
            await entry.connection.connect()
        except SecureError as error:
            _log.info("x session %s: %s", entry.id, error)
            self._left(entry)
            return
        except Exception:
            # A session that is neither connected nor gone would count as a handshake for ever.
            _log.exception("x session %s", entry.id)
            self._left(entry)
            return
        entry.is_connected = True
        entry.connection.heard = self._clock()
        entry.connection.secure.on_close = lambda: self._left(entry)
        entry.connection.media = entry.part
        if isinstance(entry.part, View):
            entry.part.connected()

    def _left(self, entry: _Entry) -> None:
        if entry.id in self._entries:
            self._finish(entry, "gone")

    def _finish(self, entry: _Entry, kind: Literal["gone", "replaced"]) -> None:
        self._remove(entry)
        self._tell(entry, kind, self._clock())
        # It knows the entry by what it calls when media flows: let go of, its memory is free now.
        entry.part = None

    def _remove(self, entry: _Entry) -> None:
        """Take a session out of everything, and let it say goodbye."""
        del self._entries[entry.id]
        del self._by_ufrag[entry.connection.ufrag]
        part = entry.part
        if isinstance(part, Publication):
            part.close()
            self._packets_in += part.packets
            part.route.unpublish(part)
        elif isinstance(part, View):
            part.leave()
            self._downlinks[entry.group].remove(entry.id, self._clock())
        if part is not None:
            self._tidy(part.route)
        # Not the task that is running: it ends by itself.
        if entry.task is not None and entry.task is not asyncio.current_task():
            entry.task.cancel()
        task = asyncio.create_task(entry.connection.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _tidy(self, route: Route) -> None:
        """Forget a route that nobody uses."""
        if route.is_idle and not any(entry.part and entry.part.route is route for entry in self._entries.values()):
            self._routes.pop(route.stream, None)
            route.close()

    def _tell(self, entry: _Entry, kind: Literal["flowing", "stalled", "gone", "replaced"], now: float) -> None:
        if not self._is_closed:
            part = entry.part
            last = None
            if isinstance(part, Publication):
                last = part.last
            elif isinstance(part, View):
                last = max((part.last_proof(one) for one in part.watched if one.first is not None), default=None)
            moment = entry.began if last is None else last
            self._notice(Notice(entry.stream, entry.subscriber, entry.id, kind, now, moment))

    def _bind(self) -> tuple[Wire, Listener | None]:
        """UDP, and TCP where wanted, on one port number; OSError."""
        config, tries = self._config, 1 if self._config.port else FREE_PORT_TRIES
        while True:
            wire = Wire(config.host, config.port, self._clock, self._binding, self._flush, self._drops, self._stray)
            if not config.tcp:
                return wire, None
            try:
                return wire, Listener(config.host, wire.port, self._clock, self._binding, self._flush, self._drops)
            except OSError:
                wire.close()
                tries -= 1
                if not tries:
                    raise

    def _stray(self, datagram: bytes, address: Address, now: float) -> None:
        self._rebindings.stray(datagram, address, now)

    def _speaker(self, ssrc: int) -> Connection | None:
        """Whose source this is, among those that UDP reaches."""
        parts = ((entry.part, entry.connection) for entry in self._entries.values() if entry.is_connected)
        return next((to for part, to in parts if part is not None and not to.by_tcp and part.speaks(ssrc)), None)

    def _binding(self, datagram: bytes, path: Path, now: float) -> None:
        try:
            if is_response(datagram) and isinstance(path, tuple):
                self._rebindings.answer(datagram, path, now)
                return
            request = parse_request(datagram)
        except BadStun:
            self._drops.count(DropReason.BAD_STUN)
            return
        entry = self._by_ufrag.get(request.ufrag)
        if entry is None:
            self._drops.count(DropReason.UNKNOWN_UFRAG)
        elif not request.is_authentic(entry.connection.password):
            self._drops.count(DropReason.BAD_INTEGRITY)
        else:
            entry.connection.binding(request, path, now)

    def _catch_up(self) -> None:
        if self._wire is not None:
            self._wire.catch_up()

    def _flush(self) -> None:
        if self._touched:
            touched, now = self._touched[:], self._clock()
            self._touched.clear()
            for publication in touched:
                try:
                    publication.flush(now)
                    self._ticker.within(max(TURN_S, publication.pause_s))
                except Exception:
                    # A bug with one stream must not hold back the others'.
                    _log.exception("x flush")
        self._fanout.flush()

    def _waits(self, pacer: Pacer) -> None:
        self._waiting.add(pacer)
        self._pacing.within(PACE_S)

    def _pace(self) -> None:
        now = self._clock()
        for pacer in list(self._waiting):
            pacer.drain(now)
        self._fanout.flush()
        self._waiting = {pacer for pacer in self._waiting if pacer.is_waiting}
        if self._waiting:
            self._pacing.within(max(PACE_S, min(pacer.pause_s for pacer in self._waiting)))

    def _run(self) -> None:
        now = self._clock()
        turns = min(TURNS, max(1, round((now - self._ticked) / TURN_S)))
        self._ticked = now
        try:
            self._tick(now, [(self._turn + turn) % TURNS for turn in range(turns)])
            if now - self._swept >= SWEEP_S:
                self._swept = now
                self._sweep(now)
        except Exception:
            # One session's bug must not stop the others' feedback.
            _log.exception("x tick")
        self._turn = (self._turn + turns) % TURNS
        parts = [entry.part for entry in self._entries.values()]
        pauses = [part.pause_s for part in parts if isinstance(part, Publication)]
        self._pause_s = max(TURN_S, min([TURNS * TURN_S, *pauses]))
        is_busy = len(parts) > MANY_SESSIONS or any(line.is_probing for line in self._downlinks.values())
        self._ticker.within(TURN_S if is_busy else self._pause_s)

    def _tick(self, now: float, turns: Sequence[int]) -> None:
        assert self._wire is not None
        self._wire.tick(now)
        is_noted = now - self._noted >= self._pause_s - TURN_S / 2
        if is_noted:
            self._noted = now
            self._wire.catch_up()
        entries = list(self._entries.values())
        publishing = [entry for entry in entries if entry.subscriber is None]
        viewing = [entry for entry in entries if entry.subscriber is not None]
        for entry in [*publishing, *(entry for turn in turns for entry in viewing[turn::TURNS])]:
            try:
                self._tick_one(entry, now, is_noted)
            except Exception:
                # One session's bug must not stop the others' feedback.
                _log.exception("x tick of session %s", entry.id)
        for line in self._downlinks.values():
            if line.is_probing:
                line.pad(now)
        self._decide(now, turns, publishing)
        self._flush()

    def _tick_one(self, entry: _Entry, now: float, is_noted: bool) -> None:
        part = entry.part
        if part is None or not entry.is_connected:
            return
        part.tick(now)
        if isinstance(part, Publication) and is_noted:
            part.report(now)
            if part.is_stalled(now, STALLED_S):
                part.is_flowing = False
                self._tell(entry, "stalled", now)

    def _decide(self, now: float, turns: Sequence[int], publishing: Sequence[_Entry]) -> None:
        """What each seat gets, and so which layers are wanted."""
        lines = list(self._downlinks.items())
        for group, line in [one for turn in turns for one in lines[turn::TURNS]]:
            try:
                if line.tick(now) and not self._is_closed:
                    self._notice(Notice("", group, "", "rung", now, now, rung=line.rung))
            except Exception:
                _log.exception("x tick of a line")
        for entry in publishing if 0 in turns else ():
            part = entry.part
            if isinstance(part, Publication) and part.decide(now, UNWANTED_S) and not self._is_closed:
                self._notice(Notice(entry.stream, None, entry.id, "layers", now, now, layers=part.wanted_layers))

    def _sweep(self, now: float) -> None:
        for entry in list(self._entries.values()):
            if entry.is_connected and now - entry.connection.heard >= GONE_S:
                self._finish(entry, "gone")
        for group, line in list(self._downlinks.items()):
            if line.idle_since is not None and now - line.idle_since > REMEMBERED_S:
                del self._downlinks[group]
        total = self._drops.total()
        if total != self._drops_logged:
            _log.debug("x %d dropped", total - self._drops_logged)
            self._drops_logged = total


def _own_addresses(host: str) -> tuple[str, ...]:
    """The addresses to announce: the one bound to, or all of the machine's; loopback only when there is no other."""
    if host not in ("0.0.0.0", "::"):
        return (host,)
    found = get_host_addresses(use_ipv4=True, use_ipv6=host == "::")
    return tuple(found) or ("127.0.0.1",)


def _draw_name(characters: int) -> str:
    return base64.b32encode(secrets.token_bytes(characters)).decode().lower()[:characters]


def _draw_start() -> Start:
    return Start(secrets.randbits(32), secrets.randbits(15), secrets.randbits(32))
