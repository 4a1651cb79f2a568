"""The express: what needs no thought goes on in C, and Python hears of it later. What Python has written itself goes
out by the same memory.

A source whose packets all go the same way, to the same receivers and numbered by the same offsets, has a shortcut. Its
next packets are decrypted, written, encrypted and sent as soon as they are read (`express_take` in native.c). Python
looks at them some times a second, in runs, to count them, to remember them and to hand them to taps. Whatever is not
plainly the next packet waits for Python with all that comes after it; and before who gets what changes, the shortcut is
stopped, which first takes note of what went on.
"""

import contextlib
import logging
import os
import socket
import struct
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, cast

from pylibsrtp._binding import ffi as srtp_ffi
from pylibsrtp._binding import lib as srtp_lib

from classroom.relay import native
from classroom.relay.drops import DropReason, Drops
from classroom.relay.fanout import MAX_SEGMENTS, Apiece, can_segment, runs, socket_address
from classroom.relay.ice import Address
from classroom.relay.inbox import Senders
from classroom.relay.lane import Lane, Outlet, Outlets
from classroom.relay.run import Run

# As in native.h.
SLOT_BYTES, NAME_BYTES, ABSENT = 1504, 32, -1
_RECORD = struct.Struct("=d8iI4x")

_log = logging.getLogger(__name__)

WentOn = Callable[[Run], None]
"""Takes packets of one source that went on."""


class Way(NamedTuple):
    """Where the packets of a source go, and what is added to its sequence numbers and timestamps on the way."""

    lanes: Sequence[Lane]
    sequence_offset: int
    timestamp_offset: int
    drops_picture_id: bool


class Prepared(NamedTuple):
    """Outlets as C takes them: those that have an address, in arrays; and those that are on TCP."""

    reached: Any
    """`struct outlets`."""
    memory: Any
    """What that points to."""
    apart: list[tuple[Outlet, Callable[[bytes], None]]]


def prepare(outlets: Sequence[Outlet]) -> Prepared:
    """What C needs of them; what it was the last time while no outlet has come, left or moved."""
    keeper = outlets if isinstance(outlets, Outlets) else outlets[0] if len(outlets) == 1 else None
    if keeper is not None and keeper.prepared is not None:
        return cast(Prepared, keeper.prepared)
    reached = [outlet for outlet in outlets if outlet.address is not None]
    sessions = native.ffi.new("uintptr_t[]", [int(srtp_ffi.cast("uintptr_t", outlet.srtp)) for outlet in reached])
    names = native.ffi.new("uintptr_t[]", [outlet.pointer for outlet in reached])
    name_bytes = reached[0].address_bytes if reached else 0
    prepared = Prepared(
        native.ffi.new("struct outlets *", (len(reached), name_bytes, sessions, names)),
        (sessions, names, [outlet.address for outlet in reached]),
        [(outlet, outlet.sink) for outlet in outlets if outlet.address is None and outlet.sink is not None],
    )
    if keeper is not None:
        keeper.prepared = prepared
    return prepared


class Source(NamedTuple):
    """How to know a source: the address that it sends from, and what its packets say."""

    address: Address
    ssrc: int
    payload_type: int
    session: Any
    """libsrtp's incoming one; valid until the shortcut has been stopped."""
    tag_bytes: int
    transport_number_id: int
    level_id: int
    """Of header extensions, 0 for none."""


