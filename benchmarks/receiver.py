"""A viewer for load: answers STUN, sends receiver reports, counts, and costs next to nothing for each packet.

It looks at the fixed header alone, which SRTP leaves readable, and reads many packets by one recvmmsg, fifty times a
second: nobody is woken for a packet but who measures its delay, as on a real line it is another machine that wakes.
Against an ICE-lite server it offers and checks; against a full one (Janus) it answers, and is checked.
"""

import asyncio
import contextlib
import secrets
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

from aioice import stun
from cffi import FFI

from classroom.relay import rtcp
from classroom.relay.offer import Answer, OfferIdentity, OfferTrack, write_offer
from classroom.relay.peer import Certificate, SecureError, SecureTransport

CHECK_INTERVAL_S = 0.05
KEEPALIVE_S = 2.5
REPORT_S = 1.0
READ_S = 0.02
CONNECT_S = 20.0
PRIORITY = 1853824767
RECEIVE_BUFFER_BYTES = 1 << 20
SLOTS = 64
SLOT_BYTES = 1600

_ffi = FFI()
_ffi.cdef(
    """
    struct iovec { void *iov_base; size_t iov_len; };
    struct msghdr { void *msg_name; unsigned int msg_namelen; struct iovec *msg_iov; size_t msg_iovlen;
                    void *msg_control; size_t msg_controllen; int msg_flags; };
    struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
    int recvmmsg(int sockfd, struct mmsghdr *msgvec, unsigned int vlen, int flags, void *timeout);
    """
)
_libc = _ffi.dlopen(None)
_FIRST = struct.Struct("!BBH4xI")


class _Slab:
    """Where all receivers of the process read into, in turn."""

    def __init__(self) -> None:
        memory = _ffi.new("char[]", SLOTS * SLOT_BYTES)
        self.bytes = _ffi.buffer(memory)
        self.messages = _ffi.new("struct mmsghdr[]", SLOTS)
        self._keep = (memory, _ffi.new("struct iovec[]", SLOTS))
        for index in range(SLOTS):
            vector = self._keep[1] + index
            vector.iov_base, vector.iov_len = memory + index * SLOT_BYTES, SLOT_BYTES
            self.messages[index].msg_hdr.msg_iov = vector
            self.messages[index].msg_hdr.msg_iovlen = 1

    def read(self, fd: int) -> int:
        """How many datagrams came; 0 when there are none."""
        count: int = _libc.recvmmsg(fd, self.messages, SLOTS, socket.MSG_DONTWAIT, _ffi.NULL)
        return max(0, count)


_SLAB = _Slab()


