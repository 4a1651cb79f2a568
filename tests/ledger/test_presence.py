"""Heartbeats become intervals, exact to the second of the last packet."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from classroom.ledger.facts import Role
from classroom.ledger.intervals import Interval, Intervals, to_ms
from classroom.ledger.presence import (
    SeatRoom,
    flow_intervals,
    held_back,
    room_presence,
)
from classroom.ledger.rules import CountingRules
from classroom.lesson.events import RungChanged
from classroom.lesson.heartbeat import Heartbeat, Marks

NINE = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)
NINE_MS = to_ms(NINE)
RULES = CountingRules()
ROOMS = {"teacher": SeatRoom("U1", Role.HOST), "r1": SeatRoom("R1", Role.RURAL)}
ALL = Marks(up_audio=0, up_video=0, down_audio=0, down_video=0)


def beat(second: float, boot: str = "a", **seats: Marks) -> Heartbeat:
    return Heartbeat(lesson="L", at=NINE + timedelta(seconds=second), boot=boot, seats=seats)


def rung(second: float, seat: str, name: str) -> RungChanged:
    return RungChanged(lesson="L", seq=1, at=NINE + timedelta(seconds=second), by="server", seat=seat, rung=name)


def spans(*edges: tuple[float, float]) -> Intervals:
    return tuple(Interval(NINE_MS + round(start * 1000), NINE_MS + round(end * 1000)) for start, end in edges)


def up_audio(heartbeats: Iterable[Heartbeat], rules: CountingRules = RULES) -> Intervals:
    return flow_intervals(heartbeats, rules)["r1"].up_audio


def silent_after(last: float, until: int, every: Callable[[float], int | None]) -> list[Heartbeat]:
    """Heartbeats of a flow whose last packet came at `last`."""
    return [
        beat(second, r1=Marks(up_audio=20 if second <= last else every(second - last))) for second in range(until + 1)
    ]


def test_a_steady_flow_is_one_interval_between_its_first_and_last_mark() -> None:
    assert up_audio(beat(second, r1=Marks(up_audio=20)) for second in range(2401)) == spans((-0.02, 2399.98))


def test_an_interval_ends_at_the_last_packet_not_at_the_verdict() -> None:
    heartbeats = silent_after(30.7, 60, lambda silence: round(silence * 1000) if silence <= 10 else None)
    assert up_audio(heartbeats) == spans((-0.02, 30.7))


def test_a_gap_of_ten_seconds_is_one_interval_and_a_millisecond_more_is_two() -> None:
    before, after = [beat(0, r1=ALL), beat(1, r1=ALL)], [beat(11, r1=ALL), beat(12, r1=ALL)]
    assert up_audio(before + after) == spans((0, 12))
    late = [beat(11.001, r1=ALL), beat(12, r1=ALL)]
    assert up_audio(before + late) == spans((0, 1), (11.001, 12))


def test_an_interval_begins_at_the_first_packet_however_late_the_heartbeat_after_it() -> None:
    begun = beat(3, r1=Marks(up_audio=20, up_audio_since=1700))
    assert up_audio([begun, beat(4, r1=Marks(up_audio=10, up_audio_since=2700))]) == spans((1.3, 3.99))


def test_a_flow_that_begins_again_within_the_gap_is_one_interval_and_after_it_another() -> None:
    ran = [beat(second, r1=Marks(up_audio=0)) for second in range(3)]
    assert up_audio([*ran, beat(10, r1=Marks(up_audio=0, up_audio_since=100))]) == spans((0, 10))
    assert up_audio([*ran, beat(14, r1=Marks(up_audio=0, up_audio_since=900))]) == spans((0, 2), (13.1, 14))


def test_the_gap_is_a_setting() -> None:
    heartbeats = [beat(0, r1=ALL), beat(1, r1=ALL), beat(4, r1=ALL), beat(5, r1=ALL)]
    assert up_audio(heartbeats, CountingRules(flow_gap_s=2)) == spans((0, 1), (4, 5))


def test_a_crash_ends_the_interval_at_the_last_mark_of_the_run_that_died() -> None:
    heartbeats = [beat(second, "a", r1=ALL) for second in range(11)]
    heartbeats += [beat(second, "b", r1=ALL) for second in range(14, 21)]
    assert up_audio(heartbeats) == spans((0, 10), (14, 20))


def test_a_single_mark_is_no_time() -> None:
    assert up_audio([beat(0, r1=ALL)]) == ()


def test_a_flow_never_seen_is_empty_and_a_seat_never_seen_is_absent() -> None:
    flows = flow_intervals([beat(0, r1=Marks(up_audio=0)), beat(1, r1=Marks(up_audio=0))], RULES)
    assert flows["r1"].down_video == ()
    assert list(flows) == ["r1"]


def test_a_wall_clock_set_back_counts_no_second_twice() -> None:
    there = [beat(second, r1=ALL) for second in range(61)]
    back = [beat(second, r1=ALL) for second in range(30, 91)]
    assert up_audio(there + back) == spans((0, 90))
    jitter = [beat(0, r1=ALL), beat(1, r1=ALL), beat(0.5, r1=ALL), beat(2, r1=ALL)]
    assert up_audio(jitter) == spans((0, 2))


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 10_000) | st.none()), max_size=40))
def test_every_interval_lies_between_marks_and_no_gap_inside_exceeds_the_limit(
    rows: list[tuple[int, int | None]],
) -> None:
    rows.sort(key=lambda row: row[0])
    heartbeats = [beat(second, r1=Marks(up_audio=age)) for second, age in rows]
    found = up_audio(heartbeats) if heartbeats else ()
    marks = sorted(NINE_MS + second * 1000 - age for second, age in rows if age is not None)
    for start, end in found:
        inside = [mark for mark in marks if start <= mark <= end]
        assert (inside[0], inside[-1]) == (start, end)
        assert all(later - earlier <= 10_000 for earlier, later in zip(inside, inside[1:], strict=False))


def both(second: float, rural: Marks, host: Marks = ALL) -> Heartbeat:
    return beat(second, teacher=host, r1=rural)


def rural_after(change: Marks, rungs: tuple[RungChanged, ...] = ()) -> tuple[Intervals, Intervals, Intervals]:
    """A room connected both ways for ten seconds, then as `change` for ten."""
    heartbeats = [both(s, ALL) for s in range(11)] + [both(s, change) for s in range(11, 21)]
    _, rural = room_presence("L", heartbeats, ROOMS, RULES, rungs)
    assert (rural.lesson, rural.room, rural.role) == ("L", "R1", Role.RURAL)
    return rural.interactive, rural.view_only, rural.held_back


def test_a_room_that_listens_is_interactive_while_it_gets_sound_and_picture_and_sends_sound() -> None:
    assert rural_after(ALL) == (spans((0, 20)), (), ())


def test_without_its_own_sound_it_only_watches() -> None:
    assert rural_after(Marks(up_video=0, down_audio=0, down_video=0)) == (spans((0, 10)), spans((10, 20)), ())


def test_without_the_hosts_picture_it_is_not_interactive() -> None:
    assert rural_after(Marks(up_audio=0, down_audio=0)) == (spans((0, 10)), spans((10, 20)), ())


def test_without_the_hosts_sound_it_is_not_interactive() -> None:
    assert rural_after(Marks(up_audio=0, down_video=0)) == (spans((0, 10)), spans((10, 20)), ())


def test_its_own_picture_is_not_asked_for() -> None:
    assert rural_after(Marks(up_audio=0, down_audio=0, down_video=0)) == (spans((0, 20)), (), ())


def test_a_rung_without_moving_pictures_that_the_server_chose_counts_as_picture() -> None:
    rungs = (
        rung(10, "r1", "audio"),
        rung(0, "teacher", "audio"),
    )
    assert rural_after(Marks(up_audio=0, down_audio=0), rungs) == (spans((0, 20)), (), spans((10, 20)))


def test_a_rung_with_pictures_holds_nothing_back() -> None:
    rungs = [rung(0, "r1", "still"), rung(5, "r1", "full")]
    assert held_back(rungs, "r1", NINE + timedelta(seconds=20), RULES) == spans((0, 5))
    assert held_back([], "r1", NINE, RULES) == ()


def test_a_room_that_teaches_is_interactive_while_it_sends_sound_and_picture() -> None:
    sound_only = Marks(up_audio=0, down_audio=0, down_video=0)
    sending = Marks(up_audio=0, up_video=0)
    heartbeats = [both(s, ALL, host=sending) for s in range(11)] + [
        both(s, ALL, host=sound_only) for s in range(11, 21)
    ]
    host, _ = room_presence("L", heartbeats, ROOMS, RULES)
    assert (host.interactive, host.view_only) == (spans((0, 10)), spans((10, 20)))


def test_up_and_down_may_drop_at_different_times() -> None:
    heartbeats = [
        both(s, Marks(up_audio=None if 5 <= s < 20 else 0, down_audio=0, down_video=None if 30 <= s < 50 else 0))
        for s in range(61)
    ]
    _, rural = room_presence("L", heartbeats, ROOMS, RULES)
    assert rural.interactive == spans((0, 4), (20, 29), (50, 60))


def test_a_seat_that_no_room_is_known_for_is_left_out() -> None:
    heartbeats = [beat(s, observer=ALL, r1=ALL) for s in range(3)]
    assert [one.room for one in room_presence("L", heartbeats, ROOMS, RULES)] == ["R1"]


def test_no_heartbeats_are_no_presence() -> None:
    assert room_presence("L", [], ROOMS, RULES) == ()
