"""What time alone decides, second by second, without a server."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.lesson import seats, state
from classroom.lesson.events import AnyEvent, Period, SeatPlan
from classroom.lesson.lesson import Lesson
from signaling.flows import SeatFlow, marks
from signaling.watch import SOCKET_BLIND_S, Watch, WatchRules

AT = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)
PLANS = (
    SeatPlan(seat="teacher", school="s1", classroom="u1", role="host", class_id="c1"),
    SeatPlan(seat="r1", school="s2", classroom="r1", role="rural", class_id="c2"),
)


class Sitting:
    """A lesson, its watch, and who is there."""

    def __init__(self, minutes: int | None = None, last_at: dict[str, datetime] | None = None) -> None:
        periods = () if minutes is None else (Period(start=AT, end=AT + timedelta(minutes=minutes)),)
        self.now = 0.0
        self.set_clock = timedelta()
        self.attended: set[str] = set()
        self.flows: list[SeatFlow] = []
        self.lesson: Lesson = None  # type: ignore[assignment]
        self.events: list[AnyEvent] = []
        self.do(
            lambda lesson, at: state.schedule(
                lesson,
                at,
                by="cli",
                lesson_id="l1",
                supporter="s1",
                subject="语",
                periods=periods,
                pairs=(),
                plans=PLANS,
            )
        )
        self.watch = Watch(WatchRules(), 0.0, last_at or {})

    def do(self, command: Any) -> None:
        happened = command(self.lesson, self.at)
        self.lesson = state.fold(happened, self.lesson) or self.lesson
        self.events += happened

    def take(self, seat: str) -> None:
        self.do(partial(seats.take_seat, by=seat, seat=seat, device="d"))

    def flow(self, seat: str, last: float | None = None) -> None:
        self.flows.append(SeatFlow(seat, "camera", None, "x", "audio", 0.0, self.now if last is None else last))

    def tick(self, seconds: float = 1.0) -> None:
        self.now += seconds
        found = marks(self.flows, self.lesson.seats, self.now)
        for command in self.watch.tick(self.lesson, self.flows, found, self.attended, self.now, self.at):
            self.do(command)

    @property
    def at(self) -> datetime:
        return AT + timedelta(seconds=self.now) + self.set_clock

    @property
    def last(self) -> str:
        return type(self.events[-1]).__name__


def test_a_seat_leaves_15_s_after_it_was_last_there() -> None:
    sitting = Sitting()
    sitting.take("teacher")
    sitting.attended = {"teacher"}
    for _ in range(60):
        sitting.tick()
    sitting.attended = set()
    for _ in range(14):
        sitting.tick()
    assert sitting.last == "SeatTaken"
    sitting.tick()
    assert sitting.last == "SeatLeft"
    assert sitting.events[-1].last_at == AT + timedelta(seconds=60)  # type: ignore[union-attr]


@pytest.mark.parametrize(("socket_s", "left_s"), [(60, 75), (67, 75), (72, 80)])
def test_the_time_counts_from_the_last_packet_however_late_the_verdicts(socket_s: int, left_s: int) -> None:
    sitting = Sitting()
    sitting.take("teacher")
    while sitting.last == "SeatTaken":
        sitting.attended = {"teacher"} if sitting.now < socket_s else set()
        sitting.flows = []
        # The line is cut after a minute; the relay needs 8 s to say so, and whoever has the socket may need longer.
        if sitting.now < 68:
            sitting.flow("teacher", last=min(sitting.now, 60.0))
        sitting.tick()
    assert sitting.now == left_s
    assert sitting.events[-1].last_at == AT + timedelta(seconds=60)  # type: ignore[union-attr]


def test_a_seat_known_from_before_a_crash_left_at_its_last_packet() -> None:
    before = AT - timedelta(seconds=9)
    sitting = Sitting(last_at={"teacher": before})
    sitting.take("teacher")
    for _ in range(16):
        sitting.tick()
    assert sitting.events[-1].last_at == before  # type: ignore[union-attr]


def test_the_last_packet_of_an_earlier_visit_is_forgotten() -> None:
    sitting = Sitting()
    sitting.take("teacher")
    sitting.flow("teacher")
    sitting.tick()
    sitting.flows = []
    sitting.tick(15)
    assert sitting.last == "SeatLeft"
    sitting.tick()
    sitting.take("teacher")
    sitting.tick(2)
    back = AT + timedelta(seconds=sitting.now)
    sitting.tick(15)
    assert sitting.last == "SeatLeft"
    assert sitting.events[-1].last_at == back  # type: ignore[union-attr]


def test_nothing_ends_a_lesson_that_is_not_open() -> None:
    sitting = Sitting(minutes=1)
    sitting.tick(300 * 60)
    assert sitting.last == "LessonScheduled"


@pytest.mark.parametrize(("minutes", "reason"), [(None, "alone"), (40, "alone")])
def test_waiting_begins_when_the_lesson_opens(minutes: int | None, reason: str) -> None:
    sitting = Sitting(minutes)
    sitting.tick(120 * 60)
    sitting.take("teacher")
    sitting.attended = {"teacher"}
    sitting.tick(15 * 60 - 1)
    assert sitting.lesson.state == "open"
    sitting.tick(1)
    assert sitting.lesson.end_reason == reason


def teach(sitting: Sitting) -> None:
    """The teacher and a classroom, together."""
    sitting.take("teacher")
    sitting.do(partial(seats.take_seat, by="r1", seat="r1", device="d"))
    sitting.attended = {"teacher", "r1"}


def pass_minutes(sitting: Sitting, minutes: int, of: tuple[str, ...] = ("teacher", "r1")) -> None:
    for _ in range(minutes):
        sitting.flows = []
        sitting.now += 60
        for seat in of:
            sitting.flow(seat)
        sitting.now -= 60
        sitting.tick(60)


def test_a_planned_lesson_ends_by_itself_ten_minutes_over_unless_it_is_extended() -> None:
    sitting = Sitting(minutes=40)
    teach(sitting)
    pass_minutes(sitting, 49)
    sitting.do(partial(state.extend, by="teacher", minutes=5))
    pass_minutes(sitting, 5)
    assert sitting.lesson.is_open
    pass_minutes(sitting, 1)
    assert sitting.lesson.end_reason == "time"


def test_after_a_restart_the_teacher_is_told_first() -> None:
    sitting = Sitting(minutes=40)
    teach(sitting)
    pass_minutes(sitting, 49)
    sitting.now += 10 * 60
    sitting.watch = Watch(WatchRules(), sitting.now, {})
    sitting.tick(59)
    assert sitting.lesson.is_open
    sitting.tick(1)
    assert sitting.lesson.end_reason == "time"


def test_a_teacher_who_is_cut_off_finds_the_lesson_where_it_was() -> None:
    sitting = Sitting(minutes=40)
    teach(sitting)
    pass_minutes(sitting, 45)
    sitting.attended = {"r1"}
    pass_minutes(sitting, 7, of=("r1",))
    assert sitting.lesson.is_open and not sitting.lesson.seats["teacher"].present
    sitting.take("teacher")
    sitting.attended = {"teacher", "r1"}
    sitting.tick()
    assert sitting.lesson.end_reason == "time"


def test_a_lesson_that_opened_by_itself_waits_half_a_day_for_somebody_to_come() -> None:
    sitting = Sitting(minutes=40)
    sitting.do(partial(state.open_lesson, by="server"))
    sitting.tick(12 * 3600 + 39 * 60)
    assert sitting.lesson.state == "open"
    sitting.tick(60)
    assert sitting.lesson.end_reason == "alone"


def test_extended_or_not_a_planned_lesson_ends_for_good_four_hours_after_its_end() -> None:
    sitting = Sitting(minutes=40)
    teach(sitting)
    sitting.watch = Watch(WatchRules(grace_s=300 * 60), 0.0, {})
    pass_minutes(sitting, 280)
    assert sitting.lesson.end_reason == "limit" and sitting.now == 280 * 60


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.floats(0.1, 30)), max_size=60))
def test_a_seat_leaves_only_after_15_s_of_nothing(steps: list[tuple[bool, bool, float]]) -> None:
    sitting = Sitting()
    sitting.take("teacher")
    there, seen = 0.0, False
    packet = socket = None
    for attended, flowing, seconds in steps:
        sitting.attended = {"teacher"} if attended else set()
        sitting.flows = []
        if flowing:
            packet = sitting.now
            sitting.flow("teacher", last=packet)
        sitting.tick(seconds)
        if attended:
            socket = sitting.now
        if not seen or attended or flowing:
            there, seen = sitting.now, True
        if sitting.lesson.state == "ended":
            return
        left = not sitting.lesson.seats["teacher"].present
        if packet is not None and not attended and not flowing:
            there = min(there, max(packet, packet if socket is None else socket - SOCKET_BLIND_S))
        assert left == (sitting.now - there >= 15)
        if left:
            last = sitting.events[-1]
            assert last.last_at <= last.at  # type: ignore[union-attr]
            return


@pytest.mark.parametrize("step", [timedelta(days=1), timedelta(hours=-1), timedelta(days=-1)])
@pytest.mark.parametrize("minutes", [40, None])
def test_a_wall_clock_that_is_set_ends_no_lesson(minutes: int | None, step: timedelta) -> None:
    sitting = Sitting(minutes)
    sitting.take("teacher")
    sitting.attended = {"teacher"}
    sitting.flow("teacher")
    sitting.tick()
    sitting.set_clock = step
    for _ in range(300):
        sitting.tick()
    assert sitting.lesson.is_open
    assert "LessonEnded" not in {type(event).__name__ for event in sitting.events}
