"""Takes them all: a sample county on a server of its own, one real lesson with real browsers, each desk by its menu.

A page that is added to a menu is in the pictures too. A few minutes on two cores; nobody's data is in it.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import aiohttp
from playwright.async_api import async_playwright

from benchmarks.screens.album import Album
from benchmarks.screens.desks import desks, empty_server
from benchmarks.screens.lesson import lesson
from benchmarks.screens.people import People
from signaling.demo.players import find_browser
from signaling.demo.server import ServerProcess

DOCS: Final = Path(__file__).parents[2] / "docs"
GROUPS: Final = {
    "open": "任何人",
    "teacher": "主讲教师",
    "room": "教室",
    "phone": "协同教师的手机",
    "watch": "巡课、录像与听评课",
    "school": "学校填报人",
    "bureau": "教育局填报人",
    "admin": "系统管理员",
}


async def main(docs: Path) -> None:
    """Every picture into `docs`/screens, and the page that shows them."""
    chromium = find_browser()
    if chromium is None:
        raise SystemExit("no Chromium, or no playwright to drive it with: make test installs both")
    folder = docs / "screens"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.webp"):
        old.unlink()
    album = Album(folder)
    with tempfile.TemporaryDirectory(prefix="screens-") as scratch:
        data = Path(scratch) / "data"
        sample = [sys.executable, "-m", "signaling", "sample", "--data", str(data), "--months", "3"]
        await asyncio.to_thread(subprocess.run, sample, check=True, stdout=subprocess.DEVNULL)
        async with async_playwright() as playwright, aiohttp.ClientSession() as http:
            async with ServerProcess(Path(scratch) / "empty") as server:
                await empty_server(album, People(playwright, chromium, server, http))
            async with ServerProcess(data) as server:
                people = People(playwright, chromium, server, http)
                try:
                    await lesson(album, people, Path(scratch))
                    await desks(album, people)
                finally:
                    await people.close()
    (docs / "screens.md").write_text(album.page(GROUPS), encoding="utf8")
    size = sum(file.stat().st_size for file in folder.glob("*.webp"))
    print(f"{len(album.shots)} pages, {size / 1e6:.1f} MB in {folder}")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--docs", type=Path, default=DOCS)
    asyncio.run(main(arguments.parse_args().docs))
