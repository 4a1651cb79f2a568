"""The load generator, a process of its own: publishers and viewers, `python -m benchmarks.load`.

Standard input: first a Plan as a line of JSON; afterwards each line, whatever it says, begins a new interval. Standard
output: once all viewers receive a line Ready, then for each interval that ended its Counted. The end of the input ends
the process. Publishers stamp the time into every payload, some viewers read it again.
"""

import asyncio
import random
import sys
import time
from typing import Literal, Protocol

import aiohttp
import msgspec

from benchmarks.janus import JanusProblem, VideoRoom
from benchmarks.machine import percentile
from benchmarks.receiver import Receiver
from benchmarks.shape import shaped
from classroom.relay.client import ClipPublisher
from classroom.relay.offer import OfferTrack, read_answer, write_offer
from classroom.relay.peer import generate_certificate
from classroom.relay.rtp import Kind
from signaling.demo.http import Door, ServerProblem

MAX_PLAN_BYTES = 1 << 24
STAMP_BYTES = 8
READY_S = 60.0
# Connections that are set up at the same time.
AT_ONCE = 16


class Source(msgspec.Struct, frozen=True):
    """One publisher. `publish` and `views` are (URL, token) of WHIP and WHEP; for Janus (name, room)."""

    publish: tuple[str, str]
    views: list[tuple[str, str]]
    bps: int = 1_500_000
    keyframe_packets: int = 35


class Plan(msgspec.Struct, frozen=True):
    """What to do. So many viewers, spread over all, measure the delay."""

    server: Literal["classroom", "janus"]
    url: str
    sources: list[Source]
    timed: int = 8
    seed: int = 1


class Ready(msgspec.Struct, frozen=True):
    """All viewers receive; they connected in so many seconds."""

    connections: int
    seconds: float


class Counted(msgspec.Struct, frozen=True):
    """One interval: packets that the viewers got, that never came, and the delay from publisher to timed viewer."""

    seconds: float
    received: int
    lost: int
    delay_p50_ms: float | None
    delay_p99_ms: float | None


class Way(Protocol):
    """How a server is asked."""

    async def publish(self, publisher: ClipPublisher, source: Source) -> None: ...

    async def view(self, receiver: Receiver, source: Source, view: tuple[str, str]) -> None: ...


class Classroom:
    """WHIP and WHEP."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def publish(self, publisher: ClipPublisher, source: Source) -> None:
        await publisher.start(self._patiently, *source.publish)

    async def view(self, receiver: Receiver, source: Source, view: tuple[str, str]) -> None:
        answer, _ = await self._patiently(view[0], receiver.offer(), view[1])
        await receiver.connect(read_answer(answer), controlling=True)

    async def _patiently(self, url: str, offer: str, token: str) -> tuple[str, str]:
        async with asyncio.timeout(READY_S):
            while True:
                try:
                    return await self._door.post_sdp(url, offer, token)
                except ServerProblem:
                    # A lesson opens with the teacher's first packet.
                    await asyncio.sleep(0.1)


class Janus:
    """Janus's VideoRoom, which offers to its viewers."""

    def __init__(self, room: VideoRoom) -> None:
        self._room = room

    async def publish(self, publisher: ClipPublisher, source: Source) -> None:
        await publisher.start(self._room.publish, *source.publish)

    async def view(self, receiver: Receiver, source: Source, view: tuple[str, str]) -> None:
        async with asyncio.timeout(READY_S):
            while True:
                try:
                    handle, text = await self._room.view(*view)
                    break
                except JanusProblem:
                    # A feed is there once its first media have come.
                    await asyncio.sleep(0.1)
        offer = read_answer(text)
        tracks = tuple(OfferTrack(track.kind, (track.codec,)) for track in offer.tracks)
        types = {track.kind: track.payload_type for track in offer.tracks}
        # On the same machine: Janus's own address, loopback where it has no other, is ours too.
        host = offer.candidates[0][0]
        candidate = f"a=candidate:1 1 udp 2130706431 {host} {receiver.port} typ host\r\na=mid:"
        answer = write_offer(receiver.identity, tracks, "recvonly", rtx=False).replace("a=mid:", candidate)
        answer = answer.replace("111", str(types["audio"])).replace(" 96", f" {types['video']}")
        answer = answer.replace(":96", f":{types['video']}")
        connecting = asyncio.create_task(receiver.connect(offer, controlling=False))
        await self._room.begin(handle, answer)
        await connecting


