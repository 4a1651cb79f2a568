"""The real server and, on its other side, ourselves: what a foreign peer publishes is decoded here, what it views is a
clip of ours. Both show the demo's clock: a number that a program reads in each picture, and a beep of a known pitch.

Browsers but Chromium, GStreamer and aiortc leave loopback addresses out: a machine that has no other cannot run these.
"""

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import aiohttp
import av
import numpy as np
import pytest
from aioice.ice import get_host_addresses

from classroom.relay.client import ClipPublisher, Viewer
from classroom.relay.rtp import Packet
from recorder.frames import VideoFrames
from signaling.demo.clip import ClipPlan, load_clip, read_number
from signaling.demo.http import Door, ServerProblem
from signaling.demo.plan import VideoCodec
from signaling.demo.server import ServerProcess

PITCH_HZ = 880
# The clip's beep has an amplitude of 0.4, its hum of 0.02.
HEARD = 0.1
FIRST_S = 60.0
"""For a first picture, with the peer's start, on two busy cores."""


def loudness(samples: Any, rate: int) -> float:
    """The amplitude of PITCH_HZ in some mono samples between −1 and 1."""
    turns = np.exp(-2j * np.pi * PITCH_HZ / rate * np.arange(len(samples)))
    return float(2 * np.abs(np.mean(samples * turns))) if len(samples) else 0.0


class Witness:
    """A classroom that sees and hears a peer's stream: the numbers of its pictures, and how loud its beep was."""

    def __init__(self) -> None:
        self.viewer = Viewer(on_packet=self._take)
        self.numbers: list[int] = []
        self.beep = 0.0
        self.codec = ""
        self.first_picture_s: float | None = None
        """After the answer to our offer."""
        self._answered = 0.0
        self._frames: VideoFrames | None = None
        self._pictures: av.VideoCodecContext | None = None
        self._sound = cast(av.AudioCodecContext, av.CodecContext.create("libopus", "r"))
        self._sound.sample_rate, self._sound.layout = 48000, "mono"
        self._seen = asyncio.Event()

    async def start(self, door: Door, url: str, token: str) -> None:
        async def post(url: str, offer: str, token: str) -> tuple[str, str]:
            answer = await door.post_sdp(url, offer, token)
            self._answered = time.monotonic()
            return answer

        await self.viewer.start(post, url, token)
        self.codec = self.viewer.receptions["video"].codec

    async def until_convinced(self, pictures: int = 10) -> None:
        """Until the clock in the picture has moved on so often, and the beep was heard."""
        try:
            async with asyncio.timeout(FIRST_S):
                while len(set(self.numbers)) < pictures or self.beep < HEARD:
                    self._seen.clear()
                    await self._seen.wait()
        except TimeoutError:
            packets = {kind: one.packets for kind, one in self.viewer.receptions.items()}
            pytest.fail(f"pictures {self.numbers}, beep {self.beep:.3f}, packets {packets}")
        ahead = [later > earlier for earlier, later in zip(self.numbers, self.numbers[1:], strict=False)]
        assert sum(ahead) >= len(ahead) // 2, f"the clock does not run: {self.numbers}"
        print(f"{self.codec}: first picture after {1000 * (self.first_picture_s or 0):.0f} ms")

    def _take(self, packet: Packet) -> None:
        if packet.kind == "audio":
            self._hear(packet)
        else:
            self._see(packet)
        self._seen.set()

    def _hear(self, packet: Packet) -> None:
        for frame in self._sound.decode(av.Packet(packet.payload)) if packet.payload else ():
            samples = frame.to_ndarray().astype(np.float64).reshape(-1)[:: len(frame.layout.channels)]
            scale = 32768 if frame.format.name.startswith("s16") else 1
            self.beep = max(self.beep, loudness(samples / scale, frame.sample_rate))

    def _see(self, packet: Packet) -> None:
        codec = self.viewer.receptions["video"].codec
        if self._frames is None or self._pictures is None:
            self._frames = VideoFrames(codec)
            self._pictures = cast(av.VideoCodecContext, av.CodecContext.create(codec, "r"))
            self._pictures.thread_count = 1
        for frame in self._frames.push(packet):
            for image in self._pictures.decode(av.Packet(frame.data)):
                self.numbers.append(read_number(image.to_ndarray(format="gray")))
                self.first_picture_s = self.first_picture_s or time.monotonic() - self._answered


@dataclass
class Lesson:
    """A lesson on a real server, with one classroom."""

    door: Door
    teacher: Any
    seat: Any
    clips: Path
    stack: contextlib.AsyncExitStack
    """Closes what was begun here with the test."""

    async def publish(self, codec: VideoCodec = "vp8") -> None:
        """We are the teacher, and viewers are let in."""
        clip = await asyncio.to_thread(
            load_clip, ClipPlan("互通", pitch_hz=PITCH_HZ, codec=codec, width=320, height=180, seconds=2), self.clips
        )
        publisher = ClipPublisher(clip)
        self.stack.push_async_callback(publisher.close)
        await publisher.start(self.door.post_sdp, self.teacher["whip"], self.teacher["token"])
        await self.witness()

    async def witness(self) -> Witness:
        """We are the classroom, once the teacher's stream is there."""
        async with asyncio.timeout(FIRST_S):
            while True:
                witness = Witness()
                self.stack.push_async_callback(witness.viewer.close)
                try:
                    await witness.start(self.door, self.seat["whep"], self.seat["token"])
                    return witness
                except ServerProblem as problem:
                    if problem.code not in ("lesson_not_open", "stream_absent"):
                        raise
                # Nothing tells a client that a stream has come but the lesson's socket; pages ask again, too.
                await asyncio.sleep(0.05)


@pytest.fixture
async def lesson(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lesson]:
    if not get_host_addresses(use_ipv4=True, use_ipv6=False):
        pytest.skip("this machine has loopback addresses alone, which foreign peers leave out")
    async with contextlib.AsyncExitStack() as stack:
        server = await stack.enter_async_context(ServerProcess(tmp_path / "data"))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        door = Door(session, server.info.url)
        recipients = [{"school": "檀溪中小", "classroom": "一号教室", "class_size": 23}]
        body = {"supporter": "实验小学", "class_name": "五（1）班", "class_size": 42, "subject": "语", "minutes": 40}
        made = await door.post("/api/v1/lessons", server.info.secret, {**body, "recipients": recipients})
        yield Lesson(door, made["teacher"], made["seats"][0], tmp_path_factory.getbasetemp() / "clips", stack)


Programme = Callable[..., Awaitable[asyncio.subprocess.Process]]


@pytest.fixture
async def run() -> AsyncIterator[Programme]:
    """Starts a program, its output to be read by us; ends it with the test."""
    started: list[asyncio.subprocess.Process] = []

    async def run(*command: str) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


@pytest.fixture(name="loudness")
def loudness_fixture() -> Callable[[Any, int], float]:
    return loudness


@pytest.fixture(scope="session")
def firefox() -> str:
    path = shutil.which("firefox-esr") or shutil.which("firefox")
    if path is None:
        pytest.skip("no Firefox: `make interop` installs firefox-esr")
    return path
