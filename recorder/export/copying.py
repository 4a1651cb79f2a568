"""The quick way: a picture that is one H.264 stream is copied as it was recorded, and only the sound is encoded.

Where nothing was recorded a card of the same size stands, with parameter sets of its own number beside the stream's.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
from av.packet import Packet
from av.video.stream import VideoStream

from recorder.disk import checked_name
from recorder.export.canvas import card
from recorder.export.compose import BROKEN, Texts
from recorder.export.movie import Movie
from recorder.export.plan import HELD_S, Piece, Plan
from recorder.shape import PICTURE_S, RATES, picture_size
from recorder.spans import Span, without

RATE: Final = RATES["video"]
_SPS: Final = 7
_PPS: Final = 8
# Of the card's parameter sets. Browsers and ffmpeg number theirs from 0.
_CARD_ID: Final = 9


@dataclass(frozen=True)
class Kept:
    """What a copy needs to know beforehand. `description`: the avcC of the first file."""

    width: int
    height: int
    description: bytes


def kept(folder: Path, pieces: Sequence[Piece]) -> Kept | None:
    """The pictures' one size; None where they cannot be copied: another size comes, or a file cannot be read."""
    sizes: set[tuple[int, int]] = set()
    seen: set[bytes] = set()
    description = b""
    try:
        for piece in pieces:
            with av.open(str(folder / checked_name(piece.name))) as container:
                stream = container.streams.video[0]
                avcc = stream.codec_context.extradata or b""
                # Lengths of four bytes, 8-bit 4:2:0: what every browser sends and every player plays.
                if len(avcc) < 7 or avcc[0] != 1 or avcc[4] & 3 != 3 or stream.codec_context.pix_fmt != "yuv420p":
                    return None
                description = description or avcc
                sizes.add((stream.width, stream.height))
                for packet in container.demux(stream):
                    if not packet.is_keyframe or not packet.size:
                        continue
                    units = list(_units(bytes(packet)))
                    parameters = b"".join(unit for unit in units if unit[0] & 0x1F == _SPS)
                    if parameters and parameters not in seen:
                        seen.add(parameters)
                        size = picture_size("h264", b"".join(b"\0\0\0\1" + unit for unit in units))
                        if size is not None:
                            sizes.add(size)
                if len(sizes) > 1:
                    return None
    except (av.FFmpegError, OSError, IndexError):
        return None
    if not sizes:
        return None
    width, height = sizes.pop()
    return None if width % 2 or height % 2 else Kept(width, height, description)


class Cards:
    """Cards as pictures of the copied stream: encoded small, one a second."""

    def __init__(self, size: Kept) -> None:
        self._size = size

    def parameters(self) -> list[bytes]:
        """SPS and PPS of every card."""
        (picture, *_) = self.pictures("", 1)
        return [unit for unit in _units(picture) if unit[0] & 0x1F in (_SPS, _PPS)]

    def pictures(self, text: str, count: int) -> list[bytes]:
        """The first begins anew (IDR), the others lean on it; length-prefixed."""
        encoder = av.CodecContext.create("libx264", "w")
        encoder.width, encoder.height, encoder.pix_fmt = self._size.width, self._size.height, "yuv420p"
        encoder.time_base, encoder.framerate, encoder.thread_count = Fraction(1), Fraction(1), 1
        encoder.options = {
            "preset": "veryfast",
            "tune": "zerolatency",
            "profile": "baseline",
            "x264-params": f"sps-id={_CARD_ID}:keyint=infinite",
        }
        frame = card(self._size.width, self._size.height, text)
        result = []
        for number in range(count):
            frame.pts, frame.time_base = number, Fraction(1)
            result += [_prefixed(bytes(packet)) for packet in encoder.encode(frame)]
        return result


def described(size: Kept, extra: Sequence[bytes]) -> bytes:
    """The avcC with more parameter sets in it (ISO/IEC 14496-15 §5.3.3.1)."""
    avcc = size.description
    at, sets = 5, []
    for mask in (0x1F, 0xFF):
        count, at, found = avcc[at] & mask, at + 1, []
        for _ in range(count):
            end = at + 2 + int.from_bytes(avcc[at : at + 2], "big")
            found.append(avcc[at + 2 : end])
            at = end
        sets.append(found)
    sets[0] += [unit for unit in extra if unit[0] & 0x1F == _SPS]
    sets[1] += [unit for unit in extra if unit[0] & 0x1F == _PPS]
    parts = [avcc[:5]]
    for first, found in zip((0xE0, 0), sets, strict=True):
        parts.append(bytes([first | len(found)]))
        parts += [len(unit).to_bytes(2, "big") + unit for unit in found]
    return b"".join(parts) + avcc[at:]


