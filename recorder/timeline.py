"""One clock for the sound and the picture of a publisher.

Media time (RTP units, a random start for each track) becomes seconds of the server's monotonic clock. Sound is placed
by its arrival, once, and then by its own sample count, because players play it by counting samples. The picture is
placed against the sound through the publisher's sender reports (RFC 3550 §6.4.1), which tie both tracks to one clock of
the sender; later reports correct it slowly, so that two clocks that drift apart do not part in a long lesson.

Reports are not believed blindly: one whose media time disagrees with the arrival of the packets by more than TRUST_S is
left aside (some senders' reports run at twice the speed). Without reports the arrival times must do.
"""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from classroom.relay.rtp import Kind, SenderReport
from recorder.frames import Extender, Frame

# Browsers send the first report of a track after 0.4 to 2.4 s, ffmpeg after 5 s.
REPORTS_WAIT_S = 6.0
TRUST_S = 0.5
# Reports of sound and picture further apart than this are not compared: a clock that lies lies more with time.
PAIR_S = 2.5
# At most 1 % faster or slower: no eye sees it, and the worst real clocks drift a hundred times less.
SLEW = 0.01
# The least delay is looked for among the packets of the last one to two windows.
WINDOW_S = 5.0
# A sender whose media time has fallen behind the clock by this much has stood still (laptop asleep, sound card gone):
# its track is placed anew. First it must last: what a network holds back for seconds comes in a burst that catches up.
BEHIND_S = 2.0
LASTS_S = 1.5
# Media time so far in the future is a jump of the sender's counter.
AHEAD_S = 10.0
# Six seconds at 20 Mbit/s; a sender above that is placed by arrival at once.
HELD_BYTES = 16 * 1024 * 1024
REPORTS_KEPT = 8


@dataclass(frozen=True, slots=True)
class Placed:
    """A frame and its instant, `at`, in monotonic seconds of the server."""

    frame: Frame
    at: float


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A trusted report: at `ntp` of the sender's clock the media stood at `timestamp` (extended)."""

    ntp: float
    timestamp: int
    arrived: float


class TrackClock:
    """The clock of one SSRC: RTP units at `rate` per second."""

    def __init__(self, ssrc: int, rate: int) -> None:
        self.ssrc = ssrc
        self.rate = rate
        self.origin: float | None = None
        """The instant of timestamp 0, once chosen."""
        self.base: float | None = None
        """The instant of timestamp 0 by the arrival with the least delay of late."""
        self.anchors: deque[_Anchor] = deque(maxlen=REPORTS_KEPT)
        self._wrap = Extender(32)
        self._window_from = self._observed = -math.inf
        self._least, self._least_before = math.inf, math.inf

    def observe(self, frame: Frame) -> None:
        """A frame arrived; frames with the least delay show where the sender's clock stands."""
        self._wrap.extend(frame.timestamp)
        if frame.arrived - self._observed >= WINDOW_S:
            self._least = math.inf
        if frame.arrived - self._window_from >= WINDOW_S:
            self._window_from = frame.arrived
            self._least, self._least_before = math.inf, self._least
        self._least = min(self._least, frame.arrived - frame.timestamp / self.rate)
        self.base = min(self._least, self._least_before)
        self._observed = frame.arrived

    def has_jumped(self, frame: Frame) -> bool:
        """The sender's counter no longer goes with the time: the track must be placed anew."""
        if self.origin is None or self.base is None:
            return False
        lasts = math.isfinite(self._least_before) or frame.arrived - self._window_from >= LASTS_S
        return (lasts and self.base - self.origin > BEHIND_S) or self.at(frame.timestamp) - frame.arrived > AHEAD_S

    def report(self, report: SenderReport) -> bool:
        """Keep a report that can be trusted; says whether it was."""
        if self.base is None or report.ssrc != self.ssrc:
            return False
        timestamp = self._wrap.near(report.rtp_timestamp)
        if abs(self.base + timestamp / self.rate - report.arrived) > TRUST_S:
            return False
        self.anchors.append(_Anchor(report.ntp, timestamp, report.arrived))
        return True

    def at(self, timestamp: int) -> float:
        """The instant of an extended timestamp; `origin` must have been chosen."""
        if self.origin is None:
            raise ValueError("the track has no origin yet")
        return self.origin + timestamp / self.rate


