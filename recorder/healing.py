"""From what a page had kept to a file of the recording: read, put in its place, cut to what was lost.

`python -m recorder.healing` does it in a process of its own, for what comes from a page may be anything: the order is
the first line of standard input, the pieces come as one line of JSON. It may use little time and memory, and opens the
uploaded file as WebM and nothing else. Nothing is transcoded: a piece begins with the keyframe before the gap.
"""

import resource
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import av
import msgspec
import numpy as np
import numpy.typing as npt

from classroom.relay.rtp import Kind
from recorder import alignment
from recorder.child import bound, end_with_the_server, read_order, say, stand_back
from recorder.container import Unreadable
from recorder.decoding import frames_of
from recorder.disk import NewFile, checked_name, is_full
from recorder.frames import PICTURE_BYTES, Frame, opus_samples, vp8_size
from recorder.manifest import HEALABLE_S
from recorder.segment import Segment
from recorder.shape import MAX_PIXELS, PICTURE_S, RATES, Shape
from recorder.spans import Span
from recorder.timeline import Placed

LONGEST_S: Final = 60.0
"""Of one file of a page; pages keep ten seconds in each."""
MAX_FRAMES: Final = 12_000
TRUST_S: Final = 0.5
"""A page's own idea of the server's time is not further off than this."""
DRIFT_S: Final = 0.2
"""Nor does that change by more from one file to the next."""
SETTLE_S: Final = 0.1
"""Sound before a gap that a decoder needs to settle (RFC 7845 §4.6)."""
MEMORY_BYTES: Final = 1 << 30
CPU_S: Final = 30
NO_ROOM: Final = 5
"""The exit code where the disk is full."""


class Beside(msgspec.Struct, frozen=True):
    """A file of the recording near the gap, for comparison; seconds of the recording."""

    path: str
    offset_s: float


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """`source`: what was uploaded, beginning at `at_s` of the recording as its page thinks. `shift_s`: what was found
    of the same page before, for sound that agrees with nothing. `missing`: what is to be put back, `unheard` where
    nothing can be compared (both seconds of the recording). `kinds`: what the stream consists of."""

    source: str
    work: str
    stem: str
    at_s: float
    shift_s: float | None
    missing: list[Span]
    unheard: list[Span]
    kinds: list[Kind]
    beside: list[Beside]


class Piece(msgspec.Struct, frozen=True):
    """A file of `work` that stands in for what was lost from `from_s` to `to_s`; its zero lies at `offset_s`."""

    name: str
    offset_s: float
    seconds: float
    codecs: list[str]
    width: int
    height: int
    from_s: float
    to_s: float


class Healing(msgspec.Struct, frozen=True):
    """What an upload came to. `shift_s`: how far its sound was moved to agree with the recording; null: unknown."""

    pieces: list[Piece]
    shift_s: float | None


class _Unit(NamedTuple):
    """One frame, at an instant of the recording once it is placed (s)."""

    kind: Kind
    at_s: float
    data: bytes
    keyframe: bool


def heal(order: Order) -> Healing:
    """Make the pieces. Raises Unreadable where the upload is none of ours, OSError."""
    units = list(_units(Path(order.source)))
    if {unit.kind for unit in units} != set(order.kinds):
        raise Unreadable("not the tracks of the stream")
    length = max(unit.at_s for unit in units)
    if length > LONGEST_S:
        raise Unreadable("too long")
    guess = order.shift_s or 0.0
    more = _shift(order, length) if "audio" in order.kinds else None
    found = None if more is None else round(guess + more, 4)
    moved = order.at_s + (guess if found is None else found)
    units = sorted((unit._replace(at_s=unit.at_s + moved) for unit in units), key=lambda unit: unit.at_s)
    pieces = []
    for number, gap in enumerate(order.missing):
        piece = _piece(order, f"{order.stem}-{number}.webm", units, gap)
        if piece is not None:
            pieces.append(piece)
    return Healing(pieces, found)


def _units(path: Path) -> Iterator[_Unit]:
    """Frames of VP8 and Opus in a WebM file. Raises Unreadable."""
    count, zero = 0, None
    try:
        with av.open(str(path), format="matroska") as container:
            videos, audios = container.streams.video, container.streams.audio
            if len(videos) > 1 or len(audios) > 1 or len(container.streams) != len(videos) + len(audios):
                raise Unreadable("not one picture and one sound")
            if any(stream.codec_context.name != "vp8" for stream in videos):
                raise Unreadable("not VP8")
            if any(stream.codec_context.name not in ("opus", "libopus") for stream in audios):
                raise Unreadable("not Opus")
            kinds: dict[int, Kind] = {
                **{stream.index: "video" for stream in videos},
                **{stream.index: "audio" for stream in audios},
            }
            for packet in container.demux():
                if packet.pts is None or not packet.size or packet.is_corrupt or packet.stream_index not in kinds:
                    continue
                unit = _unit(kinds[packet.stream_index], packet)
                zero = unit.at_s if zero is None else zero
                count += 1
                if count > MAX_FRAMES:
                    raise Unreadable("too many frames")
                yield unit
    except (av.FFmpegError, OSError) as error:
        raise Unreadable(f"{error}") from error
    if not count:
        raise Unreadable("no frame in it")


