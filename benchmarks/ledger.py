"""The desks' pages on a county's, a district's and a province's ledger: how long the server takes, and how it grows.

    python -m benchmarks.ledger [county|district|province] [--database postgresql://…]

Without a size: county and district. Each page is asked of a real server over loopback, one at a time, after a first
asking that fills its caches (told apart as `first_ms`).
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import aiohttp

from benchmarks.machine import percentile, resident_mib, tell
from benchmarks.province import fill, ident
from classroom.store.store import Store
from signaling.demo.server import ServerProcess

SIZES: Final = {"county": (13, 36), "district": (150, 36), "province": (1500, 36)}
SEED: Final = 1
MONTH: Final = "2021-05"
YEAR: Final = 2021
ASKED: Final = 20


async def measure(size: str, database: str | None) -> None:
    pairs, months = SIZES[size]
    with tempfile.TemporaryDirectory(prefix="classroom-bench-", dir=os.environ.get("CLASSROOM_BENCH_DIR")) as directory:
        url = database or f"sqlite:///{directory}/classroom.db"
        began = time.monotonic()
        store = await Store.open(url)
        activities = await fill(store, pairs=pairs, months=months, seed=SEED)
        found = await store.activities.of_pair_month(ident("p", pairs // 2), MONTH)
        await store.close()
        filled_s = time.monotonic() - began
        flags = ["--database", database] if database else []
        async with (
            ServerProcess(Path(directory), extra=tuple(flags)) as server,
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {server.info.secret}"}) as session,
        ):
            pages = {name: await _page(session, server.info.url + path) for name, path in paths(pairs, found[0].id)}
            figures = {
                "size": size,
                "database": "postgresql" if database else "sqlite",
                "pairs": pairs,
                "months": months,
                "activities": activities,
                "fill_s": round(filled_s, 1),
                "pages": pages,
                "resident_mib": round(resident_mib(server.pid)),
            }
    tell("ledger", figures, seed=SEED)


def paths(pairs: int, activity: str) -> list[tuple[str, str]]:
    """What the desks ask, by name."""
    pair = ident("p", pairs // 2)
    return [
        ("overview", f"/api/v1/overview?month={MONTH}"),
        ("matrix", f"/api/v1/matrix?year={YEAR}&kind=sync"),
        ("returns", f"/api/v1/returns?month={MONTH}"),
        ("annex2", f"/api/v1/returns/{MONTH}/bureau"),
        ("annex3", f"/api/v1/returns/{MONTH}/{pair}"),
        ("annex2_xlsx", f"/api/v1/returns/{MONTH}/bureau/paper?format=xlsx"),
        ("annex2_pdf", f"/api/v1/returns/{MONTH}/bureau/paper?format=pdf"),
        ("activities_of_a_month", f"/api/v1/activities?month={MONTH}"),
        ("activities_of_a_pair", f"/api/v1/activities?month={MONTH}&pair={pair}"),
        ("activity", f"/api/v1/activities/{quote(activity)}"),
        ("progress", f"/api/v1/progress?year={YEAR}"),
        ("schools", "/api/v1/registry/schools"),
        ("pairs", "/api/v1/registry/pairs"),
    ]


async def _page(session: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    async def ask() -> tuple[int, int]:
        async with session.get(url) as response:
            return response.status, len(await response.read())

    first_ms, (status, size) = await _timed(ask)
    if status != 200:
        return {"status": status}
    times = [(await _timed(ask))[0] for _ in range(ASKED)]
    return {
        "first_ms": round(first_ms, 1),
        "p50_ms": round(percentile(times, 0.5) or 0, 1),
        "p99_ms": round(percentile(times, 0.99) or 0, 1),
        "kib": round(size / 1024, 1),
    }


async def _timed(ask: Callable[[], Awaitable[tuple[int, int]]]) -> tuple[float, tuple[int, int]]:
    began = time.perf_counter()
    answer = await ask()
    return (time.perf_counter() - began) * 1000, answer


def main() -> None:
    words = sys.argv[1:]
    database = words.pop(words.index("--database") + 1) if "--database" in words else None
    sizes = [word for word in words if word in SIZES] or ["county", "district"]
    for size in sizes:
        asyncio.run(measure(size, database))


if __name__ == "__main__":
    main()
