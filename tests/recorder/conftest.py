"""A clip whose picture says what time it is, as RTP packets of a publisher.

Every picture carries its number as black and white squares; at each full second the ground turns white for 100 ms and a
tone of 1 kHz sounds for 100 ms. So the time of a picture can be read from its pixels, and sound compared with picture.
"""

import asyncio
import struct
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import Vp8Encoder

from classroom.relay.rtp import Packet, SenderReport
from classroom.relay.track import Track
from recorder.service import Recorder
from recorder.tap import Tap

WIDTH, HEIGHT, FPS = 320, 192, 25
CELL = 20
BITS = 12
GOP = 25
NTP_MINUS_SERVER = 3.9e9


def picture(number: int) -> np.ndarray:
    """The picture `number`: the squares of its bits in two rows, on a ground that is white for 100 ms every second."""
    image = np.full((HEIGHT, WIDTH, 3), 235 if number % FPS * 10 < FPS else 90, np.uint8)
    for bit in range(BITS):
        x, y = 40 + bit % 6 * 40, 40 + bit // 6 * 60
        image[y - 10 : y + CELL + 10, x - 10 : x + CELL + 10] = 90
        image[y : y + CELL, x : x + CELL] = 255 if number >> bit & 1 else 0
    return image


def read_picture(gray: np.ndarray) -> tuple[int, bool]:
    """The number on a picture (luma, any size), and whether its ground is white."""
    scale_y, scale_x = gray.shape[0] / HEIGHT, gray.shape[1] / WIDTH
    number = 0
    for bit in range(BITS):
        x, y = 40 + bit % 6 * 40 + CELL // 2, 40 + bit // 6 * 60 + CELL // 2
        cell = gray[int((y - 4) * scale_y) : int((y + 4) * scale_y), int((x - 4) * scale_x) : int((x + 4) * scale_x)]
        number |= int(cell.mean() > 128) << bit
    return number, bool(gray[int(170 * scale_y) :, :].mean() > 170)


CLIP_S = 14


def encoded_pictures(codec: str, seconds: int, scale: int = 1) -> list[tuple[bytes, bool]]:
    assert seconds <= CLIP_S
    return encoded_clip(codec, scale)[: seconds * FPS]


@cache
def encoded_clip(codec: str, scale: int) -> list[tuple[bytes, bool]]:
    return encoded_images(
        codec, [picture(number).repeat(scale, axis=0).repeat(scale, axis=1) for number in range(CLIP_S * FPS)], scale
    )


def encoded_images(codec: str, images: Iterable[np.ndarray], scale: int = 1) -> list[tuple[bytes, bool]]:
    """Pictures (BGR, the clip's size times `scale`) with a keyframe every second: bytes, whether it is one."""
    context = av.CodecContext.create({"vp8": "libvpx", "vp9": "libvpx-vp9", "h264": "libx264"}[codec], "w")
    context.width, context.height, context.pix_fmt = WIDTH * scale, HEIGHT * scale, "yuv420p"
    context.time_base, context.framerate = Fraction(1, FPS), Fraction(FPS, 1)
    context.bit_rate, context.gop_size = 600_000, GOP
    # More threads than cores spin and wait for each other.
    context.thread_count = 1
    if codec == "h264":
        context.options = {"tune": "zerolatency", "preset": "ultrafast", "forced-idr": "1"}
        context.profile = "Baseline"
    else:
        context.options = {"deadline": "realtime", "lag-in-frames": "0", "cpu-used": "8"}
    result = []
    for number, image in enumerate(images):
        frame = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, FPS)
        if number % GOP == 0:
            frame.pict_type = av.video.frame.PictureType.I
        result += [(bytes(packet), packet.is_keyframe) for packet in context.encode(frame)]
    return result


