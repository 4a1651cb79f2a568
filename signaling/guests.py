"""Who is attached to a lesson by WebSocket, and who gives way to whom."""

from dataclasses import dataclass
from typing import Final, Protocol

from classroom.lesson.errors import LessonError
from classroom.lesson.events import HOST_SEAT
from classroom.lesson.lesson import Lesson
from classroom.registry.facts import Role
from signaling.commands import actor
from signaling.messages import AnyServerMessage, IceServer, Replaced

MAX_ASSISTANTS: Final = 4
"""Phones of co-teachers in one classroom; the oldest gives way."""


class Device(Protocol):
    """A page's socket. After Replaced the server sends it nothing more."""

    def send(self, message: AnyServerMessage) -> None:
        """Queues a message. Never blocks, never raises; a device too slow for its queue is closed by its owner."""

    def offer(self, message: AnyServerMessage) -> None:
        """Queues what the device can do without, or drops it while its queue is long. Never blocks, never raises."""


@dataclass(eq=False, slots=True)
class Guest:
    """A device in a lesson. `seat` is None for an observer; `holder` says whose `link` it came by."""

    lesson: str
    role: Role
    seat: str | None
    holder: str
    device: Device
    device_id: str
    link: str = ""
    ice_servers: tuple[IceServer, ...] = ()

    @property
    def by(self) -> str:
        """Who its commands are by."""
        return actor(self.role, self.seat)

    @property
    def is_main(self) -> bool:
        """Whether it is what the seat stands on: of these there is one a seat."""
        return self.role in ("teacher", "classroom")


class Guests:
    """The devices of one lesson."""

    def __init__(self) -> None:
        self._guests: list[Guest] = []
        self._holder: str | None = None

    def add(self, guest: Guest, lesson: Lesson) -> None:
        """Lets a guest in; the device it replaces is told. Raises LessonError: seat_taken, observers_full."""
        self.check(guest.role, guest.holder, lesson)
        for other in self._giving_way(guest):
            self._guests.remove(other)
            other.device.send(Replaced())
        self._guests.append(guest)

    def check(self, role: Role, holder: str, lesson: Lesson) -> None:
        """Whether somebody of this role may come in now. Raises LessonError: seat_taken, observers_full."""
        if role == "teacher" and self._holder not in (None, holder) and self._has_teacher(lesson):
            raise LessonError("seat_taken")
        if role == "observer" and sum(guest.role == "observer" for guest in self._guests) >= lesson.observers:
            raise LessonError("observers_full")

    def hold(self, holder: str) -> None:
        """The teacher's seat is this holder's from now on, by page or by media alone."""
        self._holder = holder

    def remove(self, guest: Guest) -> None:
        """The guest's socket is closed. One that was replaced is gone already."""
        if guest in self._guests:
            self._guests.remove(guest)

    def all(self, *, teacher: bool | None = None) -> list[Guest]:
        """Everybody, or only those with (without) the teacher's eyes."""
        return [guest for guest in self._guests if teacher is None or (guest.role == "teacher") == teacher]

    def main(self) -> list[Guest]:
        """Those whom seats stand on."""
        return [guest for guest in self._guests if guest.is_main]

    def attended(self) -> set[str]:
        """The seats whose main device has its socket open."""
        return {guest.seat for guest in self.main() if guest.seat is not None}

    def _has_teacher(self, lesson: Lesson) -> bool:
        return lesson.seats[HOST_SEAT].present or HOST_SEAT in self.attended()

    def _giving_way(self, guest: Guest) -> list[Guest]:
        if guest.is_main:
            return [other for other in self.main() if other.seat == guest.seat]
        if guest.role == "assistant":
            phones = [other for other in self._guests if other.role == "assistant" and other.seat == guest.seat]
            same = [other for other in phones if other.device_id == guest.device_id]
            return same or phones[: max(0, len(phones) - MAX_ASSISTANTS + 1)]
        return []