class Shortcut:
    """A source on its way through C, until `stop`. Only an Express makes one."""

    def __init__(self, express: "Express", source: Source, way: Way, newest: int, went_on: WentOn) -> None:
        self.way = way
        self.went_on = went_on
        self.is_live = True
        self._express = express
        lanes = [lane for lane in way.lanes if lane.key.pacer is None]
        self._prepared = [prepare(lane.outlets) for lane in lanes]
        self._lanes = native.ffi.new("struct lane[]", len(lanes))
        for made, lane, prepared in zip(self._lanes, lanes, self._prepared, strict=True):
            _fill(made, lane, prepared, way)
            lane.counted, lane.unreached = made, [outlet for outlet, _ in prepared.apart]
        for lane in way.lanes:
            lane.outlets.shortcut = self
            if lane.key.pacer is not None:
                lane.unreached = list(lane.outlets)
        memory = self.memory = native.ffi.new("struct shortcut *")
        memory.ssrc, memory.payload_type = source.ssrc, source.payload_type
        memory.session, memory.tag_bytes = int(srtp_ffi.cast("uintptr_t", source.session)), source.tag_bytes
        memory.transport_number_id, memory.level_id = source.transport_number_id, source.level_id
        memory.newest, memory.drops_picture_id = newest & 0xFFFF, way.drops_picture_id
        memory.lane_count, memory.lanes = len(lanes), self._lanes
        memory.is_awaited = any(lane.unreached for lane in way.lanes)
        name = socket_address(express.family, source.address)[: len(memory.name)]
        native.ffi.memmove(memory.name, name, len(name))
        self._records = memoryview(native.ffi.buffer(memory.records))

    def collect(self, payloads: Any) -> list[Run]:
        """Empty C's memory; their payloads lie in this buffer."""
        count, self.memory.recorded, self.memory.is_due = self.memory.recorded, 0, 0
        if not count:
            return []
        passed = list(_RECORD.iter_unpack(self._records[: count * _RECORD.size]))
        return list(Run.each(passed, [payloads[one[1] : one[1] + one[2]] for one in passed]))

    def goes_on(self, way: Way, newest: int) -> bool:
        """Whether it is alive and still goes this way; then it does, after the packet with this number."""
        if not self.is_live or way != self.way:
            return False
        self.memory.newest, self.memory.is_suspended = newest & 0xFFFF, 0
        return True

    def catch_up(self) -> None:
        """Take note of what went on."""
        self._express.note((self,))

    def stop(self) -> None:
        """Take note of what went on, and let nothing more go on. Idempotent."""
        if self.is_live:
            self.is_live = False
            self._express.remove(self)
            for lane in self.way.lanes:
                lane.outlets.shortcut = None
                lane.fold()


