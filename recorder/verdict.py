"""Whether a recording is good: facts in (manifest and log), verdict out. Pure.

Ids and numbers only; the sentences with the rooms' names are made where it is shown.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from classroom.lesson.events import HOST_SEAT
from classroom.relay.rtp import Kind
from recorder.manifest import Manifest, StreamEntry
from recorder.segment_log import (
    AnyLine,
    PictureSampled,
    SessionBegan,
    SessionEnded,
    SoundSampled,
    Turned,
    Wanted,
)
from recorder.spans import Span, joined, without
from recorder.streaks import SETTLES_S, CheckRules, Fault, Streaks

What = Literal["nothing", "offline", "server", "unwritten", "no_sound", "no_picture", "losses"] | Fault
MAIN: Final = (HOST_SEAT, "camera")
NEAR_S: Final = 2.0
"""Gaps so close together are told as one."""
MANY: Final = 5.0
"""So many times `gap_s` in small gaps together are told, as a sum."""


class Flaw(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a stream from `at` on (server wall clock), in the recording's seconds.

    `offline`: neither sound nor picture came; `server`: the server was down meanwhile, which is nobody's line;
    `unwritten`: they came, but could not be written; `no_sound`,
    `no_picture`: one of the two is missing; `losses`: small gaps, `seconds` in sum; `nothing`: not a second of it.
    Of `drift`, `seconds` is how far sound and picture were apart; of all others how long it lasted.
    """

    seat: str
    source: str
    what: What
    at: datetime
    from_s: float
    to_s: float
    seconds: float


class Mended(msgspec.Struct, frozen=True, kw_only=True):
    """So many `seconds` of a stream, lost on the way, were put back from what the seat's own page had kept."""

    seat: str
    source: str
    seconds: float


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """On a lesson's recording. `ok`: no flaw. `missing_s`: what the worst stream lacks, less what is healed."""

    version: int = 1
    lesson: str
    ok: bool
    missing_s: float
    flaws: list[Flaw]
    healed: list[Mended] = []


def verdict(found: Manifest, lines: Iterable[AnyLine], rules: CheckRules) -> Verdict:
    """Judge a recording by its manifest and its log."""
    lines = list(lines)
    flaws: list[Flaw] = []
    missing: dict[tuple[str, str], float] = {}
    for stream in found.streams:
        key = (stream.seat, stream.source)
        own = [
            line for line in lines if getattr(line, "seat", None) == key[0] and getattr(line, "source", "") == key[1]
        ]
        gaps = _gaps(stream, own, rules, found.started_at)
        missing[key] = sum(flaw.seconds for flaw in gaps)
        flaws += gaps
        flaws += _faults(stream, own, rules, found.started_at)
    if not any(stream.files for stream in found.streams if (stream.seat, stream.source) == MAIN):
        flaws.append(_flaw(MAIN, "nothing", (0.0, 0.0), found.started_at))
    flaws.sort(key=lambda flaw: (flaw.from_s, flaw.seat != HOST_SEAT, flaw.seat, flaw.source))
    return Verdict(
        lesson=found.lesson,
        ok=not flaws,
        missing_s=round(max(missing.values(), default=0.0), 1),
        flaws=flaws,
        healed=[mended for stream in found.streams if (mended := _mended(stream)) is not None],
    )


def _mended(stream: StreamEntry) -> Mended | None:
    seconds = sum(end - start for start, end in joined((g.from_s, g.to_s) for g in stream.gaps if g.healed_by))
    return Mended(seat=stream.seat, source=stream.source, seconds=round(seconds, 1)) if seconds > 0 else None


def _flaw(key: tuple[str, str], what: What, span: Span, zero: datetime, seconds: float | None = None) -> Flaw:
    start, end = span
    return Flaw(
        seat=key[0],
        source=key[1],
        what=what,
        at=zero + timedelta(seconds=start),
        from_s=round(start, 3),
        to_s=round(end, 3),
        seconds=round(end - start if seconds is None else seconds, 1),
    )


