"""What flows, as marks: who sends, who receives, and how long ago."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from classroom.lesson.heartbeat import Marks
from classroom.relay.session import Flow, Link
from signaling.flows import (
    are_together,
    by_lesson,
    kinds,
    last_marks,
    link_views,
    marks,
    stream_key,
    stream_name,
    subscriber_key,
)

AT = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)
SEATS = ("teacher", "r1", "r2")


def flow(
    seat: str,
    kind: Literal["audio", "video"],
    last: float,
    to: str | None = None,
    source: str = "camera",
    first: float = -60.0,
) -> Flow:
    subscriber = None if to is None else subscriber_key("l1", to)
    return Flow(stream_key("l1", seat, source), subscriber, f"{seat}>{to}", kind, first, last)


def test_a_key_of_ours_comes_apart_and_no_other() -> None:
    assert stream_name(stream_key("l1", "r1", "screen")) == ("l1", "r1", "screen")
    assert stream_name("l1/r1") is None and stream_name("l1/r1/camera/x") is None
    assert by_lesson([Flow("probe", None, "s", "audio", 0.0, 1.0)]) == {}


def test_the_youngest_packet_of_any_source_is_the_mark() -> None:
    flows = by_lesson([flow("teacher", "video", 9.0), flow("teacher", "video", 9.5, source="screen")])["l1"]
    assert marks(flows, SEATS, 10.0) == {"teacher": Marks(up_video=500)}


def test_a_flow_older_than_ten_seconds_is_no_mark() -> None:
    flows = by_lesson([flow("r1", "audio", 0.0)])["l1"]
    assert marks(flows, SEATS, 10.0) == {"r1": Marks(up_audio=10_000)}
    assert marks(flows, SEATS, 10.001) == {}


def test_a_new_flow_tells_its_first_packet_too_while_that_is_fresh() -> None:
    camera, screen = flow("r1", "video", 9.9, first=8.2), flow("r1", "video", 9.8, source="screen", first=9.0)
    assert marks(by_lesson([camera, screen])["l1"], SEATS, 10.0) == {"r1": Marks(up_video=100, up_video_since=1800)}
    assert marks(by_lesson([camera])["l1"], SEATS, 18.3) == {"r1": Marks(up_video=8400)}


def test_deliveries_count_between_teacher_and_classroom_only() -> None:
    flows = by_lesson(
        [
            flow("teacher", "audio", 9.9, to="r1"),
            flow("r1", "video", 9.8, to="teacher"),
            flow("r1", "audio", 9.7, to="r2"),
            flow("teacher", "audio", 9.9, to="observer-1"),
            flow("teacher", "audio", 9.9, to="teacher"),
        ]
    )["l1"]
    assert marks(flows, SEATS, 10.0) == {"r1": Marks(down_audio=100), "teacher": Marks(down_video=200)}


def test_together_is_a_host_that_sends_and_a_classroom_with_media() -> None:
    host, room = {"teacher": Marks(up_audio=0)}, {"r1": Marks(down_audio=0)}
    assert are_together(host | room)
    assert not are_together(host) and not are_together(room)
    assert not are_together({"teacher": Marks(down_audio=0)} | room)


def test_kinds_are_of_what_is_published() -> None:
    flows = by_lesson([flow("r1", "audio", 1.0), flow("r1", "video", 1.0, to="teacher")])["l1"]
    assert kinds(flows) == {("r1", "camera", "audio")}


def test_the_last_packet_by_the_wall_clock() -> None:
    found = {"r1": Marks(up_audio=1500, down_video=200), "r2": Marks()}
    assert last_marks(AT, found) == {"r1": AT - timedelta(milliseconds=200)}


def test_a_seats_line_sums_its_rates_and_shows_its_worst() -> None:
    flows = by_lesson(
        [
            flow("r1", "audio", 1.0),
            flow("r1", "video", 1.0),
            flow("r1", "video", 1.0, source="stand"),
            flow("teacher", "video", 1.0, to="r1"),
        ]
    )["l1"]
    links = {
        "r1>None": Link(rtt_ms=40.4, loss=0.01, jitter_ms=1.0, in_bps=1_500_000, out_bps=9, remb_bps=None),
        "teacher>r1": Link(rtt_ms=None, loss=0.05, jitter_ms=1.0, in_bps=9, out_bps=2_000_000, remb_bps=None),
    }
    found = link_views(flows, SEATS, links)
    assert set(found) == {"r1"}
    assert (found["r1"].up_kbps, found["r1"].down_kbps, found["r1"].loss, found["r1"].rtt_ms) == (1500, 2000, 0.05, 40)
    assert link_views(flows, SEATS, {}) == {}
    unknown = {"teacher>r1": links["teacher>r1"]}
    assert link_views(flows, SEATS, unknown)["r1"].rtt_ms is None
