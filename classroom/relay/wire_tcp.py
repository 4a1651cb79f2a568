"""ICE over TCP beside the UDP socket, for networks that block UDP: we are the passive side (RFC 6544 §4.1).

The datagrams are those of the UDP socket, each behind two bytes of length (RFC 4571 §2), and are told apart in the same
way (RFC 7983). Whoever connects is nobody until an authentic binding request: it comes first and soon, or we hang up.
"""

import asyncio
import logging
import resource
import socket
from collections import Counter, deque
from collections.abc import Callable
from typing import Protocol, cast

from classroom.relay.drops import DropReason, Drops
from classroom.relay.ice import Address
from classroom.relay.wire import DATAGRAM_BYTES, Handler

# A page that has not made its check by then never will: browsers check as soon as the connection stands.
PROVE_S = 5.0
# A school behind one address: eight PCs with a lesson's connections, twice where a PC has two networks.
MAX_FROM_ADDRESS = 128
MAX_UNPROVED = 128
MAX_STREAMS = 1024
BACKLOG = 64
# Read so much of one connection before the others get their turn.
READ_BYTES = 16 * 1024
# What sound has to wait behind, in the kernel and in the transport each: 0.2 s of a line of 1.5 Mbit/s. The rest waits
# here, where sound passes pictures and what is stale can be dropped.
WRITE_BYTES = 16 * 1024
# Two seconds of sound; a handshake's flight takes 4 kB.
URGENT_BYTES = 16 * 1024
# The keyframe of a shared screen must fit.
VIDEO_BYTES = 512 * 1024
# Pictures that have waited so long are no use; the receiver asks for a keyframe by itself.
STALE_S = 1.0

_log = logging.getLogger(__name__)


class BadFrame(Exception):
    """A length that no datagram of ours has: nothing that follows can be told apart."""


def frame(datagram: bytes) -> bytes:
    """The datagram behind its length (RFC 4571 §2)."""
    return len(datagram).to_bytes(2, "big") + datagram


class Deframer:
    """Cuts a stream of bytes into datagrams; keeps less than one of them."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The datagrams that are complete now. BadFrame: one of more than DATAGRAM_BYTES; feed no more then."""
        data = self._rest + data
        datagrams, at = [], 0
        while len(data) - at >= 2:
            size = data[at] << 8 | data[at + 1]
            if size > DATAGRAM_BYTES:
                raise BadFrame(f"{size} bytes are no datagram")
            if len(data) - at - 2 < size:
                break
            datagrams.append(data[at + 2 : at + 2 + size])
            at += 2 + size
        self._rest = data[at:]
        return datagrams


class StreamPeer(Handler, Protocol):
    """The peer whose connection it is."""

    def lost(self, stream: "Stream") -> None:
        """The connection has ended."""


