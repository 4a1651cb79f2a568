"""One peer's connection: its ICE credentials, its paths, its secure transport, and when it was last heard."""

import asyncio
from typing import Protocol

from classroom.relay.drops import DropReason, Drops
from classroom.relay.fanout import point
from classroom.relay.ice import Address, BindingRequest, response
from classroom.relay.lane import Outlet
from classroom.relay.peer import Certificate, Role, SecureError, SecureTransport
from classroom.relay.rtp import Kind
from classroom.relay.sdp import Offer
from classroom.relay.wire import Wire
from classroom.relay.wire_tcp import Stream

# From the offer to connected: the browser checks at once, and a handshake takes two round trips.
CONNECT_S = 10.0
# A peer may check from several addresses before it settles on one (RFC 8445 §8.1.1).
MAX_PATHS = 8

Path = Address | Stream
"""How to reach a peer: the address that it sends UDP from, or the TCP connection that it opened."""


class Media(Protocol):
    """Who gets what the peer sends, authenticated; `size` is that of the datagram."""

    def rtp(self, packet: bytes, size: int, now: float) -> None: ...

    def rtcp(self, packet: bytes, now: float) -> None: ...


class Connection:
    """A handler of the wire for one peer; `ufrag` and `password` are our ICE credentials for it."""

    def __init__(
        self, wire: Wire, certificate: Certificate, offer: Offer, ufrag: str, password: str, drops: Drops, now: float
    ) -> None:
        role: Role = "client" if offer.setup == "passive" else "server"
        self.ufrag = ufrag
        self.password = password
        self.theirs = offer.credentials
        self.heard = now
        """When a datagram last came that the peer alone can have sent (monotonic seconds)."""
        self.bytes_in = 0
        self.path: Path | None = None
        self.media: Media | None = None
        self.secure = SecureTransport(self._send, certificate, role)
        self._fingerprints = list(offer.fingerprints)
        self._wire = wire
        self._drops = drops
        self._reached = asyncio.Event()
        self._paths: list[Path] = []
        self._outlets: list[tuple[Outlet, Kind]] = []
        self._is_closed = False

    @property
    def by_tcp(self) -> bool:
        """Whether the peer is reached over TCP now."""
        return isinstance(self.path, Stream)

    async def connect(self) -> None:
        """Wait for the first valid binding request, then complete the DTLS handshake; SecureError within CONNECT_S."""
        try:
            async with asyncio.timeout(CONNECT_S):
                await self._reached.wait()
                await self.secure.start(self._fingerprints)
        except TimeoutError as error:
            raise SecureError(f"not connected within {CONNECT_S} s") from error

    def outlet(self, kind: Kind) -> Outlet:
        """A new outlet for the fan-out, which follows the peer's path. Only when connected."""
        outlet = Outlet(self.secure.srtp_session)
        self._outlets.append((outlet, kind))
        self._point(outlet, kind)
        return outlet

    def binding(self, request: BindingRequest, path: Path, now: float) -> None:
        """An authentic binding request: answer, and follow the peer to this path when it says so."""
        self.heard = now
        self._admit(path)
        address = path.address if isinstance(path, Stream) else path
        self._send_by(path, response(request, address, self.password))
        if self.path is None or (request.use_candidate and path != self.path):
            self._follow(path)
            self._reached.set()

    def moved(self, address: Address, now: float) -> None:
        """The peer has proved that it is reached at another address now, and not where it was. Nothing once closed."""
        if self._is_closed:
            return
        self.heard = now
        self._admit(address)
        self._follow(address)

    def lost(self, stream: Stream) -> None:
        """A TCP connection of the peer has ended: it has to be heard by another path."""
        if stream in self._paths:
            self._paths.remove(stream)
        if stream is self.path:
            self._follow(None)

    def dtls(self, datagram: bytes, now: float) -> None:
        # Anybody can send it in the peer's name: it proves nothing.
        self.secure.receive(datagram)

    def rtp(self, datagram: bytes, now: float) -> None:
        if self.media is None:
            self._drops.count(DropReason.NOT_CONNECTED)
            return
        try:
            packet = self.secure.unprotect_rtp(datagram)
        except SecureError:
            self._drops.count(DropReason.UNPROTECT)
            return
        self.heard = now
        size = len(datagram)
        self.bytes_in += size
        self.media.rtp(packet, size, now)

    def went_on(self, size: int, now: float) -> None:
        """A datagram of the peer's, authentic, went on without us."""
        self.heard = now
        self.bytes_in += size

    def rtcp(self, datagram: bytes, now: float) -> None:
        if self.media is None:
            self._drops.count(DropReason.NOT_CONNECTED)
            return
        try:
            packet = self.secure.unprotect_rtcp(datagram)
        except SecureError:
            self._drops.count(DropReason.UNPROTECT)
            return
        self.heard = now
        self.bytes_in += len(datagram)
        self.media.rtcp(packet, now)

    def send_rtcp(self, packet: bytes) -> None:
        """Send a compound packet, if the connection stands."""
        if self.media is not None:
            try:
                self._send(self.secure.protect_rtcp(packet))
            except SecureError:
                self._drops.count(DropReason.PROTECT)

    async def close(self) -> None:
        """Hear nothing more, send no more media, and say close_notify. Idempotent."""
        self._is_closed = True
        self.media = None
        # A pacer may still hold packets for them; the SRTP session that would encrypt these is about to be freed.
        for outlet, _ in self._outlets:
            outlet.place(None)
        self._outlets = []
        for address in [path for path in self._paths if not isinstance(path, Stream)]:
            self._forget(address)
        await self.secure.close()
        for stream in [path for path in self._paths if isinstance(path, Stream)]:
            self._forget(stream)
        self._paths = []

    def _admit(self, path: Path) -> None:
        """What comes by this path is the peer's."""
        if path in self._paths:
            return
        self._paths.append(path)
        if isinstance(path, Stream):
            path.belong(self)
        else:
            self._wire.peers[path] = self
        if len(self._paths) > MAX_PATHS:
            oldest = next(known for known in self._paths if known != self.path)
            self._paths.remove(oldest)
            self._forget(oldest)

    def _follow(self, path: Path | None) -> None:
        self.path = path
        for outlet, kind in self._outlets:
            self._point(outlet, kind)

    def _point(self, outlet: Outlet, kind: Kind) -> None:
        path = self.path
        if isinstance(path, Stream):
            outlet.place(None, sink=path.send if kind == "audio" else path.send_video)
        elif path is not None:
            point(outlet, self._wire.family, path)
        else:
            outlet.place(None)

    def _send(self, datagram: bytes) -> None:
        if self.path is not None:
            self._send_by(self.path, datagram)

    def _send_by(self, path: Path, datagram: bytes) -> None:
        if isinstance(path, Stream):
            path.send(datagram)
        else:
            self._wire.send(datagram, path)

    def _forget(self, path: Path) -> None:
        if isinstance(path, Stream):
            path.release(self)
        elif self._wire.peers.get(path) is self:
            del self._wire.peers[path]
