"""The whole relay at random: datagrams from strangers and from peers, and peers that are who they say but hostile.

Nothing may be raised, not even into the log, and the pictures of a well-behaved lesson beside it go on.
"""

import asyncio
import contextlib
import logging
import random
import re
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aioice import stun

from classroom.relay import rtcp
from classroom.relay.client import ClipPublisher, Viewer
from classroom.relay.hub import Hub, OfferError, RelayConfig
from classroom.relay.offer import write_offer
from classroom.relay.peer import SecureError
from classroom.relay.playout import synthetic_clip
from classroom.relay.rtp import Packet
from classroom.relay.wire_tcp import frame

CLIP = synthetic_clip(fps=15, bps=200_000, keyframe_packets=4)


class Healthy:
    """A lesson beside the noise: a clip, and a viewer who counts its packets."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.publisher = ClipPublisher(CLIP)
        self.viewer = Viewer(on_packet=self._take)
        self._more = asyncio.Event()

    async def start(self) -> None:
        await self.publisher.start(self.post(None), "healthy", "")
        await self.viewer.start(self.post("viewer"), "healthy", "")
        await self.goes_on()

    def post(self, subscriber: str | None) -> Any:
        async def post(url: str, offer: str, token: str) -> tuple[str, str]:
            if subscriber is None:
                session = self.hub.publish(url, offer, group="g")
            else:
                session = self.hub.subscribe(url, subscriber, offer, group="g")
            return session.answer, session.id

        return post

    async def goes_on(self) -> None:
        """Waits for the next packet: a relay that is stuck times out."""
        self._more.clear()
        async with asyncio.timeout(10):
            await self._more.wait()

    def _take(self, packet: Packet) -> None:
        self._more.set()


@pytest.fixture
async def hub(caplog: pytest.LogCaptureFixture) -> AsyncIterator[Hub]:
    hub = Hub(RelayConfig(host="127.0.0.1", port=0, max_handshakes=10_000), lambda notice: None)
    await hub.start()
    yield hub
    await hub.close()
    bad = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert not bad, [record.getMessage() for record in bad]


@pytest.fixture
async def healthy(hub: Hub) -> AsyncIterator[Healthy]:
    made = Healthy(hub)
    try:
        await made.start()
        yield made
        await made.goes_on()
    finally:
        await made.publisher.close()
        await made.viewer.close()


def seconds_of(seed: int, seconds: float) -> Callable[[], bool]:
    print(f"seed {seed}")
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end


def mangled(rng: random.Random, messages: list[bytes]) -> bytes:
    """Any bytes, or a message with some changed; mostly with a first byte that means something (RFC 7983)."""
    if not messages or rng.random() < 0.3:
        data = bytearray(rng.randbytes(rng.choice([0, 1, 2, 8, 12, 20, 60, 300, 1499])))
        if data and rng.random() < 0.8:
            data[0] = rng.choice([0, 1, 2, 3, 20, 22, 23, 63, 64, 79, 128, 144, 176, 191, 255])
        return bytes(data)
    data = bytearray(rng.choice(messages))
    for _ in range(rng.randint(0, 3)):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(4)
        if kind == 0 and at < len(data):
            data[at] = rng.randrange(256)
        elif kind == 1:
            data[at : at + 2] = rng.choice([b"\0\0", b"\xff\xff", b"\x80\0", b"\0\1"])
        elif kind == 2:
            data[at:at] = rng.randbytes(rng.randint(1, 20))
        else:
            del data[at : at + rng.randint(1, 12)]
    return bytes(data[:1400])


async def test_datagrams_of_strangers_and_in_a_peers_name(healthy: Healthy, fuzz_seconds: float) -> None:
    seed = random.randrange(2**32)
    rng, more = random.Random(seed), seconds_of(seed, fuzz_seconds)
    real: list[bytes] = []

    def keep(direction: str, datagram: bytes) -> bool:
        if direction == "out" and len(real) < 200:
            real.append(datagram)
        return True

    peer = ClipPublisher(CLIP, keep=keep)
    await peer.start(healthy.post(None), "other", "")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.connect(("127.0.0.1", healthy.hub.port))
        while more():
            for _ in range(50):
                datagram = mangled(rng, real)
                if rng.random() < 0.5:
                    with contextlib.suppress(ConnectionRefusedError):
                        stranger.send(datagram)
                else:
                    peer.peer._send(datagram)
            await healthy.goes_on()
    await peer.close()


async def test_media_of_a_publisher_who_is_hostile(healthy: Healthy, fuzz_seconds: float) -> None:
    seed = random.randrange(2**32)
    rng, more = random.Random(seed), seconds_of(seed, fuzz_seconds)
    peer = ClipPublisher(CLIP)
    await peer.start(healthy.post(None), "other", "")
    viewer = Viewer()
    await viewer.start(healthy.post("viewer"), "other", "")
    while more():
        for _ in range(50):
            head = struct.pack(
                "!BBHII",
                rng.choice([0x80, 0x80, 0x90, 0xA0, 0xB0, 0x8F]),
                rng.choice([96, 97, 98, 111, 224, 225]),
                rng.choice([0, 1, 65535, 32768, rng.randrange(65536)]),
                rng.choice([0, 2**32 - 1, rng.randrange(2**32)]),
                rng.choice([0, 1, 2**32 - 1, rng.randrange(2**32)]),
            )
            with contextlib.suppress(SecureError):  # ours refuses what is no packet at all
                peer.peer.send_rtp(
                    head + mangled(rng, [b"\x90\x80\x80\x01\x10" + bytes(30), b"\xbe\xde\0\1\x10\x31\0\0"])
                )
        await healthy.goes_on()
    await viewer.close()
    await peer.close()


async def test_reports_of_peers_who_are_hostile(healthy: Healthy, fuzz_seconds: float) -> None:
    seed = random.randrange(2**32)
    rng, more = random.Random(seed), seconds_of(seed, fuzz_seconds)
    publisher, viewer = ClipPublisher(CLIP), Viewer()
    await publisher.start(healthy.post(None), "other", "")
    await viewer.start(healthy.post("viewer"), "other", "")
    sources = [one.ssrc for one in viewer.receptions.values() if one.ssrc is not None] or [1]
    while more():
        for _ in range(50):
            ssrc, number = rng.choice(sources), rng.randrange(65536)
            block = rtcp.ReportBlock(
                ssrc, rng.randrange(256), rng.randrange(2**23), *rng.choices([0, 1, 2**32 - 1], k=4)
            )
            real = [
                rtcp.receiver_report(1, [block] * rng.randint(0, 31)),
                rtcp.sender_report(rtcp.SenderInfo(ssrc, rng.randrange(2**64), rng.randrange(2**32), 1, 1, (block,))),
                rtcp.nack(1, ssrc, [(number + step) & 0xFFFF for step in range(0, 900, rng.randint(1, 20))]),
                rtcp.picture_loss(1, ssrc),
                rtcp.bye(sources),
                struct.pack("!BBHII4sI", 0x8F, rtcp.PSFB, 4, 1, 0, b"REMB", rng.randrange(2**32)),
                rtcp.transport_feedback(1, ssrc, rng.randbytes(rng.randint(0, 60))),
            ]
            with contextlib.suppress(SecureError):
                rng.choice([publisher, viewer]).peer.send_rtcp(
                    mangled(rng, real) if rng.random() < 0.5 else rng.choice(real)
                )
        await healthy.goes_on()
    await viewer.close()
    await publisher.close()


def proof(answer: str) -> bytes:
    """An authentic check of connectivity, by the answer's credentials."""
    ufrag, password = (next(re.finditer(rf"a=ice-{name}:(\S+)", answer))[1] for name in ("ufrag", "pwd"))
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{ufrag}:theirs"
    message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(password.encode())
    return bytes(message)


