"""What a recording is checked by: a keyframe looked at, a moment of sound listened to. Numbers come out, no pictures.

Both take milliseconds of a processor and belong on a thread of their own. Nothing of what is seen or heard is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import av
import numpy as np

from recorder.decoding import picture_of

GRID: Final = (32, 18)
"""Cells a picture is compared by: large enough that a sensor's noise is averaged out."""
FLOOR_DBFS: Final = -96.0
"""Of digital silence: 16 bits have no softer sound."""
WARM_UP_PACKETS: Final = 3
"""A decoder that begins in the middle needs 80 ms at most until it tells the truth (RFC 7845 §4.6)."""


@dataclass(frozen=True, slots=True)
class Look:
    """A picture in numbers, brightness as luma: 16 is black, 235 white (BT.601).

    `light` is the mean, `peak` what 2 % of the picture exceed; `cells` the means of GRID, for the next comparison.
    """

    light: float
    peak: float
    cells: "np.ndarray[Any, np.dtype[np.float32]]"

    def change(self, before: "Look") -> float:
        """The mean difference to an earlier picture, in steps of luma."""
        return float(np.abs(self.cells - before.cells).mean())


def look(codec: str, keyframe: bytes) -> Look | None:
    """A keyframe ("vp8", "vp9", or "h264" in Annex B) in numbers; None if it is no picture."""
    picture = picture_of(codec, keyframe)
    if picture is None or picture.format.name not in ("yuv420p", "yuvj420p"):
        return None
    plane = picture.planes[0]
    luma = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
    height, width = plane.height // GRID[1], plane.width // GRID[0]
    if not height or not width:
        return None
    # Means in fractions: cv2's own shrinking rounds away what little moves.
    whole = luma[: height * GRID[1], : width * GRID[0]]
    cells = whole.reshape(GRID[1], height, GRID[0], width).mean(axis=(1, 3), dtype=np.float32)
    thin = luma[:: max(1, plane.height // 180), :: max(1, plane.width // 320)]
    return Look(float(thin.mean()), float(np.percentile(thin, 98)), cells)


def loudness(packets: Sequence[bytes]) -> float | None:
    """The loudest packet of some Opus packets in a row, dB below full scale (RMS); None if they are no sound."""
    try:
        decoder = av.CodecContext.create("opus", "r")
        assert isinstance(decoder, av.AudioCodecContext)
        decoder.sample_rate, decoder.layout = 48000, "stereo"
        decoder.thread_count = 1
        blocks = [frame.to_ndarray() for packet in packets for frame in decoder.decode(av.Packet(packet))]
    except (av.FFmpegError, ValueError):
        return None
    heard = blocks[WARM_UP_PACKETS:] or blocks[-1:]
    if not heard:
        return None
    power = max(float(np.square(block.astype(np.float32) / _full_scale(block)).mean()) for block in heard)
    return max(FLOOR_DBFS, 10 * float(np.log10(power))) if power > 0 else FLOOR_DBFS


def _full_scale(block: "np.ndarray[Any, Any]") -> float:
    return 32768.0 if block.dtype == np.int16 else 1.0