def template(folder: Path, pieces: Sequence[Piece]) -> tuple[Any, VideoStream]:
    """The first file, open, and its stream; the caller closes it."""
    container = av.open(str(folder / checked_name(pieces[0].name)))
    return container, container.streams.video[0]


def copy(movie: Movie, folder: Path, plan: Plan, texts: Texts, cards: Cards, step: Callable[[float], None]) -> None:
    """Write all pictures and the sound beside them; `step(at_s)` is called for each second."""
    assert plan.camera is not None
    camera = plan.camera
    there = without(camera.on, camera.missing)
    empty = [span for span in without([(0.0, plan.seconds)], there) if span[1] - span[0] >= HELD_S]
    track = _Track(movie, cards, texts, camera.on, empty)
    for piece in camera.pieces:
        for at_s, packet in _packets(folder / checked_name(piece.name), piece.at_s):
            track.add(at_s, packet)
            if at_s >= track.stepped + 1:
                track.stepped = at_s
                movie.sound_until(at_s)
                step(at_s)
    track.finish(plan.seconds)


class _Track:
    """The picture track as it grows. One packet waits for the next one, which says how long it stands."""

    def __init__(self, movie: Movie, cards: Cards, texts: Texts, on: Sequence[Span], empty: Sequence[Span]) -> None:
        self.stepped = 0.0
        self._movie = movie
        self._cards = cards
        self._texts = texts
        self._on = on
        self._empty = empty
        self._held: tuple[float, bytes, bool] | None = None
        self._end_s = 0.0

    def add(self, at_s: float, packet: "Packet[Any]") -> None:
        if self._held is None and self._end_s == 0.0 and at_s < HELD_S:
            # The first picture may stand a moment early: no player shows well what begins late.
            at_s = 0.0
        if at_s <= self._end_s and (self._held is not None or self._end_s):
            at_s = self._end_s + 1 / RATE
        if packet.is_keyframe:
            self._fill(at_s)
        self._put((at_s, bytes(packet), packet.is_keyframe))

    def finish(self, seconds: float) -> None:
        self._fill(seconds)
        if self._held is not None:
            self._write(self._held, max(seconds, self._held[0] + 1 / RATE))
            self._held = None

    def _fill(self, until_s: float) -> None:
        """Cards where there is nothing between the last picture and `until_s`."""
        last_s = self._held[0] + PICTURE_S if self._held is not None else 0.0
        for start, end in self._empty:
            start, end = max(start, last_s), min(end, until_s)
            if end - start < HELD_S / 2:
                continue
            is_gap = any(on <= start < off for on, off in self._on)
            text = BROKEN if is_gap else self._texts.title
            for number, data in enumerate(self._cards.pictures(text, max(1, round(end - start)))):
                self._put((start + number, data, number == 0))
                self._movie.sound_until(start + number)

    def _put(self, picture: tuple[float, bytes, bool]) -> None:
        if self._held is not None:
            self._write(self._held, picture[0])
        self._held = picture
        self._end_s = picture[0]

    def _write(self, picture: tuple[float, bytes, bool], until_s: float) -> None:
        at_s, data, keyframe = picture
        pts = round(at_s * RATE)
        self._movie.copy(pts, data, keyframe, max(1, round(until_s * RATE) - pts))


def _packets(path: Path, zero_s: float) -> "Iterator[tuple[float, Packet[Any]]]":
    with av.open(str(path)) as container:
        for packet in container.demux(container.streams.video[0]):
            if packet.pts is not None and packet.size:
                yield zero_s + float(packet.pts * packet.time_base), packet


def _units(data: bytes) -> Iterator[bytes]:
    """NAL units of a length-prefixed picture."""
    at = 0
    while at + 4 < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size:
            yield data[at + 4 : at + 4 + size]
        at += 4 + size


def _prefixed(annex_b: bytes) -> bytes:
    """Annex B with lengths in place of start codes."""
    parts = annex_b.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in parts if unit)
