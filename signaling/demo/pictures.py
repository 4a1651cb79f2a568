"""Decodes what a viewer receives, to prove that pictures arrive and not only packets."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, cast

import av
import numpy.typing as npt

from classroom.relay.client import Post, Viewer
from classroom.relay.client_peer import Keep
from classroom.relay.peer import Certificate
from classroom.relay.rtp import Packet
from recorder.frames import VideoFrames

KEYFRAME_AGAIN_S = 1.0
DECODER_QUEUE = 60  # pictures handed to the thread and not yet decoded: 4 s at 15 a second


@dataclass(slots=True)
class Tally:
    """What was seen of one stream, through all its connections. `first_at`: monotonic seconds of the first picture."""

    decoded: int = 0
    dropped: int = 0
    errors: int = 0
    sounds: int = 0
    first_at: float | None = None


class PictureViewer:
    """Views one stream, decodes its pictures in a thread, and counts them. The sound's packets are only counted.

    `thread` is an executor with one worker, which many viewers may share: no decoder is entered twice at once.
    `on_picture` gets each picture's brightness (rows × columns) on the event loop. A decoder that cannot keep up loses
    pictures, counted in `tally.dropped`.
    """

    def __init__(
        self,
        thread: ThreadPoolExecutor,
        *,
        tally: Tally | None = None,
        on_picture: Callable[[npt.NDArray[Any]], None] | None = None,
        certificate: Certificate | None = None,
        keep: Keep | None = None,
    ) -> None:
        self.viewer = Viewer(on_packet=self._add, certificate=certificate, keep=keep)
        self.tally = tally or Tally()
        self._thread = thread
        self._on_picture = on_picture
        self._codec = ""
        self._frames: VideoFrames | None = None
        self._decoder: av.VideoCodecContext | None = None
        self._pending = 0
        self._keyframe_asked = 0.0

    async def start(self, post: Post, url: str, token: str) -> None:
        """Connect. Raises ClientError, AnswerError, and what `post` raises."""
        await self.viewer.start(post, url, token)

    async def close(self) -> None:
        """Say goodbye. Idempotent."""
        await self.viewer.close()

    def _add(self, packet: Packet) -> None:
        if packet.kind != "video":
            self.tally.sounds += 1
            return
        if self._frames is None:
            self._codec = self.viewer.receptions["video"].codec
            self._frames = VideoFrames(self._codec)
        now = packet.arrived
        for frame in self._frames.push(packet):
            self._decode_soon(frame.data)
        if self._frames.wants_keyframe and now - self._keyframe_asked > KEYFRAME_AGAIN_S:
            self._keyframe_asked = now
            self.viewer.request_keyframe()

    def _decode_soon(self, picture: bytes) -> None:
        if self._pending >= DECODER_QUEUE:
            self.tally.dropped += 1
            return
        if self._decoder is None:
            name = {"vp8": "libvpx", "vp9": "vp9", "h264": "h264"}[self._codec]
            self._decoder = cast(av.VideoCodecContext, av.CodecContext.create(name, "r"))
            self._decoder.thread_count = 1
        self._pending += 1
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._thread, _decode, self._decoder, picture, self._on_picture is not None)
        work.add_done_callback(self._decoded)

    def _decoded(self, work: "asyncio.Future[tuple[int, list[npt.NDArray[Any]]]]") -> None:
        self._pending -= 1
        if work.cancelled():
            return
        if work.exception() is not None:
            self.tally.errors += 1
            return
        count, images = work.result()
        if count and self.tally.first_at is None:
            self.tally.first_at = time.monotonic()
        self.tally.decoded += count
        if self._on_picture is not None:
            for image in images:
                self._on_picture(image)


def _decode(decoder: av.VideoCodecContext, picture: bytes, wanted: bool) -> tuple[int, list[npt.NDArray[Any]]]:
    frames = decoder.decode(av.Packet(picture))
    return len(frames), [frame.to_ndarray(format="gray") for frame in frames] if wanted else []
