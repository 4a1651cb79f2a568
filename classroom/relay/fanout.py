"""Sends the same packets to many receivers: encrypts in place, and hands the kernel as few messages as it can.

Where the packet path in C is built, `Express` takes the place of `Fanout`.

Packets of equal size for one receiver (all but the last, which may be shorter) leave as one message with UDP_SEGMENT,
and all messages of a burst by one sendmmsg. Where the kernel or the network card cannot segment, each packet is a
message.
Addresses, lengths and packets lie in memory that is allocated once.
"""

import errno
import socket
import struct
from collections.abc import Callable, Sequence
from typing import Any

from cffi import FFI
from pylibsrtp._binding import ffi as srtp_ffi
from pylibsrtp._binding import lib as srtp_lib

from classroom.relay.drops import DropReason, Drops
from classroom.relay.lane import Outlet
from classroom.relay.peer import DATAGRAM_BYTES, TRAILER_BYTES

UDP_SEGMENT = 103
MSG_DONTWAIT = 0x40
# sendmmsg takes no more (UIO_MAXIOV).
MAX_MESSAGES = 1024
# Small enough to stay in the second-level cache while it is written, encrypted and copied by the kernel.
SLAB_BYTES = 128 * 1024
# UDP_MAX_SEGMENTS is 64 in older kernels, and an IPv4 datagram ends at 65507 bytes.
MAX_SEGMENTS = 48
MAX_MESSAGE_BYTES = 60000

# The pointers that change with every message are declared as integers: that spares making them.
_ffi = FFI()
_ffi.cdef(
    """
    struct iovec { uintptr_t iov_base; size_t iov_len; };
    struct msghdr { uintptr_t msg_name; unsigned int msg_namelen; struct iovec *msg_iov; size_t msg_iovlen;
                    void *msg_control; size_t msg_controllen; int msg_flags; };
    struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
    struct segment { size_t cmsg_len; int cmsg_level; int cmsg_type; uint16_t bytes; uint8_t padding[6]; };
    int sendmmsg(int sockfd, struct mmsghdr *msgvec, unsigned int vlen, int flags);
    """
)
_libc = _ffi.dlopen(None)


def can_segment(sock: socket.socket) -> bool:
    """Whether the kernel knows UDP_SEGMENT (Linux 4.18)."""
    try:
        sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 0)
    except OSError:
        return False
    return True


def socket_address(family: int, address: tuple[str, int]) -> bytes:
    """The C socket address of (IP address, port) for a socket of this family; an IPv6 one takes IPv4 too."""
    host, port = address
    if family == socket.AF_INET:
        return struct.pack("=H", family) + struct.pack("!H4s8x", port, socket.inet_pton(family, host))
    host = host if ":" in host else f"::ffff:{host}"
    return struct.pack("=H", family) + struct.pack("!HI16sI", port, 0, socket.inet_pton(family, host), 0)


def point(outlet: Outlet, family: int, address: tuple[str, int]) -> None:
    """Let an outlet send to this (IP address, port); an IPv4 address may go by an IPv6 socket."""
    packed = socket_address(family, address)
    made = _ffi.new("char[]", packed)
    # The array has room for a closing zero, which is no part of the address.
    outlet.place(_ffi.buffer(made, len(packed)), int(_ffi.cast("uintptr_t", made)))


def runs(packets: Sequence[bytes]) -> list[list[bytes]]:
    """Cut into runs that one segmented message can carry: equal sizes, only the last one shorter."""
    made: list[list[bytes]] = []
    run: list[bytes] = []
    size = 0
    for packet in packets:
        length = len(packet)
        if not run or length > size or len(run[-1]) < size or len(run) == MAX_SEGMENTS:
            run = [packet]
            made.append(run)
            size = length
        else:
            run.append(packet)
    return made


class Apiece:
    """Sends to receivers that are not reached by UDP."""

    def __init__(self, drops: Drops) -> None:
        self._drops = drops
        self._buffer = srtp_ffi.new("char[]", DATAGRAM_BYTES + TRAILER_BYTES)
        self._size = srtp_ffi.new("int *")
        self.packets = 0
        self.bytes = 0

    def send(self, outlet: Outlet, sink: Callable[[bytes], None], packets: Sequence[bytes]) -> None:
        """Encrypt for one, and hand over at once."""
        buffer, size = self._buffer, self._size
        for packet in packets:
            size[0] = len(packet)
            srtp_ffi.memmove(buffer, packet, len(packet))
            if srtp_lib.srtp_protect(outlet.srtp, buffer, size):
                self._drops.count(DropReason.PROTECT)
                continue
            sink(bytes(srtp_ffi.buffer(buffer, size[0])))
            self.packets += 1
            self.bytes += size[0]


