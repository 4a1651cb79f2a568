"""Takes samples of a stream while it is recorded: keyframes and moments of sound, seen to on a thread of their own.

Lives on the writer's thread, which never waits for a sample: one slow picture must not hold up all lessons' files. At
most one keyframe and one moment of a stream are under way; what comes meanwhile is not sampled.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from typing import Any, Final, TypeVar

from recorder.frames import Frame
from recorder.segment_log import PictureSampled, SoundSampled
from recorder.senses import Look, look, loudness
from recorder.timeline import Placed

PICTURE_EVERY_S: Final = 3.0
"""Keyframes come at least every 10 s; simulcast and new viewers bring more."""
SOUND_EVERY_S: Final = 2.0
MOMENT_PACKETS: Final = 10
"""200 ms of sound: a tenth is heard, so that speech is not missed and the processor hardly notices."""
MOMENTS: Final = 2
"""So many moments make a line of the log."""

Sample = PictureSampled | SoundSampled
T = TypeVar("T")


class Sampler:
    """Samples one stream, through all its publishers. `at_s` turns monotonic seconds into the recording's."""

    def __init__(self, seat: str, source: str, at_s: Callable[[float], float], pool: Executor) -> None:
        self._seat = seat
        self._source = source
        self._at_s = at_s
        self._pool = pool
        self._codec = ""
        self._picture: tuple[Future[Look | None], float] | None = None
        self._before: Look | None = None
        self._looked: float | None = None
        self._sound: tuple[Future[float | None], float] | None = None
        self._moment: list[bytes] = []
        self._listened: float | None = None
        self._heard: list[tuple[float, float]] = []
        self._drift: Callable[[], float | None] = lambda: None
        self._drift_s: float | None = None
        self.last_picture: float | None = None
        """When the latest picture of this session was, monotonic."""

    def begin(self, codec: str, drift: Callable[[], float | None] = lambda: None) -> None:
        """A publisher's session begins; its pictures are of this codec, empty for none.

        `drift()` says how far sound and picture are apart now, None where nothing tells. What is still under way of the
        session before is given up.
        """
        self.end()
        for future in self.under_way():
            future.cancel()
        self._picture = self._sound = self._before = None
        self._heard = []
        self._codec = codec
        self._drift = drift

    def end(self) -> None:
        """The session is over: nothing more is sampled, and what is under way may still be had."""
        self._codec = ""
        self._looked = self._listened = self.last_picture = self._drift_s = None
        self._moment = []

    def under_way(self) -> list["Future[Any]"]:
        """What has been submitted and is not in `done` yet."""
        return [taken[0] for taken in (self._picture, self._sound) if taken is not None]

    def frame(self, placed: Placed) -> None:
        """A frame of the stream, in its kind's order."""
        if placed.frame.kind == "video":
            self._see(placed.frame, placed.at)
        else:
            self._hear(placed.frame, placed.at)

    def done(self, *, last: bool = False) -> list[Sample]:
        """The samples that are ready; with `last`, a line of sound of fewer moments too. Never waits."""
        result: list[Sample] = []
        if self._picture is not None and self._picture[0].done():
            result += self._seen(*self._picture)
            self._picture = None
        if self._sound is not None and self._sound[0].done():
            self._listened_to(*self._sound)
            self._sound = None
        if len(self._heard) >= MOMENTS or (last and self._heard):
            result.append(self._sound_sample())
        return result

    def _see(self, frame: Frame, at: float) -> None:
        self.last_picture = at
        due = self._looked is None or at - self._looked >= PICTURE_EVERY_S
        if frame.keyframe and due and self._picture is None and self._codec:
            self._looked = at
            self._picture = self._pool.submit(look, self._codec, frame.data), at

    def _hear(self, frame: Frame, at: float) -> None:
        if self._listened is not None and at - self._listened < SOUND_EVERY_S and not self._moment:
            return
        if not self._moment:
            self._listened = at
        self._moment.append(frame.data)
        if len(self._moment) < MOMENT_PACKETS:
            return
        moment, self._moment = self._moment, []
        drift_s = self._drift()
        if drift_s is not None and abs(drift_s) >= abs(self._drift_s or 0.0):
            self._drift_s = drift_s
        if self._sound is None:
            self._sound = self._pool.submit(loudness, moment), self._listened or at

    def _seen(self, future: "Future[Look | None]", at: float) -> Sequence[Sample]:
        found = _result(future)
        if found is None:
            return ()
        before, self._before = self._before, found
        change = None if before is None else round(found.change(before), 3)
        at_s = self._at_s(at)
        return [PictureSampled(self._seat, self._source, at_s, round(found.light, 1), round(found.peak, 1), change)]

    def _listened_to(self, future: "Future[float | None]", at: float) -> None:
        dbfs = _result(future)
        if dbfs is not None:
            self._heard.append((at, dbfs))

    def _sound_sample(self) -> SoundSampled:
        heard, self._heard = self._heard, []
        drift_s, self._drift_s = self._drift_s, None
        from_s, to_s = self._at_s(heard[0][0]), self._at_s(heard[-1][0] + SOUND_EVERY_S)
        loudest = round(max(dbfs for _, dbfs in heard), 1)
        return SoundSampled(
            self._seat, self._source, from_s, to_s, loudest, None if drift_s is None else round(drift_s, 3)
        )


def _result(future: "Future[T | None]") -> T | None:
    """What came of it, now that it is done; None when it failed."""
    try:
        return future.result(timeout=0)
    except Exception:
        return None
