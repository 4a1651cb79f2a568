"""The process that joins two network namespaces by a bad line: a TUN device in each, and a heap of due times between.

    python -m tests.network.bridge SERVER_NAMESPACE SERVER_DEVICE ROOM_NAMESPACE ROOM_DEVICE SEED

It answers each line of JSON on its input (`Setting`) with one on its output (`Told`) once the setting is in force, the
first without being asked once the devices exist, and ends with its input. "Down" is towards the classroom. A process of
its own: it shares no GIL with anything, and needs root.
"""

import ctypes
import fcntl
import heapq
import os
import select
import struct
import sys
import time

import msgspec

from tests.network.shaping import Counters, Rules, Shaper

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
MTU = 65535
UDP = 17
PORTS_FROM = 1024
"""Ports below it are nobody's: the shift of the address translator stays above."""
PORTS = 65536 - PORTS_FROM
NICE = -10


class Setting(msgspec.Struct, frozen=True):
    """Rules of both directions, and how far the translator moves the classroom's UDP ports (0: not at all).

    Another shift is a rebinding: the server sees another port, and what it sends to the old one is lost.
    """

    down: Rules = Rules()
    up: Rules = Rules()
    port_shift: int = 0


class Told(msgspec.Struct, frozen=True):
    """What went by since the start."""

    down: Counters
    up: Counters


def enter_namespace(handle: int) -> None:
    """Move the calling thread into the network namespace that this open file stands for. OSError."""
    if ctypes.CDLL(None, use_errno=True).setns(handle, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def shift_port(packet: bytes, is_up: bool, shift: int) -> bytes:
    """An IPv4 packet after the translator: the source port of UDP upwards, its destination port downwards."""
    header = (packet[0] & 0x0F) * 4
    if not shift or packet[9] != UDP or int.from_bytes(packet[6:8], "big") & 0x1FFF:
        return packet
    at = header if is_up else header + 2
    port = int.from_bytes(packet[at : at + 2], "big")
    if port < PORTS_FROM:
        return packet
    moved = PORTS_FROM + (port - PORTS_FROM + (shift if is_up else -shift)) % PORTS
    return packet[:at] + moved.to_bytes(2, "big") + packet[at + 2 : header + 6] + _summed(packet, header, port, moved)


def _summed(packet: bytes, header: int, port: int, moved: int) -> bytes:
    """The rest of the packet from its UDP checksum on, which is adjusted (RFC 1624 §3)."""
    checksum = int.from_bytes(packet[header + 6 : header + 8], "big")
    if checksum:
        total = (~checksum & 0xFFFF) + (~port & 0xFFFF) + moved
        total = (total & 0xFFFF) + (total >> 16)
        checksum = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF or 0xFFFF
    return checksum.to_bytes(2, "big") + packet[header + 8 :]


class Bridge:
    """Both devices, both shapers, one heap."""

    def __init__(self, server_side: int, room_side: int, seed: int) -> None:
        self._ends = {server_side: room_side, room_side: server_side}
        self._room_side = room_side
        self._shapers = {server_side: Shaper(2 * seed), room_side: Shaper(2 * seed + 1)}
        self._heap: list[tuple[float, int, int, bytes]] = []
        self._count = 0
        self._shift = 0
        self._input = b""

    def run(self) -> None:
        """Until the input ends."""
        self._tell()
        sources = [*self._ends, sys.stdin.fileno()]
        while True:
            wait = max(0.0, self._heap[0][0] - time.monotonic()) if self._heap else None
            ready, _, _ = select.select(sources, [], [], wait)
            for source in ready:
                if source in self._ends:
                    self._take(source)
                elif not self._obey():
                    return
            self._give()

    def _take(self, source: int) -> None:
        packet = os.read(source, MTU)
        if packet[0] >> 4 != 4:
            return  # the kernel's own IPv6 chatter
        packet = shift_port(packet, source == self._room_side, self._shift)
        due = self._shapers[source].due(len(packet), packet[9] == UDP, time.monotonic())
        if due is not None:
            self._count += 1
            heapq.heappush(self._heap, (due, self._count, self._ends[source], packet))

    def _give(self) -> None:
        now = time.monotonic()
        while self._heap and self._heap[0][0] <= now:
            _, _, target, packet = heapq.heappop(self._heap)
            try:
                os.write(target, packet)
            except OSError:
                continue  # the device is down: a pulled cable

    def _obey(self) -> bool:
        more = os.read(sys.stdin.fileno(), 65536)
        *lines, self._input = (self._input + more).split(b"\n")
        for line in lines:
            setting = msgspec.json.decode(line, type=Setting)
            for source, shaper in self._shapers.items():
                shaper.change(setting.up if source == self._room_side else setting.down)
            self._shift = setting.port_shift
            self._tell()
        return bool(more)

    def _tell(self) -> None:
        up = self._shapers[self._room_side].counters
        down = self._shapers[self._ends[self._room_side]].counters
        sys.stdout.buffer.write(msgspec.json.encode(Told(down, up)) + b"\n")
        sys.stdout.buffer.flush()


def open_device(namespace: str, name: str) -> int:
    """A TUN device in that namespace, and the file that is its other end. OSError. Moves the calling thread there."""
    with open(f"/run/netns/{namespace}", "rb") as file:
        enter_namespace(file.fileno())
    handle = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(handle, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return handle


def main() -> None:
    server_namespace, server_device, room_namespace, room_device, seed = sys.argv[1:]
    # A line does not get slower because the machine is busy.
    os.nice(NICE)
    Bridge(open_device(server_namespace, server_device), open_device(room_namespace, room_device), int(seed)).run()


if __name__ == "__main__":
    main()
