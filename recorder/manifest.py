"""What a lesson's recording is: a fold over its log and over what its files hold. Pure."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from classroom.relay.rtp import Kind
from recorder.container import Measure
from recorder.segment_log import (
    AnyLine,
    FileBegan,
    FileEnded,
    GapEnded,
    Healed,
    RecordingStopped,
    SessionBegan,
    SessionEnded,
    Wanted,
    started_at,
)
from recorder.spans import Gap, GapKind, Span, joined, merged, without

# Between two files of a stream that was only split, not interrupted, there may be the length of a few frames.
SEAM_S = 0.1
# Lost packets of sound this close together are one gap: a bad minute shall not make a list of thousands.
CLOSE_S = 0.1
# A track that ends this much before the other in a torn file was missing there.
TAIL_S = 0.25
# Shorter gaps are not worth a file that stands in for them.
HEALABLE_S = 0.3


class Origin(msgspec.Struct, frozen=True):
    """Of a file that a page uploaded to heal a gap: it stands in from `from_s` to `to_s` of the recording, no more."""

    from_s: float
    to_s: float
    device: str
    uploaded_at: datetime


class FileEntry(msgspec.Struct, frozen=True):
    """`offset_s`: where it begins in the recording. `gaps` in the file's own time. `finished`: closed and indexed.

    `page`: where it comes from if not from the relay.
    """

    name: str
    offset_s: float
    seconds: float
    codecs: list[str]
    width: int | None
    height: int | None
    finished: bool
    gaps: list[Gap]
    page: Origin | None = None


class StreamEntry(msgspec.Struct, frozen=True):
    """One source of one seat. `gaps` in the recording's time: in the files and between them, healed or not."""

    seat: str
    source: str
    files: list[FileEntry]
    gaps: list[Gap]


class Manifest(msgspec.Struct, frozen=True):
    """`started_at` is the zero of all offsets (server wall clock). `stopped_at`: null while it goes on."""

    version: int
    lesson: str
    started_at: datetime
    stopped_at: datetime | None
    streams: list[StreamEntry]


@dataclass
class _Stream:
    wanted: list[Span] = field(default_factory=list)
    sessions: list[Span] = field(default_factory=list)
    files: list[FileBegan] = field(default_factory=list)
    healed: dict[str, Healed] = field(default_factory=dict)


def manifest(lesson: str, lines: Iterable[AnyLine], measures: Mapping[str, Measure]) -> Manifest | None:
    """Fold a log. `measures`: of the files whose end is not in the log, where they can be read.

    None when the log does not say when the recording began. A file without end or measure holds nothing: left out.
    """
    lines = list(lines)
    begin = started_at(lines)
    if begin is None:
        return None
    streams, ends, gaps, stopped_s = _sorted_out(lines)
    entries = []
    for (seat, source), stream in sorted(streams.items()):
        files = [
            _file(began, ends.get(began.name), measures.get(began.name), gaps[began.name])
            for began in stream.files
            if began.name in ends or began.name in measures
        ]
        files.sort(key=lambda entry: entry.offset_s)
        gaps_of = _healed_gaps(_stream_gaps(stream, files), list(stream.healed.values()))
        files += [_healed_file(line) for line in stream.healed.values()]
        files.sort(key=lambda entry: entry.offset_s)
        entries.append(StreamEntry(seat, source, files, gaps_of))
    stopped_at = None if stopped_s is None else begin + timedelta(seconds=stopped_s)
    return Manifest(1, lesson, begin, stopped_at, entries)


def unfinished(lines: Iterable[AnyLine]) -> list[str]:
    """The files that the log knows the beginning of, but not the end."""
    names: dict[str, None] = {}
    for line in lines:
        if isinstance(line, FileBegan):
            names[line.name] = None
        elif isinstance(line, FileEnded):
            names.pop(line.name, None)
    return list(names)


def tail(kind: Kind, measure: Measure) -> list[Span]:
    """What a track lacks at the end of a file that was torn; its own log line was never written."""
    if kind not in measure.shape.kinds:
        return []
    end = measure.spans.get(kind, (0.0, 0.0))[1]
    return [(end, measure.seconds)] if measure.seconds - end >= TAIL_S else []


_Spans = dict[Kind, list[Span]]


