from datetime import UTC, datetime
from typing import Any

import pytest

from recorder.container import Measure
from recorder.manifest import Manifest, manifest, unfinished
from recorder.segment_log import (
    AnyLine,
    FileBegan,
    FileEnded,
    GapEnded,
    RecordingBegan,
    RecordingStopped,
    SessionBegan,
    SessionEnded,
    Wanted,
    latest_s,
)
from recorder.shape import Shape

BEGAN = RecordingBegan(datetime(2026, 11, 23, 2, tzinfo=UTC))
WHO = ("teacher", "camera")


def began(name: str, offset_s: float, codecs: tuple[str, ...] = ("vp8", "opus")) -> FileBegan:
    return FileBegan(*WHO, name, offset_s, list(codecs), 320, 192)


def fold(*lines: AnyLine, **measures: Measure) -> Manifest:
    result = manifest("lesson1", [BEGAN, *lines], {f"{name}.webm": m for name, m in measures.items()})
    assert result is not None
    return result


def gaps(found: Manifest) -> list[tuple[str, float, float]]:
    return [(gap.kind, gap.from_s, gap.to_s) for gap in found.streams[0].gaps]


def session(start: float, end: float) -> list[AnyLine]:
    return [SessionBegan(*WHO, start), SessionEnded(*WHO, end)]


def whole(name: str, offset_s: float, seconds: float, *codecs: str) -> list[AnyLine]:
    return [began(name, offset_s, codecs or ("vp8", "opus")), FileEnded(name, seconds, 640, 360)]


def test_a_log_without_its_beginning_gives_nothing() -> None:
    assert manifest("lesson1", whole("a.webm", 0, 5), {}) is None


def test_files_and_their_gaps_are_told_in_both_times() -> None:
    gap: Any = GapEnded("a.webm", "video", 1.0, 2.0), GapEnded("a.webm", "audio", 1.5, 2.0)
    found = fold(Wanted(*WHO, 10, True), *session(10, 15), *whole("a.webm", 10, 5), *gap)
    (file,) = found.streams[0].files
    assert (file.name, file.offset_s, file.seconds, file.width, file.height) == ("a.webm", 10, 5, 640, 360)
    assert [(g.kind, g.from_s, g.to_s) for g in file.gaps] == [("video", 1, 1.5), ("both", 1.5, 2)]
    assert gaps(found) == [("video", 11, 11.5), ("both", 11.5, 12)]


def test_the_time_between_two_files_of_a_stream_is_a_gap() -> None:
    found = fold(Wanted(*WHO, 0, True), *session(0, 5), *whole("a.webm", 0, 5), *session(8, 12), *whole("b.webm", 8, 4))
    assert gaps(found) == [("both", 5, 8)]


def test_a_split_without_loss_is_no_gap() -> None:
    found = fold(Wanted(*WHO, 0, True), *session(0, 9), *whole("a.webm", 0, 5), *whole("b.webm", 5.04, 4))
    assert gaps(found) == []


def test_a_pause_on_purpose_is_no_gap() -> None:
    first = [Wanted(*WHO, 0, True), *session(0, 5), *whole("a.webm", 0, 5), Wanted(*WHO, 5, False)]
    second = [Wanted(*WHO, 60, True), *session(60, 65), *whole("b.webm", 60, 5), Wanted(*WHO, 65, False)]
    assert gaps(fold(*first, *second)) == []


def test_a_session_that_left_no_file_is_a_gap_from_its_first_packet_to_its_last() -> None:
    assert gaps(fold(Wanted(*WHO, 0, True), *session(3, 9))) == [("both", 3, 9)]


def test_what_was_missing_at_the_start_and_at_the_end_of_a_session_is_a_gap() -> None:
    found = fold(Wanted(*WHO, 0, True), *session(0, 9), *whole("a.webm", 4, 3, "vp8"))
    assert gaps(found) == [("video", 0, 4), ("video", 7, 9)]


def test_the_time_after_a_crash_until_the_stream_is_back_is_a_gap() -> None:
    measure = Measure(Shape(None, True), {"audio": (0.0, 5.0)})
    found = fold(
        Wanted(*WHO, 0, True), SessionBegan(*WHO, 0), began("a.webm", 0, ("opus",)),
        Wanted(*WHO, 30, True), *session(31, 40), *whole("b.webm", 31, 9, "opus"),
        a=measure,
    )  # fmt: skip
    assert gaps(found) == [("audio", 5, 31)]
    assert [file.finished for file in found.streams[0].files] == [False, True]


def test_a_torn_file_whose_picture_ends_early_has_a_gap_there() -> None:
    measure = Measure(Shape("vp8", True, 320, 192), {"audio": (0.0, 9.0), "video": (0.0, 4.0)})
    found = fold(Wanted(*WHO, 0, True), SessionBegan(*WHO, 0), began("a.webm", 0), a=measure)
    assert gaps(found) == [("video", 4, 9)]


def test_a_file_that_holds_nothing_is_not_listed() -> None:
    assert fold(Wanted(*WHO, 0, True), began("a.webm", 0)).streams[0].files == []


def test_thousands_of_tiny_gaps_next_to_each_other_become_one() -> None:
    tiny = [GapEnded("a.webm", "audio", n * 0.08, n * 0.08 + 0.02) for n in range(50)]
    assert gaps(fold(Wanted(*WHO, 0, True), *session(0, 5), *whole("a.webm", 0, 5), *tiny)) == [("audio", 0, 3.94)]


def test_a_stopped_recording_says_when_and_one_that_goes_on_does_not() -> None:
    stopped = [Wanted(*WHO, 0, True), Wanted(*WHO, 5, False), RecordingStopped(5)]
    assert fold(*stopped).stopped_at == datetime(2026, 11, 23, 2, 0, 5, tzinfo=UTC)
    assert fold(*stopped, Wanted(*WHO, 9, True)).stopped_at is None


@pytest.mark.parametrize("stray", [FileEnded("x", 1, 0, 0), SessionEnded(*WHO, 1), Wanted(*WHO, 3, False)])
def test_ends_without_beginnings_harm_nothing(stray: AnyLine) -> None:
    assert manifest("lesson1", [BEGAN, stray], {}) is not None


def test_what_a_crash_left_open_is_known() -> None:
    lines = [*whole("a.webm", 0, 5), began("b.webm", 5)]
    assert unfinished(lines) == ["b.webm"]
    assert latest_s(lines) == 5 and latest_s([]) == 0
