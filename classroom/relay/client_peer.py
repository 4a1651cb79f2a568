"""The connection of our own client: a UDP socket, the controlling side of ICE towards an ICE-lite server, DTLS-SRTP.

ICE-lite servers only answer (RFC 8445 §2.5), so this side sends the checks and nominates. Works with nothing but `lo`.
"""

import asyncio
import contextlib
import secrets
import socket
import time
from collections.abc import Callable
from typing import Literal

from aioice import stun

from classroom.relay.offer import Answer, OfferIdentity, Setup
from classroom.relay.peer import Certificate, SecureError, SecureTransport, generate_certificate

Keep = Callable[[Literal["in", "out"], bytes], bool]
"""A bad network for tests: False loses this media datagram on its way in or out."""

CHECK_INTERVAL_S = 0.05  # RFC 8445 §14.2: Ta
KEEPALIVE_S = 2.5  # the relay misses us after 8 s; RFC 7675 asks for a check every 5 s or more often
PRIORITY = 1853824767  # a peer-reflexive candidate of the first component, RFC 8445 §5.1.2
RECEIVE_BUFFER_BYTES = 1 << 20  # a keyframe for each of many viewers that share one core
DRAIN = 256  # datagrams read in one wake before others get their turn
CHECK_S = 10.0  # patience for the first answer of any candidate


class ClientError(Exception):
    """The server could not be reached over UDP, or the handshake failed."""


