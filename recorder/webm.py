"""WebM (Matroska, RFC 9559) with VP8 or VP9 and Opus, written block by block.

Why not through libav, as MP4 is: its Matroska writer holds a second of blocks back, and its interleaver holds the sound
back for as long as a video track has no pictures. A classroom on sound alone for ten minutes would lose them in a
crash. Here every block is in the kernel when `write` returns.

While it is written the segment and the last cluster have unknown size, which players take as "until the end". `finish`
writes the index (Cues), the duration and the sizes into room that was left for them.
"""

import struct

from classroom.relay.rtp import Kind
from recorder.disk import NewFile
from recorder.shape import RATES, Shape

EBML, SEGMENT, SEEK_HEAD, INFO, TRACKS, CLUSTER, CUES, VOID = (
    0x1A45DFA3,
    0x18538067,
    0x114D9B74,
    0x1549A966,
    0x1654AE6B,
    0x1F43B675,
    0x1C53BB6B,
    0xEC,
)
UNKNOWN_SIZE = b"\x01" + b"\xff" * 7
# Players read the blocks of a cluster from its start: a second keeps seeking cheap.
CLUSTER_MS = 1000
# The time of a block is a signed 16-bit number within its cluster.
CLUSTER_LIMIT_MS = 32000
SEEK_HEAD_ROOM = 96
# RFC 7845 §5.1 with nothing to skip: the packets come from the middle of a call, and are placed by their own clock.
OPUS_HEAD = b"OpusHead" + struct.pack("<BBHIhB", 1, 2, 0, 48000, 0, 0)
# RFC 7845 §4.6: a decoder that begins anywhere needs 80 ms to settle.
SEEK_PREROLL_NS = 80_000_000
TRACK: dict[Kind, int] = {"video": 1, "audio": 2}


