import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from classroom.relay import wire as module
from classroom.relay.drops import DropReason, Drops
from classroom.relay.wire import BATCH_DATAGRAMS, Wire


class Heard:
    def __init__(self) -> None:
        self.told: list[tuple[str, bytes]] = []

    def dtls(self, datagram: bytes, now: float) -> None:
        self.told.append(("dtls", datagram))

    def rtp(self, datagram: bytes, now: float) -> None:
        if datagram == b"\x80bug":
            raise RuntimeError
        self.told.append(("rtp", datagram))

    def rtcp(self, datagram: bytes, now: float) -> None:
        self.told.append(("rtcp", datagram))


class Rig:
    def __init__(self, host: str) -> None:
        self.drops = Drops()
        self.heard = Heard()
        self.stun: list[tuple[bytes, tuple[str, int]]] = []
        self.flushes = 0
        self.wire = Wire(host, 0, lambda: 7.0, self.take_stun, self.flush, self.drops)
        self.flushed = asyncio.Event()
        self.peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.peer.bind(("127.0.0.1", 0))
        self.peer.settimeout(1)
        self.wire.open()

    def take_stun(self, datagram: bytes, address: tuple[str, int], now: float) -> None:
        assert now == 7.0
        self.stun.append((datagram, address))

    def flush(self) -> None:
        self.flushes += 1
        self.flushed.set()

    async def send(self, *datagrams: bytes) -> None:
        before = self.wire.datagrams
        for datagram in datagrams:
            self.peer.sendto(datagram, ("127.0.0.1", self.wire.port))
        async with asyncio.timeout(2):
            while self.wire.datagrams < before + len(datagrams):
                self.flushed.clear()
                await self.flushed.wait()


@pytest.fixture(params=["127.0.0.1", "::"])
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    made = Rig(request.param)
    yield made
    made.peer.close()
    made.wire.close()
    made.wire.close()


async def test_the_first_two_bytes_tell_where_a_datagram_goes(rig: Rig) -> None:
    address = rig.peer.getsockname()
    rig.wire.peers[address] = rig.heard
    await rig.send(
        b"\x00\x01stun", b"\x16dtls", b"\x80\x60rtp", b"\x80\xc8rtcp", b"\x80\xe0rtp", b"\x05\x05", b"\x40\x40"
    )
    assert rig.stun == [(b"\x00\x01stun", address)]
    assert [kind for kind, _ in rig.heard.told] == ["dtls", "rtp", "rtcp", "rtp"]
    assert rig.drops[DropReason.NOT_OURS] == 2


async def test_strangers_and_giants_are_dropped(rig: Rig) -> None:
    await rig.send(b"\x80\x60rtp", b"\x16dtls")
    assert rig.drops[DropReason.STRAY] == 2
    rig.wire.peers[rig.peer.getsockname()] = rig.heard
    await rig.send(b"\x80" * 1501, b"", b"\x80")
    assert rig.drops[DropReason.OVERSIZE] == 1
    assert rig.drops[DropReason.NOT_OURS] == 2
    assert rig.heard.told == []


async def test_a_bug_in_one_handler_does_not_silence_the_next(rig: Rig, caplog: Any) -> None:
    rig.wire.peers[rig.peer.getsockname()] = rig.heard
    await rig.send(b"\x80bug", b"\x80\x60good")
    assert rig.heard.told == [("rtp", b"\x80\x60good")]
    assert "RuntimeError" in caplog.text


async def test_a_flood_is_read_in_batches(rig: Rig) -> None:
    await rig.send(*[b"\x80\x60" + bytes(10)] * (BATCH_DATAGRAMS + 50))
    assert rig.flushes >= 2


async def test_sending(rig: Rig) -> None:
    rig.wire.send(b"hello", rig.peer.getsockname())
    assert rig.peer.recv(100) == b"hello"
    rig.wire.send(b"hello", ("127.0.0.1", 0))
    assert rig.drops[DropReason.UNREACHABLE] == 1


async def test_a_taken_port_is_an_error(rig: Rig) -> None:
    with pytest.raises(OSError):
        Wire(
            "127.0.0.1" if rig.wire.family == socket.AF_INET else "::",
            rig.wire.port,
            lambda: 0.0,
            rig.take_stun,
            rig.flush,
            rig.drops,
        )


async def test_where_much_comes_it_is_fetched_until_little_comes(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BUSY_PER_S", 5.0)
    now = 7.0
    rig.wire._clock = lambda: now
    rig.wire.peers[rig.peer.getsockname()] = rig.heard
    loop = asyncio.get_running_loop()
    descriptor = rig.wire.sock.fileno()
    await rig.send(*[b"\x80\x60%d" % number for number in range(50)])
    assert not loop.remove_reader(descriptor)
    await rig.send(b"\x80\x60more")
    now = 9.0
    async with asyncio.timeout(2):
        while rig.wire._timer is not None:
            await asyncio.sleep(0.01)
    await rig.send(b"\x80\x60last")
    assert len(rig.heard.told) == 52
