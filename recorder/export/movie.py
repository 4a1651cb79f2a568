"""The MP4 that is made: one picture track, encoded here or copied, and one sound track, interleaved as they play."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from recorder.export.canvas import BT601, HEIGHT, WIDTH
from recorder.export.sound import RATE, Mix, Samples
from recorder.shape import RATES

FPS: Final = 25
PICTURE_OPTIONS: Final = {
    "preset": "superfast",
    "crf": "24",
    # What a school's line plays without stopping; slides need a tenth of it.
    "maxrate": "2500k",
    "bufsize": "5000k",
    "g": str(4 * FPS),
}
SOUND_BPS: Final = 96_000
_BLOCK: Final = 1024
"""Samples of one AAC frame."""


class Movie:
    """Writes one file. Every method may raise av.FFmpegError and OSError. `close` finishes it; call it once."""

    def __init__(self, path: Path, metadata: Mapping[str, str], mix: Mix, copied: "tuple[VideoStream, bytes] | None"):
        """`copied`: the stream whose packets will come, with its avcC; None: pictures will."""
        # The index stands at the beginning, so that a player need not fetch the end first.
        self._container = av.open(str(path), "w", format="mp4", options={"movflags": "faststart"})
        self._container.metadata.update(metadata)
        if copied is None:
            self._video = self._container.add_stream("libx264", rate=FPS)
            _set_up(self._video.codec_context)
        else:
            template, description = copied
            self._video = self._container.add_stream_from_template(template)
            self._video.codec_context.extradata = description
            self._video.time_base = Fraction(1, RATES["video"])
        self._audio = self._container.add_stream("aac", rate=RATE, layout="stereo")
        self._audio.codec_context.bit_rate = SOUND_BPS
        self._mix = mix

    def sound_until(self, at_s: float) -> None:
        """Write the sound up to this time of the lesson, to a fiftieth of a second."""
        end = round(at_s * RATE)
        while self._mix.at + _BLOCK <= end:
            at = self._mix.at
            self._write_sound(self._mix.read(_BLOCK), at)

    def copy(self, pts: int, data: bytes, keyframe: bool, duration: int) -> None:
        """A picture as it was recorded, length-prefixed; `pts` and `duration` in RATES["video"]."""
        packet: Packet[Any] = av.Packet(data)
        packet.stream = self._video
        packet.time_base = Fraction(1, RATES["video"])
        packet.pts = packet.dts = pts
        packet.duration = duration
        packet.is_keyframe = keyframe
        self._container.mux(packet)

    def show(self, frame: av.VideoFrame, number: int) -> None:
        """A picture, to be seen from `number` / FPS on."""
        frame.pts = number
        frame.time_base = Fraction(1, FPS)
        self._container.mux(self._video.encode(frame))

    def close(self, at_s: float, *, is_encoded: bool) -> None:
        """The rest of the sound, up to the lesson's end, and the index."""
        self.sound_until(at_s)
        left = round(at_s * RATE) - self._mix.at
        if left > 0:
            self._write_sound(self._mix.read(left), self._mix.at - left)
        if is_encoded:
            self._container.mux(self._video.encode(None))
        self._container.mux(self._audio.encode(None))
        self._container.close()

    def abandon(self) -> None:
        """Let go of a file that is worth nothing."""
        try:
            self._container.close()
        except (av.FFmpegError, OSError, ValueError):
            return

    def _write_sound(self, samples: Samples, at: int) -> None:
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
        frame.sample_rate = RATE
        frame.pts = at
        frame.time_base = Fraction(1, RATE)
        self._container.mux(self._audio.encode(frame))


def _set_up(encoder: VideoCodecContext) -> None:
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base = Fraction(1, FPS)
    encoder.framerate = Fraction(FPS)
    encoder.options = dict(PICTURE_OPTIONS)
    encoder.colorspace = BT601
    encoder.color_range = 1
    # One core, whatever the machine has: lessons go on beside it.
    encoder.thread_count = 1
