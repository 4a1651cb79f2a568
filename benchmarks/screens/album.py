"""The album: pictures of pages at both promised sizes, small enough for the repository, and what shows them."""

import asyncio
import contextlib
from pathlib import Path
from typing import Final, NamedTuple

import cv2
import numpy as np
from playwright.async_api import Page, TimeoutError

SIZES: Final = {"1366": (1366, 768), "1920": (1920, 1080)}
PHONE: Final = (390, 844)
QUALITY: Final = 40
"""Of WebP: every word can be read, and all pictures together stay below 6 MB."""
# Requests that are still out are counted where they are sent: a page is ready when there are none.
COUNT_REQUESTS: Final = """
window.__pending = 0
const real = window.fetch
window.fetch = (...all) => { window.__pending++; return real(...all).finally(() => window.__pending--) }
"""
READY: Final = """
() => window.__pending === 0 && document.fonts.status === 'loaded' && document.body.innerText.length > 9
"""
READY_MS: Final = 5000
"""After this a page that never stops asking (a lesson's) is taken as it is."""
SETTLE_S: Final = 0.7
"""For what moves in, and for the next picture of a camera."""


class Shot(NamedTuple):
    """One page as it was taken: under which heading, what it is, the beginning of its files' names."""

    group: str
    caption: str
    stem: str
    sizes: tuple[str, ...]


class Album:
    """Pictures in a folder, in the order in which they were taken."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.shots: list[Shot] = []

    async def take(self, page: Page, group: str, name: str, caption: str, *, phone: bool = False) -> None:
        """The page as it stands, at every size; the size that it had comes back."""
        sizes = {"phone": PHONE} if phone else SIZES
        before = page.viewport_size
        for size, (width, height) in sizes.items():
            await page.set_viewport_size({"width": width, "height": height})
            with contextlib.suppress(TimeoutError):
                await page.wait_for_function(READY, timeout=READY_MS)
            await asyncio.sleep(SETTLE_S)
            png = await page.screenshot(animations="disabled", caret="hide")
            await asyncio.to_thread(self._write, f"{group}-{name}-{size}.webp", png)
        if before is not None:
            await page.set_viewport_size(before)
        self.shots.append(Shot(group, caption, f"{group}-{name}", tuple(sizes)))

    def _write(self, name: str, png: bytes) -> None:
        picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        cv2.imwrite(str(self._folder / name), picture, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])

    def page(self, groups: dict[str, str]) -> str:
        """docs/screens.md: by who sits in front of the page, each picture a link to the large one."""
        lines = [
            "# 界面一览",
            "",
            "每个页面在 1366×768 和 1920×1080 两种屏幕上的样子，`make screens` 生成；数据是示例县的，画面是测试图。",
            "Every page at both sizes, made by `make screens` from a sample county.",
        ]
        for group, title in groups.items():
            lines += ["", f"## {title}"]
            for shot in (one for one in self.shots if one.group == group):
                files = [f"screens/{shot.stem}-{size}.webp" for size in shot.sizes]
                large = f"（[大屏]({files[1]})）" if len(files) > 1 else ""
                lines += ["", f"**{shot.caption}**{large}", "", f"![{shot.caption}]({files[0]})"]
        return "\n".join(lines) + "\n"
