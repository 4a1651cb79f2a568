import asyncio
import errno
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classroom.relay import express, native
from classroom.relay import fanout as module
from classroom.relay.drops import DropReason, Drops
from classroom.relay.express import Express
from classroom.relay.fanout import MAX_SEGMENTS, Fanout, point, runs
from classroom.relay.lane import Outlet
from classroom.relay.peer import SecureTransport, generate_certificate


def rtp(number: int, size: int) -> bytes:
    return bytes.fromhex("8060") + number.to_bytes(2, "big") + bytes(4) + (42).to_bytes(4, "big") + bytes(size - 12)


class Receiver:
    """A peer with a connected SecureTransport and a socket of its own."""

    def __init__(self, family: int) -> None:
        self.sock = socket.socket(family, socket.SOCK_DGRAM)
        self.sock.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        self.sock.settimeout(1)
        certificate = generate_certificate()
        self.fingerprint = [certificate.fingerprint()]
        self.server: SecureTransport = SecureTransport(lambda data: self.client.receive(data), certificate, "server")
        self.client: SecureTransport = SecureTransport(lambda data: self.server.receive(data), certificate, "client")

    async def connect(self, family: int) -> None:
        await asyncio.gather(self.server.start(self.fingerprint), self.client.start(self.fingerprint))
        self.outlet = Outlet(self.server.srtp_session)
        point(self.outlet, family, self.sock.getsockname()[:2])

    def read(self, count: int) -> list[bytes]:
        return [self.client.unprotect_rtp(self.sock.recv(2000)) for _ in range(count)]

    async def close(self) -> None:
        self.sock.close()
        await self.client.close()
        await self.server.close()


@pytest.fixture(params=["IPv4", "IPv6"])
def family(request: pytest.FixtureRequest) -> int:
    return socket.AF_INET if request.param == "IPv4" else socket.AF_INET6


@pytest.fixture
def sock(family: int) -> Iterator[socket.socket]:
    with socket.socket(family, socket.SOCK_DGRAM) as made:
        made.setblocking(False)
        yield made


@pytest.fixture
async def receivers(family: int) -> AsyncIterator[list[Receiver]]:
    made = [Receiver(family) for _ in range(3)]
    for one in made:
        await one.connect(family)
    yield made
    for one in made:
        await one.close()


class Refusing:
    """A sendmmsg that refuses segmented messages, as a device without checksum offload makes it do."""

    def __init__(self, code: int | None = None) -> None:
        self.codes = [] if code is None else [code]
        self._libc = module._libc
        self._callback = native.ffi.callback("int(int, uintptr_t, unsigned int, int)", self.sendmmsg)

    @property
    def address(self) -> int:
        return int(native.ffi.cast("uintptr_t", self._callback))

    def sendmmsg(self, fd: int, messages: Any, count: int, flags: int) -> int:
        messages = module._ffi.cast("struct mmsghdr *", messages)
        if messages[0].msg_hdr.msg_controllen and self.codes:
            module._ffi.errno = self.codes.pop(0)
            return -1
        return int(self._libc.sendmmsg(fd, messages, 1, flags))


Open = Callable[..., Fanout | Express]
"""From counters, and a Refusing, a fan-out by the socket."""


