"""Stills: pictures for a seat whose line carries no moving ones, made of keyframes that pass anyway.

A tap puts together one keyframe at a time; a single thread decodes it. What comes while that thread is busy waits: one
keyframe a stream, the newest. Nothing is ever written to a disk.
"""

import asyncio
import itertools
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final

import cv2
import structlog

from classroom.relay.route import Publisher
from classroom.relay.rtp import Packet, SenderReport
from classroom.relay.track import Track
from recorder.decoding import picture_of
from recorder.frames import VideoFrames
from recorder.service import Taps

log = structlog.get_logger(__name__)

EVERY_S: Final = 5.0
"""They go out at 20 kbit/s, beside the sound."""
ASK_AFTER_S: Final = 5.0
"""Healthy viewers need no keyframes, so that none may pass for minutes: after so long one is asked for."""
MAX_WIDTH: Final = 640
MAX_BYTES: Final = 15_000
QUALITIES: Final = (75, 60, 45, 30, 15)
SCALES: Final = (1.0, 0.5)


@dataclass(frozen=True, slots=True)
class Still:
    """A picture as JPEG. A newer one of the same stream has a greater `version`."""

    version: int
    jpeg: bytes


def still_of(codec: str, keyframe: bytes) -> bytes | None:
    """A keyframe ("vp8", or "h264" in Annex B) as JPEG within MAX_WIDTH and MAX_BYTES; None if it is no picture."""
    picture = picture_of(codec, keyframe)
    if picture is None:
        return None
    for scale in SCALES:
        width = round(min(picture.width, MAX_WIDTH) * scale)
        height = max(1, round(picture.height * width / picture.width))
        pixels = picture.to_ndarray(format="bgr24", width=width, height=height)
        for quality in QUALITIES:
            done, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
            if done and len(jpeg) <= MAX_BYTES:
                return jpeg.tobytes()
    return None


class KeyframeTap:
    """Takes a keyframe out of a stream every EVERY_S. On the loop; like every subscriber it never blocks or raises."""

    def __init__(self, take: Callable[[str, bytes], None], clock: Callable[[], float]) -> None:
        """`take(codec, keyframe)` is called with each; `clock` is the relay's."""
        self._take = take
        self._clock = clock
        self._publisher: Publisher | None = None
        self._track: Track | None = None
        self._frames: VideoFrames | None = None
        self._begun: float | None = None
        self._passed = clock()

    def attached(self, publisher: Publisher, tracks: Mapping[str, Track]) -> None:
        track = tracks.get("video")
        self._track = track if track is not None and track.codec in ("vp8", "h264") else None
        self._publisher = publisher
        self._frames = self._begun = None
        self._request(self._clock())

    def detached(self) -> None:
        self._publisher = self._track = self._frames = None

    def send(self, packet: Packet) -> None:
        if packet.keyframe and self._track is not None:
            self._passed = packet.arrived
            if self._begun is None or packet.arrived - self._begun >= EVERY_S:
                self._begun = packet.arrived
                self._frames = VideoFrames(self._track.codec, self._track.fmtp)
        if self._frames is None or self._track is None or packet.kind != "video":
            return
        # A keyframe with a hole gives no frame, but the next one that passes does.
        for frame in self._frames.push(packet):
            if frame.keyframe:
                self._frames = None
                self._take(self._track.codec, frame.data)
                return

    def sender_report(self, kind: str, report: SenderReport) -> None:
        """A still has no clock."""

    def ask_when_due(self) -> None:
        """Ask for a keyframe when none has passed, nor was asked for, for a while."""
        now = self._clock()
        if now - self._passed >= ASK_AFTER_S:
            self._request(now)

    def _request(self, now: float) -> None:
        self._passed = now
        if self._publisher is not None:
            self._publisher.request_keyframe()


class Stills:
    """Makes the stills that lessons want. On the event loop; only decoding happens on a thread."""

    def __init__(
        self, hub: Taps, made: Callable[[str, int], None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`made(stream, version)` is called on the loop for each new still; `clock` is the relay's."""
        self._hub = hub
        self._made = made
        self._clock = clock
        self._versions = itertools.count(1)
        self._taps: dict[str, KeyframeTap] = {}
        self._wanted: dict[str, frozenset[str]] = {}
        self._latest: dict[str, Still] = {}
        self._waiting: dict[str, tuple[str, bytes]] = {}
        self._pool: ThreadPoolExecutor | None = ThreadPoolExecutor(1, thread_name_prefix="stills")
        self._work: asyncio.Task[None] | None = None

    def keep(self, lesson: str, streams: Collection[str]) -> None:
        """From now on a lesson has stills of these streams, and of no others. To be called again every second or so."""
        if self._pool is None:
            return
        had, wanted = self._wanted.pop(lesson, frozenset()), frozenset(streams)
        if wanted:
            self._wanted[lesson] = wanted
        for stream in had - wanted:
            self._hub.detach(stream, self._taps.pop(stream))
            self._latest.pop(stream, None)
            self._waiting.pop(stream, None)
        for stream in wanted - had:
            tap = self._taps[stream] = KeyframeTap(partial(self._take, stream), self._clock)
            self._hub.attach(stream, tap)
        for stream in wanted & had:
            self._taps[stream].ask_when_due()

    def latest(self, stream: str) -> Still | None:
        """The newest still of a stream; None while nobody wants any, and until the first is made."""
        return self._latest.get(stream)

    async def close(self) -> None:
        """Let every stream go, and the thread end. May be called again."""
        for lesson in list(self._wanted):
            self.keep(lesson, ())
        pool, self._pool = self._pool, None
        if pool is not None:
            if self._work is not None:
                await self._work
            await asyncio.to_thread(pool.shutdown)

    def _take(self, stream: str, codec: str, keyframe: bytes) -> None:
        self._waiting[stream] = codec, keyframe
        if self._work is None:
            self._work = asyncio.create_task(self._make_all(), name="stills")

    async def _make_all(self) -> None:
        while self._waiting:
            stream, (codec, keyframe) = next(iter(self._waiting.items()))
            del self._waiting[stream]
            try:
                await self._make(stream, codec, keyframe)
            except Exception:
                # One stream's picture must not cost the others theirs.
                log.exception("no still", stream=stream, codec=codec)
        self._work = None

    async def _make(self, stream: str, codec: str, keyframe: bytes) -> None:
        jpeg = await asyncio.get_running_loop().run_in_executor(self._pool, still_of, codec, keyframe)
        if jpeg is None:
            log.warning("a keyframe is no picture", stream=stream, codec=codec)
        elif stream in self._taps:
            still = self._latest[stream] = Still(next(self._versions), jpeg)
            self._made(stream, still.version)
