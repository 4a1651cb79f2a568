"""One UDP socket for all peers: tells STUN, DTLS, SRTP and SRTCP apart, and reads in batches.

RFC 7983 §7: the first byte tells; RFC 5761 §4: among RTP the second one tells RTCP.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Protocol

from classroom.relay.drops import DropReason, Drops
from classroom.relay.express import Express
from classroom.relay.ice import Address
from classroom.relay.inbox import SLOTS, Inbox

# What an Ethernet frame carries; browsers stay at 1200.
DATAGRAM_BYTES = 1500
# Read so many before sending on what came and letting timers run.
BATCH_DATAGRAMS = 256
# Where so many come in a second they are not waited for but fetched, as network cards do: what waking up costs is then
# shared by all that came meanwhile, and the packets of a picture leave together.
BUSY_PER_S = 2500.0
FETCH_S = 0.002
# Over so long the rate is averaged.
RATE_S = 0.25
# A keyframe to a hundred receivers, or a stall of some milliseconds, must fit; the kernel may grant less.
SOCKET_BYTES = 8 << 20

_log = logging.getLogger(__name__)


class Handler(Protocol):
    """A peer, for the datagrams from its addresses."""

    def dtls(self, datagram: bytes, now: float) -> None: ...

    def rtp(self, datagram: bytes, now: float) -> None: ...

    def rtcp(self, datagram: bytes, now: float) -> None: ...


class Wire:
    """The socket. The owner keeps `peers`. `stun` gets what is STUN, `stray` media from an address that is no peer's,
    and `flush` is called after each batch."""

    def __init__(
        self,
        host: str,
        port: int,
        clock: Callable[[], float],
        stun: Callable[[bytes, Address, float], None],
        flush: Callable[[], None],
        drops: Drops,
        stray: Callable[[bytes, Address, float], None] | None = None,
    ) -> None:
        """Bind; OSError. An IPv6 host takes IPv4 too."""
        self.family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.sock = socket.socket(self.family, socket.SOCK_DGRAM)
        try:
            if self.family == socket.AF_INET6:
                self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BYTES)
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BYTES)
            self.sock.setblocking(False)
            self.sock.bind((host, port))
            self.express = Express.open(self.sock, drops)
            """What goes on in C, where it is built."""
        except OSError:
            self.sock.close()
            raise
        self.port: int = self.sock.getsockname()[1]
        self.peers: dict[Address, Handler] = {}
        self.datagrams = 0
        self.bytes = 0
        self._clock = clock
        self._stun = stun
        self._stray = stray
        self._flush = flush
        self._drops = drops
        self._reader = self.express or Inbox(self.sock)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._rated = 0.0
        self._rate = 0.0
        self._counted = 0

    def open(self) -> None:
        """Begin to read, on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._wait(self._loop)
        if self.express is not None:
            self._loop.add_reader(self.express.news, self._hear, self.express)

    def close(self) -> None:
        """Stop and free the port. Idempotent."""
        if self._loop is not None:
            self._loop.remove_reader(self.sock.fileno())
            if self.express is not None:
                self._loop.remove_reader(self.express.news)
            self._loop = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.express is not None:
            self.express.close()
        self.sock.close()

    def catch_up(self) -> None:
        """Take note of what went on without Python."""
        if self.express is not None:
            self.express.catch_up()

    def tick(self, now: float) -> None:
        """Some times a second: see how much comes."""
        self._measure(now)
        self._fetch_if_busy()

    def send(self, datagram: bytes, address: Address) -> None:
        """Send one datagram; when the kernel refuses it, it is dropped and counted."""
        host, port = address
        if self.family == socket.AF_INET6 and ":" not in host:
            host = f"::ffff:{host}"
        try:
            self.sock.sendto(datagram, (host, port))
        except BlockingIOError:
            self._drops.count(DropReason.SOCKET_FULL)
        except OSError:
            self._drops.count(DropReason.UNREACHABLE)

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let the loop tell when there is something to read."""
        if self.express is None:
            loop.add_reader(self.sock.fileno(), self._readable)
        else:
            loop.add_reader(self.sock.fileno(), self.express.wake, self.express.memory)

    def _hear(self, express: Express) -> None:
        """C has read something that Python has to look at."""
        express.hear()
        self._readable()

    def _readable(self) -> None:
        self._take()
        self._fetch_if_busy()

    def _fetch_if_busy(self) -> None:
        if self._loop is not None and self._timer is None and self._rate > BUSY_PER_S:
            self._loop.remove_reader(self.sock.fileno())
            self._timer = self._loop.call_later(FETCH_S, self._fetch)

    def _fetch(self) -> None:
        """Take what has come since the last time, and once there is little of it wait again to be woken."""
        count = self._take()
        if self._loop is None:
            return
        if self._rate > BUSY_PER_S / 2:
            self._timer = self._loop.call_later(FETCH_S if count < BATCH_DATAGRAMS else 0.0, self._fetch)
        else:
            self._timer = None
            self._wait(self._loop)

    def _take(self) -> int:
        """Read what there is, hand it out and send it on; how much it was."""
        count, now, dispatch, has_news = 0, self._clock(), self._dispatch, False
        while count < BATCH_DATAGRAMS:
            came, read = self._reader.read(now)
            for datagram, sender in read or ():
                try:
                    dispatch(datagram, sender, now)
                except Exception:
                    # A bug in one peer's handling must not silence all the others.
                    _log.exception("x datagram")
            count += came
            has_news = has_news or read is not None
            if came < SLOTS:
                break
        if has_news:
            self._flush()
        self._measure(now)
        return count

    def _measure(self, now: float) -> None:
        came, elapsed_s = self._reader.came, now - self._rated
        self._rate = (self._rate * RATE_S + came - self._counted) / (RATE_S + elapsed_s)
        self._rated, self._counted = now, came

    def _dispatch(self, datagram: bytes, sender: Address, now: float) -> None:
        size = len(datagram)
        self.datagrams += 1
        self.bytes += size
        if not 1 < size <= DATAGRAM_BYTES:
            self._drops.count(DropReason.OVERSIZE if size > 1 else DropReason.NOT_OURS)
            return
        first = datagram[0]
        if first < 4:
            self._stun(datagram, sender, now)
            return
        peer = self.peers.get(sender)
        if peer is None:
            self._drops.count(DropReason.STRAY)
            if self._stray is not None and 127 < first < 192:
                self._stray(datagram, sender, now)
        elif 127 < first < 192:
            if 191 < datagram[1] < 224:
                peer.rtcp(datagram, now)
            else:
                peer.rtp(datagram, now)
        elif 19 < first < 64:
            peer.dtls(datagram, now)
        else:
            self._drops.count(DropReason.NOT_OURS)