def _gaps(stream: StreamEntry, lines: Sequence[AnyLine], rules: CheckRules, zero: datetime) -> list[Flaw]:
    key = (stream.seat, stream.source)
    published, excused = _sessions(lines), _turned_off(lines)
    spans: defaultdict[What, list[Span]] = defaultdict(list)
    # A line that is dead for a while leaves a gap inside a file; one between two files of a publisher who was there all
    # the time is the disk's.
    published = without(published, [(f.offset_s, f.offset_s + f.seconds) for f in stream.files if f.page is None])
    restarts = _restarts(lines)
    for gap in stream.gaps:
        span = (gap.from_s, gap.to_s)
        if gap.healed_by is not None:
            continue
        if gap.kind == "both":
            there = sum(end - start for start, end in without([span], without([span], published)))
            if any(span[0] <= at_s < span[1] for at_s in restarts):
                spans["server"].append(span)
            else:
                spans["unwritten" if there > (span[1] - span[0]) / 2 else "offline"].append(span)
        elif gap.kind == "audio":
            spans["no_sound"] += without([span], excused["audio"])
        else:
            spans["no_picture"] += without([span], excused["video"])
    flaws, small_s, small = [], 0.0, (0.0, 0.0)
    for what, found in spans.items():
        for start, end in joined(found, NEAR_S):
            lost_s = sum(b - a for a, b in without([(start, end)], without([(start, end)], found)))
            if lost_s >= rules.gap_s:
                flaws.append(_flaw(key, what, (start, end), zero, lost_s))
            elif lost_s > 0:
                small = (start if not small_s else min(start, small[0]), max(end, small[1]))
                small_s += lost_s
    if small_s >= MANY * rules.gap_s:
        flaws.append(_flaw(key, "losses", small, zero, small_s))
    return flaws


def _faults(stream: StreamEntry, lines: Sequence[AnyLine], rules: CheckRules, zero: datetime) -> list[Flaw]:
    key = (stream.seat, stream.source)
    streaks = Streaks(rules, stream.source, is_host=stream.seat == HOST_SEAT)
    for line in lines:
        if isinstance(line, SoundSampled):
            streaks.sound(line)
        elif isinstance(line, PictureSampled):
            streaks.picture(line)
        elif isinstance(line, Turned):
            streaks.turned(line)
        elif isinstance(line, SessionEnded | SessionBegan):
            streaks.interrupted()
    end_s = max((file.offset_s + file.seconds for file in stream.files), default=0.0)
    flaws = [
        _flaw(key, fault, span, zero, size if fault == "drift" else None) for fault, span, size in streaks.all(end_s)
    ]
    whole = [(file.offset_s, file.offset_s + file.seconds) for file in stream.files]
    if key == MAIN and whole and not any("opus" in file.codecs for file in stream.files):
        # A teacher without a microphone: no sample says so, for there is nothing to sample.
        flaws.append(_flaw(key, "silent", (whole[0][0], end_s), zero))
    return flaws


def _restarts(lines: Sequence[AnyLine]) -> list[float]:
    """When a server took the recording up that another had left: the stream is wanted again without an end before."""
    found: list[float] = []
    on = False
    for line in lines:
        if isinstance(line, Wanted):
            if line.on and on:
                found.append(line.at_s)
            on = line.on
    return found


def _sessions(lines: Sequence[AnyLine]) -> list[Span]:
    """When somebody was publishing, as far as the log says; a session that a crash cut off has no length."""
    spans: list[Span] = []
    for line in lines:
        if isinstance(line, SessionBegan):
            spans.append((line.at_s, line.at_s))
        elif isinstance(line, SessionEnded) and spans:
            spans[-1] = (spans[-1][0], line.at_s)
    return spans


def _turned_off(lines: Sequence[AnyLine]) -> dict[Kind, list[Span]]:
    """When microphone and camera were off on purpose."""
    spans: dict[Kind, list[Span]] = {"audio": [], "video": []}
    for line in lines:
        if isinstance(line, Turned):
            own = spans[line.kind]
            if not line.on:
                own.append((line.at_s - SETTLES_S, float("inf")))
            elif own:
                own[-1] = (own[-1][0], line.at_s + SETTLES_S)
    return spans