class Stream(asyncio.BufferedProtocol):
    """One TCP connection, from `address`. Sending never blocks nor raises: what a slow receiver does not take in time
    is dropped and counted, pictures before sound."""

    def __init__(self, listener: "Listener") -> None:
        self.address: Address = ("", 0)
        self.peer: StreamPeer | None = None
        self._listener = listener
        self._deframer = Deframer()
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._urgent: deque[bytes] = deque()
        self._urgent_bytes = 0
        self._video: deque[tuple[float, bytes]] = deque()
        self._video_bytes = 0
        self._is_paused = False
        self._is_pumping = False
        self._is_closed = False

    def belong(self, peer: StreamPeer) -> None:
        """A peer has proved that the connection is its own."""
        self.peer = peer
        self._listener.unproved.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()

    def release(self, peer: StreamPeer) -> None:
        """The peer needs it no more: hang up, unless it is another's by now."""
        if self.peer is peer:
            self.peer = None
            self.close()

    def send(self, datagram: bytes) -> None:
        """Send what is small and must not wait: STUN, DTLS, RTCP and sound."""
        if self._is_closed or self._urgent_bytes + len(datagram) > URGENT_BYTES:
            self._listener.drops.count(DropReason.TCP_FULL)
            return
        self._urgent.append(frame(datagram))
        self._urgent_bytes += len(datagram) + 2
        self._pump_soon()

    def send_video(self, datagram: bytes) -> None:
        """Send a packet of a picture, after everything else."""
        now = self._listener.clock()
        if self._video and now - self._video[0][0] > STALE_S:
            self._drop_video()
        if self._is_closed or self._video_bytes + len(datagram) > VIDEO_BYTES:
            self._listener.drops.count(DropReason.TCP_FULL)
            return
        self._video.append((now, frame(datagram)))
        self._video_bytes += len(datagram) + 2
        self._pump_soon()

    def close(self) -> None:
        """Hang up, after what goes out at once. Idempotent."""
        if self._is_closed:
            return
        self._pump()
        self._is_closed = True
        self._listener.unproved.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
        transport = self._transport
        if transport is not None and transport.get_write_buffer_size():
            transport.abort()
        elif transport is not None:
            transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=WRITE_BYTES, low=WRITE_BYTES // 4)
        host, port = transport.get_extra_info("peername")[:2]
        self.address = (host.removeprefix("::ffff:"), port)
        # Without it the kernel would take some megabytes: a minute of a slow line.
        sock: socket.socket = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, WRITE_BYTES)
        if self._listener.admit(self):
            self._timer = asyncio.get_running_loop().call_later(PROVE_S, self.close)
        else:
            self._is_closed = True
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_closed = True
        self._listener.forget(self)
        if self._timer is not None:
            self._timer.cancel()
        self._urgent.clear()
        self._video.clear()
        if self.peer is not None:
            self.peer.lost(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._listener.buffer

    def buffer_updated(self, nbytes: int) -> None:
        now = self._listener.clock()
        try:
            datagrams = self._deframer.feed(bytes(self._listener.buffer[:nbytes]))
        except BadFrame:
            self._listener.drops.count(DropReason.BAD_FRAME)
            self.close()
            return
        for datagram in datagrams:
            if self._is_closed:
                break
            try:
                self._dispatch(datagram, now)
            except Exception:
                # The same as for UDP: a bug with one datagram must not end a lesson.
                _log.exception("x datagram")
        self._listener.flush()

    def pause_writing(self) -> None:
        self._is_paused = True

    def resume_writing(self) -> None:
        self._is_paused = False
        self._pump()

    def _dispatch(self, datagram: bytes, now: float) -> None:
        listener, peer = self._listener, self.peer
        listener.datagrams += 1
        listener.bytes += len(datagram)
        first = datagram[0] if len(datagram) > 1 else 255
        if first < 4:
            listener.stun(datagram, self, now)
            if self.peer is None:
                self.close()
        elif peer is None:
            listener.drops.count(DropReason.STRAY)
            self.close()
        elif 127 < first < 192:
            if 191 < datagram[1] < 224:
                peer.rtcp(datagram, now)
            else:
                peer.rtp(datagram, now)
        elif 19 < first < 64:
            peer.dtls(datagram, now)
        else:
            listener.drops.count(DropReason.NOT_OURS)

    def _pump_soon(self) -> None:
        # What one burst brings leaves in one write.
        if not self._is_pumping and not self._is_paused:
            self._is_pumping = True
            asyncio.get_running_loop().call_soon(self._pump)

    def _pump(self) -> None:
        """Hand over to the transport until it has WRITE_BYTES: everything urgent, then pictures."""
        self._is_pumping = False
        if self._video and self._listener.clock() - self._video[0][0] > STALE_S:
            self._drop_video()
        while self._transport is not None and not (self._is_paused or self._is_closed):
            batch, size = [], 0
            while self._urgent:
                batch.append(self._urgent.popleft())
            self._urgent_bytes = 0
            while self._video and size < WRITE_BYTES:
                batch.append(self._video.popleft()[1])
                size += len(batch[-1])
            self._video_bytes -= size
            if not batch:
                return
            self._transport.writelines(batch)

    def _drop_video(self) -> None:
        self._listener.drops.count(DropReason.TCP_FULL, len(self._video))
        self._video.clear()
        self._video_bytes = 0


class Listener:
    """The listening socket and its connections. `stun` gets the binding requests, `flush` is called after each read."""

    def __init__(
        self,
        host: str,
        port: int,
        clock: Callable[[], float],
        stun: Callable[[bytes, Stream, float], None],
        flush: Callable[[], None],
        drops: Drops,
    ) -> None:
        """Bind; OSError. An IPv6 host takes IPv4 too."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._sock = socket.create_server(
            (host, port), family=family, backlog=BACKLOG, dualstack_ipv6=family == socket.AF_INET6
        )
        self.clock = clock
        self.stun = stun
        self.flush = flush
        self.drops = drops
        self.datagrams = 0
        self.bytes = 0
        # One for all: asyncio fills it and hands it over in one go.
        self.buffer = memoryview(bytearray(READ_BYTES))
        self.streams: set[Stream] = set()
        self.unproved: dict[Stream, None] = {}
        """Those of nobody, the oldest first."""
        self._from: Counter[str] = Counter()
        # The rest of the process needs descriptors too: pages, recordings, the database.
        self._most = min(MAX_STREAMS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)
        self._server: asyncio.Server | None = None
        self._is_closed = False

    async def open(self) -> None:
        """Begin to accept, on the running loop."""
        self._server = await asyncio.get_running_loop().create_server(
            lambda: Stream(self), sock=self._sock, backlog=BACKLOG
        )

    def close(self) -> None:
        """Hang up on everybody and free the port. Idempotent."""
        self._is_closed = True
        if self._server is not None:
            self._server.close()
        self._sock.close()
        for stream in list(self.streams):
            stream.close()

    def admit(self, stream: Stream) -> bool:
        """Whether a new connection may stay: bounded in all and from one address. The oldest unproved one makes room
        for a newcomer, so that whoever only holds connections open keeps nobody out."""
        host = stream.address[0]
        if self._is_closed or len(self.streams) >= self._most or self._from[host] >= MAX_FROM_ADDRESS:
            self.drops.count(DropReason.TCP_REFUSED)
            return False
        if len(self.unproved) >= MAX_UNPROVED:
            self.drops.count(DropReason.TCP_REFUSED)
            next(iter(self.unproved)).close()
        self.streams.add(stream)
        self.unproved[stream] = None
        self._from[host] += 1
        return True

    def forget(self, stream: Stream) -> None:
        """A connection has ended; unknown ones are ignored."""
        self.unproved.pop(stream, None)
        if stream in self.streams:
            self.streams.remove(stream)
            host = stream.address[0]
            self._from[host] -= 1
            if not self._from[host]:
                del self._from[host]
