"""Pictures made anew: of at most 1080 lines and 30 a second, upright, their dots square."""

from fractions import Fraction
from typing import Final

from av import VideoFormat, VideoFrame
from av.filter import Graph

WIDTH: Final = 1920
HEIGHT: Final = 1080
RATE: Final = 30
TIME_BASE: Final = Fraction(1, 90_000)
_TURNS: Final = {
    90: (("transpose", "clock"),),
    180: (("hflip", None), ("vflip", None)),
    270: (("transpose", "cclock"),),
}


class Upright:
    """Turns frames as they are to be shown."""

    def __init__(self, turn: int) -> None:
        self._filters = _TURNS.get(turn)
        self._graph: Graph | None = None
        self._shape: tuple[int, int, str] | None = None

    def __call__(self, frame: VideoFrame) -> VideoFrame:
        if self._filters is None:
            return frame
        shape = (frame.width, frame.height, frame.format.name)
        if self._graph is None or self._shape != shape:
            self._graph, self._shape = self._made(shape), shape
        self._graph.push(frame)
        turned = self._graph.pull()
        assert isinstance(turned, VideoFrame)
        return turned

    def _made(self, shape: tuple[int, int, str]) -> Graph:
        assert self._filters is not None
        graph = Graph()
        last = graph.add_buffer(width=shape[0], height=shape[1], format=VideoFormat(shape[2]), time_base=TIME_BASE)
        for name, argument in self._filters:
            step = graph.add(name, argument)
            last.link_to(step)
            last = step
        last.link_to(graph.add("buffersink"))
        graph.configure()
        return graph


def fitted(width: int, height: int, aspect: Fraction | None) -> tuple[int, int]:
    """The size in which a picture is kept: even sides, square dots, nothing larger than it was."""
    shown = width * float(aspect) if aspect else float(width)
    scale = min(1.0, WIDTH / shown, HEIGHT / height)
    return max(2, round(shown * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


class Paced:
    """Lets no more than RATE frames a second through. `at`: in TIME_BASE from the film's beginning."""

    def __init__(self) -> None:
        self._last: int | None = None
        # A little less than a frame's time, for clocks that tremble.
        self._apart = round(0.9 / RATE / TIME_BASE)

    def lets(self, at: int) -> bool:
        if self._last is not None and at - self._last < self._apart:
            return False
        self._last = at
        return True


def shown_at(frame: VideoFrame, start_s: float) -> int | None:
    """When it is shown, in TIME_BASE from the film's beginning; None for one that does not say."""
    if frame.pts is None or frame.time_base is None:
        return None
    return max(0, round((float(frame.pts * frame.time_base) - start_s) / TIME_BASE))
