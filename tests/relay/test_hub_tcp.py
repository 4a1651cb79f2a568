"""The relay over TCP with a real Chromium: a firewall that swallows UDP, and paths that change."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from classroom.relay.connection import Connection, Path
from classroom.relay.drops import DropReason
from classroom.relay.wire_tcp import Stream

pytestmark = pytest.mark.browser

OpenPage = Callable[[], Awaitable[Any]]


async def moves(page: Any, path: str) -> dict[str, Any]:
    """Wait until the page decodes more pictures, by this path; its statistics."""
    before = (await page.evaluate("stats()"))["video"].get("framesDecoded", 0)
    async with asyncio.timeout(20):
        while True:
            stats: dict[str, Any] = await page.evaluate("stats()")
            if stats["video"].get("framesDecoded", 0) > before + 10 and stats["path"] == path:
                return stats
            await asyncio.sleep(0.1)


async def test_without_udp_pictures_go_by_tcp_both_ways(door: Any, open_page: OpenPage) -> None:
    publisher, viewer = await open_page(), await open_page()
    for page in (publisher, viewer):
        await page.evaluate("withoutUdp = true")
    await publisher.evaluate("publish('/whip/camera')")
    await door.until(lambda: "flowing" in door.kinds())
    await viewer.evaluate("view('/whep/camera')")
    stats = await moves(viewer, "tcp")
    assert stats["video"]["packetsLost"] == 0
    assert stats["audio"]["packetsReceived"] > 10
    first_picture_ms = await viewer.evaluate("firstPictureMs")
    print(f"first picture over TCP: {first_picture_ms:.0f} ms")
    assert first_picture_ms < 2000
    await door.until(lambda: "flowing" in door.kinds("viewer"))
    assert door.hub.stats()["tcp_connections"] == 2
    assert door.hub.stats()[DropReason.TCP_FULL.value] == 0
    await viewer.evaluate("pc.close()")
    await door.until(lambda: "gone" in door.kinds("viewer"))
    await publisher.evaluate("fetch(session, { method: 'DELETE' })")
    await door.until(lambda: "gone" in door.kinds())
    async with asyncio.timeout(10):
        while door.hub.stats()["tcp_connections"]:
            await asyncio.sleep(0.05)


async def test_a_viewer_goes_over_to_udp_and_back_to_tcp(
    door: Any, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher, viewer = await open_page(), await open_page()
    await publisher.evaluate("publish('/whip/camera')")
    await door.until(lambda: "flowing" in door.kinds())
    await viewer.evaluate("withoutUdp = true; view('/whep/camera')")
    await moves(viewer, "tcp")
    await viewer.evaluate("letUdpIn()")
    await moves(viewer, "udp")
    answer = Connection.binding

    def unanswered_by_udp(self: Connection, request: Any, path: Path, now: float) -> None:
        if isinstance(path, Stream):
            answer(self, request, path, now)

    monkeypatch.setattr(Connection, "binding", unanswered_by_udp)
    await moves(viewer, "tcp")
    assert door.kinds("viewer") == ["flowing"]
