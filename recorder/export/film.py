"""The pictures of one stream, one after the other, as they stood on the lesson's clock."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import structlog

from recorder.decoding import frames_of
from recorder.disk import checked_name
from recorder.export.plan import Piece

log = structlog.get_logger(__name__)


class Film:
    """Plays a stream forwards. A file that cannot be read shows what was there before it."""

    def __init__(self, folder: Path, pieces: Sequence[Piece]) -> None:
        self._frames = _frames(folder, pieces)
        self._next: tuple[float, av.VideoFrame] | None = None
        self._begun = False
        self.picture: av.VideoFrame | None = None
        """What is to be seen at the time of the last `play`; None before the first."""
        self.version = 0

    def play(self, at_s: float) -> None:
        """Go on to this time."""
        if not self._begun:
            self._begun = True
            self._next = next(self._frames, None)
        while self._next is not None and self._next[0] <= at_s:
            self.picture = self._next[1]
            self.version += 1
            self._next = next(self._frames, None)


def _frames(folder: Path, pieces: Sequence[Piece]) -> Iterator[tuple[float, av.VideoFrame]]:
    for piece in pieces:
        try:
            for frame in frames_of(folder / checked_name(piece.name), "video", piece.from_s - piece.at_s):
                assert isinstance(frame, av.VideoFrame) and frame.time is not None
                at_s = piece.at_s + frame.time
                if at_s >= piece.to_s:
                    break
                yield max(at_s, piece.from_s), frame
        except (av.FFmpegError, OSError) as error:
            log.warning("export: pictures cannot be read", file=piece.name, error=str(error))