class Express:
    """Reads a socket, as Inbox does, sends on what has a shortcut, and sends to many, as Fanout does. OSError."""

    def __init__(self, library: Any, sock: socket.socket, drops: Drops, send: int = 0) -> None:
        """`send`: the address of what is called in place of sendmmsg."""
        self.family = sock.family
        self.wake: Callable[[Any], None] = library.express_wake
        """Reads and sends on without Python, for an event loop; with `memory`."""
        self._library = library
        self._drops = drops
        protect, unprotect = (
            int(srtp_ffi.cast("uintptr_t", srtp_ffi.addressof(srtp_lib, name)))
            for name in ("srtp_protect", "srtp_unprotect")
        )
        opened = library.express_open(sock.fileno(), protect, unprotect, send, can_segment(sock))
        if not opened:
            raise OSError(native.ffi.errno, "no memory, or no timer, for what C reads")
        self.memory = memory = native.ffi.gc(opened, library.express_close)
        self.news: int = memory.news
        """Readable when C has left something that Python has to look at; then `hear`."""
        self._data, self._names = native.ffi.buffer(memory.data), native.ffi.buffer(memory.names)
        self._payloads = native.ffi.buffer(memory.payloads)
        self._senders = Senders(sock.family)
        self._shortcuts: list[Shortcut] = []
        self._untold: deque[tuple[Shortcut, Run]] = deque()
        self._apiece = Apiece(drops)
        self._sizes = native.ffi.new("int[]", MAX_SEGMENTS)
        self._queued: list[Prepared] = []
        """What C points to until it is flushed."""
        self.datagrams = 0
        """Those that went on, and that Python knows of."""
        self.bytes = 0

    @classmethod
    def open(cls, sock: socket.socket, drops: Drops) -> "Express | None":
        """None where there is no library."""
        library = native.load()
        return None if library is None else cls(library, sock, drops)

    def close(self) -> None:
        """Read nothing more. Idempotent."""
        news, self.news = self.news, -1
        if news >= 0:
            os.close(news)

    @property
    def came(self) -> int:
        """Datagrams read."""
        return int(self.memory.datagrams)

    @property
    def packets_out(self) -> int:
        """Packets sent to receivers."""
        return int(self.memory.packets_out) + self._apiece.packets

    @property
    def bytes_out(self) -> int:
        """Their octets, encrypted."""
        return int(self.memory.bytes_out) + self._apiece.bytes

    @property
    def segments(self) -> bool:
        """Whether segment offload is in use."""
        return bool(self.memory.segments)

    def hear(self) -> None:
        """Take `news`: with the next `read` who waits for what went on is served."""
        with contextlib.suppress(BlockingIOError):
            os.read(self.news, 8)
        if self.memory.is_awaited:
            self.memory.is_awaited, self.memory.is_due = 0, 1

    def send(self, outlets: Sequence[Outlet], packets: list[bytes], tag_bytes: int) -> None:
        """Encrypt for each outlet and queue. The packets are plain RTP, `tag_bytes` what SRTP adds to each."""
        prepared, sizes, room = prepare(outlets), self._sizes, bytes(tag_bytes)
        self._queued.append(prepared)
        for outlet, sink in prepared.apart:
            self._apiece.send(outlet, sink, packets)
        for run in runs(packets) if self.memory.segments else [[packet] for packet in packets]:
            plain, segment, count = room.join(run) + room, len(run[0]) + tag_bytes, len(run)
            sizes[0:count] = [len(packet) for packet in run]
            self._library.express_queue(self.memory, prepared.reached, plain, len(plain), segment, count, sizes)

    def flush(self) -> None:
        """Hand over what is queued. What the kernel refuses is dropped and counted; it never blocks."""
        if self._queued:
            self._library.express_flush(self.memory)
            self._queued.clear()
            if self.memory.not_protected or self.memory.socket_full or self.memory.unreachable:
                self._count_drops()

    def start(self, source: Source, way: Way, newest: int, went_on: WentOn) -> Shortcut:
        """Let what comes after the packet with this number go on."""
        shortcut = Shortcut(self, source, way, newest, went_on)
        self._shortcuts.append(shortcut)
        self._library.express_add(self.memory, shortcut.memory)
        return shortcut

    def remove(self, shortcut: Shortcut) -> None:
        """Take note of what went on, and let nothing more of this shortcut go on."""
        self.note((shortcut,))
        self._library.express_remove(self.memory, shortcut.memory)
        self._shortcuts.remove(shortcut)

    def read(self, now: float) -> tuple[int, list[tuple[bytes, Address]] | None]:
        """How many datagrams came, at most AT_ONCE, and those that are for Python with their senders; None when Python
        has nothing to do yet. Nothing is read while `wake` has left some of these. OSError, but never for waiting."""
        memory, count = self.memory, 0
        is_due = self._look()
        if not memory.for_python:
            count = self._library.express_take(memory, now)
            if count < 0:
                raise OSError(-count, os.strerror(-count))
            is_due = self._look() or is_due
        for_python = memory.for_python
        return count, self._rest(for_python) if is_due or for_python else None

    def _look(self) -> bool:
        """Take note of what should be noted now; whether there was any."""
        if not self.memory.is_due:
            return False
        self.memory.is_due = 0
        if self.memory.is_full:
            self.catch_up()
        else:
            self.note([shortcut for shortcut in self._shortcuts if shortcut.memory.is_due])
        return True

    def catch_up(self) -> None:
        """Take note of all that went on."""
        memory = self.memory
        self.datagrams, self.bytes = int(memory.went_on), int(memory.went_on_bytes)
        memory.recorded_bytes = memory.is_due = memory.is_full = memory.is_awaited = 0
        self._count_drops()
        self.note(self._shortcuts)

    def note(self, shortcuts: Iterable[Shortcut]) -> None:
        """Take note of what went on by these."""
        self._untold += [(shortcut, run) for shortcut in shortcuts for run in shortcut.collect(self._payloads)]
        if self._untold:
            self._tell()

    def _rest(self, count: int) -> list[tuple[bytes, Address]]:
        """What nobody but Python can decide on."""
        memory, data, names, rest = self.memory, self._data, self._names, []
        slots, sizes, name_bytes = memory.slots, memory.bytes, self._senders.name_bytes
        for index in range(count):
            slot, size = slots[index], sizes[index]
            at, name = slot * SLOT_BYTES, slot * NAME_BYTES
            rest.append((data[at : at + size], self._senders.sender(names[name : name + name_bytes])))
        memory.for_python = 0
        return rest

    def _count_drops(self) -> None:
        memory, drops = self.memory, self._drops
        drops.count(DropReason.PROTECT, memory.not_protected)
        drops.count(DropReason.UNPROTECT, memory.not_authentic)
        drops.count(DropReason.SOCKET_FULL, memory.socket_full)
        drops.count(DropReason.UNREACHABLE, memory.unreachable)
        memory.not_protected = memory.not_authentic = memory.socket_full = memory.unreachable = 0

    def _tell(self) -> None:
        """Hand out what went on. Who changes something meanwhile comes here again, and goes on with what is left."""
        while self._untold:
            shortcut, run = self._untold.popleft()
            try:
                shortcut.went_on(run)
            except Exception:
                # A bug with one packet must not silence all the others.
                _log.exception("x packets that went on")


def _fill(made: Any, lane: Lane, prepared: Prepared, way: Way) -> None:
    """A lane as C takes it."""
    key = lane.key
    made.ssrc, made.payload_type = lane.ssrc, key.payload_type
    made.abs_send_time, made.tag_bytes = key.abs_send_time, key.tag_bytes
    made.sequence_offset = (way.sequence_offset + key.sequence_offset) & 0xFFFF
    made.timestamp_offset = (way.timestamp_offset + key.timestamp_offset) & 0xFFFFFFFF
    made.to = prepared.reached[0]