class WebmFile:
    """Writes one file. Every method may raise OSError. Frames are gathered until `flush`."""

    def __init__(self, file: NewFile, shape: Shape) -> None:
        self._file = file
        self._index_track = TRACK["video" if shape.video else "audio"]
        self._cues: list[tuple[int, int]] = []
        self._end_ms = 0
        self._cluster_at = -1
        self._cluster_ms = 0
        self._pending: list[bytes] = []
        head = _element(
            EBML,
            _uint(0x4286, 1) + _uint(0x42F7, 1) + _uint(0x42F2, 4) + _uint(0x42F3, 8)
            + _text(0x4282, "webm") + _uint(0x4287, 4) + _uint(0x4285, 2),
        )  # fmt: skip
        self._size_at = len(head) + 4
        self._body_at = len(head) + 12
        seek_head = _void(SEEK_HEAD_ROOM)
        self._info_at = SEEK_HEAD_ROOM
        application = _text(0x4D80, "synchronized-classroom") + _text(0x5741, "synchronized-classroom")
        info = _element(INFO, _uint(0x2AD7B1, 1_000_000) + application + _void(11))
        self._duration_at = self._body_at + self._info_at + len(info) - 11
        self._tracks_at = self._info_at + len(info)
        tracks = _element(TRACKS, b"".join(_track(kind, shape) for kind in shape.kinds))
        self._position = len(head) + 12 + len(seek_head) + len(info) + len(tracks)
        file.write(head + SEGMENT.to_bytes(4, "big") + UNKNOWN_SIZE + seek_head + info + tracks)

    def write(self, kind: Kind, pts: int, data: bytes, keyframe: bool, duration: int) -> None:
        """One frame; `pts` (0 at the file's start) and `duration` in the units of the kind's clock (RATES).

        Rising within a track; between the tracks they may go back a little.
        """
        track, picture = TRACK[kind], kind == "video"
        at_ms = round(pts * 1000 / RATES[kind])
        age = at_ms - self._cluster_ms
        begins = self._cluster_at < 0 or age >= CLUSTER_LIMIT_MS or -age >= CLUSTER_LIMIT_MS
        if track == self._index_track and not begins:
            begins = (picture and keyframe) or age >= CLUSTER_MS
        elif age >= 2 * CLUSTER_MS:
            begins = True
        if begins:
            self._begin_cluster(at_ms, indexed=track == self._index_track and keyframe)
        block = bytes([0x80 | track]) + struct.pack(">hB", at_ms - self._cluster_ms, 0x80 if keyframe else 0) + data
        self._append(b"\xa3" + _size(len(block)) + block)
        self._end_ms = max(self._end_ms, round((pts + duration) * 1000 / RATES[kind]))

    def flush(self) -> None:
        """Give the kernel what was written: killing the process loses none of it."""
        pending, self._pending = self._pending, []
        if pending:
            self._file.write(b"".join(pending))

    def finish(self) -> None:
        """Index, duration and sizes: from now on the file is an ordinary one. Call it once, last."""
        self._end_cluster()
        cues_at = self._position - self._body_at
        points = b"".join(
            _element(0xBB, _uint(0xB3, at_ms) + _element(0xB7, _uint(0xF7, self._index_track) + _uint(0xF1, at)))
            for at_ms, at in self._cues
        )
        if points:
            self._append(_element(CUES, points))
        self.flush()
        seeks = [(INFO, self._info_at), (TRACKS, self._tracks_at), *([(CUES, cues_at)] if points else [])]
        entries = b"".join(
            _element(0x4DBB, _element(0x53AB, id.to_bytes(4, "big")) + _uint(0x53AC, at)) for id, at in seeks
        )
        seek_head = _element(SEEK_HEAD, entries)
        self._file.patch(self._body_at, seek_head + _void(SEEK_HEAD_ROOM - len(seek_head)))
        self._file.patch(self._duration_at, _element(0x4489, struct.pack(">d", float(self._end_ms))))
        self._file.patch(self._size_at, _size(self._position - self._body_at, 8))

    def _append(self, data: bytes) -> None:
        self._pending.append(data)
        self._position += len(data)

    def _begin_cluster(self, at_ms: int, indexed: bool) -> None:
        self._end_cluster()
        self._cluster_at, self._cluster_ms = self._position, at_ms
        if indexed:
            self._cues.append((at_ms, self._position - self._body_at))
        self._append(CLUSTER.to_bytes(4, "big") + UNKNOWN_SIZE + _uint(0xE7, at_ms))

    def _end_cluster(self) -> None:
        if self._cluster_at >= 0:
            self.flush()
            self._file.patch(self._cluster_at + 4, _size(self._position - self._cluster_at - 12, 8))


def _track(kind: Kind, shape: Shape) -> bytes:
    number = _uint(0xD7, TRACK[kind]) + _uint(0x73C5, TRACK[kind]) + _uint(0x9C, 0)
    if kind == "video" and shape.video:
        size = _element(0xE0, _uint(0xB0, shape.width) + _uint(0xBA, shape.height))
        return _element(0xAE, number + _uint(0x83, 1) + _text(0x86, f"V_{shape.video.upper()}") + size)
    sound = _element(0xE1, _element(0xB5, struct.pack(">d", 48000.0)) + _uint(0x9F, 2))
    private = _element(0x63A2, OPUS_HEAD) + _uint(0x56BB, SEEK_PREROLL_NS)
    return _element(0xAE, number + _uint(0x83, 2) + _text(0x86, "A_OPUS") + private + sound)


def _size(value: int, length: int = 0) -> bytes:
    """An EBML size (RFC 8794 §4), in `length` bytes or as few as it takes."""
    while not length or value >= (1 << 7 * length) - 1:
        length += 1
    return ((1 << 7 * length) | value).to_bytes(length, "big")


def _element(id: int, body: bytes) -> bytes:
    return id.to_bytes((id.bit_length() + 7) // 8, "big") + _size(len(body)) + body


def _uint(id: int, value: int) -> bytes:
    return _element(id, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def _text(id: int, value: str) -> bytes:
    return _element(id, value.encode())


def _void(room: int) -> bytes:
    """Nothing, `room` bytes of it (2 to 128)."""
    return _element(VOID, bytes(room - 2))
