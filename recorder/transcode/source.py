"""An uploaded file, looked at with suspicion: what it is, and what of it a browser plays as it is."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

import av
from av.container import InputContainer
from av.stream import Disposition

# libav opens playlists too, which name other files and addresses: only what holds its own pictures is opened at all.
_OPTIONS: Final = {
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,asf,flv",
    "protocol_whitelist": "file",
}
MAX_PIXELS: Final = 4096 * 2304
MAX_SECONDS: Final = 4 * 3600.0
"""As long as a lesson may be."""
_PLAIN: Final = ("yuv420p", "yuvj420p")
_LARGE: Final = (1920, 1088)
# Whose H.264 lies there in the way that an MP4 wants it.
_PACKED: Final = ("mov", "flv")

Refusal = Literal["not_video", "no_picture", "too_long", "too_many_pixels", "damaged"]


class Refused(Exception):
    """The file is none that a class could watch."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why)
        self.why = why


class Source:
    """An opened file with the streams that are played. `seconds`: what it says of its length, 0 where it says nothing.

    `turn`: by how many degrees clockwise its pictures are turned when shown, as a phone's are.
    """

    def __init__(self, container: InputContainer, turn: int = 0) -> None:
        self.container = container
        pictures = [one for one in container.streams.video if not one.disposition & Disposition.attached_pic]
        if not pictures:
            raise Refused("no_picture" if container.streams.audio else "not_video")
        self.video = pictures[0]
        self.audio = container.streams.audio[0] if container.streams.audio else None
        self.seconds = (container.duration or 0) / av.time_base
        self.start_s = (container.start_time or 0) / av.time_base
        self.width, self.height = self.video.codec_context.width, self.video.codec_context.height
        if not self.width or not self.height:
            raise Refused("damaged")
        if self.width * self.height > MAX_PIXELS:
            raise Refused("too_many_pixels")
        if self.seconds > MAX_SECONDS:
            raise Refused("too_long")
        self.turn = turn
        self.video.codec_context.thread_count = threads()

    def first_turn(self) -> int:
        """Seen at the first picture, which shows besides that there is one. The container has to be opened again."""
        try:
            for frame in self.container.decode(self.video):
                return -round(frame.rotation) % 360
        except (av.FFmpegError, ValueError):
            pass
        raise Refused("damaged")

    @property
    def video_codec(self) -> str:
        return self.video.codec_context.name

    @property
    def audio_codec(self) -> str | None:
        return None if self.audio is None else self.audio.codec_context.name

    @property
    def is_webm(self) -> bool:
        """Whether its pictures belong in a WebM."""
        return self.video_codec in ("vp8", "vp9")

    @property
    def keeps_video(self) -> bool:
        """Whether browsers on old classroom machines play the pictures as they are."""
        is_plain = self.video.codec_context.pix_fmt in _PLAIN and not self.turn
        is_large = max(self.width, self.height) > _LARGE[0] or min(self.width, self.height) > _LARGE[1]
        if not is_plain or is_large:
            return False
        if self.video_codec == "h264":
            return self.container.format.name.startswith(_PACKED)
        return self.is_webm and self.container.format.name.startswith(("matroska", "mov"))

    @property
    def keeps_audio(self) -> bool:
        """The same of the sound."""
        if self.audio is None:
            return False
        if self.is_webm and self.keeps_video:
            return self.audio_codec in ("opus", "vorbis")
        return self.audio_codec == "aac" and self.container.format.name.startswith(_PACKED)


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """The file, closed again at the end. Raises Refused."""
    with _container(path) as container:
        turn = Source(container).first_turn()
    # Opened anew: after going back to the beginning some containers no longer say when a packet is to be decoded.
    with _container(path) as container:
        yield Source(container, turn)


def threads() -> int:
    """Half of the processors: lessons may be under way."""
    return max(1, (os.cpu_count() or 1) // 2)


def _container(path: Path) -> InputContainer:
    try:
        return av.open(str(path), options=dict(_OPTIONS), metadata_errors="ignore")
    except (av.FFmpegError, ValueError):
        raise Refused("not_video") from None