class Timeline:
    """Places the frames of one publisher session. `rates`: clock rate of each kind that it announced."""

    def __init__(self, rates: Mapping[Kind, int]) -> None:
        self._rates = dict(rates)
        self._tracks: dict[Kind, TrackClock] = {}
        self._held: list[Frame] = []
        self._held_bytes = 0
        self._since: float | None = None
        self._early: dict[Kind, deque[SenderReport]] = {kind: deque(maxlen=REPORTS_KEPT) for kind in self._rates}
        self._target: float | None = None
        self._slewed_s = 0.0
        self.locked = False
        self.distrusted = 0
        """Reports that were left aside."""

    def report(self, kind: Kind, report: SenderReport) -> None:
        """A sender report came. One that comes before the track's first frame waits for it."""
        track = self._tracks.get(kind)
        if track is None or track.ssrc != report.ssrc:
            if kind in self._early:
                self._early[kind].append(report)
        elif not track.report(report):
            self.distrusted += 1
        else:
            self._target = self._picture_origin()

    @property
    def drift_s(self) -> float | None:
        """Where the picture stands less where the reports put it; None without a picture, or reports to be trusted."""
        picture = self._tracks.get("video")
        if self._target is None or picture is None or picture.origin is None:
            return None
        return picture.origin - self._target

    def push(self, frame: Frame) -> list[Placed]:
        """Frames that have their place now, in the order in which they were pushed."""
        track = self._track(frame)
        track.observe(frame)
        if track.has_jumped(frame):
            del self._tracks[frame.kind]
            track = self._track(frame)
        if self._early[frame.kind]:
            self._adopt_early(frame.kind, track)
        if self.locked:
            return [self._place(frame, track)]
        if self._since is None:
            self._since = frame.arrived
        self._held.append(frame)
        self._held_bytes += len(frame.data)
        return self.due(frame.arrived)

    def due(self, now: float) -> list[Placed]:
        """The held frames, once both tracks' reports are there or REPORTS_WAIT_S have passed."""
        if self.locked or self._since is None:
            return []
        ready = len(self._rates) == 1 or self._picture_origin() is not None
        if not ready and now - self._since < REPORTS_WAIT_S and self._held_bytes < HELD_BYTES:
            return []
        return self.flush()

    def flush(self) -> list[Placed]:
        """Place everything that is held, with what is known now."""
        if self._since is None:
            return []
        self.locked = True
        held, self._held, self._held_bytes = self._held, [], 0
        return [self._place(frame, self._track(frame)) for frame in held]

    def _track(self, frame: Frame) -> TrackClock:
        track = self._tracks.get(frame.kind)
        if track is None or track.ssrc != frame.ssrc:
            # A held frame of an SSRC that has been replaced meanwhile is rare: it is placed by its own arrival.
            track = self._tracks[frame.kind] = TrackClock(frame.ssrc, self._rates[frame.kind])
            track.observe(frame)
        return track

    def _adopt_early(self, kind: Kind, track: TrackClock) -> None:
        early = self._early[kind]
        while early:
            report = early.popleft()
            if report.ssrc == track.ssrc and not track.report(report):
                self.distrusted += 1
        self._target = self._picture_origin()

    def _place(self, frame: Frame, track: TrackClock) -> Placed:
        if track.origin is None:
            track.origin = track.base if frame.kind == "audio" else self._picture_origin_by_any_means(track)
        elif frame.kind == "video":
            self._slew(track, frame)
        return Placed(frame, track.at(frame.timestamp))

    def _slew(self, track: TrackClock, frame: Frame) -> None:
        """Move the picture towards where the reports put it, by at most SLEW of the time that passed."""
        seconds = frame.timestamp / track.rate
        passed, self._slewed_s = max(0.0, min(1.0, seconds - self._slewed_s)), seconds
        if self._target is not None and track.origin is not None:
            track.origin += max(-SLEW * passed, min(SLEW * passed, self._target - track.origin))

    def _picture_origin_by_any_means(self, picture: TrackClock) -> float | None:
        origin, sound = self._picture_origin(), self._tracks.get("audio")
        if origin is not None or sound is None or sound.origin is None or sound.base is None or picture.base is None:
            return picture.base if origin is None else origin
        # Against the sound as it was placed: in a long lesson that is no longer quite where its packets arrive.
        return picture.base + sound.origin - sound.base

    def _picture_origin(self) -> float | None:
        """Where the reports put the picture's timestamp 0, sound being where it is; None when they cannot tell."""
        sound, picture = self._tracks.get("audio"), self._tracks.get("video")
        if sound is None or picture is None or sound.base is None or picture.base is None:
            return None
        pairs = [(a, v) for a in sound.anchors for v in picture.anchors if abs(a.arrived - v.arrived) <= PAIR_S]
        if not pairs:
            return None
        # The latest of the closest pairs: the closest are least hurt by a clock that lies, the latest by drift.
        a, v = min(pairs, key=lambda pair: (round(abs(pair[0].arrived - pair[1].arrived), 1), -pair[0].arrived))
        picture_minus_sound = v.ntp - a.ntp + a.timestamp / sound.rate - v.timestamp / picture.rate
        if abs(picture_minus_sound - (picture.base - sound.base)) > TRUST_S:
            return None
        return (sound.base if sound.origin is None else sound.origin) + picture_minus_sound