class Vp9Packer:
    """Cuts VP9 frames into RTP payloads as a browser does (RFC 9628 §4.2): a 15-bit picture id, one layer, non-flexible
    mode, and with each keyframe a scalability structure of one size and one picture that leans on the one before."""

    def __init__(self) -> None:
        self._picture = 0

    def pack(self, packet: av.Packet) -> tuple[list[bytes], int]:
        frame, room = bytes(packet), 1180
        keyframe = not frame[0] & 0x04
        chunks = [frame[at : at + room] for at in range(0, len(frame), room)]
        payloads = []
        for index, chunk in enumerate(chunks):
            first, last = index == 0, index == len(chunks) - 1
            structure = struct.pack("!BHHBBB", 0x18, WIDTH, HEIGHT, 1, 0x04, 1) if keyframe and first else b""
            flags = 0x81 | (0 if keyframe else 0x40) | first << 3 | last << 2 | bool(structure) << 1
            payloads.append(struct.pack("!BH", flags, 0x8000 | self._picture) + structure + chunk)
        self._picture = (self._picture + 1) & 0x7FFF
        return payloads, 0


def encoded_sound(seconds: int) -> list[bytes]:
    return encoded_tone()[: seconds * 50]


@cache
def encoded_tone() -> list[bytes]:
    t = np.arange(CLIP_S * 48000) / 48000
    return encoded_samples((np.sin(2 * np.pi * 1000 * t) * 12000 * (t % 1 < 0.1)).astype(np.int16))


def encoded_samples(samples: np.ndarray) -> list[bytes]:
    """Opus of mono samples at 48 kHz, in blocks of 20 ms."""
    context = av.CodecContext.create("libopus", "w")
    context.sample_rate, context.layout, context.format, context.bit_rate = 48000, "stereo", "s16", 48000
    context.options = {"application": "lowdelay"}
    result = []
    for start in range(0, len(samples), 960):
        frame = av.AudioFrame.from_ndarray(samples[start : start + 960].repeat(2)[None], format="s16", layout="stereo")
        frame.sample_rate, frame.pts = 48000, start
        result += [bytes(packet) for packet in context.encode(frame)]
    return result


Step = tuple[float, Packet | tuple[str, SenderReport]]


@dataclass
class Script:
    """What a publisher sends, in the order of arrival. Times are seconds after the clip's start."""

    tracks: dict[str, Track]
    steps: list[Step] = field(default_factory=list)

    def between(self, start: float, end: float) -> "Script":
        return Script(self.tracks, [step for step in self.steps if start <= step[0] < end])

    def without(self, drop: Callable[[float, Packet], bool]) -> "Script":
        kept = [step for step in self.steps if not (isinstance(step[1], Packet) and drop(step[0], step[1]))]
        return Script(self.tracks, kept)

    def later(self, seconds: float, *, ssrc: int = 0) -> "Script":
        """The same, `seconds` later; with `ssrc` under other SSRCs and other numbers, as a new session has."""
        shift = 0 if not ssrc else 5000
        steps: list[Step] = []
        for at, what in self.steps:
            if isinstance(what, Packet):
                p = what
                number = (p.sequence_number + shift) & 0xFFFF
                time = (p.timestamp + shift * 1000) & 0xFFFFFFFF
                steps.append((
                    at + seconds,
                    Packet(p.kind, p.payload_type, p.marker, number, time, p.ssrc + ssrc, p.payload,
                           p.arrived + seconds, p.keyframe),
                ))  # fmt: skip
            else:
                r = what[1]
                time = (r.rtp_timestamp + shift * 1000) & 0xFFFFFFFF
                report = SenderReport(r.ssrc + ssrc, r.ntp + seconds, time, r.arrived + seconds)
                steps.append((at + seconds, (what[0], report)))
        return Script(self.tracks, steps)


