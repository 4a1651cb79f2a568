"""Stills: a keyframe becomes a JPEG of the same colour, seldom, and only of streams that somebody wants."""

import asyncio
from collections.abc import AsyncIterator
from fractions import Fraction
from typing import Any

import av
import cv2
import numpy as np
import pytest
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import Vp8Encoder

from classroom.relay.layer import Layer
from classroom.relay.route import Publisher
from classroom.relay.rtp import Packet
from classroom.relay.track import Track
from recorder import stills as module
from recorder.stills import MAX_BYTES, MAX_WIDTH, KeyframeTap, Stills, still_of

BLUE, GREEN, RED = (170, 60, 40), (50, 150, 40), (40, 50, 180)  # OpenCV's order


def image(colour: tuple[int, int, int], width: int = 1280, height: int = 720) -> np.ndarray:
    return np.full((height, width, 3), colour, np.uint8)


def encoded(codec: str, pixels: np.ndarray) -> bytes:
    """The first picture of a stream: a keyframe."""
    context = av.CodecContext.create({"vp8": "libvpx", "h264": "libx264"}[codec], "w")
    context.height, context.width = pixels.shape[:2]
    context.pix_fmt, context.time_base, context.framerate = "yuv420p", Fraction(1, 25), Fraction(25, 1)
    context.bit_rate, context.thread_count = 1_500_000, 1
    context.options = {"tune": "zerolatency"} if codec == "h264" else {"deadline": "realtime", "lag-in-frames": "0"}
    frame = av.VideoFrame.from_ndarray(pixels, format="bgr24").reformat(format="yuv420p")
    frame.pts = 0
    return b"".join(map(bytes, [*context.encode(frame), *context.encode(None)]))


def packets(codec: str, keyframe: bytes, at: float, first: int = 0) -> list[Packet]:
    """The keyframe as a browser would send it."""
    encoder, piece = (Vp8Encoder(), keyframe) if codec == "vp8" else (H264Encoder(), keyframe)
    made = av.Packet(piece)
    made.pts, made.time_base = 0, Fraction(1, 90000)
    payloads, _ = encoder.pack(made)
    return [
        Packet("video", 96, each is payloads[-1], first + number, 9000, 7, each, at, each is payloads[0])
        for number, each in enumerate(payloads)
    ]


def looks(jpeg: bytes, colour: tuple[int, int, int]) -> bool:
    pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    return bool(np.abs(pixels.mean(axis=(0, 1)) - colour).max() < 12)


@pytest.mark.parametrize("codec", ["vp8", "h264"])
@pytest.mark.parametrize("colour", [BLUE, GREEN, RED])
def test_a_keyframe_becomes_a_picture_of_its_colour(codec: str, colour: tuple[int, int, int]) -> None:
    jpeg = still_of(codec, encoded(codec, image(colour)))
    assert jpeg is not None and looks(jpeg, colour)
    assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).shape == (360, MAX_WIDTH, 3)


@pytest.mark.parametrize("codec", ["vp8", "h264"])
def test_a_busy_picture_is_made_small_enough(codec: str) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (720, 1280, 3), np.uint8)
    jpeg = still_of(codec, encoded(codec, noise))
    assert jpeg is not None and len(jpeg) <= MAX_BYTES


def test_a_small_picture_is_not_made_larger() -> None:
    jpeg = still_of("vp8", encoded("vp8", image(RED, 320, 180)))
    assert jpeg is not None
    assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).shape == (180, 320, 3)


@pytest.mark.parametrize("codec", ["vp8", "h264"])
@pytest.mark.parametrize("keyframe", [b"", b"\x00", b"\x9d\x01\x2a" * 40, bytes(500), bytes(range(256)) * 4])
def test_what_is_no_picture_gives_none(codec: str, keyframe: bytes) -> None:
    assert still_of(codec, keyframe) is None


def test_a_picture_that_claims_a_giant_size_is_not_decoded() -> None:
    keyframe = bytearray(encoded("vp8", image(RED, 320, 180)))
    keyframe[6:10] = b"\xff\x3f\xff\x3f"
    assert still_of("vp8", bytes(keyframe)) is None


