"""The servers that are measured side by side, each alone on one core, the load generator on the other."""

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from benchmarks.janus import janus, janus_is_installed
from benchmarks.load import Counted, Plan, Ready, Source
from benchmarks.machine import exact_cpu_s, pin, resident_mib
from benchmarks.server import served

SEED = 1
SETTLE_S = 2.0
SERVER_CORE, LOAD_CORE = 0, 1
JANUS_MISSING = "Janus is not installed (apt-get install janus): nothing to compare with."

Lesson = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Side:
    """A running server. `lessons` as `POST /api/v1/lessons` gave them; for Janus none."""

    kind: Literal["classroom", "janus"]
    pid: int
    url: str
    lessons: list[Lesson]


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run of the load cost the server, and what the viewers saw."""

    ready: Ready
    counted: Counted
    spent_s: float
    setup_cpu_s: float
    resident_before_mib: float
    resident_mib: float

    @property
    def us_per_packet(self) -> float:
        return self.spent_s / max(1, self.counted.received) * 1e6

    def told(self) -> dict[str, Any]:
        """For the line."""
        counted = self.counted
        return {
            "us_per_packet_out": round(self.us_per_packet, 2),
            "server_core_percent": round(self.spent_s / counted.seconds * 100, 1),
            "delay_p50_ms": _rounded(counted.delay_p50_ms),
            "delay_p99_ms": _rounded(counted.delay_p99_ms),
            "packets": counted.received,
            "lost": counted.lost,
        }


@contextlib.asynccontextmanager
async def ours(*, lessons: int = 1, classrooms: int = 1, observers: int = 0) -> AsyncIterator[Side]:
    """This server, recorder off."""
    async with served(classrooms=classrooms, observers=observers, lessons=lessons) as whole:
        pin(whole.server.pid, SERVER_CORE)
        yield Side("classroom", whole.server.pid, whole.door.url, whole.lessons)


@contextlib.asynccontextmanager
async def theirs(*, event_loops: int) -> AsyncIterator[Side]:
    """Janus."""
    with tempfile.TemporaryDirectory(prefix="classroom-janus-") as directory:
        async with janus(Path(directory) / "etc", event_loops=event_loops) as (pid, url):
            pin(pid, SERVER_CORE)
            yield Side("janus", pid, url, [])


def peers() -> dict[str, Any]:
    """Janus as installed and at its best, by the name in the line; none, with a sentence, where it is missing."""
    if janus_is_installed():
        return {"janus": lambda: theirs(event_loops=0), "janus_event_loops_1": lambda: theirs(event_loops=1)}
    sys.stderr.write(JANUS_MISSING + "\n")
    return {}


async def measure(side: Side, sources: list[Source], *, seconds: float, timed: int = 8) -> Figures:
    """Run the load against it."""
    plan = Plan(side.kind, side.url, sources, timed, SEED)
    pipe = asyncio.subprocess.PIPE
    before_s, before_mib = exact_cpu_s(side.pid), resident_mib(side.pid)
    load = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.load", stdin=pipe, stdout=pipe, limit=1 << 20
    )
    assert load.stdin is not None and load.stdout is not None
    pin(load.pid, LOAD_CORE)
    load.stdin.write(msgspec.json.encode(plan) + b"\n")
    line = await load.stdout.readline()
    if not line:
        raise RuntimeError("the load generator stopped")
    ready = msgspec.json.decode(line, type=Ready)
    setup_s = exact_cpu_s(side.pid) - before_s
    await asyncio.sleep(SETTLE_S)
    load.stdin.write(b"\n")
    await load.stdout.readline()
    before_s = exact_cpu_s(side.pid)
    await asyncio.sleep(seconds)
    load.stdin.write(b"\n")
    counted = msgspec.json.decode(await load.stdout.readline(), type=Counted)
    spent_s = exact_cpu_s(side.pid) - before_s
    resident = resident_mib(side.pid)
    load.stdin.close()
    await load.wait()
    return Figures(ready, counted, spent_s, setup_s, before_mib, resident)


def one_source(side: Side, receivers: int) -> list[Source]:
    """A teacher's 1.5 Mbit/s to so many."""
    if side.kind == "janus":
        return [Source((f"teacher{receivers}", str(receivers)), [(f"teacher{receivers}", str(receivers))] * receivers)]
    teacher, observer = side.lessons[0]["teacher"], side.lessons[0]["observer"]
    return [Source((teacher["whip"], teacher["token"]), [(observer["whep"], observer["token"])] * receivers)]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
