import pytest

from classroom.relay.rtp import Kind, SenderReport
from recorder.frames import Frame
from recorder.timeline import HELD_BYTES, Placed, Timeline, TrackClock

RATES: dict[Kind, int] = {"audio": 48000, "video": 90000}
START: dict[Kind, int] = {"audio": 4294967000, "video": 777}


def frame(kind: Kind, at: float, arrived: float, *, ssrc: int = 1, size: int = 1) -> Frame:
    return Frame(kind, ssrc, START[kind] + round(at * RATES[kind]), bytes(size), True, arrived, False)


def report(kind: Kind, at: float, *, speed: float = 1.0, ntp: float = 3e9, ssrc: int = 1) -> SenderReport:
    timestamp = (START[kind] + round(at * speed * RATES[kind])) % 2**32
    return SenderReport(ssrc, ntp + at, timestamp, at + 0.02)


def instants(placed: list[Placed], kind: Kind) -> list[float]:
    return [p.at for p in placed if p.frame.kind == kind]


def feed(timeline: Timeline, seconds: float, *, video_late_s: float = 0.0, drift: float = 0.0) -> list[Placed]:
    """Sound every 20 ms and a picture every 40 ms, captured at the same instants; reports every second."""
    placed = []
    for tick in range(int(seconds * 50)):
        at = tick / 50
        placed += timeline.push(frame("audio", at, at + 0.02))
        if tick % 2 == 0:
            placed += timeline.push(frame("video", at * (1 + drift), at + 0.02 + video_late_s))
        if tick % 50 == 20:
            timeline.report("audio", report("audio", at))
            timeline.report("video", report("video", at, speed=1 + drift))
    return placed


def test_one_track_needs_no_reports() -> None:
    timeline = Timeline({"video": 90000})
    assert instants(timeline.push(frame("video", 0.0, 5.0)), "video") == [5.0]


def test_frames_are_held_until_both_reports_are_there() -> None:
    timeline = Timeline(RATES)
    timeline.push(frame("audio", 0.0, 0.02))
    timeline.push(frame("video", 0.0, 0.02))
    timeline.report("video", report("video", 0.4))
    assert timeline.due(1.0) == []
    timeline.report("audio", report("audio", 0.6))
    assert len(timeline.due(1.0)) == 2


def test_the_picture_is_placed_by_reports_and_not_by_its_later_arrival() -> None:
    placed = feed(Timeline(RATES), 3, video_late_s=0.3)
    skew = [v - a for v, a in zip(instants(placed, "video"), instants(placed, "audio")[::2], strict=True)]
    assert max(map(abs, skew)) < 0.001


def test_without_reports_arrival_decides_after_six_seconds() -> None:
    timeline = Timeline(RATES)
    timeline.push(frame("audio", 0.0, 10.0))
    assert timeline.push(frame("video", 0.0, 10.1)) == []
    assert timeline.due(15.9) == []
    placed = timeline.due(16.0)
    assert instants(placed, "audio") == [10.0] and instants(placed, "video") == pytest.approx([10.1])


def test_a_sender_above_the_limit_of_held_bytes_is_placed_by_arrival() -> None:
    timeline = Timeline(RATES)
    assert len(timeline.push(frame("video", 0.0, 10.0, size=HELD_BYTES))) == 1


def test_a_report_that_comes_before_the_first_frame_counts() -> None:
    timeline = Timeline(RATES)
    timeline.report("video", report("video", 0.1))
    timeline.report("audio", report("audio", 0.1))
    timeline.report("audio", report("audio", 9.0, speed=2.0))
    timeline.push(frame("audio", 0.1, 0.12))
    assert timeline.distrusted == 1
    assert len(timeline.push(frame("video", 0.1, 0.3))) == 2


def test_a_report_whose_media_time_disagrees_with_arrival_is_not_believed() -> None:
    timeline = Timeline(RATES)
    timeline.push(frame("audio", 0.0, 0.02))
    timeline.push(frame("video", 0.0, 0.02))
    for kind in RATES:
        timeline.report(kind, report(kind, 5.0, speed=2.0))
    assert timeline.distrusted == 2 and timeline.due(5.0) == []


def test_reports_of_two_clocks_that_disagree_are_not_believed() -> None:
    timeline = Timeline(RATES)
    timeline.push(frame("audio", 0.0, 0.02))
    timeline.push(frame("video", 0.0, 0.02))
    timeline.report("audio", report("audio", 0.4))
    timeline.report("video", report("video", 0.4, ntp=3e9 + 0.6))
    assert timeline.due(1.0) == []


