"""DTLS and SRTP of one peer: the only module that knows private names of aiortc and pylibsrtp.

aiortc's RTCDtlsTransport does the handshake (RFC 5764) and derives the SRTP keys. It asks its transport only for
`_recv`, `_send`, `role` and `state`, which `_Pipe` gives it. Media never goes through it: datagrams are protected and
unprotected here, by the two libsrtp sessions that it made. A test asserts that every private name still exists.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Literal, cast

from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    SRTPProtectionProfile,
)
from OpenSSL import SSL
from pylibsrtp._binding import ffi as srtp_ffi
from pylibsrtp._binding import lib as srtp_lib

# A handshake flight is a handful of datagrams; whoever sends more than this before we read is not shaking hands.
QUEUE_DATAGRAMS = 32
# One Ethernet frame; nothing that a browser sends is larger.
DATAGRAM_BYTES = 1500
# SRTP_MAX_TRAILER_LEN of libsrtp and the SRTCP index: what protecting may add.
TRAILER_BYTES = 4 + 16 + 128
# ffmpeg swallows the first ClientHello while it is still in its ICE loop, and OpenSSL would wait a second.
REPEAT_S = 0.03
HANDSHAKE_S = 10.0
# aiortc's own list, and the same for peers with an RSA certificate (GStreamer), which aiortc as a client refuses.
CIPHERS = (
    b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:"
    b"ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-SHA"
)

Role = Literal["client", "server"]
State = Literal["new", "connecting", "connected", "closed", "failed"]


class SecureError(Exception):
    """The handshake failed, or a packet could not be protected or authenticated."""


class Certificate(RTCCertificate):
    """A self-signed certificate for any number of peers; it keeps one SSL context for all of them."""

    _context: SSL.Context | None = None

    def fingerprint(self) -> tuple[str, str]:
        """The pair (algorithm, value) for SDP's `a=fingerprint` (RFC 8122): sha-256."""
        first = self.getFingerprints()[0]
        return first.algorithm, first.value

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        if self._context is None:
            # As a server we choose: no profile that we have costs less than this one, and 128 bits are enough.
            profiles = sorted(srtp_profiles, key=lambda profile: b"AES_128_GCM" not in profile.openssl_profile)
            self._context = super()._create_ssl_context(profiles)
            self._context.set_cipher_list(CIPHERS)
        return self._context


def generate_certificate() -> Certificate:
    """A fresh P-256 certificate. Browsers check its fingerprint, not its dates."""
    return Certificate.generateCertificate()


def _nowhere(datagram: bytes) -> None:
    """Where a closed pipe leads."""


