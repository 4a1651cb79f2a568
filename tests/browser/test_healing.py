"""A classroom's line is cut in a recorded lesson: afterwards its own page puts back what was lost, where it belongs."""

import asyncio
import contextlib
import statistics
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import av
import pytest
from playwright.async_api import Page, async_playwright, expect

from classroom.lesson.events import HOST_SEAT
from recorder.cuts import cuts
from recorder.library import Library
from recorder.manifest import Manifest, StreamEntry
from signaling.demo.browsers import FLAGS
from signaling.demo.clip import read_number, write_capture_files
from signaling.demo.plan import ClipPlan
from tests.browser.test_watch import LOOK

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(240)]

CLIP = ClipPlan("一号教室", (40, 130, 30), 660, width=640, height=360, fps=15, seconds=40)
CUT_S = 6.0
DEADLINE_S = 60
THROUGH_LINE = """
const real = RTCPeerConnection.prototype.setRemoteDescription
RTCPeerConnection.prototype.setRemoteDescription = function (answer) {
  const lines = answer.sdp.split('\\r\\n').filter(line => !/^a=candidate:.* tcp /i.test(line))
  const here = /^(a=candidate:.* udp \\d+ )\\S+ \\d+ /i
  const sdp = lines.map(line => line.replace(here, '$1127.0.0.1 PORT ')).join('\\r\\n')
  return real.call(this, {type: answer.type, sdp})
}
"""
SHELVES = """
async () => {
  const names = []
  try {
    const kept = await (await navigator.storage.getDirectory()).getDirectoryHandle('kept')
    for await (const name of kept.keys()) names.push(name)
  } catch { /* nothing was ever kept */ }
  return names
}
"""


class Line(asyncio.DatagramProtocol):
    """Carries a page's media to the server and back, until it is cut. One end for each of the page's addresses."""

    def __init__(self, server: tuple[str, int]) -> None:
        self.is_cut = False
        self._server = server
        self._here: Any = None
        self._there: dict[Any, Any] = {}

    def connection_made(self, transport: Any) -> None:
        self._here = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        if self.is_cut:
            return
        if address not in self._there:
            self._there[address] = None
            self._opening = asyncio.ensure_future(self._open(address))
        elif (there := self._there[address]) is not None:
            there.sendto(data)

    async def _open(self, address: Any) -> None:
        line = self

        class Back(asyncio.DatagramProtocol):
            def datagram_received(self, data: bytes, _: Any) -> None:
                if not line.is_cut:
                    line._here.sendto(data, address)

        loop = asyncio.get_running_loop()
        self._there[address], _ = await loop.create_datagram_endpoint(Back, remote_addr=self._server)

    def close(self) -> None:
        for end in (self._here, *self._there.values()):
            if end is not None:
                end.close()


@pytest.fixture
async def line(school: Any) -> AsyncIterator[tuple[Line, int]]:
    made = Line(("127.0.0.1", school.server.info.udp_port))
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: made, ("127.0.0.1", 0))
    yield made, transport.get_extra_info("sockname")[1]
    made.close()


@pytest.fixture
async def room_page(chromium: str, tmp_path: Path, line: tuple[Line, int]) -> AsyncIterator[Any]:
    """Opens a page whose camera shows the clip, and whose media goes through the line."""
    video, audio = await asyncio.to_thread(write_capture_files, CLIP, tmp_path)
    captures = (f"--use-file-for-fake-video-capture={video}", f"--use-file-for-fake-audio-capture={audio}")
    async with async_playwright() as playwright, contextlib.AsyncExitStack() as stack:
        browser = await playwright.chromium.launch(executable_path=chromium, headless=True, args=[*FLAGS, *captures])
        stack.push_async_callback(browser.close)

        async def open_page(address: str) -> Page:
            context = await browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
            await context.add_init_script("Object.defineProperty(navigator, 'hardwareConcurrency', {get: () => 8})")
            await context.add_init_script(THROUGH_LINE.replace("PORT", str(line[1])))
            page = await context.new_page()
            await page.goto(address, wait_until="domcontentloaded")
            return page

        yield open_page


def stream_of(found: Manifest | None, seat: str, source: str = "camera") -> StreamEntry | None:
    streams = found.streams if found else []
    return next((one for one in streams if (one.seat, one.source) == (seat, source) and one.files), None)


async def until_recorded(library: Library, lesson: str, seat: str, seconds: float, source: str = "camera") -> float:
    """Until the newest file of a seat has this many seconds; where it ends in the recording."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            stream = stream_of(await asyncio.to_thread(library.current, lesson), seat, source)
            if stream is not None and stream.files[-1].seconds >= seconds:
                return stream.files[-1].offset_s + stream.files[-1].seconds
            await asyncio.sleep(0.2)


def shown(folder: Path, stream: StreamEntry) -> Iterator[tuple[float, int, bool]]:
    """What is to be seen of the stream: when, the picture's number, whether it was put back."""
    for cut in cuts(stream.files):
        with av.open(str(folder / cut.file.name)) as container:
            for frame in container.decode(container.streams.video[0]):
                at_s = cut.file.offset_s + float(frame.time or 0)
                if cut.from_s <= at_s < cut.to_s:
                    yield at_s, read_number(frame.to_ndarray(format="gray")), cut.file.page is not None


