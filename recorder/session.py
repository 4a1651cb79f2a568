"""One publisher's session on its way into files: packets → frames → timeline → segments."""

import heapq
import math
from collections.abc import Callable, Mapping

from classroom.relay.rtp import Kind, Packet, SenderReport
from classroom.relay.track import Track
from recorder.frames import AudioFrames, Frame, VideoFrames
from recorder.segment import Segment
from recorder.shape import RATES, Shape, picture_size
from recorder.timeline import Placed, Timeline

# A frame waits this long for an earlier one of the other track: a hole's wait (0.25 s) and the writer's round (0.1 s).
INTERLEAVE_S = 0.35
# After a file could not be written, sound waits this long for a keyframe, so that one file can hold both again.
KEYFRAME_WAIT_S = 2.0
# A point for seeking, and for players that come late.
KEYFRAME_EVERY_S = 10.0

Opener = Callable[[Shape, float], Segment | None]


class SessionRecorder:
    """Writes the media of one publisher's session. `now` and `Packet.arrived` are monotonic seconds of one clock.

    `opener(shape, start)` makes the next file, or gives None when there may be none now; what comes then is lost. It
    and therefore most methods raise OSError: call `give_up_file` then, and go on.
    """

    def __init__(
        self, tracks: Mapping[str, Track], opener: Opener, placed: Callable[[Placed], None] = lambda _: None
    ) -> None:
        """`placed` is told of each frame as soon as it has its place, whether or not it can be written."""
        self.segment: Segment | None = None
        self.first_packet: float | None = None
        self.last_packet: float = 0.0
        self.not_before = -math.inf
        """No new file before this instant."""
        self.sound_only = False
        """No pictures are written: there is no room for them."""
        self._opener = opener
        self._tell_placed = placed
        self._tracks: dict[Kind, Track] = {}
        for kind in RATES:
            track = tracks.get(kind)
            if track is not None and track.codec in ("opus", "vp8", "h264", "vp9"):
                self._tracks[kind] = track
        self._assemblers: dict[Kind, tuple[int, AudioFrames | VideoFrames]] = {}
        self._timeline = Timeline({kind: RATES[kind] for kind in self._tracks})
        self._waiting: list[tuple[float, int, float, Placed]] = []
        self._count = 0
        self._latest: dict[Kind, float] = {}
        self._last_keyframe = 0.0
        self._no_file_since: float | None = None
        self._overflowed = False

    def packet(self, packet: Packet) -> None:
        """One packet, in the order of arrival. OSError."""
        if packet.kind not in self._tracks:
            return
        if self.first_packet is None:
            self.first_packet = self._no_file_since = self._last_keyframe = packet.arrived
        self.last_packet = max(self.last_packet, packet.arrived)
        frames = self._assembler(packet).push(packet)
        if frames:
            self._place(frames, packet.arrived)
            self._emit(packet.arrived)

    def report(self, kind: str, report: SenderReport) -> None:
        """A sender report of the publisher."""
        for known in self._tracks:
            if known == kind:
                self._timeline.report(known, report)

    def overflow(self, until: float) -> None:
        """Packets up to `until` never came here. Their holes are found by number; this is for those at the end."""
        self.last_packet = max(self.last_packet, until)
        self._overflowed = True

    def tick(self, now: float) -> None:
        """Time passes: give up holes, end waits, sync. OSError."""
        for _, assembler in list(self._assemblers.values()):
            self._place(assembler.due(now), now)
        self._queue(self._timeline.due(now), now)
        self._emit(now)
        if self.segment is not None:
            self.segment.tick(now)

    def wants_keyframe(self, now: float) -> bool:
        """The publisher should send one: nothing can be shown without, or the last is old."""
        if "video" not in self._tracks or self.first_packet is None or now < self.not_before:
            return False
        if self.sound_only:
            return False
        if any(assembler.wants_keyframe for _, assembler in self._assemblers.values()):
            return True
        return self.segment is None or now - self._last_keyframe >= KEYFRAME_EVERY_S

    @property
    def drift_s(self) -> float | None:
        """How far the picture now stands from where the sender's reports want it beside the sound; None: unknown."""
        return self._timeline.drift_s

    @property
    def has_sound(self) -> bool:
        """Whether the publisher has announced sound that can be recorded."""
        return "audio" in self._tracks

    def finish(self, now: float) -> float:
        """Write everything that still waits and close the file. The instant up to which something was to be recorded.

        OSError; `finish` may then be called again after `give_up_file`, for the rest.
        """
        for _, assembler in self._assemblers.values():
            self._place(assembler.due(math.inf), now)
        self._queue(self._timeline.flush(), now)
        self._emit(math.inf)
        segment, self.segment = self.segment, None
        if segment is None:
            return self.last_packet
        broken = frozenset(kind for kind, (_, assembler) in self._assemblers.items() if assembler.wants_keyframe)
        end = segment.start + segment.seconds
        self._finish_segment(segment, broken)
        lost_at_the_end = self._overflowed or broken.issuperset(segment.shape.kinds) or self.last_packet - end >= 1.0
        return max(end, self.last_packet) if lost_at_the_end else end

    def keep_sound_only(self, now: float) -> None:
        """Write no pictures any more: a file that has some is closed, sound goes on in another. OSError."""
        self.sound_only = True
        if self.segment is not None and "video" in self.segment.shape.kinds:
            self.close_file(now)

    def give_up_file(self, now: float) -> None:
        """The file cannot be written any more: leave it. Never raises."""
        segment, self.segment = self.segment, None
        self._no_file_since = now
        if segment is not None:
            segment.abandon()

    def close_file(self, now: float) -> None:
        """Close the file in good order; what comes next goes into another. OSError."""
        segment, self.segment = self.segment, None
        self._no_file_since = now
        if segment is not None:
            self._finish_segment(segment, frozenset())

    def _finish_segment(self, segment: Segment, broken: frozenset[Kind]) -> None:
        try:
            segment.finish(broken)
        except OSError:
            segment.abandon()
            raise

    def _assembler(self, packet: Packet) -> AudioFrames | VideoFrames:
        ssrc, assembler = self._assemblers.get(packet.kind, (None, None))
        if assembler is None or ssrc != packet.ssrc:
            track = self._tracks[packet.kind]
            assembler = AudioFrames() if packet.kind == "audio" else VideoFrames(track.codec, track.fmtp)
            self._assemblers[packet.kind] = (packet.ssrc, assembler)
        return assembler

    def _place(self, frames: list[Frame], now: float) -> None:
        for frame in frames:
            self._queue(self._timeline.push(frame), now)

    def _queue(self, placed: list[Placed], now: float) -> None:
        for one in placed:
            self._count += 1
            self._tell_placed(one)
            heapq.heappush(self._waiting, (one.at, self._count, now, one))
            self._latest[one.frame.kind] = max(self._latest.get(one.frame.kind, one.at), one.at)
            if one.frame.kind == "video" and one.frame.keyframe:
                self._last_keyframe = max(self._last_keyframe, one.frame.arrived)

    def _emit(self, now: float) -> None:
        """Write the frames before which nothing can come any more, in the order of time."""
        while self._waiting:
            at, _, queued, placed = self._waiting[0]
            complete = len(self._latest) == len(self._tracks) and at <= min(self._latest.values())
            if not complete and now - queued < INTERLEAVE_S:
                return
            heapq.heappop(self._waiting)
            self._write(placed, now)

    def _write(self, placed: Placed, now: float) -> None:
        kind = placed.frame.kind
        if kind == "video" and self.sound_only:
            return
        if self.segment is None and now < self.not_before:
            return
        if self.segment is None or (kind not in self.segment.shape.kinds and placed.frame.keyframe):
            shape = self._shape(placed, now)
            if shape is None:
                return
            if self.segment is not None:
                # Sound alone until now, and here is the picture: a container takes no track later.
                self.close_file(now)
            self.segment = self._opener(shape, placed.at)
        if self.segment is not None and kind in self.segment.shape.kinds:
            self.segment.write(placed)

    def _shape(self, first: Placed, now: float) -> Shape | None:
        """What a file that begins with this frame can hold; None when it is better not begun here."""
        sound = "audio" in self._tracks
        if "video" not in self._tracks or self.sound_only:
            return Shape(None, sound)
        pictures = [first, *(placed for *_, placed in sorted(self._waiting, key=lambda entry: entry[:2]))]
        keyframe = next((p.frame for p in pictures if p.frame.kind == "video" and p.frame.keyframe), None)
        codec = self._tracks["video"].codec
        if keyframe is not None and (size := picture_size(codec, keyframe.data)):
            return Shape(codec, sound, *size, keyframe.data)
        waited = now - max(self._no_file_since or 0.0, self.not_before)
        return Shape(None, True) if first.frame.kind == "audio" and waited >= KEYFRAME_WAIT_S else None
