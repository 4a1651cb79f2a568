"""The whole server as a fan-out, beside Janus: CPU for each packet that it forwards, added delay, loss.

One publisher of 720p30 (1.5 Mbit/s, a keyframe of 35 packets every 2 s) and Opus, to 1…100 receivers; publisher and
receivers in a process of their own (`load.py`), so that the server's CPU is the server's. The delay is from the
publisher's send to the viewer's receive, the load generator's own queue included. Ratios are ours to the better Janus.
"""

import asyncio
from typing import Any

from benchmarks.machine import tell
from benchmarks.sides import SEED, measure, one_source, ours, peers

RECEIVERS = (1, 3, 30, 60, 100)
COMPARED = (3, 60, 100)
MEASURE_S = 6.0


async def main() -> None:
    """Print the line."""
    figures: dict[str, Any] = {"classroom": {}}
    async with ours(observers=max(RECEIVERS)) as side:
        for receivers in RECEIVERS:
            figures["classroom"][str(receivers)] = (
                await measure(side, one_source(side, receivers), seconds=MEASURE_S)
            ).told()
    for name, opened in peers().items():
        figures[name] = {}
        async with opened() as side:
            for receivers in COMPARED:
                measured = await measure(side, one_source(side, receivers), seconds=MEASURE_S)
                figures[name][str(receivers)] = measured.told()
    tell("fanout", figures | {"ratio_to_better_janus": _ratios(figures)}, seed=SEED)


def _ratios(figures: dict[str, Any]) -> dict[str, float]:
    others = [figures[name] for name in figures if name != "classroom"]
    ratios = {}
    for receivers in map(str, COMPARED if others else ()):
        better = min(other[receivers]["us_per_packet_out"] for other in others)
        ratios[receivers] = round(figures["classroom"][receivers]["us_per_packet_out"] / better, 2)
    return ratios


if __name__ == "__main__":
    asyncio.run(main())