async def test_what_a_cut_took_is_put_back_by_the_classrooms_own_page(
    school: Any, room_page: Any, open_page: Any, line: tuple[Line, int]
) -> None:
    made = await school.lesson(
        recipients=[{"school": "檀溪中小", "classroom": "一号教室", "class_size": 23}], record=True, consent_by="演示"
    )
    lesson, rural = made["lesson"], made["seats"][0]
    library = Library(school.data / "recordings")
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{school.door.url}/ws/{lesson}") as socket:
        await socket.send_json({"type": "hello", "token": made["teacher"]["token"], "device": "pc", "version": 1})
        await socket.send_json({"type": "start"})
        page = await room_page(school.door.absolute(rural["page"]))
        await until_recorded(library, lesson, rural["seat"], 5.0)
        await cut_off(page, line[0], library, lesson, rural["seat"])
        await school.door.post(f"/api/v1/lessons/{lesson}/end", school.server.info.secret)
        stream = await healed(library, lesson, rural["seat"])
    gaps = stream.gaps
    pictures = await asyncio.to_thread(lambda: list(shown(school.data / "recordings" / lesson, stream)))
    # Each picture says when it was taken; in what came by the line that runs along with the recording's time.
    first = min(gap.from_s for gap in gaps)
    zero = statistics.median(number / CLIP.fps - at for at, number, healed in pictures if not healed and at > first - 4)
    off = [turned(number / CLIP.fps - at - zero) for at, number, healed in pictures if healed]
    print(f"{len(off)} pictures put back, off by {min(off):.3f} to {max(off):.3f} s")
    assert len(off) > CLIP.fps * (CUT_S - 1) / 2 and max(map(abs, off)) < 0.15
    async with asyncio.timeout(DEADLINE_S):
        while await page.evaluate(SHELVES):
            await asyncio.sleep(0.2)
    await watched(school, made, open_page, stream, zero)


async def test_a_cut_takes_nothing_of_a_shared_screen_either(
    school: Any, room_page: Any, line: tuple[Line, int]
) -> None:
    made = await school.lesson(record=True, consent_by="演示")
    lesson, library = made["lesson"], Library(school.data / "recordings")
    page = await room_page(f"{school.door.url}/teach/{lesson}?autostart=1#{made['teacher']['token']}")
    await page.locator("html[data-state=live]").wait_for(state="attached")
    await page.get_by_test_id("share").click()
    await until_recorded(library, lesson, HOST_SEAT, 5.0, "screen")
    await cut_off(page, line[0], library, lesson, HOST_SEAT, "screen")
    await school.door.post(f"/api/v1/lessons/{lesson}/end", school.server.info.secret)
    stream = await healed(library, lesson, HOST_SEAT, "screen")
    for cut in cuts(stream.files):
        with av.open(str(school.data / "recordings" / lesson / cut.file.name)) as container:
            frame = next(container.decode(container.streams.video[0]))
            assert frame.to_ndarray(format="gray").std() > 5, "a picture with something in it"


async def cut_off(page: Page, line: Line, library: Library, lesson: str, seat: str, source: str = "camera") -> None:
    """Nothing gets through for CUT_S; returns some seconds after it was recorded again."""
    before = await until_recorded(library, lesson, seat, 0.0, source)
    await page.context.set_offline(True)
    line.is_cut = True
    await asyncio.sleep(CUT_S)
    line.is_cut = False
    await page.context.set_offline(False)
    async with asyncio.timeout(DEADLINE_S):
        while await until_recorded(library, lesson, seat, 0.0, source) < before + CUT_S + 4:
            await asyncio.sleep(0.2)


async def healed(library: Library, lesson: str, seat: str, source: str = "camera") -> StreamEntry:
    """The stream once what the cut took of it is there again."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            stream = stream_of(await asyncio.to_thread(library.manifest, lesson), seat, source)
            gaps = stream.gaps if stream else []
            if stream and gaps and sum(gap.to_s - gap.from_s for gap in gaps if gap.healed_by is None) < 0.5:
                break
            await asyncio.sleep(0.2)
    assert sum(gap.to_s - gap.from_s for gap in gaps if gap.healed_by) > CUT_S - 1
    return stream


def turned(by_s: float) -> float:
    """The clip begins anew after its end."""
    return (by_s + CLIP.seconds / 2) % CLIP.seconds - CLIP.seconds / 2


async def watched(school: Any, made: Any, open_page: Any, stream: StreamEntry, zero: float) -> None:
    """The summary says so, and the film shows the right moment in the middle of what was lost."""
    teacher = await open_page(school.door.absolute(made["teacher"]["page"]))
    await expect(teacher.get_by_test_id("recording-healed")).to_contain_text("补全")
    await teacher.get_by_test_id("watch").click()
    await teacher.wait_for_url(f"**/watch/{made['lesson']}")
    await teacher.get_by_test_id("big-play").click()
    gap = max((gap for gap in stream.gaps if gap.healed_by), key=lambda gap: gap.to_s - gap.from_s)
    key = f"{stream.seat}/camera"
    bar = teacher.get_by_test_id("time-bar")
    box = await bar.bounding_box()
    assert box is not None
    all_s = float(await bar.get_attribute("aria-valuemax") or 0)
    await bar.click(position={"x": box["width"] * (gap.from_s + 1) / all_s, "y": 14})
    async with asyncio.timeout(DEADLINE_S):
        while True:
            seen = await teacher.evaluate(LOOK)
            number = seen["numbers"].get(key)
            is_within = number is not None and gap.from_s <= seen["at_s"] < gap.to_s
            if is_within and abs(turned(number / CLIP.fps - seen["at_s"] - zero)) < 0.25:
                return
            if seen["at_s"] >= gap.to_s:
                await bar.click(position={"x": box["width"] * (gap.from_s + 1) / all_s, "y": 14})
            await asyncio.sleep(0.05)
