"""The load generator, a process of its own: one publisher and many viewers, `python -m benchmarks.load`.

Standard input: first a Plan as a line of JSON; afterwards each line, whatever it says, begins a new interval. Standard
output: a line `"ready"` once all viewers receive, then for each interval that ended its Counted. The end of the input
ends the process. The publisher stamps the time into every payload, some viewers read it again.
"""

import asyncio
import random
import sys
import time

import aiohttp
import msgspec

from benchmarks.machine import percentile
from classroom.relay.client import ClipPublisher, Viewer
from classroom.relay.peer import generate_certificate
from classroom.relay.playout import synthetic_clip
from classroom.relay.rtp import Kind, Packet
from signaling.demo.http import Door

STAMP_BYTES = 8
READY_S = 30.0


class Plan(msgspec.Struct, frozen=True):
    """Where to publish and to view: (URL, token) each, and the lesson's path. `timed` viewers measure the delay."""

    url: str
    lesson: str
    whip: tuple[str, str]
    wheps: list[tuple[str, str]]
    timed: int = 8
    seed: int = 1
    fps: int = 30
    bps: int = 1_500_000
    keyframe_packets: int = 35


class Counted(msgspec.Struct, frozen=True):
    """One interval: packets that the viewers got, that never came, and the delay from publisher to timed viewer."""

    seconds: float
    received: int
    lost: int
    delay_p50_ms: float | None
    delay_p99_ms: float | None


class Load:
    """One publisher and its viewers."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._delays_ms: list[float] = []
        certificate = generate_certificate()
        rng = random.Random(plan.seed)
        clip = synthetic_clip(fps=plan.fps, bps=plan.bps, keyframe_packets=plan.keyframe_packets, fill=rng.randbytes)
        self.publisher = ClipPublisher(clip, certificate=certificate, rewrite=_stamp)
        self.viewers = [
            # Neither NACK nor RTX: what is lost shall show.
            Viewer(
                on_packet=self._timed if index < plan.timed else None, nack=False, rtx=False, certificate=certificate
            )
            for index in range(len(plan.wheps))
        ]
        self._since = (time.monotonic(), 0, 0)

    async def start(self, door: Door) -> None:
        """Publish, view, and wait until every viewer receives pictures."""
        await self.publisher.start(door.post_sdp, *self._plan.whip)
        # The lesson opens with the teacher's first packet.
        async with asyncio.timeout(READY_S):
            while not (await door.get(self._plan.lesson, self._plan.whip[1]))["seats"][0]["streams"]:
                await asyncio.sleep(0.05)
        for viewer, (url, token) in zip(self.viewers, self._plan.wheps, strict=True):
            await viewer.start(door.post_sdp, url, token)
        async with asyncio.timeout(READY_S):
            while not all(v.receptions["video"].packets for v in self.viewers):
                await asyncio.sleep(0.05)

    def interval(self) -> Counted:
        """What happened since the last call."""
        now = time.monotonic()
        received = sum(r.packets for v in self.viewers for r in v.receptions.values())
        lost = sum(r.lost for v in self.viewers for r in v.receptions.values())
        delays, self._delays_ms = self._delays_ms, []
        before, self._since = self._since, (now, received, lost)
        p50, p99 = percentile(delays, 0.5), percentile(delays, 0.99)
        return Counted(round(now - before[0], 3), received - before[1], lost - before[2], p50, p99)

    async def close(self) -> None:
        """Leave."""
        for viewer in self.viewers:
            await viewer.close()
        await self.publisher.close()

    def _timed(self, packet: Packet) -> None:
        sent_ns = int.from_bytes(packet.payload[-STAMP_BYTES:], "big")
        self._delays_ms.append((time.monotonic_ns() - sent_ns) / 1e6)


def _stamp(kind: Kind, payload: bytes) -> bytes:
    return payload[:-STAMP_BYTES] + time.monotonic_ns().to_bytes(STAMP_BYTES, "big")


async def main() -> None:
    """Run to the end of standard input."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    plan = msgspec.json.decode(await reader.readline(), type=Plan)
    load = Load(plan)
    async with aiohttp.ClientSession() as session:
        await load.start(Door(session, plan.url))
        _tell("ready")
        load.interval()
        while await reader.readline():
            _tell(load.interval())
        await load.close()


def _tell(line: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