def script(
    codec: str | None,
    seconds: int,
    *,
    sound: bool = True,
    reports: bool = True,
    video_delay_s: float = 0.0,
    jitter_s: float = 0.0,
    scale: int = 1,
    start: float = 1000.0,
    reports_from_s: float = 0.4,
    pictures: list[tuple[bytes, bool]] | None = None,
    blocks: list[bytes] | None = None,
) -> Script:
    """RTP of the clip as a browser sends it; arrival = `start` + capture time (+ delay and jitter, seeded).

    `pictures` and `blocks` of sound may stand in for the clip's.
    """
    rng = np.random.default_rng(7)
    tracks: dict[str, Track] = {}
    steps: list[Step] = []

    def add(at: float, packet: Packet) -> None:
        packet.arrived = start + at
        steps.append((at, packet))

    if codec is not None:
        tracks["video"] = Track("video", codec, 90000, 0, "")
        packer = {"vp8": Vp8Encoder, "vp9": Vp9Packer, "h264": H264Encoder}[codec]()
        number, first = 65000, 4294900000
        for index, (data, keyframe) in enumerate(pictures or encoded_pictures(codec, seconds, scale)):
            encoded = av.Packet(data)
            encoded.pts, encoded.time_base = index, Fraction(1, FPS)
            payloads, _ = packer.pack(encoded)
            at = index / FPS + video_delay_s + float(rng.uniform(0, jitter_s))
            for part, payload in enumerate(payloads):
                time = (first + index * 90000 // FPS) & 0xFFFFFFFF
                last = part == len(payloads) - 1
                packet = Packet("video", 96, last, number & 0xFFFF, time, 11, payload, 0, keyframe and part == 0)
                add(at + part * 0.0005, packet)
                number += 1
        if reports:
            for k in range(seconds):
                at = k + reports_from_s
                time = (first + round(at * 90000)) & 0xFFFFFFFF
                steps.append((at, ("video", SenderReport(11, NTP_MINUS_SERVER + at, time, start + at))))
    if sound:
        tracks["audio"] = Track("audio", "opus", 48000, 2, "minptime=10;useinbandfec=1")
        for index, payload in enumerate(blocks or encoded_sound(seconds)):
            at = index * 0.02 + float(rng.uniform(0, jitter_s))
            time = (123456789 + index * 960) & 0xFFFFFFFF
            add(at, Packet("audio", 111, index == 0, (100 + index) & 0xFFFF, time, 22, payload, 0))
        if reports:
            for k in range(0, seconds, 2):
                at = k + reports_from_s + 0.2
                time = (123456789 + round(at * 48000)) & 0xFFFFFFFF
                steps.append((at, ("audio", SenderReport(22, NTP_MINUS_SERVER + at, time, start + at))))
    steps.sort(key=lambda step: step[0])
    return Script(tracks, steps)


@dataclass
class Seen:
    """What can be seen and heard in a file."""

    pictures: list[tuple[float, int, bool]]
    """Time in the file, number on the picture, white."""
    beeps: list[float]
    """Where tones begin, in the file's time."""
    sound: list[tuple[float, float]]
    """Spans covered by sound packets (start, end)."""

    @property
    def flashes(self) -> list[float]:
        """Where the ground turns white (the picture before is there and dark)."""
        pairs = zip(self.pictures, self.pictures[1:], strict=False)
        return [b[0] for a, b in pairs if b[2] and not a[2] and b[0] - a[0] < 0.1]

    def offsets(self) -> list[float]:
        """Sound minus picture at every second where both are there."""
        return [beep - flash for flash in self.flashes for beep in self.beeps if abs(beep - flash) < 0.4]


def look(path: Path, *, numbered: bool = True) -> Seen:
    """Decode a file with libav, strictly. Not `numbered`: the picture is another than the clip's, but flashes too."""
    seen = Seen([], [], [])
    samples: list[tuple[float, np.ndarray]] = []
    with av.open(str(path)) as container:
        for stream in container.streams:
            stream.codec_context.options = {"err_detect": "explode"} if stream.type == "video" else {}
        for packet in container.demux():
            if packet.pts is not None and packet.stream.type == "audio":
                start = float(packet.pts * packet.time_base)
                seen.sound.append((start, start + 0.02))
            for frame in packet.decode():
                at = float(frame.pts * frame.time_base)
                if isinstance(frame, av.VideoFrame):
                    gray = frame.to_ndarray(format="gray")
                    white = bool(gray[gray.shape[0] * 7 // 8 :].mean() > 170)
                    seen.pictures.append((at, *(read_picture(gray) if numbered else (0, white))))
                else:
                    samples.append((at, frame.to_ndarray()[0].astype(np.float32)))
    quiet = True
    for at, block in samples:
        block = np.abs(block[: len(block) // 48 * 48]).reshape(-1, 48).max(axis=1)
        loud = block > (0.1 if block.max() <= 2 else 3000)
        for ms, is_loud in enumerate(loud):
            if is_loud and quiet and (not seen.beeps or at + ms / 1000 - seen.beeps[-1] > 0.5):
                seen.beeps.append(at + ms / 1000)
            quiet = not is_loud
    return seen


@pytest.fixture(name="script")
def script_fixture() -> Callable[..., Script]:
    return script


@pytest.fixture(name="look")
def look_fixture() -> Callable[..., Seen]:
    return look


@pytest.fixture(name="encoded_images")
def encoded_images_fixture() -> Callable[..., list[tuple[bytes, bool]]]:
    return encoded_images


@pytest.fixture(name="encoded_samples")
def encoded_samples_fixture() -> Callable[..., list[bytes]]:
    return encoded_samples


@pytest.fixture
def clip_pictures() -> Callable[[str, int], list[tuple[bytes, bool]]]:
    return encoded_pictures


class FakePublisher:
    def __init__(self) -> None:
        self.asked = asyncio.Event()

    def request_keyframe(self) -> None:
        self.asked.set()


class FakeHub:
    def __init__(self) -> None:
        self.taps: dict[str, Tap] = {}

    def attach(self, stream: str, subscriber: Any) -> None:
        self.taps[stream] = subscriber

    def detach(self, stream: str, subscriber: Any) -> None:
        assert self.taps.pop(stream) is subscriber


START = 1000.0
BEGAN_AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


class Rig:
    """A recorder on virtual clocks: START on the one is BEGAN_AT on the other."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.now = START
        self.hub = FakeHub()
        self.publisher = FakePublisher()
        self.problems: list[tuple[str, str, str]] = []
        self.recorder = self.make()

    def make(self, **more: Any) -> Recorder:
        return Recorder(
            self.root,
            self.hub,
            problem=lambda *problem: self.problems.append(problem),
            clock=lambda: self.now,
            wall=lambda: BEGAN_AT + timedelta(seconds=self.now - START),
            **more,
        )

    def play(self, stream: str, clip: Script, *, attach: bool = True, detach: bool = False) -> None:
        """Send a clip into a stream's tap; its arrivals are seconds after START."""
        tap = self.hub.taps[stream]
        if attach:
            tap.attached(self.publisher, clip.tracks)
        feed(tap, clip)
        self.now = max(self.now, START + clip.steps[-1][0])
        if detach:
            tap.detached()

    async def settled(self, lesson: str, seconds: float) -> None:
        """Until the files on the disk hold this much of the lesson."""
        async with asyncio.timeout(20):
            while True:
                found = await asyncio.to_thread(self.recorder.library.current, lesson)
                if found and any(f.offset_s + f.seconds >= seconds for s in found.streams for f in s.files):
                    return
                self.now += 0.05


def feed(tap: Tap, clip: Script) -> None:
    for _, what in clip.steps:
        if isinstance(what, Packet):
            tap.send(what)
        else:
            tap.sender_report(*what)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    rig = Rig(tmp_path / "recordings")
    yield rig
    await rig.recorder.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "recorder"]


@pytest.fixture(scope="session")
def tools() -> SimpleNamespace:
    """The clip and the recorder for fixtures that outlive one test."""
    return SimpleNamespace(Rig=Rig, START=START, script=script, read_picture=read_picture)