class ClientPeer:
    """One connection to an ICE-lite server: checks, keepalive, DTLS, SRTP.

    After construction read `identity`, write an offer with it, then `await connect(answer)`. Incoming media goes to
    `on_rtp(datagram, now)`, still protected, and `on_rtcp(plain)`. `heard` is the monotonic time of the last datagram.
    """

    def __init__(
        self,
        *,
        on_rtp: Callable[[bytes, float], None],
        on_rtcp: Callable[[bytes], None],
        setup: Setup = "actpass",
        certificate: Certificate | None = None,
        keep: Keep | None = None,
    ) -> None:
        self._certificate = certificate or generate_certificate()
        self.identity = OfferIdentity(
            secrets.token_hex(4), secrets.token_hex(16), (self._certificate.fingerprint(),), setup
        )
        self.heard = 0.0
        self.left = asyncio.Event()
        """Set when the server said goodbye (DTLS close_notify)."""
        self._on_rtp = on_rtp
        self._on_rtcp = on_rtcp
        self._keep = keep
        self._tie_breaker = secrets.randbits(64)
        self._transactions: dict[bytes, tuple[str, int]] = {}
        self._nominated: asyncio.Future[tuple[str, int]] | None = None
        self._remote: tuple[str, int] | None = None
        self._answer: Answer | None = None
        self._secure: SecureTransport | None = None
        self._ready = False
        self._keepalive: asyncio.Task[None] | None = None
        self._socket: socket.socket | None = None

    async def connect(self, answer: Answer) -> None:
        """Check connectivity, nominate the first candidate that answers, shake hands.

        Raises ClientError when no candidate answers, or the handshake fails, within 10 s each.
        """
        self._answer = answer
        loop = asyncio.get_running_loop()
        self._open_socket(loop)
        self._nominated = loop.create_future()
        try:
            async with asyncio.timeout(CHECK_S):
                self._remote = await self._check(answer, self._nominated)
            self._secure = SecureTransport(self._send, self._certificate, answer.role)
            self._secure.on_close = self._left
            if len(answer.candidates) > 1:
                self._request(self._remote, nominate=True)
            self._keepalive = asyncio.create_task(self._keep_alive(), name="client keepalive")
            await self._secure.start(list(answer.fingerprints))
        except (SecureError, TimeoutError) as error:
            await self.close()
            raise ClientError(f"no connection to {answer.candidates}: {error!r}") from error
        self._ready = True

    def send_rtp(self, packet: bytes) -> None:
        """Protect and send one RTP packet; nothing happens before connect() and after close()."""
        if self._ready and self._secure is not None and (self._keep is None or self._keep("out", packet)):
            self._send(self._secure.protect_rtp(packet))

    def send_rtcp(self, packet: bytes) -> None:
        """Protect and send one compound RTCP packet."""
        if self._ready and self._secure is not None:
            self._send(self._secure.protect_rtcp(packet))

    def unprotect_rtp(self, datagram: bytes) -> bytes | None:
        """The plain packet of a datagram that on_rtp was given; None when it is forged, replayed or late."""
        if self._secure is None:
            return None
        try:
            return self._secure.unprotect_rtp(datagram)
        except SecureError:
            return None

    def _left(self) -> None:
        self._ready = False
        self.left.set()

    async def close(self) -> None:
        """Say goodbye by DTLS close_notify and let go of the socket. Idempotent."""
        self._ready = False
        if self._keepalive is not None:
            self._keepalive.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keepalive
            self._keepalive = None
        if self._secure is not None:
            secure, self._secure = self._secure, None
            await secure.close()
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None

    # -- the socket

    def _open_socket(self, loop: asyncio.AbstractEventLoop) -> None:
        udp = self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        udp.setblocking(False)
        udp.bind(("0.0.0.0", 0))
        loop.add_reader(udp.fileno(), self._readable)

    def _send(self, datagram: bytes) -> None:
        if self._socket is None or self._remote is None:
            return
        # A full buffer or a server that is down loses the datagram, as a network would.
        with contextlib.suppress(OSError):
            self._socket.sendto(datagram, self._remote)

    def _readable(self) -> None:
        for _ in range(DRAIN):
            if self._socket is None:
                return
            try:
                datagram, address = self._socket.recvfrom(2048)
            except BlockingIOError:
                return
            except OSError:  # an ICMP error of an earlier send
                continue
            if datagram:
                self._receive(datagram, address)

    def _receive(self, datagram: bytes, address: tuple[str, int]) -> None:
        first = datagram[0]
        if first < 4:
            self._receive_stun(datagram, address)
            return
        if address != self._remote or self._secure is None:
            return
        now = self.heard = time.monotonic()
        if 19 < first < 64:
            self._secure.receive(datagram)
        elif 127 < first < 192 and len(datagram) >= 12 and self._ready:
            if self._keep is not None and not self._keep("in", datagram):
                return
            if 192 <= datagram[1] <= 223:
                with contextlib.suppress(SecureError):
                    self._on_rtcp(self._secure.unprotect_rtcp(datagram))
            else:
                self._on_rtp(datagram, now)

    # -- ICE

    async def _check(self, answer: Answer, nominated: asyncio.Future[tuple[str, int]]) -> tuple[str, int]:
        """Ask every candidate in turn, again and again, until one answers (RFC 8445 §7.2)."""
        while True:
            for candidate in answer.candidates:
                # With one candidate there is nothing to choose: nominate at once and save a round trip.
                self._request(candidate, nominate=len(answer.candidates) == 1)
            done, _ = await asyncio.wait((nominated,), timeout=CHECK_INTERVAL_S)
            if done:
                return nominated.result()

    async def _keep_alive(self) -> None:
        while self._remote is not None:
            await asyncio.sleep(KEEPALIVE_S)
            self._transactions.clear()
            self._request(self._remote, nominate=True)

    def _request(self, address: tuple[str, int], *, nominate: bool) -> None:
        answer = self._answer
        if answer is None or self._socket is None:
            return
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{answer.ufrag}:{self.identity.ufrag}"
        request.attributes["PRIORITY"] = PRIORITY
        request.attributes["ICE-CONTROLLING"] = self._tie_breaker
        if nominate:
            request.attributes["USE-CANDIDATE"] = None
        request.add_message_integrity(answer.pwd.encode())
        self._transactions[request.transaction_id] = address
        with contextlib.suppress(OSError):  # an address that this machine has no road to
            self._socket.sendto(bytes(request), address)

    def _receive_stun(self, datagram: bytes, sender: tuple[str, int]) -> None:
        try:
            message = stun.parse_message(datagram)
        except Exception:  # aioice's parser raises ValueError, KeyError, struct.error, UnicodeDecodeError, …
            return
        if message.message_class == stun.Class.REQUEST:
            self._answer_check(message, sender)
            return
        address = self._transactions.pop(message.transaction_id, None)
        if address is None or message.message_class != stun.Class.RESPONSE or self._answer is None:
            return
        if not message.check_message_integrity(self._answer.pwd.encode()):
            return
        self.heard = time.monotonic()
        if self._nominated is not None and not self._nominated.done():
            self._nominated.set_result(address)

    def _answer_check(self, message: stun.Message, sender: tuple[str, int]) -> None:
        """A server that is not ICE-lite checks us as well (RFC 8445 §7.3)."""
        if self._socket is None or not message.check_message_integrity(self.identity.pwd.encode()):
            return
        response = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, message.transaction_id)
        response.attributes["XOR-MAPPED-ADDRESS"] = sender
        response.add_message_integrity(self.identity.pwd.encode())
        with contextlib.suppress(OSError):
            self._socket.sendto(bytes(response), sender)
