"""The whole server as a fan-out: CPU for each packet that it forwards, added delay, loss, at 1, 4, 30, 100 receivers.

One publisher of 720p30 (1.5 Mbit/s, keyframes of 35 packets) and Opus; publisher and receivers in a process of their
own (`load.py`), so that the server's CPU is the server's. The delay is from the publisher's send to the viewer's
receive, the load generator's own queue included.
"""

import asyncio
import sys

import msgspec

from benchmarks.load import Counted, Plan
from benchmarks.machine import cpu_s, tell
from benchmarks.server import Served, served

RECEIVERS = (1, 4, 30, 100)
SEED = 1
SETTLE_S = 2.0
MEASURE_S = 6.0


async def main() -> None:
    """Print the line."""
    figures = {}
    async with served(observers=max(RECEIVERS)) as whole:
        for receivers in RECEIVERS:
            figures[str(receivers)] = await _measure(whole, receivers)
    tell("fanout", {"receivers": figures}, seed=SEED)


async def _measure(whole: Served, receivers: int) -> dict[str, float | int | None]:
    teacher, observer = whole.lesson["teacher"], whole.lesson["observer"]
    plan = Plan(
        url=whole.door.url,
        lesson=f"/api/v1/lessons/{whole.lesson['lesson']}",
        whip=(teacher["whip"], teacher["token"]),
        wheps=[(observer["whep"], observer["token"])] * receivers,
        seed=SEED,
    )
    pipe = asyncio.subprocess.PIPE
    load = await asyncio.create_subprocess_exec(sys.executable, "-m", "benchmarks.load", stdin=pipe, stdout=pipe)
    assert load.stdin is not None and load.stdout is not None
    load.stdin.write(msgspec.json.encode(plan) + b"\n")
    if not await load.stdout.readline():
        raise RuntimeError("the load generator stopped")
    await asyncio.sleep(SETTLE_S)
    load.stdin.write(b"\n")
    await load.stdout.readline()
    before = cpu_s(whole.server.pid)
    await asyncio.sleep(MEASURE_S)
    load.stdin.write(b"\n")
    counted = msgspec.json.decode(await load.stdout.readline(), type=Counted)
    spent_s = cpu_s(whole.server.pid) - before
    load.stdin.close()
    await load.wait()
    return {
        "us_per_packet_out": round(spent_s / max(1, counted.received) * 1e6, 1),
        "server_core_percent": round(spent_s / counted.seconds * 100, 1),
        "delay_p50_ms": _rounded(counted.delay_p50_ms),
        "delay_p99_ms": _rounded(counted.delay_p99_ms),
        "packets": counted.received,
        "lost": counted.lost,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


if __name__ == "__main__":
    asyncio.run(main())