class Camera:
    """A publisher that counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def request_keyframe(self, layer: Layer | None = None) -> None:
        self.asked += 1


def tracks(codec: str) -> dict[str, Track]:
    return {"video": Track("video", codec, 90000, 0, "")}


class Route:
    """The hub of one stream after another: what is attached, and a way to send."""

    def __init__(self) -> None:
        self.taps: dict[str, Any] = {}
        self.camera = Camera()

    def attach(self, stream: str, subscriber: Any) -> None:
        self.taps[stream] = subscriber
        publisher: Publisher = self.camera
        subscriber.attached(publisher, tracks("vp8"))

    def detach(self, stream: str, subscriber: Any) -> None:
        assert self.taps.pop(stream) is subscriber

    def send(self, stream: str, colour: tuple[int, int, int], at: float) -> None:
        for packet in packets("vp8", encoded("vp8", image(colour, 320, 180)), at):
            self.taps[stream].send(packet)


class Rig:
    def __init__(self) -> None:
        self.now = 100.0
        self.route = Route()
        self.made: asyncio.Queue[tuple[str, int]] = asyncio.Queue()
        self.stills = Stills(self.route, lambda *still: self.made.put_nowait(still), clock=lambda: self.now)

    async def next(self) -> tuple[str, int]:
        async with asyncio.timeout(20):
            return await self.made.get()


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    rig = Rig()
    yield rig
    await rig.stills.close()


@pytest.mark.parametrize("codec", ["vp8", "h264"])
def test_a_keyframe_is_taken_out_of_its_packets(codec: str) -> None:
    grain = np.random.default_rng(1).integers(0, 20, (720, 1280, 3), np.uint8)
    keyframe, taken = encoded(codec, image(BLUE) + grain), []
    tap = KeyframeTap(lambda *one: taken.append(one), lambda: 100.0)
    tap.attached(Camera(), tracks(codec))
    sent = packets(codec, keyframe, 100.0)
    assert len(sent) > 1
    tap.send(Packet("audio", 111, True, 1, 1, 8, b"sound", 100.0))
    # One packet overtakes another.
    for packet in [sent[0], *reversed(sent[1:])]:
        tap.send(packet)
    [(named, data)] = taken
    jpeg = still_of(named, data)
    assert named == codec and jpeg is not None and looks(jpeg, (180, 70, 50))


def test_keyframes_in_quick_succession_are_passed_over() -> None:
    taken: list[tuple[str, bytes]] = []
    tap = KeyframeTap(lambda *one: taken.append(one), lambda: 100.0)
    tap.attached(Camera(), tracks("vp8"))
    keyframe = encoded("vp8", image(RED, 320, 180))
    for at in (100.0, 101.0, 104.9, 105.1):
        for packet in packets("vp8", keyframe, at):
            tap.send(packet)
    assert len(taken) == 2


def test_a_keyframe_is_asked_for_at_the_beginning_and_when_none_passes() -> None:
    now, camera = [100.0], Camera()
    tap = KeyframeTap(lambda *one: None, lambda: now[0])
    tap.attached(camera, tracks("vp8"))
    assert camera.asked == 1
    for now[0], asked in ((104.0, 1), (105.0, 2), (106.0, 2), (110.0, 3)):
        tap.ask_when_due()
        assert camera.asked == asked
    for packet in packets("vp8", encoded("vp8", image(RED, 320, 180)), 114.0):
        tap.send(packet)
    now[0] = 118.0
    tap.ask_when_due()
    assert camera.asked == 3, "one has passed by itself"
    tap.detached()
    now[0] = 200.0
    tap.ask_when_due()
    assert camera.asked == 3, "nobody is there to ask"


def test_a_stream_of_another_codec_gives_nothing() -> None:
    tap = KeyframeTap(lambda *one: pytest.fail("taken"), lambda: 100.0)
    for offered in (tracks("vp9"), {}):
        tap.attached(Camera(), offered)
        tap.send(Packet("video", 96, True, 1, 1, 7, b"\x10\x00picture", 100.0, True))


async def test_stills_are_made_while_they_are_wanted(rig: Rig) -> None:
    rig.stills.keep("L", ["L/teacher/camera"])
    rig.route.send("L/teacher/camera", BLUE, 100.0)
    assert await rig.next() == ("L/teacher/camera", 1)
    first = rig.stills.latest("L/teacher/camera")
    assert first is not None and looks(first.jpeg, BLUE)
    rig.stills.keep("L", ["L/teacher/camera", "L/r1/camera"])
    rig.route.send("L/teacher/camera", RED, 106.0)
    assert await rig.next() == ("L/teacher/camera", 2)
    second = rig.stills.latest("L/teacher/camera")
    assert second is not None and looks(second.jpeg, RED)
    rig.stills.keep("L", ["L/r1/camera"])
    assert set(rig.route.taps) == {"L/r1/camera"} and rig.stills.latest("L/teacher/camera") is None
    rig.stills.keep("L", [])
    assert rig.route.taps == {}


async def test_a_busy_thread_gets_the_newest_keyframe_of_each_stream(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[bytes] = []
    monkeypatch.setattr(module, "still_of", lambda codec, keyframe: decoded.append(keyframe) or keyframe)
    rig.stills.keep("L", ["a", "b"])
    for stream, keyframe in (("a", b"a1"), ("a", b"a2"), ("b", b"b1"), ("a", b"a3")):
        rig.stills._take(stream, "vp8", keyframe)
    assert [await rig.next(), await rig.next()] == [("a", 1), ("b", 2)]
    assert decoded == [b"a3", b"b1"]


async def test_a_fault_in_one_picture_does_not_end_the_others(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(codec: str, keyframe: bytes) -> bytes | None:
        if keyframe == b"bad":
            raise MemoryError
        return None if keyframe == b"none" else keyframe

    monkeypatch.setattr(module, "still_of", faulty)
    rig.stills.keep("L", ["a", "b", "c"])
    for stream, keyframe in (("a", b"bad"), ("b", b"none"), ("c", b"good")):
        rig.stills._take(stream, "vp8", keyframe)
    assert await rig.next() == ("c", 1)


async def test_closing_lets_every_stream_go_and_may_be_done_twice(rig: Rig) -> None:
    rig.stills.keep("L", ["L/teacher/camera"])
    rig.route.send("L/teacher/camera", BLUE, 100.0)
    await rig.stills.close()
    await rig.stills.close()
    rig.stills.keep("L", ["L/teacher/camera"])
    assert rig.route.taps == {}
