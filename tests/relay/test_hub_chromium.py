"""The relay with a real Chromium as publisher and as viewer."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser

OpenPage = Callable[[], Awaitable[Any]]


async def moving(page: Any, timeout_s: float = 15.0) -> dict[str, Any]:
    """Wait until the page shows pictures that change, and hears something; its statistics."""
    async with asyncio.timeout(timeout_s):
        while True:
            first = await page.evaluate("picture()")
            before = await page.evaluate("stats()")
            await asyncio.sleep(0.5)
            second = await page.evaluate("picture()")
            after = await page.evaluate("stats()")
            changed = first["pixels"] != second["pixels"]
            if changed and second["mean"] > 10 and after["audio"].get("totalAudioEnergy", 0) > 0:
                assert after["video"]["framesDecoded"] > before["video"]["framesDecoded"]
                return dict(after)


async def test_what_one_chromium_publishes_another_sees_and_hears(door: Any, open_page: OpenPage) -> None:
    publisher, viewer = await open_page(), await open_page()
    await publisher.evaluate("publish('/whip/camera')")
    await door.until(lambda: "flowing" in door.kinds())
    await viewer.evaluate("view('/whep/camera')")
    stats = await moving(viewer)
    assert stats["state"] == "connected"
    assert await viewer.evaluate("firstPictureMs") < 2000
    await door.until(lambda: "flowing" in door.kinds("viewer"))
    await asyncio.sleep(3)
    print(await publisher.evaluate("stats()"))
    print(await viewer.evaluate("stats()"))
    print(door.hub.stats(), door.hub.flows(), [door.hub.link(flow.session) for flow in door.hub.flows()], await viewer.evaluate("firstPictureMs"))
