"""One peer's connection: its ICE credentials, its addresses, its secure transport, and when it was last heard."""

import asyncio
from typing import Protocol

from classroom.relay.drops import DropReason, Drops
from classroom.relay.fanout import point
from classroom.relay.ice import Address, BindingRequest, response
from classroom.relay.lane import Outlet
from classroom.relay.peer import Certificate, Role, SecureError, SecureTransport
from classroom.relay.sdp import Offer
from classroom.relay.wire import Wire

# From the offer to connected: the browser checks at once, and a handshake takes two round trips.
CONNECT_S = 10.0
# A peer may check from several addresses before it settles on one (RFC 8445 §8.1.1).
MAX_ADDRESSES = 8


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
        self.heard = now
        """When a datagram last came that the peer alone can have sent (monotonic seconds)."""
        self.bytes_in = 0
        self.address: Address | None = None
        self.media: Media | None = None
        self.secure = SecureTransport(self._send, certificate, role)
        self._fingerprints = list(offer.fingerprints)
        self._wire = wire
        self._drops = drops
        self._reached = asyncio.Event()
        self._addresses: list[Address] = []
        self._outlets: list[Outlet] = []

    async def connect(self) -> None:
        """Wait for the first valid binding request, then complete the DTLS handshake; SecureError within CONNECT_S."""
        try:
            async with asyncio.timeout(CONNECT_S):
                await self._reached.wait()
                await self.secure.start(self._fingerprints)
        except TimeoutError as error:
            raise SecureError(f"not connected within {CONNECT_S} s") from error

    def outlet(self) -> Outlet:
        """A new outlet for the fan-out, which follows the peer's address. Only when connected."""
        outlet = Outlet(self.secure.srtp_session)
        self._outlets.append(outlet)
        if self.address is not None:
            point(outlet, self._wire.family, self.address)
        return outlet

    def binding(self, request: BindingRequest, address: Address, now: float) -> None:
        """An authentic binding request: answer, and follow the peer to this address when it says so."""
        self.heard = now
        if address not in self._addresses:
            self._addresses.append(address)
            self._wire.peers[address] = self
            if len(self._addresses) > MAX_ADDRESSES:
                oldest = next(known for known in self._addresses if known != self.address)
                self._addresses.remove(oldest)
                self._forget(oldest)
        self._wire.send(response(request, address, self.password), address)
        if self.address is None or (request.use_candidate and address != self.address):
            self.address = address
            for outlet in self._outlets:
                point(outlet, self._wire.family, address)
            self._reached.set()

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
        """Hear nothing more, and say close_notify. Idempotent."""
        self.media = None
        for address in self._addresses:
            self._forget(address)
        self._addresses = []
        await self.secure.close()

    def _send(self, datagram: bytes) -> None:
        if self.address is not None:
            self._wire.send(datagram, self.address)

    def _forget(self, address: Address) -> None:
        if self._wire.peers.get(address) is self:
            del self._wire.peers[address]