@pytest.fixture(params=["python", "c"])
def open_fanout(request: pytest.FixtureRequest, sock: socket.socket, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Every test, in either language."""
    opened: list[tuple[Express, Refusing | None]] = []

    def open(drops: Drops, refusing: Refusing | None = None) -> Fanout | Express:
        if request.param == "python":
            monkeypatch.setattr(module, "_libc", refusing or module._libc)
            return Fanout(sock, drops)
        made = Express(request.getfixturevalue("library"), sock, drops, refusing.address if refusing else 0)
        opened.append((made, refusing))
        return made

    yield open
    for made, _ in opened:
        made.close()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([100, 101, 700, 1100]), max_size=120))
def test_runs_keep_the_order_and_fit_segment_offload(sizes: list[int]) -> None:
    packets = [rtp(number, size) for number, size in enumerate(sizes)]
    made = runs(packets)
    assert [packet for run in made for packet in run] == packets
    for run in made:
        assert 0 < len(run) <= MAX_SEGMENTS
        assert {len(packet) for packet in run[:-1]} <= {len(run[0])}
        assert len(run[-1]) <= len(run[0])


@pytest.mark.parametrize("segments", [True, False])
async def test_every_receiver_gets_every_packet_in_order(
    open_fanout: Open, receivers: list[Receiver], segments: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not segments:
        for each in (module, express):
            monkeypatch.setattr(each, "can_segment", lambda sock: False)
    drops = Drops()
    fanout = open_fanout(drops)
    assert fanout.segments is segments
    packets = [rtp(number, size) for number, size in enumerate([1100, 1100, 1100, 300, 1101, 1101, 80])]
    fanout.send([one.outlet for one in receivers], packets, receivers[0].server.tag_bytes)
    fanout.flush()
    fanout.flush()
    for one in receivers:
        assert one.read(7) == packets
    assert fanout.packets_out == 21
    assert fanout.bytes_out == 3 * sum(len(packet) + 16 for packet in packets)
    assert drops.total() == 0


async def test_more_than_the_memory_holds_goes_out_in_parts(open_fanout: Open, receivers: list[Receiver]) -> None:
    fanout = open_fanout(Drops())
    for number in range(0, 600, 10):
        fanout.send([receivers[0].outlet], [rtp(number + index, 1200) for index in range(10)], 16)
    assert 0 < fanout.packets_out < 600
    fanout.flush()
    assert fanout.packets_out == 600


async def test_a_receiver_without_address_or_that_cannot_be_reached_hurts_only_itself(
    open_fanout: Open, family: int, receivers: list[Receiver]
) -> None:
    drops = Drops()
    fanout = open_fanout(drops)
    first, unreachable, last = receivers
    # Port 0 is refused by the kernel.
    point(unreachable.outlet, family, (unreachable.sock.getsockname()[0], 0))
    nowhere = Outlet(None)
    packets = [rtp(1, 500), rtp(2, 500)]
    fanout.send([first.outlet, nowhere, unreachable.outlet, last.outlet], packets, 16)
    fanout.flush()
    assert first.read(2) == packets
    assert last.read(2) == packets
    assert drops[DropReason.UNREACHABLE] == 2


async def test_a_receiver_on_tcp_gets_the_same_packets_and_loses_only_what_libsrtp_refuses(
    open_fanout: Open, receivers: list[Receiver]
) -> None:
    drops = Drops()
    fanout = open_fanout(drops)
    by_udp, by_tcp, _ = receivers
    taken: list[bytes] = []
    by_tcp.outlet.place(None, sink=taken.append)
    packets = [rtp(5000 + number, size) for number, size in enumerate([1100, 1100, 300])]
    fanout.send([by_tcp.outlet, by_udp.outlet], packets, 16)
    # Too far back for libsrtp's replay window.
    fanout.send([by_tcp.outlet], [rtp(1, 100), rtp(6000, 100)], 16)
    fanout.flush()
    assert [by_tcp.client.unprotect_rtp(packet) for packet in taken] == [*packets, rtp(6000, 100)]
    assert by_udp.read(3) == packets
    assert fanout.packets_out == 7
    assert drops[DropReason.PROTECT] == 1


async def test_what_libsrtp_refuses_is_counted(open_fanout: Open, receivers: list[Receiver]) -> None:
    drops = Drops()
    fanout = open_fanout(drops)
    fanout.send([receivers[0].outlet], [rtp(5000, 100)], 16)
    # Too far back for its replay window.
    fanout.send([receivers[0].outlet], [rtp(1, 100)], 16)
    fanout.send([receivers[0].outlet], [rtp(5001, 100)], 16)
    fanout.flush()
    assert drops[DropReason.PROTECT] == 1
    assert receivers[0].read(2) == [rtp(5000, 100), rtp(5001, 100)]


@pytest.mark.parametrize(("code", "stays"), [(errno.EIO, False), (errno.EMSGSIZE, True), (errno.EINTR, True)])
async def test_where_segments_are_refused_packets_go_one_by_one(
    open_fanout: Open, receivers: list[Receiver], monkeypatch: pytest.MonkeyPatch, code: int, stays: bool
) -> None:
    drops = Drops()
    fanout = open_fanout(drops, Refusing(code))
    packets = [rtp(1, 500), rtp(2, 500), rtp(3, 400)]
    fanout.send([one.outlet for one in receivers], packets, 16)
    fanout.flush()
    for one in receivers:
        assert one.read(3) == packets
    assert fanout.segments is stays
    assert drops.total() == 0
    fanout.send([receivers[0].outlet], [rtp(4, 500), rtp(5, 500)], 16)
    fanout.flush()
    assert receivers[0].read(2) == [rtp(4, 500), rtp(5, 500)]


async def test_a_full_socket_drops_the_rest_and_says_so(
    open_fanout: Open, receivers: list[Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    drops = Drops()
    fanout = open_fanout(drops, Refusing(errno.EAGAIN))
    fanout.send([one.outlet for one in receivers], [rtp(1, 500), rtp(2, 500)], 16)
    fanout.flush()
    assert drops[DropReason.SOCKET_FULL] == 6
    fanout.send([receivers[0].outlet], [rtp(3, 100)], 16)
    fanout.flush()
    assert receivers[0].read(1) == [rtp(3, 100)]


def test_without_a_compiler_or_with_an_old_library_the_loop_stays_in_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(native, "LIBRARY", tmp_path / "librelay.so")
    assert native.load() is None
    native.LIBRARY.write_bytes(b"no library")
    os.utime(native.LIBRARY, (0, 0))
    assert native.load() is None
    os.utime(native.LIBRARY)
    assert native.load() is None
    monkeypatch.setenv("CC", "/nowhere/cc")
    assert "by way of Python" in native.build(tmp_path / "other.so")
    assert not list(tmp_path.glob("other*"))
