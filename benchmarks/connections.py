"""What a receiver costs before its first packet, beside Janus: memory for each, CPU and time to set one up.

A quiet publisher (32 kbit/s) and 160 views of four classrooms, set up 16 at a time: HTTP, ICE, DTLS. The memory is the
growth of the resident set, the first packets included; the rate that of one server core, whose CPU is told beside it.
"""

import asyncio
from typing import Any

from benchmarks.load import Source
from benchmarks.machine import tell
from benchmarks.sides import SEED, Side, measure, ours, peers

# The first ones warm up what all share.
WARM, RECEIVERS = 20, 160
QUIET_BPS = 32_000
CLASSROOMS = 4


async def main() -> None:
    """Print the line."""
    figures: dict[str, Any] = {}
    async with ours(classrooms=CLASSROOMS) as side:
        figures["classroom"] = await _measure(side)
    for name, opened in peers().items():
        async with opened() as side:
            figures[name] = await _measure(side)
    tell("connections", figures, seed=SEED)


async def _measure(side: Side) -> dict[str, Any]:
    await measure(side, _quiet(side, WARM), seconds=0.1)
    figures = await measure(side, _quiet(side, RECEIVERS), seconds=1.0)
    grown_kib = (figures.resident_mib - figures.resident_before_mib) * 1024
    return {
        "kib_per_receiver": round(grown_kib / RECEIVERS, 1),
        "connections_per_s": round(figures.ready.connections / figures.ready.seconds, 1),
        "cpu_ms_per_connection": round(figures.setup_cpu_s / RECEIVERS * 1e3, 2),
    }


def _quiet(side: Side, receivers: int) -> list[Source]:
    if side.kind == "janus":
        return [Source(("teacher", str(receivers)), [("teacher", str(receivers))] * receivers, QUIET_BPS, 1)]
    teacher, seats = side.lessons[0]["teacher"], side.lessons[0]["seats"]
    views = [(seat["whep"], seat["token"]) for seat in seats for _ in range(receivers // CLASSROOMS)]
    return [Source((teacher["whip"], teacher["token"]), views, QUIET_BPS, 1)]


if __name__ == "__main__":
    asyncio.run(main())
