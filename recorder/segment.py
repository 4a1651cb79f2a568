"""One file while it is being written: times, silence where sound is missing, gaps where something was lost."""

from collections.abc import Callable
from dataclasses import dataclass

from classroom.relay.rtp import Kind
from recorder.container import Container, open_container
from recorder.disk import NewFile
from recorder.frames import opus_samples
from recorder.shape import PICTURE_S, RATES, Shape, picture_size
from recorder.timeline import Placed

# A publisher without media for this long is stalled, whoever is to blame: it is a gap even if no packet is missing.
STALL_S = 3.0
# Sound that has not come by the time the picture is this far ahead is replaced by silence. Players that count samples
# (Chromium does) would otherwise play everything behind a hole too early.
SILENCE_AFTER_S = 1.0
# Opus packets of silence (RFC 6716 §3.1: CELT, fullband, mono), by their length in samples.
SILENCE = {960: b"\xf8\xff\xfe", 480: b"\xf0\xff\xfe", 240: b"\xe8\xff\xfe", 120: b"\xe0\xff\xfe"}
# Losing power costs at most this much; a shorter time makes an old disk seek all day.
SYNC_S = 5.0

OnGap = Callable[[str, Kind, float, float], None]
OnEnd = Callable[[str, float, int, int], None]


@dataclass(slots=True)
class _Track:
    """Where a track stands, in units of its clock from the file's start."""

    end: int = 0
    """Where the next frame may begin at the earliest."""
    real_end: int = 0
    """The same without the silence that was put in."""
    step: int = 0
    """How long the last picture stood."""
    begun: bool = False
    lost: bool = False


class Segment:
    """Writes the frames of one file. `start` is the file's zero, in the timeline's seconds. Methods raise OSError.

    `on_gap(name, kind, from_s, to_s)`, in seconds of the file, is called as soon as a gap has ended;
    `on_end(name, seconds, width, height)` when the file is whole and on the disk.
    """

    def __init__(self, file: NewFile, shape: Shape, start: float, on_gap: OnGap, on_end: OnEnd) -> None:
        self.shape = shape
        self.start = start
        self.name = file.path.name
        self._file = file
        self._on_gap = on_gap
        self._on_end = on_end
        self._tracks: dict[Kind, _Track] = {kind: _Track() for kind in shape.kinds}
        self._last_keyframe = b""
        self._synced_at: float | None = None
        self._container: Container = open_container(file, shape)

    @property
    def seconds(self) -> float:
        """From the file's start to the end of its last frame."""
        return max(self._ends_s().values())

    def write(self, placed: Placed) -> None:
        """A frame of one of the shape's kinds; one that comes too late for its place is lost, and told as a gap."""
        kind, frame = placed.frame.kind, placed.frame
        track = self._tracks[kind]
        rate = RATES[kind]
        pts = round((placed.at - self.start) * rate)
        length = opus_samples(frame.data) if kind == "audio" else 0
        if pts < 0 or (kind == "audio" and pts < track.end - length // 2):
            track.lost = True
            return
        self._tell_gap(kind, track, pts, frame.lost or track.lost)
        if kind == "audio":
            self._fill_silence(track, pts)
            pts = max(pts, track.end)
        else:
            pts = max(pts, track.end - track.step + 1) if track.begun else pts
            track.step = min(pts - (track.end - track.step), round(PICTURE_S * rate)) if track.begun else 0
            length = track.step
            if frame.keyframe:
                self._last_keyframe = frame.data
        self._container.write(kind, pts, frame.data, frame.keyframe, length)
        track.end = track.real_end = pts + length
        track.begun, track.lost = True, False
        if kind == "video" and (sound := self._tracks.get("audio")):
            self._fill_silence(sound, round((pts / rate - SILENCE_AFTER_S) * RATES["audio"]))

    def tick(self, now: float) -> None:
        """Give what was written to the kernel; every SYNC_S, bring to the disk what the kernel has."""
        self._container.flush()
        if self._synced_at is None:
            self._synced_at = now
        elif now - self._synced_at >= SYNC_S:
            self._synced_at = now
            self._file.sync()

    def finish(self, broken: frozenset[Kind]) -> None:
        """Close gaps, index, bring to the disk. `broken`: kinds that lost something after their last frame, or came
        but have no place in this file because nothing of them could be shown.

        OSError: the file is left as a crash would leave it.
        """
        for kind, track in self._tracks.items():
            missing_s = self.seconds - track.real_end / RATES[kind]
            if missing_s >= STALL_S or (missing_s > 0 and (kind in broken or track.lost)):
                self._on_gap(self.name, kind, track.real_end / RATES[kind], self.seconds)
        for kind in broken.difference(self._tracks):
            self._on_gap(self.name, kind, 0.0, self.seconds)
        try:
            if (sound := self._tracks.get("audio")) and "video" in self._tracks:
                self._fill_silence(sound, round(self._ends_s()["video"] * RATES["audio"]))
            self._container.finish()
            self._file.sync()
        finally:
            self._file.close()
        self._on_end(self.name, self.seconds, *self._size())

    def abandon(self) -> None:
        """After an error: free everything, leave the file as it is. Never raises."""
        try:
            self._container.finish()
        except (OSError, ValueError):
            # The error that led here, once more: after it nothing was written.
            return
        finally:
            self._file.close()

    def _size(self) -> tuple[int, int]:
        """Width and height of the latest keyframe: senders begin small and grow."""
        found = (
            picture_size(self.shape.video, self._last_keyframe) if self.shape.video and self._last_keyframe else None
        )
        return found or (self.shape.width, self.shape.height)

    def _ends_s(self) -> dict[Kind, float]:
        return {kind: track.end / RATES[kind] for kind, track in self._tracks.items()}

    def _tell_gap(self, kind: Kind, track: _Track, pts: int, lost: bool) -> None:
        rate = RATES[kind]
        missing_s = (pts - track.real_end) / rate
        # Less than a sample block is the jitter of clocks, not a loss.
        if missing_s >= STALL_S or (lost and missing_s > 0.002):
            self._on_gap(self.name, kind, track.real_end / rate, pts / rate)

    def _fill_silence(self, track: _Track, until: int) -> None:
        for length, packet in SILENCE.items():
            while track.end + length <= until:
                self._container.write("audio", track.end, packet, True, length)
                track.end += length
