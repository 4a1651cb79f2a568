"""One uploaded video from beginning to end: looked at, kept or made anew, with a poster, or refused.

Pictures and sound that every browser plays are copied packet by packet into a new file, whatever held them before: so
a film begins to play at once (its index stands in front) and nothing else that the file carried goes on (places,
names of people and devices).
"""

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Literal

import av
import cv2
import msgspec
from av import AudioFrame, AudioStream, VideoFrame, VideoStream
from av.audio.resampler import AudioResampler
from av.container import OutputContainer

from recorder.disk import is_full
from recorder.steps import Progress, Steps, sealed
from recorder.transcode.pictures import RATE, TIME_BASE, Paced, Upright, fitted, shown_at
from recorder.transcode.source import MAX_SECONDS, Refusal, Refused, Source, opened, threads

SOUND_RATE: Final = 48_000
MAX_FAULTS: Final = 500
"""Packets that cannot be read; a file with more is broken."""
POSTER_WIDTH: Final = 640
POSTER_AT_S: Final = 10.0
_WEBM: Final = "video/webm"
_MP4: Final = "video/mp4"

Failure = Literal[Refusal, "disk_full", "failed"]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to make: `target` and `poster` are files that are not there; `keep_free_bytes` stay on their disk."""

    source: str
    target: str
    poster: str
    keep_free_bytes: int = 0


class Made(msgspec.Struct, frozen=True, kw_only=True, tag="made"):
    """What came of it. `copied`: the pictures are as they were."""

    media: str
    bytes: int
    sha256: str
    length_ms: int
    width: int
    height: int
    copied: bool


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag="failed"):
    """Nothing came of it; `detail` is for the log."""

    why: Failure
    detail: str = ""


def make(
    order: Order, tell: Callable[[Progress], None], found: Callable[[float], None] = lambda seconds: None
) -> Made | Failed:
    """Make the file; nothing of it stays when it fails. `found` is told the length once it is known. Blocks."""
    target, poster = Path(order.target), Path(order.poster)
    try:
        with opened(Path(order.source)) as source:
            found(source.seconds)
            step = Steps(target.parent, order.keep_free_bytes, source.seconds, tell)
            step.check()
            # Readable by the server alone, from its first byte on.
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
            copies = source.keeps_video
            try:
                seconds, media = _write(source, target, step, keeps_video=copies)
            except av.FFmpegError as error:
                if not copies or is_full(error):
                    raise
                copies, seconds, media = False, 0.0, _MP4
        if seconds <= 0:
            # What cannot be put into another file as it is, decoding it may mend.
            copies = False
            with opened(Path(order.source)) as source:
                seconds, media = _write(source, target, step, keeps_video=False)
        if seconds <= 0:
            return _refused(target, poster, "damaged")
        width, height = _poster(target, poster, seconds)
        return Made(
            media=media,
            bytes=target.stat().st_size,
            sha256=sealed(target),
            length_ms=round(seconds * 1000),
            width=width,
            height=height,
            copied=copies,
        )
    except Refused as refusal:
        return _refused(target, poster, refusal.why)
    except (av.FFmpegError, OSError, ValueError, MemoryError) as error:
        why: Failure = "disk_full" if is_full(error) else "damaged"
        return _refused(target, poster, why, f"{type(error).__name__}: {error}")
    except BaseException:
        _clear(target, poster)
        raise


def _refused(target: Path, poster: Path, why: Failure, detail: str = "") -> Failed:
    _clear(target, poster)
    return Failed(why=why, detail=detail)


def _clear(target: Path, poster: Path) -> None:
    target.unlink(missing_ok=True)
    poster.unlink(missing_ok=True)


def _write(source: Source, target: Path, step: Steps, *, keeps_video: bool) -> tuple[float, str]:
    """How long the film is, and what it is."""
    is_webm = source.is_webm and keeps_video
    media = _WEBM if is_webm else _MP4
    options = {} if is_webm else {"movflags": "+faststart"}
    with av.open(str(target), "w", format="webm" if is_webm else "mp4", options=options) as film:
        writers: list[_Copy | _Pictures | _Sound] = []
        writers.append(_Copy(film, source.video, source.start_s) if keeps_video else _Pictures(film, source))
        if source.audio is not None:
            keeps_audio = source.keeps_audio and (not source.is_webm or is_webm)
            writers.append(
                _Copy(film, source.audio, source.start_s)
                if keeps_audio
                else _Sound(film, source, source.audio, is_webm)
            )
        return _carry(source, writers, step), media


def _carry(source: Source, writers: "list[_Copy | _Pictures | _Sound]", step: Steps) -> float:
    by_stream = {writer.stream.index: writer for writer in writers}
    faults, seconds = 0, 0.0
    packets = source.container.demux([writer.stream for writer in writers])
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                break
            seconds = max(seconds, by_stream[packet.stream_index].take(packet))
        except av.InvalidDataError:
            faults += 1
            if faults > MAX_FAULTS:
                raise
            continue
        if seconds > MAX_SECONDS:
            raise Refused("too_long")
        step(seconds)
    for writer in writers:
        seconds = max(seconds, writer.end())
    return seconds


class _Copy:
    """Packets as they are, on a clock that begins with the film."""

    def __init__(self, film: OutputContainer, stream: VideoStream | AudioStream, start_s: float) -> None:
        self.stream = stream
        self._film = film
        self._out = film.add_stream_from_template(stream)
        self._start_s = start_s

    def take(self, packet: "av.Packet[Any]") -> float:
        """Up to when the film goes."""
        # The last one of a stream is empty: there is nothing to decode here.
        if packet.dts is None or packet.time_base is None:
            return 0.0
        base = packet.time_base
        start = round(self._start_s / base)
        packet.dts -= start
        if packet.pts is not None:
            packet.pts -= start
        seconds = float(((packet.pts if packet.pts is not None else packet.dts) + (packet.duration or 0)) * base)
        packet.stream = self._out
        self._film.mux_one(packet)
        return seconds

    def end(self) -> float:
        return 0.0


class _Pictures:
    """Pictures decoded and made anew as H.264."""

    def __init__(self, film: OutputContainer, source: Source) -> None:
        self.stream = source.video
        self._film = film
        self._start_s = source.start_s
        self._upright = Upright(source.turn)
        self._paced = Paced()
        is_across = source.turn in (90, 270)
        size = fitted(source.width, source.height, source.video.codec_context.sample_aspect_ratio)
        self._width, self._height = reversed(size) if is_across else size
        if is_across:
            self._width, self._height = fitted(source.height, source.width, None)
        out = film.add_stream(
            "libx264", rate=RATE, options={"preset": "veryfast", "crf": "23", "threads": str(threads())}
        )
        assert isinstance(out, VideoStream)
        out.width, out.height, out.pix_fmt = self._width, self._height, "yuv420p"
        out.codec_context.time_base = TIME_BASE
        out.codec_context.gop_size = 4 * RATE
        self._out = out
        self._last = -1

    def take(self, packet: "av.Packet[Any]") -> float:
        """Up to when the film goes."""
        for frame in packet.decode():
            assert isinstance(frame, VideoFrame)
            at = shown_at(frame, self._start_s)
            if at is None or at <= self._last or not self._paced.lets(at):
                continue
            self._last = at
            made = self._upright(frame).reformat(width=self._width, height=self._height, format="yuv420p")
            made.pts, made.time_base = at, TIME_BASE
            # What kind of picture it was is the encoder's to decide anew.
            made.pict_type = 0
            self._film.mux(self._out.encode(made))
        return self._seconds()

    def end(self) -> float:
        self._film.mux(self._out.encode(None))
        return self._seconds()

    def _seconds(self) -> float:
        return 0.0 if self._last < 0 else float(self._last * TIME_BASE) + 1 / RATE


class _Sound:
    """Sound decoded and made anew: AAC, or Opus in a WebM."""

    def __init__(self, film: OutputContainer, source: Source, stream: AudioStream, is_webm: bool) -> None:
        self.stream = stream
        self._film = film
        self._start_s = source.start_s
        out = film.add_stream("libopus" if is_webm else "aac", rate=SOUND_RATE, layout="stereo")
        assert isinstance(out, AudioStream)
        out.codec_context.bit_rate = 128_000
        self._out = out
        self._resampler = AudioResampler(
            format="flt" if is_webm else "fltp", layout="stereo", rate=SOUND_RATE, frame_size=960 if is_webm else 1024
        )
        self._at: int | None = None

    def take(self, packet: "av.Packet[Any]") -> float:
        """Up to when the film goes."""
        for frame in packet.decode():
            assert isinstance(frame, AudioFrame)
            if frame.pts is not None and frame.time_base is not None and self._at is None:
                self._at = max(0, round((float(frame.pts * frame.time_base) - self._start_s) * SOUND_RATE))
            self._encode(self._resampler.resample(frame))
        return self._seconds()

    def end(self) -> float:
        self._encode(self._resampler.resample(None))
        self._film.mux(self._out.encode(None))
        return self._seconds()

    def _encode(self, frames: list[AudioFrame]) -> None:
        for frame in frames:
            self._at = 0 if self._at is None else self._at
            frame.pts, frame.time_base = self._at, Fraction(1, SOUND_RATE)
            self._at += frame.samples
            self._film.mux(self._out.encode(frame))

    def _seconds(self) -> float:
        return 0.0 if self._at is None else self._at / SOUND_RATE


def _poster(film: Path, poster: Path, seconds: float) -> tuple[int, int]:
    """A picture of the film as a JPEG; the film's size. Raises Refused."""
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        at_s = min(seconds / 10, POSTER_AT_S)
        container.seek(round(at_s * av.time_base))
        for frame in container.decode(stream):
            height = max(2, round(POSTER_WIDTH * frame.height / frame.width))
            picture = frame.to_ndarray(format="bgr24", width=POSTER_WIDTH, height=height)
            is_made, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])
            if is_made:
                poster.write_bytes(jpeg.tobytes())
                return frame.width, frame.height
    raise Refused("damaged")