async def test_streams_of_bytes_over_tcp(healthy: Healthy, offers: list[str], fuzz_seconds: float) -> None:
    seed = random.randrange(2**32)
    rng, more = random.Random(seed), seconds_of(seed, fuzz_seconds)
    check = proof(healthy.hub.publish("other", offers[0], group="g").answer)
    while more():
        reader, writer = await asyncio.open_connection("127.0.0.1", healthy.hub.port)
        datagrams = [check] * rng.randint(0, 1) + [mangled(rng, [check]) for _ in range(rng.randint(0, 30))]
        stream = b"".join(frame(datagram) for datagram in datagrams)
        if rng.random() < 0.5:
            stream = mangled(rng, [stream or b"\0"])
        while stream:
            size = rng.choice([1, 2, 3, 100, 5000])
            writer.write(stream[:size])
            stream = stream[size:]
            # It may have hung up, as it should on what is no datagram.
            with contextlib.suppress(ConnectionError):
                await writer.drain()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        await healthy.goes_on()


async def test_offers_get_a_session_or_a_refusal(hub: Hub, fuzz: Any, changed_text: Any, offers: list[str]) -> None:
    hub.publish("published", offers[1], group="g")

    def one(text: str) -> None:
        for open_session in (
            lambda: hub.publish("offered", text, group="g"),
            lambda: hub.subscribe("published", "s", text, group="g"),
        ):
            with contextlib.suppress(OfferError):
                hub.end(open_session().id)

    fuzz(changed_text(offers), one)


@pytest.mark.parametrize("number", ["4294967296", "-1"])
async def test_a_source_number_that_is_none_is_refused_and_stops_nobodys_feedback(
    healthy: Healthy, number: str
) -> None:
    publisher = ClipPublisher(CLIP)
    offer = write_offer(publisher.peer.identity, publisher._offered(), "sendonly")
    source = next(line.split()[0] for line in offer.splitlines() if line.startswith("a=ssrc:"))
    with pytest.raises(OfferError) as caught:
        healthy.hub.publish("other", offer.replace(source, f"a=ssrc:{number}"), group="g")
    assert caught.value.code == "bad_sdp"
    await publisher.close()
