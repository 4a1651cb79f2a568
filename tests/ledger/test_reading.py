"""From a lesson's journal to the ledger's facts: every field from its event, and nothing of an empty journal."""

from datetime import UTC, datetime, timedelta
from typing import Any

from classroom.ledger.facts import Lesson, Period, Role, Seat
from classroom.ledger.intervals import Interval, to_ms
from classroom.ledger.reading import lesson_facts, presence_facts, scheduled
from classroom.ledger.rules import CountingRules
from classroom.lesson import events
from classroom.lesson.events import AnyEvent, SeatPlan
from classroom.lesson.heartbeat import Heartbeat, Marks

NINE = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)
END = NINE + timedelta(minutes=40)


def journal(*happened: tuple[type[AnyEvent], dict[str, Any]], **changes: Any) -> list[AnyEvent]:
    plan = {
        "supporter": "s1",
        "subject": "语",
        "periods": (events.Period(start=NINE, end=END),),
        "pairs": ("p1",),
        "seats": (
            SeatPlan(seat="teacher", school="s1", classroom="u1", role="host", class_id="c1", students=42),
            SeatPlan(seat="r1", school="s2", classroom="r1", role="rural", class_id="c2", teachers=0),
        ),
        **changes,
    }
    rows = [(events.LessonScheduled, plan), *happened]
    return [kind(lesson="l1", seq=seq, at=NINE, by="cli", **more) for seq, (kind, more) in enumerate(rows, 1)]


def test_an_empty_journal_tells_nothing() -> None:
    assert scheduled([]) is None and lesson_facts([]) is None
    assert presence_facts([], [], CountingRules()) == ()


def test_the_plan_is_the_lesson() -> None:
    assert lesson_facts(journal(is_test=True)) == Lesson(
        id="l1",
        host_room="u1",
        seats=(
            Seat(room="u1", school="s1", students=42, teachers=1, class_id="c1"),
            Seat(room="r1", school="s2", students=None, teachers=0, class_id="c2"),
        ),
        periods=(Period(NINE, END),),
        pairs=("p1",),
        subject="语",
        is_test=True,
    )


def test_the_latest_count_of_a_seat_is_confirmed_and_zero_is_a_number() -> None:
    counted = [(events.HeadcountConfirmed, {"seat": "r1", "students": n, "teachers": 1}) for n in (21, 0)]
    lesson = lesson_facts(journal(*counted))
    assert lesson is not None
    host, rural = lesson.seats
    assert (host.confirmed_students, host.confirmed_teachers) == (None, None)
    assert (rural.confirmed_students, rural.confirmed_teachers) == (0, 1)


def test_a_cancelled_lesson_without_subject_says_so() -> None:
    lesson = lesson_facts(journal((events.LessonCancelled, {}), subject=""))
    assert lesson is not None and lesson.is_cancelled and lesson.subject is None


def test_presence_is_that_of_the_planned_seats_with_the_rungs_of_the_journal() -> None:
    sound = Marks(up_audio=0, down_audio=0)
    seats = {"teacher": Marks(up_audio=0, up_video=0), "r1": sound, "stranger": sound}
    beats = [Heartbeat(lesson="l1", at=NINE + timedelta(seconds=second), boot="a", seats=seats) for second in range(11)]
    host, rural = presence_facts(journal((events.RungChanged, {"seat": "r1", "rung": "audio"})), beats, CountingRules())
    ten_seconds = (Interval(to_ms(NINE), to_ms(NINE) + 10_000),)
    assert (host.room, host.role, host.interactive) == ("u1", Role.HOST, ten_seconds)
    assert (rural.room, rural.role, rural.interactive, rural.held_back) == ("r1", Role.RURAL, ten_seconds, ten_seconds)
