"""Who gives way to whom."""

from datetime import UTC, datetime

import pytest

from classroom.lesson import state
from classroom.lesson.errors import LessonError
from classroom.lesson.events import SeatPlan
from classroom.lesson.lesson import Lesson
from classroom.registry.facts import Role
from signaling.guests import MAX_ASSISTANTS, Guest, Guests
from signaling.messages import AnyServerMessage, Replaced


class Page:
    def __init__(self) -> None:
        self.told: list[AnyServerMessage] = []

    def send(self, message: AnyServerMessage) -> None:
        self.told.append(message)


@pytest.fixture
def lesson() -> Lesson:
    scheduled = state.schedule(
        None,
        datetime(2019, 5, 14, 1, 0, tzinfo=UTC),
        by="cli",
        lesson_id="l1",
        supporter="s1",
        subject="语",
        periods=(),
        pairs=(),
        plans=(
            SeatPlan(seat="teacher", school="s1", classroom="u1", role="host", class_id="c1"),
            SeatPlan(seat="r1", school="s2", classroom="r1", role="rural", class_id="c2"),
        ),
        observers=2,
    )
    lesson = state.fold(scheduled)
    assert lesson is not None
    return lesson


def guest(role: Role, seat: str | None, device: str = "d1", holder: str = "h1") -> Guest:
    return Guest(lesson="l1", role=role, seat=seat, holder=holder, device=Page(), device_id=device)


def was_replaced(guest: Guest) -> bool:
    assert isinstance(guest.device, Page)
    return guest.device.told == [Replaced()]


def test_the_newest_main_device_of_a_seat_wins(lesson: Lesson) -> None:
    guests = Guests()
    teacher, old, new = guest("teacher", "teacher"), guest("classroom", "r1"), guest("classroom", "r1")
    for one in (teacher, old, new):
        guests.add(one, lesson)
    assert [was_replaced(one) for one in (teacher, old, new)] == [False, True, False]
    assert guests.main() == [teacher, new] and guests.attended() == {"teacher", "r1"}
    guests.remove(old)
    guests.remove(new)
    assert guests.attended() == {"teacher"}


def test_so_many_phones_and_the_oldest_gives_way(lesson: Lesson) -> None:
    guests = Guests()
    phones = [guest("assistant", "r1", f"p{i}") for i in range(MAX_ASSISTANTS + 1)]
    for phone in phones:
        guests.add(phone, lesson)
    assert [was_replaced(phone) for phone in phones] == [True] + [False] * MAX_ASSISTANTS
    assert guests.attended() == set()


def test_the_teachers_seat_is_one_persons_while_it_is_taken(lesson: Lesson) -> None:
    guests = Guests()
    first = guest("teacher", "teacher", holder="h1")
    guests.hold("h1")
    guests.add(first, lesson)
    with pytest.raises(LessonError, match="seat_taken"):
        guests.add(guest("teacher", "teacher", holder="h2"), lesson)
    guests.check("teacher", "h1", lesson)
    guests.remove(first)
    guests.check("teacher", "h2", lesson)


def test_observers_have_a_number(lesson: Lesson) -> None:
    guests = Guests()
    for _ in range(2):
        guests.add(guest("observer", None), lesson)
    with pytest.raises(LessonError, match="observers_full"):
        guests.add(guest("observer", None), lesson)
    assert len(guests.all()) == 2 == len(guests.all(teacher=False)) and guests.all(teacher=True) == []