class Load:
    """All publishers and their viewers."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._delays_ms: list[float] = []
        certificate = generate_certificate()
        rng = random.Random(plan.seed)
        shapes = {(source.bps, source.keyframe_packets) for source in plan.sources}
        clips = {shape: shaped(*shape, rng.randbytes) for shape in sorted(shapes)}
        self.publishers = [
            ClipPublisher(clips[source.bps, source.keyframe_packets], certificate=certificate, rewrite=_stamp)
            for source in plan.sources
        ]
        self._views = [(source, view) for source in plan.sources for view in source.views]
        every = max(1, len(self._views) // max(1, plan.timed))
        self.receivers = [
            Receiver(certificate, self._timed if index % every == 0 else None) for index in range(len(self._views))
        ]
        self._since = (time.monotonic(), 0, 0)

    async def start(self, way: Way) -> Ready:
        """Publish, view, and wait until every viewer receives pictures."""
        limit = asyncio.Semaphore(AT_ONCE)

        async def view(index: int) -> None:
            async with limit:
                await way.view(self.receivers[index], *self._views[index])

        for publisher, source in zip(self.publishers, self._plan.sources, strict=True):
            await way.publish(publisher, source)
            # Their keyframes must not all come at the same moment.
            await asyncio.sleep(2.0 / len(self.publishers) if len(self.publishers) > 1 else 0)
        before = time.monotonic()
        await asyncio.gather(*(view(index) for index in range(len(self._views))))
        ready = Ready(len(self._views), round(time.monotonic() - before, 3))
        async with asyncio.timeout(READY_S):
            while not all(len(receiver.counters) == 2 for receiver in self.receivers):
                await asyncio.sleep(0.05)
        return ready

    def interval(self) -> Counted:
        """What happened since the last call."""
        now = time.monotonic()
        received, lost = sum(r.packets for r in self.receivers), sum(r.lost for r in self.receivers)
        delays, self._delays_ms = self._delays_ms, []
        before, self._since = self._since, (now, received, lost)
        p50, p99 = percentile(delays, 0.5), percentile(delays, 0.99)
        return Counted(round(now - before[0], 3), received - before[1], lost - before[2], p50, p99)

    async def close(self) -> None:
        """Leave."""
        for receiver in self.receivers:
            await receiver.close()
        for publisher in self.publishers:
            await publisher.close()

    def _timed(self, stamp: bytes) -> None:
        self._delays_ms.append((time.monotonic_ns() - int.from_bytes(stamp, "big")) / 1e6)


def _stamp(kind: Kind, payload: bytes) -> bytes:
    return payload[:-STAMP_BYTES] + time.monotonic_ns().to_bytes(STAMP_BYTES, "big")


async def main() -> None:
    """Run to the end of standard input."""
    reader = asyncio.StreamReader(MAX_PLAN_BYTES)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    plan = msgspec.json.decode(await reader.readline(), type=Plan)
    load = Load(plan)
    async with aiohttp.ClientSession() as session:
        if plan.server == "classroom":
            await _run(load, Classroom(Door(session, plan.url)), reader)
            return
        async with session.ws_connect(plan.url, protocols=("janus-protocol",)) as connection:
            room = VideoRoom(connection)
            await room.open()
            await _run(load, Janus(room), reader)
            room.close()


async def _run(load: Load, way: Way, reader: asyncio.StreamReader) -> None:
    _tell(await load.start(way))
    load.interval()
    while await reader.readline():
        _tell(load.interval())
    await load.close()


def _tell(line: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
