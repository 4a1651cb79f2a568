"""The relay with a real Chromium as publisher and as viewer."""

import asyncio
import math
import random
from collections.abc import Awaitable, Callable
from typing import Any

import imageio_ffmpeg
import pytest

from classroom.relay import publication
from classroom.relay.connection import Connection
from classroom.relay.line import Line

pytestmark = [pytest.mark.browser, pytest.mark.long]

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
                assert after["video"]["framesDecoded"] > before["video"].get("framesDecoded", 0)
                return dict(after)


async def test_what_one_chromium_publishes_another_sees_and_hears(door: Any, open_page: OpenPage) -> None:
    publisher, viewer = await open_page(), await open_page()
    await publisher.evaluate("publish('/whip/camera')")
    await door.until(lambda: "flowing" in door.kinds())
    await viewer.evaluate("view('/whep/camera')")
    stats = await moving(viewer)
    assert stats["state"] == "connected"
    await door.until(lambda: "flowing" in door.kinds("viewer"))


async def test_h264_from_ffmpeg_is_seen_and_heard_in_chromium(door: Any, open_page: OpenPage) -> None:
    picture = ["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25"]
    sound = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"]
    h264 = ["-c:v", "libx264", "-profile:v", "baseline", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25"]
    opus = ["-c:a", "libopus", "-ac", "2"]
    ffmpeg = await asyncio.create_subprocess_exec(
        imageio_ffmpeg.get_ffmpeg_exe(),
        *["-hide_banner", "-loglevel", "error", "-re", *picture, "-re", *sound, *h264, *opus],
        *["-t", "60", "-f", "whip", f"{door.url}/whip/board"],
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        viewer = await open_page()
        await door.until(lambda: "flowing" in door.kinds())
        await viewer.evaluate("view('/whep/board')")
        stats = await moving(viewer)
        assert (stats["video"]["frameWidth"], stats["video"]["frameHeight"]) == (640, 360)
        with pytest.raises(Exception, match="no_common_codec"):
            await viewer.evaluate("view('/whep/board', { codec: 'vp8' })")
        ffmpeg.terminate()
        await door.until(lambda: "gone" in door.kinds())
    finally:
        if ffmpeg.returncode is None:
            ffmpeg.terminate()
        await ffmpeg.wait()


async def test_vp9_passes_through_and_a_late_viewer_gets_its_keyframe(door: Any, open_page: OpenPage) -> None:
    publisher, viewer = await open_page(), await open_page()
    await publisher.evaluate("publish('/whip/camera', { codec: 'vp9' })")
    await door.until(lambda: "flowing" in door.kinds())
    await viewer.evaluate("view('/whep/camera')")
    await moving(viewer)
    codec = "[...await pc.getStats()].find(([, one]) => one.type === 'codec' && /video/.test(one.mimeType))[1].mimeType"
    assert await viewer.evaluate(f"(async () => {codec})()") == "video/VP9"


async def test_a_publisher_whose_codecs_are_unknown_and_a_stream_that_is_not_there(
    door: Any, open_page: OpenPage
) -> None:
    page = await open_page()
    with pytest.raises(Exception, match="no_common_codec"):
        await page.evaluate("publish('/whip/camera', { codec: 'av1' })")
    with pytest.raises(Exception, match="stream_absent"):
        await page.evaluate("view('/whep/camera')")
    assert door.hub.stats()["sessions"] == 0


async def test_another_publisher_takes_over_and_the_viewer_goes_on(door: Any, open_page: OpenPage) -> None:
    first, second, viewer = await open_page(), await open_page(), await open_page()
    await first.evaluate("publish('/whip/camera')")
    await door.until(lambda: "flowing" in door.kinds())
    await viewer.evaluate("view('/whep/camera')")
    before = await moving(viewer)
    await second.evaluate("publish('/whip/camera')")
    await door.until(lambda: door.kinds().count("flowing") == 2)
    assert door.kinds() == ["flowing", "replaced", "flowing"]
    decoded = (await viewer.evaluate("stats()"))["video"]["framesDecoded"]
    after = await moving(viewer)
    assert after["video"]["framesDecoded"] > decoded + 5
    assert after["video"]["ssrc"] == before["video"]["ssrc"]
    assert after["video"]["packetsLost"] == 0
    assert "gone" not in door.kinds("viewer")


async def until_width(page: Any, width: int, timeout_s: float = 30.0) -> dict[str, Any]:
    """Wait until the page decodes pictures of this width; its statistics."""
    async with asyncio.timeout(timeout_s):
        while True:
            stats = await page.evaluate("stats()")
            if stats["video"].get("frameWidth") == width:
                return dict(stats)
            await asyncio.sleep(0.1)


LAYERED = {
    "encodings": [{"rid": "h"}, {"rid": "m", "scaleResolutionDownBy": 2}, {"rid": "l", "scaleResolutionDownBy": 4}],
    "width": 1280,
    "height": 720,
}


@pytest.mark.parametrize("codec", ["vp8", "h264"])
async def test_a_viewer_gets_the_layer_that_its_screen_needs_without_a_break(
    door: Any, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, codec: str
) -> None:
    # A machine that runs many tests at once makes loopback look like a narrow line; that has a test of its own.
    monkeypatch.setattr(Line, "is_full", lambda self, now: False)
    publisher, viewer = await open_page(), await open_page()
    await publisher.evaluate("options => publish('/whip/camera', options)", {**LAYERED, "codec": codec})
    await door.until(lambda: "flowing" in door.kinds())
    await viewer.evaluate("view('/whep/camera')")
    session = (await viewer.evaluate("session")).rsplit("/", 1)[1]
    await until_width(viewer, 1280)
    assert door.hub.want(session, "viewer", 180)
    assert not door.hub.want(session, "somebody else", 180)
    await until_width(viewer, 320)
    small = await moving(viewer)
    # Nobody wants the larger ones now: their publisher is told.
    await door.until(lambda: any(notice.layers == ("l",) for notice in door.notices))
    assert door.hub.want(session, "viewer", 720)
    await door.until(lambda: any(notice.layers == ("h", "l") for notice in door.notices))
    await until_width(viewer, 1280)
    large = await moving(viewer)
    assert large["video"]["ssrc"] == small["video"]["ssrc"]
    # A break would have had it ask for a keyframe.
    assert large["video"]["pliCount"] == small["video"]["pliCount"]


@pytest.mark.parametrize("codec", ["vp8", "h264"])
async def test_a_line_that_was_narrow_for_a_moment_is_climbed_without_a_break(
    door: Any, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, codec: str
) -> None:
    narrow = [False]

    def is_full(self: Line, now: float) -> bool:
        # A test that comes late must not make it a longer moment.
        return narrow[0] and all(notice.rung != "lowest" for notice in door.notices)

    monkeypatch.setattr(Line, "is_full", is_full)
    monkeypatch.setattr(Line, "is_clear", lambda self, since: True)
    # Enough for the small layer alone, whatever its encoder makes of it: else the picture would be given up.
    monkeypatch.setattr(Line, "carried_bps", lambda self, now: 220_000)
    publisher, viewer = await open_page(), await open_page()
    await publisher.evaluate("options => publish('/whip/camera', options)", {**LAYERED, "codec": codec})
    await door.until(lambda: "flowing" in door.kinds())
    await viewer.evaluate("view('/whep/camera')")
    await until_width(viewer, 1280)
    before = await moving(viewer)
    narrow[0] = True
    await door.until(lambda: any(notice.rung == "lowest" for notice in door.notices), 30.0)
    narrow[0] = False
    await until_width(viewer, 320)
    await until_width(viewer, 1280, 60.0)
    after = await moving(viewer)
    assert "still" not in {notice.rung for notice in door.notices}
    # What is sent to try the line is no part of a picture.
    assert after["video"]["pliCount"] == before["video"]["pliCount"]
    assert after["video"]["nackCount"] == before["video"]["nackCount"]


async def test_a_page_that_closes_its_connection_is_gone_at_once(door: Any, open_page: OpenPage) -> None:
    publisher, viewer = await open_page(), await open_page()
    await publisher.evaluate("publish('/whip/camera')")
    await door.until(lambda: "flowing" in door.kinds())
    await viewer.evaluate("view('/whep/camera')")
    await door.until(lambda: "flowing" in door.kinds("viewer"))
    await viewer.evaluate("pc.close()")
    await door.until(lambda: "gone" in door.kinds("viewer"), timeout_s=2)
    await publisher.evaluate("fetch(session, { method: 'DELETE' })")
    await door.until(lambda: "gone" in door.kinds(), timeout_s=2)
    assert door.hub.stats()["sessions"] == 0
    assert door.hub.stats()["routes"] == 0
    assert door.hub.flows() == []


async def test_lost_packets_come_again_on_both_ways(
    door: Any, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = random.Random(5)
    take = Connection.rtp

    def lossy_rtp(self: Connection, datagram: bytes, now: float) -> None:
        if source.random() > 0.04:
            take(self, datagram, now)

    def lossy_send(outlets: Any, packets: list[bytes], tag_bytes: int) -> None:
        door.hub._fanout.send(outlets, [packet for packet in packets if source.random() > 0.04], tag_bytes)

    # Packets can be lost here only on their way through Python; the lines of tests/network lose them for all.
    monkeypatch.setattr(publication, "EXPEDITE_S", math.inf)
    publisher, viewer = await open_page(), await open_page()
    await publisher.evaluate("publish('/whip/camera')")
    await door.until(lambda: "flowing" in door.kinds())
    await viewer.evaluate("view('/whep/camera')")
    await moving(viewer)
    monkeypatch.setattr(Connection, "rtp", lossy_rtp)
    door.hub._routes["camera"].tracks["video"].layers[0]._send = lossy_send
    before = (await viewer.evaluate("stats()"))["video"]
    await asyncio.sleep(6)
    sent, got = (await publisher.evaluate("stats()"))["video"], (await viewer.evaluate("stats()"))["video"]
    assert sent["retransmittedPacketsSent"] > 0
    assert got["retransmittedPacketsReceived"] > 0
    assert got["framesDecoded"] - before["framesDecoded"] > 90