def _unit(kind: Kind, packet: "av.Packet[Any]") -> _Unit:
    data, at_s = bytes(packet), float((packet.pts or 0) * packet.time_base)
    if len(data) > PICTURE_BYTES or not -1.0 < at_s < LONGEST_S * 2:
        raise Unreadable("no frame of a lesson")
    if kind == "audio":
        if not opus_samples(data):
            raise Unreadable("malformed sound")
        return _Unit(kind, at_s, data, True)
    keyframe = not data[0] & 1
    size = vp8_size(data) if keyframe else None
    if keyframe and (size is None or size[0] * size[1] > MAX_PIXELS):
        raise Unreadable("malformed picture")
    return _Unit(kind, at_s, data, keyframe)


def _piece(order: Order, name: str, units: Sequence[_Unit], gap: Span) -> Piece | None:
    """The file for a gap, as far as the upload reaches; None where that is next to nothing."""
    (gap_from, gap_to), start = gap, gap[0]
    if "video" in order.kinds:
        keys = [unit.at_s for unit in units if unit.kind == "video" and unit.keyframe]
        before = [at for at in keys if at <= start]
        after = [at for at in keys if at > start]
        if not before and not after:
            return None
        start = before[-1] if before else after[0]
    first = min(start, gap_from - SETTLE_S) if start <= gap_from else start
    wanted = [u for u in units if (first if u.kind == "audio" else start) <= u.at_s < gap_to]
    reach = [_reach(wanted, kind) for kind in order.kinds]
    if not all(reach):
        return None
    from_s = max(gap_from, *(each[0] for each in reach if each))
    to_s = min(gap_to, *(each[1] for each in reach if each))
    if to_s - from_s < HEALABLE_S:
        return None
    keyframe = next((unit.data for unit in wanted if unit.kind == "video" and unit.keyframe), b"")
    width, height = vp8_size(keyframe) or (0, 0)
    shape = Shape("vp8" if keyframe else None, "audio" in order.kinds, width, height, keyframe)
    zero = wanted[0].at_s
    holes: list[float] = []
    ended: list[tuple[float, int, int]] = []
    segment = Segment(
        NewFile(Path(order.work), name),
        shape,
        zero,
        lambda _name, _kind, _from, until: holes.append(until),
        lambda _name, seconds, width, height: ended.append((seconds, width, height)),
    )
    for unit in wanted:
        timestamp = round(unit.at_s * RATES[unit.kind])
        segment.write(Placed(Frame(unit.kind, 0, timestamp, unit.data, unit.keyframe, unit.at_s, False), unit.at_s))
    segment.finish(frozenset())
    if holes:
        # The page stood still itself: a stretch that has nothing in it heals nothing.
        return None
    seconds, width, height = ended[0]
    return Piece(name, round(zero, 4), round(seconds, 4), shape.codecs, width, height, round(from_s, 4), round(to_s, 4))


def _reach(units: Sequence[_Unit], kind: Kind) -> tuple[float, float] | None:
    """From the first frame of a kind to the end of its last."""
    times = [unit.at_s for unit in units if unit.kind == kind]
    return (times[0], times[-1] + (PICTURE_S if kind == "video" else 0.02)) if times else None


def _shift(order: Order, length: float) -> float | None:
    """How far the upload's sound is from where the recording has the same, the guess taken off; None: unknown."""
    count = round((length + 2 * TRUST_S) * alignment.RATE)
    at_s = order.at_s + (order.shift_s or 0.0)
    zero = at_s - TRUST_S
    own, _ = _sound([Beside(order.source, at_s)], zero, count)
    beside, known = _sound(order.beside, zero, count)
    for span in order.unheard:
        start, end = (round((at - zero) * alignment.RATE) for at in span)
        known[max(0, start) : max(0, end)] = False
    return alignment.shift_s(own, beside, known, TRUST_S if order.shift_s is None else DRIFT_S)


def _sound(files: Sequence[Beside], zero: float, count: int) -> tuple[alignment.Sound, npt.NDArray[np.bool_]]:
    """What some files sound like from `zero` of the recording on, and where they have anything."""
    samples, known = np.zeros(count, np.float32), np.zeros(count, np.bool_)
    step = RATES["audio"] // alignment.RATE
    for file in files:
        try:
            for frame in frames_of(Path(file.path), "audio", max(0.0, zero - file.offset_s)):
                if not isinstance(frame, av.AudioFrame) or frame.time is None or frame.sample_rate != RATES["audio"]:
                    continue
                start = round((file.offset_s + frame.time - zero) * alignment.RATE)
                if start >= count:
                    break
                mono = frame.to_ndarray().astype(np.float32).mean(axis=0)
                mono = mono[: len(mono) // step * step].reshape(-1, step).mean(axis=1)
                mono = mono[max(0, -start) : max(0, count - start)]
                start = max(0, start)
                samples[start : start + len(mono)] = mono
                known[start : start + len(mono)] = True
        except (av.FFmpegError, OSError):
            continue
    return samples, known


def main() -> int:
    """The order on standard input, what came of it on standard output; 1: it is none of ours, or NO_ROOM."""
    stand_back()
    order = read_order(Order)
    end_with_the_server()
    bound((resource.RLIMIT_CPU, CPU_S), (resource.RLIMIT_DATA, MEMORY_BYTES))
    checked_name(f"{order.stem}.webm")
    try:
        made = heal(order)
    except Unreadable as error:
        sys.stderr.write(f"healing: {error}\n")
        return 1
    except OSError as error:
        if not is_full(error):
            raise
        return NO_ROOM
    say(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