def test_reports_of_another_ssrc_wait_for_it() -> None:
    timeline = Timeline(RATES)
    timeline.push(frame("video", 0.0, 0.02))
    timeline.report("video", report("video", 0.4, ssrc=9))
    timeline.push(frame("video", 0.5, 0.52, ssrc=9))
    timeline.push(frame("audio", 0.5, 0.52))
    timeline.report("audio", report("audio", 0.6))
    assert len(timeline.due(0.7)) == 3


def test_a_picture_clock_that_drifts_is_followed() -> None:
    placed = feed(Timeline(RATES), 120, drift=0.002)
    skew = [v - a for v, a in zip(instants(placed, "video"), instants(placed, "audio")[::2], strict=True)]
    assert max(map(abs, skew)) < 0.02
    assert all(b > a for a, b in zip(instants(placed, "video"), instants(placed, "video")[1:], strict=False))


def test_reports_that_come_after_arrival_decided_correct_slowly() -> None:
    timeline = Timeline(RATES)
    timeline.push(frame("audio", 0.0, 0.0))
    timeline.push(frame("video", 0.0, 0.1))
    timeline.due(6.0)
    timeline.report("audio", report("audio", 6.0))
    timeline.report("video", report("video", 6.0))
    first = [timeline.push(frame("video", 6 + n / 25, 6.1 + n / 25))[0].at - (6 + n / 25) for n in range(400)]
    steps = [a - b for a, b in zip(first, first[1:], strict=False)]
    assert first[0] == pytest.approx(0.1, abs=0.011) and first[-1] == pytest.approx(0.0, abs=0.001)
    assert max(steps) <= 0.01 / 25 + 1e-9


def test_a_new_ssrc_is_placed_by_its_arrival() -> None:
    timeline = Timeline({"audio": 48000})
    timeline.push(frame("audio", 0.0, 1.0))
    assert instants(timeline.push(frame("audio", 77.0, 2.0, ssrc=2)), "audio") == [2.0]


def test_frames_held_when_everything_ends_are_not_lost() -> None:
    timeline = Timeline(RATES)
    assert timeline.flush() == []
    timeline.push(frame("video", 0.0, 0.02))
    assert len(timeline.flush()) == 1 and timeline.flush() == []


def test_a_report_for_a_kind_that_was_not_announced_is_ignored() -> None:
    timeline = Timeline({"audio": 48000})
    timeline.report("video", report("video", 0.1))
    assert timeline.distrusted == 0


def test_a_clock_without_origin_places_nothing() -> None:
    with pytest.raises(ValueError, match="origin"):
        TrackClock(1, 48000).at(0)


def test_a_sender_that_stood_still_is_placed_anew() -> None:
    timeline = Timeline({"audio": 48000})
    placed = [timeline.push(frame("audio", n / 50, n / 50))[0] for n in range(100)]
    placed += [timeline.push(frame("audio", 2 + n / 50, 22 + n / 50))[0] for n in range(600)]
    late = [p.frame.arrived - p.at for p in placed]
    assert late[90:101] == pytest.approx([0] * 10 + [20], abs=1e-6)
    assert late[100 + 75 :] == pytest.approx([0] * 525, abs=1e-6)


def test_a_burst_after_a_silent_network_catches_up_and_moves_nothing() -> None:
    timeline = Timeline({"audio": 48000})
    arrivals = [n / 50 if n < 100 or n > 600 else max(8.0, n / 50) for n in range(1000)]
    placed = [timeline.push(frame("audio", n / 50, arrived))[0] for n, arrived in enumerate(arrivals)]
    assert [p.at for p in placed] == pytest.approx([n / 50 for n in range(1000)])


def test_a_network_that_is_late_for_a_while_moves_nothing() -> None:
    timeline = Timeline({"audio": 48000})
    delays = [3.0 if 100 <= n < 250 else 0.0 for n in range(1000)]
    placed = [timeline.push(frame("audio", n / 50, n / 50 + delay))[0] for n, delay in enumerate(delays)]
    assert [p.at for p in placed] == pytest.approx([n / 50 for n in range(1000)])


def test_a_counter_that_jumps_into_the_future_is_placed_by_arrival() -> None:
    timeline = Timeline({"audio": 48000})
    timeline.push(frame("audio", 0.0, 0.0))
    assert instants(timeline.push(frame("audio", 5000.0, 0.02)), "audio") == pytest.approx([0.02])


def test_a_new_picture_track_is_placed_beside_the_sound_as_that_was_placed() -> None:
    timeline = Timeline(RATES)
    timeline.push(frame("audio", 0.0, 0.5))
    timeline.push(frame("video", 0.0, 0.5))
    timeline.due(7.0)
    timeline.push(frame("audio", 7.0, 7.0))
    (placed,) = timeline.push(frame("video", 7.0, 7.0, ssrc=2))
    assert placed.at == pytest.approx(7.5)
