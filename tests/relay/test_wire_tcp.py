"""The TCP side of the relay: framing, hostile connections, and receivers that are too slow."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.relay import wire_tcp as module
from classroom.relay.drops import DropReason, Drops
from classroom.relay.wire import DATAGRAM_BYTES
from classroom.relay.wire_tcp import BadFrame, Deframer, Listener, Stream, frame

STUN = b"\x00\x01stun"


def fed(deframer: Deframer, data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted({min(cut, len(data)) for cut in cuts}), len(data)]
    return [one for start, end in zip(edges, edges[1:], strict=False) for one in deframer.feed(data[start:end])]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=DATAGRAM_BYTES), max_size=8), st.lists(st.integers(0, 6000), max_size=12))
def test_what_is_framed_comes_out_again_however_it_is_cut(datagrams: list[bytes], cuts: list[int]) -> None:
    assert fed(Deframer(), b"".join(map(frame, datagrams)), cuts) == datagrams


@settings(deadline=None)
@given(st.binary(max_size=4000), st.lists(st.integers(0, 4000), max_size=12))
def test_any_bytes_are_datagrams_or_the_one_error(data: bytes, cuts: list[int]) -> None:
    deframer = Deframer()
    with contextlib.suppress(BadFrame):
        for datagram in fed(deframer, data, cuts):
            assert len(datagram) <= DATAGRAM_BYTES
        assert len(deframer._rest) < 2 + DATAGRAM_BYTES


class Peer:
    def __init__(self) -> None:
        self.told: list[tuple[str, bytes]] = []
        self.lost_streams: list[Stream] = []

    def dtls(self, datagram: bytes, now: float) -> None:
        self.told.append(("dtls", datagram))

    def rtp(self, datagram: bytes, now: float) -> None:
        if datagram == b"\x80bug":
            raise RuntimeError
        self.told.append(("rtp", datagram))

    def rtcp(self, datagram: bytes, now: float) -> None:
        self.told.append(("rtcp", datagram))

    def lost(self, stream: Stream) -> None:
        self.lost_streams.append(stream)


class Rig:
    """A listener that takes the word `STUN` for an authentic binding request of `peer`."""

    def __init__(self, host: str) -> None:
        self.now = 7.0
        self.drops = Drops()
        self.peer = Peer()
        self.stream: Stream | None = None
        self.flushes = 0
        self.listener = Listener(host, 0, lambda: self.now, self.take_stun, self.flush, self.drops)
        self.port = self.listener._sock.getsockname()[1]
        self.writers: list[asyncio.StreamWriter] = []

    def take_stun(self, datagram: bytes, stream: Stream, now: float) -> None:
        if datagram == STUN:
            self.stream = stream
            stream.belong(self.peer)

    def flush(self) -> None:
        self.flushes += 1

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writers.append(writer)
        return reader, writer

    async def proved(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Stream]:
        reader, writer = await self.connect()
        writer.write(frame(STUN))
        await until(lambda: self.stream is not None)
        stream, self.stream = self.stream, None
        assert stream is not None
        return reader, writer, stream


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def ended(reader: asyncio.StreamReader) -> None:
    """Wait until the other side has hung up."""
    async with asyncio.timeout(10):
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""


async def read_frame(reader: asyncio.StreamReader) -> bytes:
    return await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))


@pytest.fixture(params=["127.0.0.1", "::"])
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    made = Rig(request.param)
    await made.listener.open()
    yield made
    for writer in made.writers:
        writer.transport.abort()
    made.listener.close()
    made.listener.close()
    await until(lambda: not made.listener.streams)
    assert made.listener.unproved == {}
    assert made.listener._from == {}


async def test_a_proved_connection_is_told_apart_like_the_udp_socket(rig: Rig) -> None:
    _, writer, stream = await rig.proved()
    assert stream.address == writer.get_extra_info("sockname")[:2]
    for datagram in (b"\x16dtls", b"\x80\x60rtp", b"\x80\xc8rtcp", b"\x80bug", b"", b"\x80", b"\x05\x05", b"\x80\xe0"):
        writer.write(frame(datagram))
    writer.write(frame(b"\x80\x60end"))
    await until(lambda: ("rtp", b"\x80\x60end") in rig.peer.told)
    assert [kind for kind, _ in rig.peer.told] == ["dtls", "rtp", "rtcp", "rtp", "rtp"]
    assert rig.drops[DropReason.NOT_OURS] == 3
    assert rig.flushes > 0


async def test_whoever_does_not_prove_at_once_who_he_is_is_hung_up_on(rig: Rig) -> None:
    for datagram in (b"\x80\x60rtp", b"\x16dtls", b"\x00\x01strange", b"", b"GET / HTTP/1.1\r\n\r\n"):
        reader, writer = await rig.connect()
        writer.write(frame(datagram))
        await ended(reader)
    assert rig.drops[DropReason.STRAY] == 4
    assert rig.peer.told == []


async def test_silence_is_hung_up_on_in_time(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PROVE_S", 0.05)
    silent, _ = await rig.connect()
    slow, writer = await rig.connect()
    writer.write(frame(STUN)[:-1])
    await ended(silent)
    await ended(slow)
    _, _, stream = await rig.proved()
    await asyncio.sleep(0.1)
    assert stream in rig.listener.streams


async def test_a_length_that_cannot_be_ends_the_connection(rig: Rig) -> None:
    reader, writer, stream = await rig.proved()
    writer.write(b"\xff\xff" + bytes(100))
    await ended(reader)
    assert rig.drops[DropReason.BAD_FRAME] == 1
    await until(lambda: rig.peer.lost_streams == [stream])


async def test_connections_are_bounded_from_one_address_and_in_all(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_FROM_ADDRESS", 3)
    for _ in range(3):
        await rig.connect()
    await until(lambda: len(rig.listener.streams) == 3)
    reader, _ = await rig.connect()
    await ended(reader)
    monkeypatch.setattr(module, "MAX_FROM_ADDRESS", 100)
    rig.listener._most = 3
    reader, _ = await rig.connect()
    await ended(reader)
    assert rig.drops[DropReason.TCP_REFUSED] == 2


async def test_connections_of_nobody_make_room_for_newcomers(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_UNPROVED", 2)
    oldest, _ = await rig.connect()
    await until(lambda: len(rig.listener.streams) == 1)
    await rig.connect()
    await rig.proved()
    await ended(oldest)


async def test_both_kinds_of_packets_arrive_whole(rig: Rig) -> None:
    reader, _, stream = await rig.proved()
    stream.send_video(b"\x80\x60" + bytes(1200))
    stream.send(b"\x80\x61sound")
    assert await read_frame(reader) == b"\x80\x61sound"
    assert await read_frame(reader) == b"\x80\x60" + bytes(1200)


async def fill(stream: Stream, packet: bytes, packets: int) -> None:
    """As if a publisher sent them, ten at a time."""
    for _ in range(packets // 10):
        for _ in range(10):
            stream.send_video(packet)
        await asyncio.sleep(0)


async def test_a_slow_receiver_loses_pictures_and_hurts_only_itself(rig: Rig) -> None:
    _, _, slow = await rig.proved()
    quick_reader, _, quick = await rig.proved()
    packet = b"\x80\x60" + bytes(1200)
    # The kernels at both ends take some megabytes on loopback.
    while not rig.drops[DropReason.TCP_FULL]:
        await fill(slow, packet, 1000)
    assert slow._video_bytes <= module.VIDEO_BYTES
    assert slow._transport is not None
    assert slow._transport.get_write_buffer_size() < 3 * module.WRITE_BYTES
    quick.send(b"\x80\x61sound")
    assert await read_frame(quick_reader) == b"\x80\x61sound"
    dropped = rig.drops[DropReason.TCP_FULL]
    rig.now += module.STALE_S + 0.1
    slow.send_video(packet)
    assert rig.drops[DropReason.TCP_FULL] > dropped + 100
    assert len(slow._video) == 1
    for _ in range(1000):
        slow.send(bytes(100))
    assert slow._urgent_bytes <= module.URGENT_BYTES
    slow.close()
    slow.close()
    slow.send(b"\x00\x00")
    slow.send_video(b"\x00\x00")


async def test_sound_passes_pictures_that_wait(rig: Rig) -> None:
    reader, _, stream = await rig.proved()
    packet, sound = b"\x80\x60" + bytes(1200), b"\x80\x61" + bytes(100)
    while not stream._video_bytes > module.VIDEO_BYTES // 2:
        await fill(stream, packet, 100)
    stream.send(sound)
    waiting = len(stream._video)
    before = after = 0
    async with asyncio.timeout(10):
        while await read_frame(reader) != sound:
            before += 1
        while after < waiting:
            assert len(await read_frame(reader)) == len(packet)
            after += 1
    assert before > 0


async def test_a_farewell_is_sent_before_hanging_up(rig: Rig) -> None:
    reader, _, stream = await rig.proved()
    stream.send(b"\x15close_notify")
    stream.release(Peer())
    assert stream in rig.listener.streams
    stream.release(rig.peer)
    assert await read_frame(reader) == b"\x15close_notify"
    await ended(reader)
    await until(lambda: stream not in rig.listener.streams)
    assert rig.peer.lost_streams == []


async def test_a_taken_port_is_an_error(rig: Rig) -> None:
    host: Any = "127.0.0.1" if rig.listener._sock.family == socket.AF_INET else "::"
    with pytest.raises(OSError):
        Listener(host, rig.port, lambda: 0.0, rig.take_stun, rig.flush, rig.drops)
