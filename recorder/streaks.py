"""What is wrong with a stream's sound and picture, and from when to when: a fold over its samples. Pure.

The same fold says during the lesson what is wrong now, and after it what was. Times are seconds of the recording.
"""

from typing import Final, Literal

import msgspec

from classroom.relay.rtp import Kind
from recorder.segment_log import PictureSampled, SoundSampled, Turned
from recorder.spans import Span

Fault = Literal["silent", "black", "dark", "frozen", "drift"]
KIND_OF: Final[dict[Fault, Kind]] = {
    "silent": "audio",
    "drift": "audio",
    "black": "video",
    "dark": "video",
    "frozen": "video",
}
SEEN: Final[tuple[Fault, ...]] = ("black", "dark", "frozen")
MOVING: Final = ("camera", "students", "phone")
"""Sources that show people. A screen, a board or a page under the document camera may well stand still."""
PICTURE_HOLDS_S: Final = 12.0
"""A sample of the picture speaks for so long after it: the recorder sees to a keyframe every ten seconds."""
SETTLES_S: Final = 2.0
"""Who turns a microphone or a camera off or on is believed so long before and after: the word goes another way."""


class CheckRules(msgspec.Struct, frozen=True, kw_only=True):
    """From when on something is a fault. Brightness as luma: 16 is black, 235 white (BT.601)."""

    silent_dbfs: float = -66.0
    """An open microphone in a quiet room hears more than this; a dead one, or one muted by its own switch, nothing."""
    silent_s: float = 20.0
    """Of the teacher."""
    listening_s: float = 120.0
    """Of a classroom, which may well listen in silence for a while."""
    black_peak: float = 30.0
    black_s: float = 10.0
    dark_light: float = 40.0
    dark_s: float = 30.0
    frozen_change: float = 0.02
    """A live camera never gives the same picture twice: noise and flicker move the means of its cells by more."""
    frozen_s: float = 30.0
    drift_s: float = 0.2
    """Sound 125 ms late or 45 ms early is noticed, 185 ms late annoys (ITU-R BT.1359)."""
    drifting_s: float = 10.0
    gap_s: float = 1.0
    """What is missing for less than this is not told one by one."""

    def lasts_s(self, fault: Fault, *, is_host: bool) -> float:
        """For how long it must be so to be told."""
        if fault == "silent":
            return self.silent_s if is_host else self.listening_s
        return {"black": self.black_s, "dark": self.dark_s, "frozen": self.frozen_s, "drift": self.drifting_s}[fault]


class Streaks:
    """The faults of one stream so far. Samples come in the order of time."""

    def __init__(self, rules: CheckRules, source: str, *, is_host: bool) -> None:
        self.past: list[tuple[Fault, Span, float]] = []
        """What has ended: the fault, when it was, and how great (drift: seconds)."""
        self._rules = rules
        self._is_host = is_host
        self._moves = source in MOVING
        self._open: dict[Fault, list[float]] = {}
        """Fault → [since, until, how great]."""
        self._off: dict[Kind, bool] = {"audio": False, "video": False}
        self._believed: dict[Kind, float] = {"audio": 0.0, "video": 0.0}
        self._last_picture_s: float | None = None

    def sound(self, sample: SoundSampled) -> None:
        """A moment of sound."""
        if self._is_excused("audio", sample.from_s):
            self._end("silent")
        else:
            self._note("silent", sample.dbfs < self._rules.silent_dbfs, sample.from_s, sample.to_s, 0.0)
        drift = abs(sample.drift_s or 0.0)
        self._note("drift", drift >= self._rules.drift_s, sample.from_s, sample.to_s, drift)

    def picture(self, sample: PictureSampled) -> None:
        """A keyframe. What it shows holds until the next, but not for ever."""
        last, self._last_picture_s = self._last_picture_s, sample.at_s
        for fault in SEEN:
            if last is not None and fault in self._open:
                self._open[fault][1] = min(sample.at_s, last + PICTURE_HOLDS_S)
        if self._is_excused("video", sample.at_s):
            for fault in SEEN:
                self._end(fault)
            return
        rules, at_s = self._rules, sample.at_s
        is_black = sample.peak < rules.black_peak
        self._note("black", is_black, at_s, at_s, 0.0)
        self._note("dark", not is_black and sample.light < rules.dark_light, at_s, at_s, 0.0)
        # A black picture stands still, too: one word for one fault.
        same = sample.change is not None and sample.change <= rules.frozen_change
        since = at_s if last is None else max(last, at_s - PICTURE_HOLDS_S)
        self._note("frozen", self._moves and same and not is_black, since, at_s, 0.0)

    def turned(self, line: Turned) -> None:
        """Off on purpose, or on again."""
        self._off[line.kind] = not line.on
        self._believed[line.kind] = line.at_s + SETTLES_S
        if not line.on:
            for fault, kind in KIND_OF.items():
                if kind == line.kind and fault != "drift":
                    self._end(fault)

    def interrupted(self) -> None:
        """The publisher's session is over."""
        for fault in list(self._open):
            self._end(fault)
        self._last_picture_s = None

    def now(self) -> frozenset[Fault]:
        """What has been wrong for long enough, and still is."""
        return frozenset(fault for fault, (since, until, _) in self._open.items() if self._counts(fault, since, until))

    def all(self, end_s: float) -> list[tuple[Fault, Span, float]]:
        """What was wrong for long enough; what still is, is so until `end_s` or as long as a sample speaks for it."""
        result = list(self.past)
        for fault, (since, until, size) in self._open.items():
            holds = PICTURE_HOLDS_S if KIND_OF[fault] == "video" else 0.0
            last = max(until, min(end_s, until + holds))
            if self._counts(fault, since, last):
                result.append((fault, (since, last), size))
        return sorted(result, key=lambda one: one[1])

    def is_off(self, kind: Kind) -> bool:
        """Whether it is turned off on purpose now."""
        return self._off[kind]

    def _is_excused(self, kind: Kind, from_s: float) -> bool:
        return self._off[kind] or from_s < self._believed[kind]

    def _counts(self, fault: Fault, since: float, until: float) -> bool:
        return until - since >= self._rules.lasts_s(fault, is_host=self._is_host)

    def _note(self, fault: Fault, is_so: bool, from_s: float, to_s: float, size: float) -> None:
        if not is_so:
            self._end(fault)
            return
        streak = self._open.setdefault(fault, [from_s, to_s, size])
        streak[1], streak[2] = max(streak[1], to_s), max(streak[2], size)

    def _end(self, fault: Fault) -> None:
        since, until, size = self._open.pop(fault, (0.0, -1.0, 0.0))
        if self._counts(fault, since, until):
            self.past.append((fault, (since, until), size))
