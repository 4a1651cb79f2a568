"""Container files: opening the right one, reading what is in one, and finishing one that a crash left open."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container.input import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from classroom.relay.rtp import Kind
from recorder.disk import PART_SUFFIX, NewFile, checked_name, sync_folder
from recorder.frames import opus_samples
from recorder.mp4 import Mp4File, Unclosed
from recorder.shape import PICTURE_S, RATES, Shape
from recorder.spans import Span
from recorder.webm import WebmFile

Container = Mp4File | WebmFile


class Unreadable(Exception):
    """A file that is no recording, or holds no frame."""


def open_container(file: NewFile, shape: Shape) -> Container:
    """MP4 for H.264, WebM for everything else. OSError."""
    return Mp4File(file, shape) if shape.suffix == "mp4" else WebmFile(file, shape)


@dataclass(slots=True)
class Measure:
    """What is in a file. Spans are seconds from the file's start: from the first to the end of the last frame."""

    shape: Shape
    spans: dict[Kind, Span] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        return max((end for _, end in self.spans.values()), default=0.0)


def measure(path: Path) -> Measure:
    """Read a file through, without decoding it. Raises Unreadable."""
    try:
        with av.open(str(path)) as container:
            result = Measure(_shape(container))
            last: dict[Kind, float] = {}
            for kind, packet in _packets(container):
                start = _seconds(packet)
                length = _duration(packet, kind) / RATES[kind]
                if kind == "video":
                    # A picture stands until the next one; the last one as long as the one before it.
                    length = min(PICTURE_S, start - last.get(kind, start))
                first, end = result.spans.get(kind, (start, start))
                result.spans[kind] = (first, max(end, start + length))
                last[kind] = start
    except (av.FFmpegError, OSError) as error:
        raise Unreadable(f"{path.name}: {error}") from error
    if not result.spans:
        raise Unreadable(f"{path.name}: no frame in it")
    return result


def finish_after_crash(path: Path) -> Measure:
    """Copy a file that was never finished into one that is, under the same name, and tell what is in it.

    No frame is transcoded. The old file stays until the new one is on the disk and holds the same seconds.
    Raises Unreadable, and OSError (disk full): then the old file is as it was.
    """
    before = measure(path)
    part = path.with_name(checked_name(f"{path.name}{PART_SUFFIX}"))
    part.unlink(missing_ok=True)
    file = NewFile(path.parent, part.name)
    try:
        _copy(path, file, before.shape)
        file.sync()
        after = measure(part)
        if abs(after.seconds - before.seconds) > 0.2:
            raise Unreadable(f"{path.name}: {before.seconds:.1f} s became {after.seconds:.1f} s when it was copied")
        part.replace(path)
        sync_folder(path.parent)
    except av.FFmpegError as error:
        raise Unreadable(f"{path.name}: {error}") from error
    finally:
        file.close()
        part.unlink(missing_ok=True)
    return after


def _copy(path: Path, file: NewFile, shape: Shape) -> None:
    with av.open(str(path)) as source:
        if shape.suffix == "webm":
            target = WebmFile(file, shape)
            for kind, packet in _packets(source):
                pts = round(_seconds(packet) * RATES[kind])
                target.write(kind, pts, bytes(packet), packet.is_keyframe, _duration(packet, kind))
            target.finish()
            return
        with av.open(Unclosed(file), "w", format="mp4") as output:
            streams = {s.index: output.add_stream_from_template(s) for s in _streams(source)}
            for _, packet in _packets(source):
                packet.stream = streams[packet.stream_index]
                output.mux_one(packet)


def _streams(container: InputContainer) -> list[VideoStream | AudioStream]:
    return [*container.streams.video[:1], *container.streams.audio[:1]]


def _shape(container: InputContainer) -> Shape:
    video = container.streams.video[0] if container.streams.video else None
    if video is None:
        return Shape(None, bool(container.streams.audio))
    return Shape(video.codec_context.name, bool(container.streams.audio), video.width, video.height)


def _packets(container: InputContainer) -> "Iterator[tuple[Kind, Packet[Any]]]":
    """The packets of a file up to its end, or to where a crash tore it."""
    kinds: dict[int, Kind] = {s.index: "video" if isinstance(s, VideoStream) else "audio" for s in _streams(container)}
    try:
        for packet in container.demux():
            if packet.pts is not None and packet.size and not packet.is_corrupt and packet.stream_index in kinds:
                yield kinds[packet.stream_index], packet
    except (av.InvalidDataError, av.EOFError):
        return


def _seconds(packet: "Packet[Any]") -> float:
    return float((packet.pts or 0) * packet.time_base)


def _duration(packet: "Packet[Any]", kind: Kind) -> int:
    return opus_samples(bytes(packet)) if kind == "audio" else 0
