"""The preview of a recording: small pictures for the time bar, a poster, and the chapters of the shared screen.

`python -m recorder.preview ROOT LESSON` makes it from the keyframes, in a process of its own, and puts it beside the
recording: `preview.json` and a few sheets of small pictures, 3 MB at most. The recording plays without it.
"""

import errno
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import av
import cv2
import msgspec
import numpy as np
import numpy.typing as npt
import structlog

from classroom.lesson.events import HOST_SEAT
from recorder.chapters import COLUMNS, ROWS, Look, chapters, turned_at
from recorder.child import end_with_the_server, stand_back
from recorder.cuts import cuts
from recorder.disk import checked_name, free_bytes, is_full, write_atomically
from recorder.library import Library
from recorder.manifest import FileEntry, Manifest, StreamEntry
from recorder.shape import MAX_PIXELS

log = structlog.get_logger(__name__)

PREVIEW_NAME: Final = "preview.json"
VERSION: Final = 1
CAMERA: Final = "camera"
SCREEN: Final = "screen"
TILE: Final = (160, 90)
"""Width and height of a small picture; one of another shape gets black bars."""
PER_ROW: Final = 10
PER_SHEET: Final = 100
MAX_TILES: Final = 300
"""Of one stream: every keyframe of a lesson of 45 minutes."""
EVERY_S: Final = 5.0
MAX_SHEET_BYTES: Final = 500_000
POSTER_WIDTH: Final = 960
POSTER_FROM: Final = 0.1
"""Of the lesson: at its very beginning people still sit down."""
QUALITIES: Final = (72, 50, 30)
NO_ROOM: Final = 4
"""The exit code of a process that found the disk full: what is no fault of the recording's."""

Pixels = npt.NDArray[Any]


class TileStrip(msgspec.Struct, frozen=True):
    """Small pictures of one stream, in order: picture n lies on `sheets[n // 100]`, ten in a row, taken at `at_s[n]`
    of the recording."""

    seat: str
    source: str
    sheets: list[str]
    at_s: list[float]


class Preview(msgspec.Struct, frozen=True):
    """`files`: what it was made of. `chapters`: where each begins, in seconds of the recording."""

    version: int
    files: list[str]
    poster: str | None
    strips: list[TileStrip]
    chapters: list[float]


class Keyframe(NamedTuple):
    """A picture of a file, in seconds of the recording; `pixels` rows × columns × (blue, green, red)."""

    at_s: float
    pixels: Pixels


def read(folder: Path) -> Preview | None:
    """The preview that lies in a recording's folder; None when there is none, or one that cannot be read."""
    try:
        found = msgspec.json.decode((folder / PREVIEW_NAME).read_bytes(), type=Preview)
    except (OSError, msgspec.DecodeError):
        return None
    return found if found.version == VERSION else None


def is_of(preview: Preview | None, manifest: Manifest) -> bool:
    """Whether the preview was made of what the recording consists of now."""
    return preview is not None and preview.files == _files(manifest)


def make(root: Path, lesson: str, *, keep_free_bytes: int = 0) -> Preview | None:
    """Make it from the recording as it is; None when there is none. Seconds to a minute of one core. OSError."""
    manifest = Library(root).current(lesson)
    if manifest is None:
        return None
    folder = Library(root).folder(lesson)
    if free_bytes(folder) < keep_free_bytes:
        raise OSError(errno.ENOSPC, "the rest of the disk is kept for the lessons")
    shown = {(stream.seat, stream.source): stream for stream in manifest.streams}
    strips, found, poster = [], [], None
    for source in (CAMERA, SCREEN):
        stream = shown.get((HOST_SEAT, source))
        if stream is None:
            continue
        strip, looks, large = _looked_through(folder, stream)
        if strip.at_s:
            strips.append(strip)
        if source == SCREEN:
            found = [_refined(folder, stream, looks, index) for index in chapters(looks)]
        if poster is None and large is not None:
            poster = "preview-poster.jpg"
            write_atomically(folder, poster, large)
    preview = Preview(VERSION, _files(manifest), poster, strips, found)
    write_atomically(folder, PREVIEW_NAME, msgspec.json.encode(preview))
    return preview


def _files(manifest: Manifest) -> list[str]:
    return sorted(file.name for stream in manifest.streams for file in stream.files)


def _looked_through(folder: Path, stream: StreamEntry) -> tuple[TileStrip, list[Look], bytes | None]:
    """Once through a stream: its small pictures on their sheets, its looks, and the poster as JPEG."""
    seconds = sum(file.seconds for file in stream.files)
    every_s, poster_s = max(EVERY_S, seconds / (MAX_TILES - len(stream.files))), seconds * POSTER_FROM
    first_s = stream.files[0].offset_s if stream.files else 0.0
    strip = TileStrip(stream.seat, stream.source, [], [])
    sheet, looks, poster = _Sheet(folder, strip), [], None
    for frame in _keyframes(folder, stream):
        looks.append(Look(frame.at_s, _cells(frame.pixels)))
        if poster is None or (looks[-2].at_s - first_s < poster_s <= frame.at_s - first_s):
            poster = _jpeg(_scaled(frame.pixels, POSTER_WIDTH), MAX_SHEET_BYTES)
        if len(strip.at_s) < MAX_TILES and (not strip.at_s or frame.at_s - strip.at_s[-1] >= every_s):
            sheet.add(frame)
    sheet.close()
    return strip, looks, poster