class Counter:
    """One stream: what came, and what should have."""

    __slots__ = ("_reported", "first", "highest", "packets", "ssrc")

    def __init__(self, ssrc: int, number: int) -> None:
        self.ssrc = ssrc
        self.first = 0x10000 + number
        self.highest = self.first - 1
        self.packets = 0
        self._reported = (0, 0)

    @property
    def lost(self) -> int:
        return self.highest - self.first + 1 - self.packets

    def report(self) -> rtcp.ReportBlock:
        """The block of a receiver report."""
        expected = self.highest - self.first + 1
        due, lost = expected - self._reported[0], self.lost - self._reported[1]
        self._reported = (expected, self.lost)
        fraction = min(255, max(0, lost) * 256 // due) if due > 0 else 0
        return rtcp.ReportBlock(self.ssrc, fraction, self.lost, self.highest, 0, 0, 0)


class Receiver:
    """One viewer. `timed` is given each authenticated packet's last eight bytes, when it is wanted."""

    def __init__(self, certificate: Certificate, timed: Callable[[bytes], None] | None = None) -> None:
        self.identity = OfferIdentity(
            secrets.token_hex(4), secrets.token_hex(16), (certificate.fingerprint(),), "active"
        )
        self.counters: dict[int, Counter] = {}
        self._certificate = certificate
        self._timed = timed
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        self._socket.setblocking(False)
        self._socket.bind(("0.0.0.0", 0))
        self._fd = self._socket.fileno()
        self._ssrc = secrets.randbits(32)
        self._remote: tuple[str, int] | None = None
        self._answer: Answer | None = None
        self._secure: SecureTransport | None = None
        self._is_reached = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def port(self) -> int:
        """The UDP port of our candidate."""
        return int(self._socket.getsockname()[1])

    def offer(self) -> str:
        """For a WHEP server: sound and pictures, without NACK's retransmissions: what is lost shall show."""
        tracks = OfferTrack("audio", ("opus",)), OfferTrack("video", ("vp8",))
        return write_offer(self.identity, tracks, "recvonly", rtx=False)

    async def connect(self, answer: Answer, *, controlling: bool) -> None:
        """Check the first candidate, or wait to be checked; shake hands. TimeoutError, SecureError."""
        self._answer, self._remote = answer, answer.candidates[0]
        asyncio.get_running_loop().add_reader(self._fd, self._readable)
        async with asyncio.timeout(CONNECT_S):
            while controlling and not self._is_reached.is_set():
                self._check()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._is_reached.wait(), CHECK_INTERVAL_S)
            await self._is_reached.wait()
        self._secure = SecureTransport(self._send, self._certificate, "client")
        await self._secure.start(list(answer.fingerprints))
        self._tasks = [asyncio.create_task(self._be_regular(controlling))]
        if self._timed is None:
            asyncio.get_running_loop().remove_reader(self._fd)
            self._tasks.append(asyncio.create_task(self._read_regularly()))

    async def close(self) -> None:
        """Say goodbye."""
        for task in self._tasks:
            task.cancel()
        if self._secure is not None:
            await self._secure.close()
        asyncio.get_running_loop().remove_reader(self._fd)
        self._socket.close()

    @property
    def packets(self) -> int:
        """All that came."""
        return sum(counter.packets for counter in self.counters.values())

    @property
    def lost(self) -> int:
        """All that never came."""
        return sum(counter.lost for counter in self.counters.values())

    def _send(self, datagram: bytes) -> None:
        if self._remote is not None:
            with contextlib.suppress(OSError):
                self._socket.sendto(datagram, self._remote)

    def _readable(self) -> None:
        count = _SLAB.read(self._fd)
        data, messages, unpack, counters = _SLAB.bytes, _SLAB.messages, _FIRST.unpack_from, self.counters
        for index in range(count):
            first, second, number, ssrc = unpack(data, index * SLOT_BYTES)
            if first & 0xC0 != 0x80 or 191 < second < 224:
                self._control(first, data[index * SLOT_BYTES : index * SLOT_BYTES + messages[index].msg_len])
                continue
            counter = counters.get(ssrc)
            if counter is None:
                counter = counters[ssrc] = Counter(ssrc, number)
            step = (number - counter.highest) & 0xFFFF
            if step < 0x8000:
                counter.highest += step
            counter.packets += 1
            if self._timed is not None and self._secure is not None:
                datagram = data[index * SLOT_BYTES : index * SLOT_BYTES + messages[index].msg_len]
                with contextlib.suppress(SecureError):
                    self._timed(self._secure.unprotect_rtp(datagram)[-8:])

    def _control(self, first: int, datagram: Any) -> None:
        if first < 4:
            self._receive_stun(datagram)
        elif 19 < first < 64 and self._secure is not None:
            self._secure.receive(datagram)

    def _receive_stun(self, datagram: bytes) -> None:
        message = stun.parse_message(datagram)
        if message.message_class == stun.Class.RESPONSE:
            self._is_reached.set()
        elif message.message_class == stun.Class.REQUEST and self._remote is not None:
            answer = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, message.transaction_id)
            answer.attributes["XOR-MAPPED-ADDRESS"] = self._remote
            answer.add_message_integrity(self.identity.pwd.encode())
            self._send(bytes(answer))
            if "USE-CANDIDATE" in message.attributes:
                self._is_reached.set()

    def _check(self) -> None:
        assert self._answer is not None
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{self._answer.ufrag}:{self.identity.ufrag}"
        request.attributes["PRIORITY"] = PRIORITY
        request.attributes["ICE-CONTROLLING"] = 1
        request.attributes["USE-CANDIDATE"] = None
        request.add_message_integrity(self._answer.pwd.encode())
        self._send(bytes(request))

    async def _read_regularly(self) -> None:
        while True:
            await asyncio.sleep(READ_S)
            self._readable()

    async def _be_regular(self, controlling: bool) -> None:
        checked = time.monotonic()
        while self._secure is not None:
            await asyncio.sleep(REPORT_S)
            blocks = [counter.report() for counter in self.counters.values()]
            if blocks:
                self._send(self._secure.protect_rtcp(rtcp.receiver_report(self._ssrc, blocks)))
            if controlling and time.monotonic() - checked >= KEEPALIVE_S:
                checked = time.monotonic()
                self._check()
