"""The desks' pages on a county's, a district's and a province's ledger: how long the server takes, and how it grows.

    python -m benchmarks.ledger [county|district|province] [--database postgresql://…]

Without a size: county and district. Each page is asked of a real server over loopback, one at a time, after a first
asking that fills its caches (told apart as `first_ms`). `cpu_ms` is what the server itself worked at one: on a machine
that others use too it says more than the wait.

Then a county's list as long as the ledger's goes in (`import`: shown first, then done) and the whole out, and a
county's month is closed: thirteen 附件3 submitted, 附件2 signed and sent, each by its own request.
"""

import asyncio
import os
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import aiohttp

from benchmarks.machine import cpu_s, percentile, resident_mib, tell
from benchmarks.province import fill, ident
from classroom.store.store import Store
from signaling.demo.server import ServerProcess

SIZES: Final = {"county": (13, 36), "district": (150, 36), "province": (1500, 36)}
SEED: Final = 1
MONTH: Final = "2021-05"
YEAR: Final = 2021
ASKED: Final = 20
CLOSED: Final = ("2021-06", "2021-07", "2021-08", "2021-09", "2021-10")
"""Months that are closed, one after the other."""
COUNTY: Final = 13
_SYLLABLES: Final = (
    "东南西北城山水云松柏梅兰竹菊桃李杏柳江河湖海溪泉石峰岭岩田林金银玉珠龙凤鹤鹿春夏秋冬安宁和平文明光华"
)


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
            url = server.info.url
            pages = {name: await _page(session, url + path, server.pid) for name, path in paths(pairs, found[0].id)}
            closing = [await _close(session, url, month) for month in CLOSED]
            moved = await _lists(session, url, pairs)
            figures = {
                "size": size,
                "database": "postgresql" if database else "sqlite",
                "pairs": pairs,
                "months": months,
                "activities": activities,
                "fill_s": round(filled_s, 1),
                "pages": pages,
                "close_month_ms": {
                    "send_p50": round(percentile([send for _, send in closing], 0.5) or 0, 1),
                    "all_p50": round(percentile([whole for whole, _ in closing], 0.5) or 0, 1),
                    "annex3": COUNTY,
                },
                **moved,
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


async def _page(session: aiohttp.ClientSession, url: str, server: int) -> dict[str, Any]:
    async def ask() -> tuple[int, int]:
        async with session.get(url) as response:
            return response.status, len(await response.read())

    first_ms, (status, size) = await _timed(ask)
    if status != 200:
        return {"status": status}
    before = cpu_s(server)
    times = [(await _timed(ask))[0] for _ in range(ASKED)]
    cpu_ms = (cpu_s(server) - before) * 1000 / ASKED
    return {
        "first_ms": round(first_ms, 1),
        "p50_ms": round(percentile(times, 0.5) or 0, 1),
        "p99_ms": round(percentile(times, 0.99) or 0, 1),
        "cpu_ms": round(cpu_ms, 1),
        "kib": round(size / 1024, 1),
    }


async def _close(session: aiohttp.ClientSession, url: str, month: str) -> tuple[float, float]:
    """Milliseconds for the first county's 附件3 and 附件2, from draft to sent; and of these for the sending alone,
    which locks every pair's form."""
    form = f"{url}/api/v1/returns/{month}"

    async def step(pair: str, action: str, version: int, **said: str) -> float:
        began = time.perf_counter()
        async with session.post(f"{form}/{pair}/{action}", json={"version": version, **said}) as response:
            if response.status != 200:
                raise RuntimeError(f"{action} of {pair}: {await response.text()}")
        return (time.perf_counter() - began) * 1000

    whole = sum([await step(ident("p", number), "submit", 0) for number in range(COUNTY)])
    whole += await step("bureau", "sign", 0, name="领导", on=f"{month}-28")
    send = await step("bureau", "send", 1, channel="浙政钉")
    return whole + send, send


async def _lists(session: aiohttp.ClientSession, url: str, pairs: int) -> dict[str, Any]:
    """Milliseconds to bring a list of new pairs in, and to take every pair out."""
    data, path = county_list(pairs), f"{url}/api/v1/registry"
    asked = f"{path}/imports?kind=pairs&name=list.csv&since=2021-04-01"

    async def bring(more: str) -> dict[str, Any]:
        async with session.post(asked + more, data=data, headers={"Content-Type": "text/csv"}) as response:
            report: dict[str, Any] = await response.json()
            if response.status != 200:
                raise RuntimeError(f"import: {report}")
            return report

    async def export() -> tuple[int, int]:
        async with session.get(f"{path}/export?kind=pairs&format=xlsx") as response:
            return response.status, len(await response.read())

    began = time.perf_counter()
    shown = await bring("&dry_run=true")
    between = time.perf_counter()
    done = await bring(f"&digest={shown['digest']}")
    ended = time.perf_counter()
    export_ms, (status, size) = await _timed(export)
    return {
        "import": {
            "lines": done["counts"],
            "shown_ms": round((between - began) * 1000, 1),
            "done_ms": round((ended - between) * 1000, 1),
        },
        "export": {"status": status, "ms": round(export_ms, 1), "kib": round(size / 1024, 1)},
    }


def county_list(pairs: int) -> bytes:
    """A list like 附件1, of schools that the ledger does not have: no two names alike enough to ask about."""
    chance = random.Random(SEED)
    names: set[str] = set()
    while len(names) < 2 * pairs:
        names.add("".join(chance.sample(_SYLLABLES, 4)))
    schools = sorted(names)
    rows = [
        f"县内,{number + 1},{schools[2 * number]}小学,{schools[2 * number + 1]}小学,已结对,新县,新县"
        for number in range(pairs)
    ]
    return "\n".join(["结对层级,序号,支援学校,受援学校,状态,支援学校所在县,受援学校所在县", *rows]).encode()


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