def _sorted_out(
    lines: list[AnyLine],
) -> tuple[dict[tuple[str, str], _Stream], dict[str, FileEnded], defaultdict[str, _Spans], float | None]:
    streams: defaultdict[tuple[str, str], _Stream] = defaultdict(_Stream)
    ends: dict[str, FileEnded] = {}
    gaps: defaultdict[str, _Spans] = defaultdict(lambda: {"audio": [], "video": []})
    stopped_s: float | None = None
    for line in lines:
        if isinstance(line, Wanted):
            wanted = streams[line.seat, line.source].wanted
            if line.on and (not wanted or wanted[-1][1] < math.inf):
                wanted.append((line.at_s, math.inf))
                stopped_s = None
            elif not line.on and wanted:
                wanted[-1] = (wanted[-1][0], line.at_s)
        elif isinstance(line, SessionBegan):
            streams[line.seat, line.source].sessions.append((line.at_s, line.at_s))
        elif isinstance(line, SessionEnded):
            sessions = streams[line.seat, line.source].sessions
            if sessions:
                sessions[-1] = (sessions[-1][0], max(line.at_s, sessions[-1][0]))
        elif isinstance(line, FileBegan):
            streams[line.seat, line.source].files.append(line)
        elif isinstance(line, FileEnded):
            ends[line.name] = line
        elif isinstance(line, GapEnded):
            gaps[line.name][line.kind].append((line.from_s, line.to_s))
        elif isinstance(line, Healed):
            streams[line.seat, line.source].healed[line.name] = line
        elif isinstance(line, RecordingStopped):
            stopped_s = line.at_s
    return streams, ends, gaps, stopped_s


def _file(began: FileBegan, ended: FileEnded | None, measure: Measure | None, gaps: _Spans) -> FileEntry:
    width, height = (ended.width, ended.height) if ended else (began.width, began.height)
    seconds = ended.seconds if ended else measure.seconds if measure else 0.0
    if ended is None and measure is not None:
        gaps = {kind: [*spans, *tail(kind, measure)] for kind, spans in gaps.items()}
    entries = [
        Gap(_ms(gap.from_s), _ms(gap.to_s), gap.kind)
        for gap in merged(joined(gaps["audio"], CLOSE_S), joined(gaps["video"], CLOSE_S))
    ]
    return FileEntry(
        began.name,
        _ms(began.offset_s),
        _ms(seconds),
        began.codecs,
        width or None,
        height or None,
        ended is not None,
        entries,
    )


def _stream_gaps(stream: _Stream, files: list[FileEntry]) -> list[Gap]:
    """Gaps in the files, and the time between files while a publisher was to be recorded and had not left for good."""
    covered = [(entry.offset_s, entry.offset_s + entry.seconds) for entry in files]
    missing: list[Span] = []
    for start, end in joined(stream.wanted):
        present = [span for span in [*stream.sessions, *covered] if start - SEAM_S <= span[0] < end]
        if present:
            whole = (max(start, min(s for s, _ in present)), min(end, max(e for _, e in present)))
            missing += without([whole], covered)
    codecs = {codec for entry in files for codec in entry.codecs}
    kind: GapKind = "both" if len(codecs) != 1 else "audio" if codecs == {"opus"} else "video"
    between = [Gap(_ms(start), _ms(end), kind) for start, end in missing if end - start > SEAM_S]
    inside = [
        Gap(_ms(entry.offset_s + gap.from_s), _ms(entry.offset_s + gap.to_s), gap.kind)
        for entry in files
        for gap in entry.gaps
    ]
    return sorted([*between, *inside], key=lambda gap: (gap.from_s, gap.to_s))


def _healed_file(line: Healed) -> FileEntry:
    return FileEntry(
        line.name,
        _ms(line.offset_s),
        _ms(line.seconds),
        line.codecs,
        line.width or None,
        line.height or None,
        True,
        [],
        Origin(_ms(line.from_s), _ms(line.to_s), line.device, line.uploaded_at),
    )


def _healed_gaps(gaps: list[Gap], healed: list[Healed]) -> list[Gap]:
    """The same gaps, parted where a piece that was uploaded later begins or ends."""
    result: list[Gap] = []
    for gap in gaps:
        left: list[Span] = [(gap.from_s, gap.to_s)]
        for line in healed:
            for start, end in left:
                start, end = max(start, line.from_s), min(end, line.to_s)
                if end > start:
                    result.append(Gap(_ms(start), _ms(end), gap.kind, line.name))
            left = without(left, [(line.from_s, line.to_s)])
        result += [Gap(_ms(start), _ms(end), gap.kind) for start, end in left if _ms(end) > _ms(start)]
    return sorted(result, key=lambda gap: (gap.from_s, gap.to_s))


def _ms(seconds: float) -> float:
    # Adding zero makes -0.0 plain.
    return round(seconds, 3) + 0.0