class Fanout:
    """Gathers messages by `send`, and hands them over at `flush` or when its memory is full."""

    def __init__(self, sock: socket.socket, drops: Drops) -> None:
        self._fd = sock.fileno()
        self._drops = drops
        self._segments = can_segment(sock)
        self._slab = srtp_ffi.new("char[]", SLAB_BYTES)
        self._base = int(srtp_ffi.cast("uintptr_t", self._slab))
        self._messages = _ffi.new("struct mmsghdr[]", MAX_MESSAGES)
        self._iovecs = _ffi.new("struct iovec[]", MAX_MESSAGES)
        self._controls = _ffi.new("struct segment[]", MAX_MESSAGES)
        # Views made once: making them anew for each message costs more than filling them.
        self._slots: list[tuple[Any, Any, Any]] = []
        for index in range(MAX_MESSAGES):
            header, control = self._messages[index].msg_hdr, self._controls[index]
            header.msg_iov = self._iovecs + index
            header.msg_iovlen = 1
            header.msg_control = _ffi.addressof(control)
            control.cmsg_len = _ffi.sizeof("size_t") + 2 * _ffi.sizeof("int") + 2
            control.cmsg_level = socket.IPPROTO_UDP
            control.cmsg_type = UDP_SEGMENT
            self._slots.append((header, self._iovecs[index], control))
        self._keep: list[Any] = []
        self._counts: list[int] = []
        self._used = 0
        self._size = srtp_ffi.new("int *")
        self._apiece = Apiece(drops)
        self._packets = 0
        self._bytes = 0

    @property
    def segments(self) -> bool:
        """Whether segment offload is in use."""
        return self._segments

    @property
    def packets_out(self) -> int:
        """Packets sent to receivers."""
        return self._packets + self._apiece.packets

    @property
    def bytes_out(self) -> int:
        """Their octets, encrypted."""
        return self._bytes + self._apiece.bytes

    def send(self, outlets: Sequence[Outlet], packets: list[bytes], tag_bytes: int) -> None:
        """Encrypt for each outlet and queue. The packets are plain RTP, `tag_bytes` what SRTP adds to each."""
        for run in runs(packets) if self._segments else [[packet] for packet in packets]:
            self._send_run(outlets, run, tag_bytes)

    def _send_run(self, outlets: Sequence[Outlet], run: list[bytes], tag_bytes: int) -> None:
        room = bytes(tag_bytes)
        template = room.join(run) + room
        total = len(template)
        count = len(run)
        segment = len(run[0]) + tag_bytes
        places = [(index * segment, len(packet)) for index, packet in enumerate(run)]
        memmove, protect, size, slab = srtp_ffi.memmove, srtp_lib.srtp_protect, self._size, self._slab
        for outlet in outlets:
            if outlet.address is None:
                if outlet.sink is not None:
                    self._apiece.send(outlet, outlet.sink, run)
                continue
            if self._used + total > SLAB_BYTES or len(self._counts) == MAX_MESSAGES:
                self.flush()
            start = slab + self._used
            memmove(start, template, total)
            srtp = outlet.srtp
            for offset, length in places:
                size[0] = length
                if protect(srtp, start + offset, size):
                    self._drops.count(DropReason.PROTECT, count)
                    break
            else:
                header, iovec, control = self._slots[len(self._counts)]
                iovec.iov_base = self._base + self._used
                iovec.iov_len = total
                header.msg_name = outlet.pointer
                header.msg_namelen = outlet.address_bytes
                if count > 1:
                    control.bytes = segment
                    header.msg_controllen = 24
                else:
                    header.msg_controllen = 0
                self._counts.append(count)
                self._keep.append(outlet.address)
                self._used += total
                self._bytes += total

    def flush(self) -> None:
        """Hand over what is queued. What the kernel refuses is dropped and counted; it never blocks."""
        counts = self._counts
        if not counts:
            return
        done = 0
        while done < len(counts):
            sent = _libc.sendmmsg(self._fd, self._messages + done, len(counts) - done, MSG_DONTWAIT)
            if sent > 0:
                self._packets += sum(counts[done : done + sent])
                done += sent
                continue
            code = _ffi.errno
            if code == errno.EINTR:
                continue
            if code in (errno.EAGAIN, errno.ENOBUFS):
                self._drops.count(DropReason.SOCKET_FULL, sum(counts[done:]))
                break
            if counts[done] > 1 and code in (errno.EIO, errno.EINVAL, errno.EMSGSIZE, errno.EOPNOTSUPP):
                # EIO: the route's device cannot segment, and will not learn it.
                self._segments = self._segments and code != errno.EIO
                self._send_apart(done)
            else:
                self._drops.count(DropReason.UNREACHABLE, counts[done])
            done += 1
        self._counts = []
        self._keep = []
        self._used = 0

    def _send_apart(self, index: int) -> None:
        """One segmented message, packet by packet."""
        header, iovec, control = self._slots[index]
        start, total, segment = iovec.iov_base, iovec.iov_len, control.bytes
        header.msg_controllen = 0
        for offset in range(0, total, segment):
            iovec.iov_base = start + offset
            iovec.iov_len = min(segment, total - offset)
            if _libc.sendmmsg(self._fd, self._messages + index, 1, MSG_DONTWAIT) == 1:
                self._packets += 1
            else:
                self._drops.count(DropReason.UNREACHABLE)
