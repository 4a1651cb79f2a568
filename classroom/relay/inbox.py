"""Reads many datagrams by one recvmmsg, into memory that is allocated once."""

import errno
import os
import socket
import struct

from cffi import FFI

from classroom.relay.ice import Address

SLOTS = 64
# One byte more than an Ethernet frame carries tells that a datagram is larger.
SLOT_BYTES = 1504
NAME_BYTES = 32
# Senders that are remembered with what they are in text.
MAX_NAMES = 4096

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
# Where msg_len is, and how far apart, in units of four bytes.
_LENGTH, _STRIDE = _ffi.offsetof("struct mmsghdr", "msg_len") // 4, _ffi.sizeof("struct mmsghdr") // 4


class Senders:
    """Who sent a datagram, out of the C socket address. An IPv4 sender of an IPv6 socket has its IPv4 address."""

    def __init__(self, family: int) -> None:
        self.name_bytes = 8 if family == socket.AF_INET else 24
        """How much of the socket address says it: family, port and IP address."""
        self._family = family
        self._known: dict[bytes, Address] = {}

    def sender(self, name: bytes) -> Address:
        """The sender, by the first `name_bytes` of its socket address."""
        return self._known.get(name) or self._read(name)

    def _read(self, name: bytes) -> Address:
        port: int = struct.unpack_from("!H", name, 2)[0]
        host = socket.inet_ntop(self._family, name[4:8] if self._family == socket.AF_INET else name[8:24])
        sender = (host.removeprefix("::ffff:") if "." in host else host, port)
        if len(self._known) >= MAX_NAMES:
            self._known.clear()
        self._known[name] = sender
        return sender


class Inbox:
    """What came to one UDP socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._fd = sock.fileno()
        self._senders = Senders(sock.family)
        self.came = 0
        """Datagrams read."""
        memory, names = _ffi.new("char[]", SLOTS * SLOT_BYTES), _ffi.new("char[]", SLOTS * NAME_BYTES)
        vectors = _ffi.new("struct iovec[]", SLOTS)
        self._messages = _ffi.new("struct mmsghdr[]", SLOTS)
        for index in range(SLOTS):
            vectors[index].iov_base, vectors[index].iov_len = memory + index * SLOT_BYTES, SLOT_BYTES
            header = self._messages[index].msg_hdr
            header.msg_name, header.msg_namelen = names + index * NAME_BYTES, NAME_BYTES
            header.msg_iov, header.msg_iovlen = vectors + index, 1
        self._keep = (memory, names, vectors)
        self._data, self._names = _ffi.buffer(memory), _ffi.buffer(names)
        self._lengths = memoryview(_ffi.buffer(self._messages)).cast("I")

    def read(self, now: float) -> tuple[int, list[tuple[bytes, Address]]]:
        """How many datagrams came, and they, with their senders: at most SLOTS, fewer when there are no more. OSError,
        but never for waiting. `now` is for an Express, which can take this one's place."""
        count = _libc.recvmmsg(self._fd, self._messages, SLOTS, socket.MSG_DONTWAIT, _ffi.NULL)
        if count < 0:
            code = _ffi.errno
            if code in (errno.EAGAIN, errno.EINTR):
                return 0, []
            raise OSError(code, os.strerror(code))
        self.came += count
        data, names, sender, name_bytes = self._data, self._names, self._senders.sender, self._senders.name_bytes
        read = []
        at = 0
        for index, size in enumerate(self._lengths[_LENGTH : _STRIDE * count : _STRIDE].tolist()):
            name = names[at : at + name_bytes]
            start = index * SLOT_BYTES
            read.append((data[start : start + size], sender(name)))
            at += NAME_BYTES
        return count, read