class _Sheet:
    """Puts small pictures on sheets and the sheets on the disk."""

    def __init__(self, folder: Path, strip: TileStrip) -> None:
        self._folder = folder
        self._strip = strip
        self._tiles: list[Pixels] = []

    def add(self, frame: Keyframe) -> None:
        self._strip.at_s.append(round(frame.at_s, 2))
        self._tiles.append(_tile(frame.pixels))
        if len(self._tiles) == PER_SHEET:
            self.close()

    def close(self) -> None:
        """What is on the sheet goes to the disk."""
        if not self._tiles:
            return
        rows = -(-len(self._tiles) // PER_ROW)
        width, height = TILE
        sheet = np.zeros((rows * height, PER_ROW * width, 3), np.uint8)
        for place, tile in enumerate(self._tiles):
            row, column = divmod(place, PER_ROW)
            sheet[row * height : (row + 1) * height, column * width : (column + 1) * width] = tile
        self._tiles.clear()
        strip = self._strip
        name = f"preview-{strip.source}-{len(strip.sheets)}.jpg"
        write_atomically(self._folder, name, _jpeg(sheet, MAX_SHEET_BYTES))
        strip.sheets.append(name)


def _refined(folder: Path, stream: StreamEntry, looks: Sequence[Look], index: int) -> float:
    """When a chapter begins: keyframes are ten seconds apart, the pictures between them say it to a picture."""
    look = looks[index]
    if index == 0:
        return round(look.at_s, 2)
    before = looks[index - 1]
    between = (
        Look(frame.at_s, _cells(frame.pixels))
        for file in stream.files
        if file.offset_s <= look.at_s and before.at_s <= file.offset_s + file.seconds
        for frame in _decoded(folder, file, before.at_s - file.offset_s, look.at_s - file.offset_s)
    )
    at_s = turned_at(list(between), before.cells, look.cells)
    return round(look.at_s if at_s is None else at_s, 2)


def _keyframes(folder: Path, stream: StreamEntry) -> Iterator[Keyframe]:
    for cut in cuts(stream.files):
        for frame in _decoded(folder, cut.file):
            if cut.from_s - 0.001 <= frame.at_s < cut.to_s:
                yield frame


def _decoded(folder: Path, file: FileEntry, from_s: float = 0.0, to_s: float | None = None) -> Iterator[Keyframe]:
    """The keyframes of a file; with `to_s` every picture from `from_s` to there (the file's own seconds).

    One that cannot be read ends where it cannot.
    """
    if not set(file.codecs) - {"opus"}:
        return
    try:
        with av.open(str(folder / checked_name(file.name))) as container:
            video = container.streams.video[0]
            video.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
            video.codec_context.thread_count = 1
            if to_s is None:
                video.codec_context.skip_frame = "NONKEY"
            elif from_s > 0 and video.time_base:
                container.seek(int(from_s / video.time_base), stream=video)
            for packet in container.demux(video):
                try:
                    frames = packet.decode()
                except av.InvalidDataError:
                    continue
                for frame in frames:
                    if frame.time is None or frame.time < from_s - 0.001:
                        continue
                    if to_s is not None and frame.time > to_s + 0.001:
                        return
                    yield Keyframe(file.offset_s + frame.time, frame.to_ndarray(format="bgr24"))
    except (av.FFmpegError, OSError, IndexError) as error:
        log.warning("preview: pictures cannot be read", file=file.name, error=str(error))


def _cells(pixels: Pixels) -> Pixels:
    return cv2.cvtColor(cv2.resize(pixels, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)


def _scaled(pixels: Pixels, width: int) -> Pixels:
    if pixels.shape[1] <= width:
        return pixels
    return cv2.resize(pixels, (width, max(1, pixels.shape[0] * width // pixels.shape[1])), interpolation=cv2.INTER_AREA)


def _tile(pixels: Pixels) -> Pixels:
    width, height = TILE
    scale = min(width / pixels.shape[1], height / pixels.shape[0])
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    tile = np.zeros((height, width, 3), np.uint8)
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    tile[top : top + size[1], left : left + size[0]] = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return tile


def _jpeg(pixels: Pixels, max_bytes: int) -> bytes:
    """As good as fits."""
    jpeg = b""
    for quality in QUALITIES:
        jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        if len(jpeg) <= max_bytes:
            break
    return jpeg


def main() -> int:
    """`ROOT LESSON KEEP_FREE_BYTES`. When standard input ends the server is gone, and so is this process."""
    root, lesson, keep_free_bytes = sys.argv[1:4]
    stand_back()
    end_with_the_server()
    try:
        make(Path(root), lesson, keep_free_bytes=int(keep_free_bytes))
    except OSError as error:
        log.warning("preview: not made", lesson=lesson, error=str(error))
        return NO_ROOM if is_full(error) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
