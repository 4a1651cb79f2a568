"""MP4 with H.264 and Opus, through libav: fragments while it is written, an ordinary MP4 once it is finished.

Flush policy: a fragment is closed every half second (and at every keyframe) and is in the kernel at once, so that a
killed process loses at most the half second in work and the latest picture, besides what the writer holds back to put
sound and picture in order. `empty_moov` writes the header at once, even if one track is silent for long.
`hybrid_fragmented` keeps the fragments inside one media box and writes the whole index at the end: players seek in a
finished lesson without reading through it.
"""

import errno
import io
from fractions import Fraction

import av
from av.stream import Stream

from classroom.relay.rtp import Kind
from recorder.disk import NewFile
from recorder.shape import RATES, Shape

FRAGMENT_US = 500_000
# The muxer waits this long for the other track before it writes one alone. The frames come in order already.
INTERLEAVE_US = 100_000
OPTIONS = {
    "movflags": "hybrid_fragmented+empty_moov+frag_keyframe+default_base_moof",
    "frag_duration": str(FRAGMENT_US),
    "flush_packets": "1",
    "max_interleave_delta": str(INTERLEAVE_US),
}


class Unclosed:
    """The file as libav sees it: it may not close it, since it must still be synced."""

    def __init__(self, file: NewFile) -> None:
        self.read, self.write, self.seek, self.tell = file.read, file.write, file.seek, file.tell


class Mp4File:
    """Writes one file. Every method may raise OSError."""

    def __init__(self, file: NewFile, shape: Shape) -> None:
        self._container = av.open(Unclosed(file), "w", format="mp4", options=OPTIONS)
        self._streams: dict[Kind, Stream] = {}
        # The latest picture waits for the next one, which says how long it stands. The muxer places the first frame of
        # a fragment where the duration of the one before it ends: with a wrong one a gap in the picture would vanish.
        self._held: tuple[int, bytes, bool, int] | None = None
        try:
            if shape.video:
                with av.open(io.BytesIO(shape.keyframe), format="h264") as source:
                    # As the header must describe it: without that, all sound would wait for the first picture.
                    self._streams["video"] = self._container.add_stream_from_template(source.streams.video[0])
                self._streams["video"].time_base = Fraction(1, RATES["video"])
            if shape.sound:
                # As an encoder, because only that gives MP4 the OpusHead it asks for; it never encodes anything.
                self._streams["audio"] = self._container.add_stream("libopus", rate=RATES["audio"], layout="stereo")
        except av.FFmpegError as error:
            raise _as_os_error(error) from error

    def write(self, kind: Kind, pts: int, data: bytes, keyframe: bool, duration: int) -> None:
        """One frame; `pts` (0 at the file's start) and `duration` in the units of the kind's clock (RATES).

        The first picture holds SPS and PPS, in Annex B; times rise within a track.
        """
        if kind == "audio":
            self._mux(kind, pts, data, keyframe, duration)
            return
        held, self._held = self._held, (pts, data, keyframe, duration)
        if held is not None:
            self._mux("video", *held[:3], pts - held[0])

    def _mux(self, kind: Kind, pts: int, data: bytes, keyframe: bool, duration: int) -> None:
        packet = av.Packet(data)
        packet.stream = self._streams[kind]
        packet.time_base = Fraction(1, RATES[kind])
        packet.pts = packet.dts = pts
        packet.is_keyframe = keyframe
        packet.duration = duration
        try:
            self._container.mux_one(packet)
        except av.FFmpegError as error:
            raise _as_os_error(error) from error

    def flush(self) -> None:
        """Nothing waits here: the muxer hands over whole fragments itself."""

    def finish(self) -> None:
        """Write the index. Call it once, last, also after an OSError (it raises again, but frees the muxer)."""
        held, self._held = self._held, None
        try:
            if held is not None:
                self._mux("video", *held)
        finally:
            self._close()

    def _close(self) -> None:
        try:
            self._container.close()
        except av.FFmpegError as error:
            raise _as_os_error(error) from error


def _as_os_error(error: av.FFmpegError) -> OSError:
    return error if isinstance(error, OSError) else OSError(errno.EIO, f"libav: {error}")
