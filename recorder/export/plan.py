"""What goes into a lesson's MP4, and when: the streams that a wish names, on the recording's one clock. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec

from classroom.lesson.events import HOST_SEAT
from recorder.cuts import cuts
from recorder.manifest import FileEntry, Manifest, StreamEntry
from recorder.spans import Span, joined, without

Layout = Literal["teacher", "slides", "classrooms"]
"""teacher: the teacher alone; slides: what is shown large, the teacher small; classrooms: these and every classroom."""

CAMERA: Final = "camera"
SHOWN: Final = ("screen", "stand", "board")
"""What the teacher shows, the first of them that is on is the large picture."""
OF_PUPILS: Final = ("camera", "students", "board", "stand", "phone", "screen")
"""Sources of a classroom's seat, the one to show first."""
OWN: Final = frozenset({CAMERA, *SHOWN})
"""The host's sources without pupils: not the camera on the class, nor a phone that is carried about in it."""
HELD_S: Final = 1.0
"""A picture that is missing for less is held; for longer a card says so. Sharing that stops for less goes on."""


class Wish(msgspec.Struct, frozen=True):
    """`pupils`: with the classrooms' sound, and in the layout `classrooms` with their pictures."""

    layout: Layout
    pupils: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A file of a stream whose zero lies at `at_s` on the lesson's clock: it plays from `from_s` to `to_s` of that."""

    name: str
    at_s: float
    from_s: float
    to_s: float


@dataclass(frozen=True)
class Strip:
    """One kind of media of one stream. `on`: when it was to be there; `missing`: where of that nothing came."""

    seat: str
    source: str
    pieces: tuple[Piece, ...]
    codecs: frozenset[str] = frozenset()
    on: tuple[Span, ...] = ()
    missing: tuple[Span, ...] = ()

    def is_on(self, at_s: float) -> bool:
        return within(self.on, at_s)

    def is_missing(self, at_s: float) -> bool:
        """In a gap that is too long to hold the picture over."""
        return within(self.missing, at_s)


@dataclass(frozen=True)
class Plan:
    """Pictures and sounds of a lesson of `seconds`. `large`: the first that is on fills the picture; `tiles`: one for
    each classroom, the first of it that is on."""

    seconds: float
    camera: Strip | None
    large: tuple[Strip, ...] = ()
    tiles: tuple[tuple[Strip, ...], ...] = ()
    sounds: tuple[Strip, ...] = ()
    seats: tuple[str, ...] = field(default=())
    """Whose tile each is."""

    @property
    def is_single(self) -> bool:
        """The picture is one stream of H.264 and nothing else: it need not be encoded again."""
        camera = self.camera
        return self.large == (camera,) and not self.tiles and camera is not None and camera.codecs == {"h264"}


def plan(manifest: Manifest, wish: Wish) -> Plan:
    """What the wish comes to. Without `pupils` nothing of a classroom is in it, and of the host no students."""
    streams = [
        stream for stream in manifest.streams if wish.pupils or (stream.seat == HOST_SEAT and stream.source in OWN)
    ]
    pictures = {(s.seat, s.source): strip for s in streams if (strip := _picture(s)) is not None}
    camera = pictures.get((HOST_SEAT, CAMERA))
    shown = () if wish.layout == "teacher" else tuple(pictures.get((HOST_SEAT, source)) for source in SHOWN)
    seats, tiles = _tiles(pictures) if wish.layout == "classrooms" and wish.pupils else ((), ())
    sounds = tuple(sound for stream in streams if (sound := _sound(stream)) is not None)
    return Plan(
        seconds=length(manifest),
        camera=camera,
        large=tuple(strip for strip in (*shown, camera) if strip is not None),
        tiles=tiles,
        seats=seats,
        sounds=sounds,
    )


def length(manifest: Manifest) -> float:
    """Seconds of the lesson's recording, from its start to where it was stopped."""
    ends = [file.offset_s + file.seconds for stream in manifest.streams for file in stream.files]
    if manifest.stopped_at is not None:
        ends.append((manifest.stopped_at - manifest.started_at).total_seconds())
    return max(ends, default=0.0)


def within(spans: Iterable[Span], at_s: float) -> bool:
    return any(start <= at_s < end for start, end in spans)


def _tiles(pictures: dict[tuple[str, str], Strip]) -> tuple[tuple[str, ...], tuple[tuple[Strip, ...], ...]]:
    """The own class first, then the classrooms in the order of their seats."""
    seats = sorted({seat for seat, _ in pictures}, key=lambda seat: (seat != HOST_SEAT, seat))
    tiles = {}
    for seat in seats:
        sources = ("students",) if seat == HOST_SEAT else OF_PUPILS
        found = tuple(pictures[seat, source] for source in sources if (seat, source) in pictures)
        if found:
            tiles[seat] = found
    return tuple(tiles), tuple(tiles.values())


def _picture(stream: StreamEntry) -> Strip | None:
    files = [file for file in stream.files if set(file.codecs) - {"opus"}]
    if not files:
        return None
    pieces = _pieces(files)
    gaps = [(gap.from_s, gap.to_s) for gap in stream.gaps if gap.kind != "audio" and gap.healed_by is None]
    there = [(piece.from_s, piece.to_s) for piece in pieces]
    sound_only = [(f.offset_s, f.offset_s + f.seconds) for f in stream.files if set(f.codecs) == {"opus"}]
    # A file without pictures between two with them: the camera was off, which is no gap.
    on = joined(without([*there, *gaps], without(sound_only, [*there, *gaps])), HELD_S)
    codecs = frozenset(codec for file in files for codec in file.codecs) - {"opus"}
    missing = tuple(span for span in joined(gaps) if span[1] - span[0] >= HELD_S)
    return Strip(stream.seat, stream.source, pieces, codecs, tuple(on), missing)


def _sound(stream: StreamEntry) -> Strip | None:
    pieces = _pieces(file for file in stream.files if "opus" in file.codecs)
    return Strip(stream.seat, stream.source, pieces) if pieces else None


def _pieces(files: Iterable[FileEntry]) -> tuple[Piece, ...]:
    return tuple(Piece(cut.file.name, cut.file.offset_s, cut.from_s, cut.to_s) for cut in cuts(list(files)))