class _Pipe:
    """What RTCDtlsTransport asks of an ICE transport; a bounded queue inwards, a callable outwards."""

    role = "controlled"
    state = "completed"

    def __init__(self, send: Callable[[bytes], None], repeat_first: bool) -> None:
        self._out = send
        self._repeat_first = repeat_first
        self._timer: asyncio.TimerHandle | None = None
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue(QUEUE_DATAGRAMS)
        self._closed = False

    def feed(self, datagram: bytes) -> None:
        self._cancel_timer()
        if not self._closed:
            with contextlib.suppress(asyncio.QueueFull):
                self._queue.put_nowait(datagram)

    def close(self) -> None:
        self._cancel_timer()
        if not self._closed:
            self._closed = True
            if self._queue.full():
                self._queue.get_nowait()
            self._queue.put_nowait(None)
        # The peer's connection holds this pipe: held by it in turn, both would wait for the garbage collector.
        self._out = _nowhere

    async def _recv(self) -> bytes:
        datagram = await self._queue.get()
        if datagram is None:
            raise ConnectionError
        return datagram

    async def _send(self, data: bytes) -> None:
        self._out(data)
        if self._repeat_first:
            self._repeat_first = False
            self._timer = asyncio.get_running_loop().call_later(REPEAT_S, self._out, data)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class SecureTransport:
    """DTLS handshake and SRTP over a datagram `send` callable.

    `send` takes one datagram, and neither blocks nor raises. As "client" start only when datagrams can reach the peer
    (after its first valid binding request). `on_close` is called once when the peer says close_notify, and not after
    our own `close`.
    """

    def __init__(self, send: Callable[[bytes], None], certificate: RTCCertificate, role: Role) -> None:
        self._pipe = _Pipe(send, repeat_first=role == "client")
        self._dtls = RTCDtlsTransport(cast(Any, self._pipe), [certificate])
        self._dtls._set_role(role)
        self._dtls.on("statechange", self._state_changed)
        self._buffer = srtp_ffi.new("char[]", DATAGRAM_BYTES + TRAILER_BYTES)
        self._view = srtp_ffi.buffer(self._buffer)
        self._size = srtp_ffi.new("int *")
        self._closing = False
        self.srtp_session: Any = None
        """libsrtp's outgoing session, for `srtp_protect` in place; None until connected, valid while this lives."""
        self.incoming_session: Any = None
        """libsrtp's incoming one, for `srtp_unprotect` in place; None until connected, valid while this lives."""
        self.tag_bytes = 0
        """What protecting adds to an RTP packet: 16 with AES-GCM (RFC 7714), 10 with AES128_CM_SHA1_80 (RFC 5764)."""
        self.on_close: Callable[[], None] | None = None

    @property
    def state(self) -> State:
        return cast(State, self._dtls.state)

    async def start(self, fingerprints: list[tuple[str, str]], timeout_s: float = HANDSHAKE_S) -> None:
        """Complete the handshake with the peer whose certificate has these (algorithm, value) fingerprints.

        Raises SecureError: no fingerprint, time-out, a fingerprint that differs, no common SRTP profile. Call once.
        """
        if not fingerprints:
            raise SecureError("no fingerprint to check the peer's certificate against")
        if self.state != "new" or self._closing:
            raise SecureError("started or closed before")
        parameters = RTCDtlsParameters([RTCDtlsFingerprint(algorithm, value) for algorithm, value in fingerprints])
        try:
            async with asyncio.timeout(timeout_s):
                await self._dtls.start(parameters)
        except TimeoutError as error:
            raise SecureError(f"no DTLS handshake within {timeout_s} s") from error
        except Exception as error:
            # The peer's bytes reach OpenSSL and the certificate parser, whose many errors all mean the same here.
            raise SecureError(f"DTLS handshake failed: {error!r}") from error
        if self._dtls.state != "connected":
            raise SecureError("DTLS handshake failed")
        self.incoming_session = self._dtls._rx_srtp._srtp[0]
        self.srtp_session = self._dtls._tx_srtp._srtp[0]
        ssl = self._dtls._ssl
        assert ssl is not None
        self.tag_bytes = 16 if b"GCM" in ssl.get_selected_srtp_profile() else 10

    def receive(self, datagram: bytes) -> None:
        """Take one DTLS datagram (first byte 20–63, RFC 7983). Beyond a bound they are dropped: DTLS sends again."""
        self._pipe.feed(datagram)

    def protect_rtp(self, packet: bytes) -> bytes:
        """An RTP packet → SRTP datagram; SecureError."""
        return self._process(srtp_lib.srtp_protect, self.srtp_session, packet, 12)

    def protect_rtcp(self, packet: bytes) -> bytes:
        """A compound RTCP packet → SRTCP datagram; SecureError."""
        return self._process(srtp_lib.srtp_protect_rtcp, self.srtp_session, packet, 8)

    def unprotect_rtp(self, datagram: bytes) -> bytes:
        """An SRTP datagram → authenticated RTP packet; SecureError, also for a replayed one."""
        return self._process(srtp_lib.srtp_unprotect, self.incoming_session, datagram, 12)

    def unprotect_rtcp(self, datagram: bytes) -> bytes:
        """An SRTCP datagram → authenticated compound RTCP packet; SecureError, also for a replayed one."""
        return self._process(srtp_lib.srtp_unprotect_rtcp, self.incoming_session, datagram, 12)

    async def close(self) -> None:
        """Say close_notify and forget the peer. Idempotent; the SRTP sessions stay allocated until this object goes.

        It goes with the last reference: what OpenSSL and libsrtp hold, some 140 kB, does not wait for the collector.
        """
        if self._closing:
            return
        self._closing = True
        pump = self._dtls._task
        await self._dtls.stop()
        self._pipe.close()
        if pump is not None:
            await asyncio.gather(pump, return_exceptions=True)
        self._dtls.remove_all_listeners()
        self.on_close = None

    def _process(self, function: Any, session: Any, data: bytes, least_bytes: int) -> bytes:
        length = len(data)
        if session is None:
            raise SecureError("not connected")
        if not least_bytes <= length <= DATAGRAM_BYTES:
            raise SecureError(f"{length} bytes are no packet")
        buffer, size = self._buffer, self._size
        srtp_ffi.memmove(buffer, data, length)
        size[0] = length
        if function(session, buffer, size):
            raise SecureError("refused by libsrtp")
        return cast(bytes, self._view[: size[0]])

    def _state_changed(self) -> None:
        if self._dtls.state == "closed" and not self._closing and self.on_close is not None:
            self.on_close()
