"""The lesson's sound: every stream that is wanted, decoded, put in its place and added up."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import av
import numpy as np
import numpy.typing as npt
import structlog

from recorder.decoding import frames_of
from recorder.disk import checked_name
from recorder.export.plan import Piece, Strip

log = structlog.get_logger(__name__)

RATE: Final = 48_000
"""Samples a second, of everything here."""
_JOINT: Final = 960
"""Frames this little off the end of the one before (20 ms) follow it without a seam."""

Samples = npt.NDArray[np.float32]
"""Two channels, a row each."""


class StripSound:
    """One stream's sound, read from its start to its end. A file that cannot be read is silence."""

    def __init__(self, folder: Path, strip: Strip) -> None:
        self._frames = _frames(folder, strip.pieces)
        self._held: tuple[int, Samples] | None = next(self._frames, None)

    def add_to(self, block: Samples, start: int) -> None:
        """Add what sounds from sample `start` on. Blocks follow one another."""
        end = start + block.shape[1]
        while self._held is not None and self._held[0] < end:
            at, samples = self._held
            skip = max(0, start - at)
            take = samples[:, skip : max(skip, end - at)]
            offset = max(0, at - start)
            block[:, offset : offset + take.shape[1]] += take
            if at + samples.shape[1] > end:
                return
            self._held = next(self._frames, None)


class Mix:
    """The streams together; where they are too loud together, no louder than the format holds."""

    def __init__(self, folder: Path, strips: Sequence[Strip]) -> None:
        self._sounds = [StripSound(folder, strip) for strip in strips]
        self.at = 0
        """The sample that `read` goes on with."""

    def read(self, count: int) -> Samples:
        """The next samples; silence where there are none."""
        block = np.zeros((2, count), np.float32)
        for sound in self._sounds:
            sound.add_to(block, self.at)
        self.at += count
        return np.clip(block, -1.0, 1.0, out=block) if len(self._sounds) > 1 else block


def _frames(folder: Path, pieces: Sequence[Piece]) -> Iterator[tuple[int, Samples]]:
    """Where each frame begins on the lesson's clock, and its samples; they never overlap."""
    end = 0
    for piece in pieces:
        zero = round(piece.at_s * RATE)
        try:
            for at, samples in _decoded(folder / checked_name(piece.name), piece.from_s - piece.at_s):
                start = zero + at
                before, after = round(piece.from_s * RATE) - start, start + samples.shape[1] - round(piece.to_s * RATE)
                if start >= round(piece.to_s * RATE):
                    break
                samples = samples[:, max(0, before) : samples.shape[1] - max(0, after)]
                start += max(0, before)
                if abs(start - end) <= _JOINT:
                    start = end
                elif start < end:
                    samples = samples[:, end - start :]
                    start = end
                if samples.shape[1]:
                    end = start + samples.shape[1]
                    yield start, samples
        except (av.FFmpegError, OSError) as error:
            log.warning("export: sound cannot be read", file=piece.name, error=str(error))


def _decoded(path: Path, from_s: float) -> Iterator[tuple[int, Samples]]:
    for frame in frames_of(path, "audio", from_s):
        assert isinstance(frame, av.AudioFrame) and frame.time is not None
        if frame.sample_rate == RATE:
            yield round(frame.time * RATE), _stereo(frame)


def _stereo(frame: av.AudioFrame) -> Samples:
    """Opus comes out of libav as floats, a row for each channel."""
    samples: Samples = frame.to_ndarray().astype(np.float32, copy=False)
    return np.broadcast_to(samples[:1], (2, samples.shape[1])) if samples.shape[0] == 1 else samples[:2]
