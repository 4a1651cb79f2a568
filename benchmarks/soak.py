"""Twenty minutes of joins and leaves: does the server's memory stay flat?

    python -m benchmarks.soak [--minutes 20]

One teacher publishes all the time. Beside it classrooms and observers come, stay for some seconds and go: by DELETE, by
DTLS alone, or silently and before their handshake is done. All are clients of our own, in this process; nothing is
decoded. Prints one JSON line: resident memory of the server over time, how many came and went, and what the
relay still held after all had left. The growth is from the end of the first third of the time, when the caches have
filled, to the last third.
"""

import asyncio
import contextlib
import random
import statistics
import time
from argparse import ArgumentParser
from collections import Counter
from dataclasses import dataclass, field
from typing import Final, Literal

import aiohttp

from benchmarks.machine import resident_mib, tell
from benchmarks.server import Served, served
from classroom.relay.client import ClipPublisher, Viewer
from classroom.relay.client_peer import ClientError
from classroom.relay.offer import AnswerError
from classroom.relay.peer import generate_certificate
from classroom.relay.playout import synthetic_clip
from signaling.demo.http import ServerProblem

SEED: Final = 1
CLASSROOMS: Final = 3
OBSERVERS: Final = 12
SEATS: Final = 6 * OBSERVERS
"""Who left unseen keeps a place for ten seconds."""
STAY_S: Final = (0.5, 6.0)
REST_S: Final = (0.0, 0.5)
SAMPLES: Final = 60
DRAIN_S: Final = 12.0
"""The relay gives up on what is not connected after 10 s."""
TROUBLE: Final = (ClientError, AnswerError, ServerProblem, aiohttp.ClientError, TimeoutError, OSError)
Leaving = Literal["delete", "close_notify", "unfinished"]
WAYS: Final[tuple[Leaving, ...]] = ("delete", "delete", "close_notify", "unfinished")


@dataclass
class Soaked:
    """What happened up to now."""

    joins: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    """By what the server or the client said."""
    left: Counter[str] = field(default_factory=Counter)
    rss_mib: list[tuple[float, float]] = field(default_factory=list)
    """Seconds since the beginning, MiB."""


async def main(minutes: float) -> None:
    """Print the line."""
    soaked, seconds = Soaked(), minutes * 60
    async with served(classrooms=CLASSROOMS, observers=SEATS) as whole:
        clip = synthetic_clip(fps=15, bps=300_000, fill=random.Random(SEED).randbytes)
        teacher = whole.lesson["teacher"]
        publisher = ClipPublisher(clip, certificate=generate_certificate())
        await publisher.start(whole.door.post_sdp, teacher["whip"], teacher["token"])
        teaching = asyncio.create_task(publisher.peer.left.wait())
        comers = [_watch(whole, number, soaked) for number in range(OBSERVERS)]
        comers += [_publish(whole, number, soaked) for number in range(CLASSROOMS)]
        tasks = [asyncio.create_task(comer) for comer in comers]
        await _sample(whole, soaked, seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        stayed = not teaching.done()
        teaching.cancel()
        await publisher.close()
        await asyncio.sleep(DRAIN_S)
        held = await _sessions(whole)
    third = max(1, len(soaked.rss_mib) // 3)
    early = statistics.median(mib for _, mib in soaked.rss_mib[third // 2 : third + 1])
    late = statistics.median(mib for _, mib in soaked.rss_mib[-third:])
    figures = {
        "minutes": minutes,
        "joins": soaked.joins,
        "failed": soaked.failed,
        "teacher_stayed": stayed,
        "left": soaked.left,
        "rss_mib": [[round(at), round(mib, 1)] for at, mib in soaked.rss_mib],
        "growth_mib": round(late - early, 1),
        "sessions_held_at_the_end": held,
    }
    tell("soak", figures, seed=SEED)


async def _sample(whole: Served, soaked: Soaked, seconds: float) -> None:
    began = time.monotonic()
    while (now := time.monotonic() - began) < seconds:
        soaked.rss_mib.append((now, resident_mib(whole.server.pid)))
        await asyncio.sleep(seconds / SAMPLES)


async def _watch(whole: Served, number: int, soaked: Soaked) -> None:
    """One observer after the other."""
    chance, certificate = random.Random(SEED * 1000 + number), generate_certificate()
    observer = whole.lesson["observer"]
    while True:
        viewer = Viewer(certificate=certificate)
        await _visit(whole, viewer, observer["whep"], observer["token"], chance, soaked)


async def _publish(whole: Served, number: int, soaked: Soaked) -> None:
    """One classroom's camera, again and again."""
    chance, certificate = random.Random(SEED * 2000 + number), generate_certificate()
    clip = synthetic_clip(fps=15, bps=200_000, fill=chance.randbytes)
    seat = whole.lesson["seats"][number]
    while True:
        publisher = ClipPublisher(clip, certificate=certificate)
        await _visit(whole, publisher, seat["whip"], seat["token"], chance, soaked)


async def _visit(
    whole: Served, end: Viewer | ClipPublisher, url: str, token: str, chance: random.Random, soaked: Soaked
) -> None:
    """Join, stay, leave in one of the ways."""
    way = chance.choice(WAYS)
    soaked.joins += 1
    soaked.left[way] += 1
    try:
        async with asyncio.timeout(chance.uniform(0.0, 0.05) if way == "unfinished" else None):
            await end.start(whole.door.post_sdp, url, token)
        await asyncio.sleep(chance.uniform(*STAY_S))
    except TROUBLE as error:
        if way != "unfinished":
            soaked.failed[str(error) or type(error).__name__] += 1
    finally:
        if way == "delete" and end.location:
            with contextlib.suppress(*TROUBLE):
                headers = {"Authorization": f"Bearer {token}"}
                await whole.session.delete(whole.door.absolute(end.location), headers=headers)
        await end.close()
    await asyncio.sleep(chance.uniform(*REST_S))


async def _sessions(whole: Served) -> int:
    """Media sessions that the relay still has."""
    url, headers = whole.door.url + "/metrics", {"Authorization": f"Bearer {whole.server.info.secret}"}
    async with whole.session.get(url, headers=headers) as response:
        lines = (await response.text()).splitlines()
    return next(int(float(line.split()[1])) for line in lines if line.startswith("classroom_relay_sessions "))


if __name__ == "__main__":
    parser = ArgumentParser(description="joins and leaves; memory flat")
    parser.add_argument("--minutes", type=float, default=20.0)
    asyncio.run(main(parser.parse_args().minutes))
