"""A day on paper: the rooms and pairs that the vectors are about, and a builder that reads like a row of them."""

from datetime import date, datetime, time, timedelta, timezone
from typing import Any

import msgspec
import pytest

from classroom.ledger.activity import Activity
from classroom.ledger.counting import judge
from classroom.ledger.facts import Facts, Lesson, Period, Role, RoomPresence, Seat
from classroom.ledger.intervals import Interval, Intervals, to_ms, union
from classroom.ledger.rules import CountingRules
from classroom.ledger.words import Change, Word, WordKind
from classroom.registry.facts import Pair, StatusChange

SHANGHAI = timezone(timedelta(hours=8))
SINCE_APRIL = (StatusChange(since=date(2019, 4, 1), status="active"),)

P1 = Pair(id="P1", supporter="实验小学", recipient="檀溪中小", statuses=SINCE_APRIL)
P2 = Pair(id="P2", supporter="南苑小学", recipient="礼张完小", statuses=SINCE_APRIL)
P11 = Pair(id="P11", supporter="实验小学", recipient="金口河", statuses=())

SEATS = {
    seat.room: seat
    for seat in (
        Seat(room="U1", school="实验小学", students=42, teachers=1),
        Seat(room="R1", school="檀溪中小", students=23, teachers=1),
        Seat(room="R2", school="檀溪中小", students=21, teachers=1),
        Seat(room="U2", school="南苑小学", students=40, teachers=1),
        Seat(room="R3", school="礼张完小", students=12, teachers=1),
        Seat(room="R9", school="金口河", students=30, teachers=1),
    )
}


class Day:
    """Lessons of one local day and who was connected when; times are "09:00" or "09:00:30", spans "09:00-09:40"."""

    def __init__(self, day: date = date(2019, 5, 14)) -> None:
        self.day = day
        self.lessons: list[Lesson] = []
        self.presence: list[RoomPresence] = []
        self.words: list[Word] = []
        self.pairs = [P1, P2, P11]
        self.rules = CountingRules()

    def at(self, clock: str) -> datetime:
        return datetime.combine(self.day, time.fromisoformat(clock), SHANGHAI)

    def spans(self, *spans: str) -> Intervals:
        edges = (span.split("-") for span in spans)
        return union(Interval(to_ms(self.at(start)), to_ms(self.at(end))) for start, end in edges)

    def lesson(
        self,
        id: str = "L",
        *periods: str,
        rooms: str = "U1 R1",
        pairs: str = "P1",
        subject: str | None = "语",
        **more: Any,
    ) -> None:
        """A planned lesson, 09:00–09:40 unless `periods` say otherwise. The first room teaches."""
        edges = [span.split("-") for span in periods or ("09:00-09:40",)]
        planned = tuple(Period(self.at(start), self.at(end)) for start, end in edges)
        self._add(id, rooms, pairs, periods=planned, subject=subject, **more)

    def unplanned(
        self, id: str = "L", *, rooms: str = "U1 R1", pairs: str = "", subject: str | None = "语", **more: Any
    ) -> None:
        """A lesson that is on no timetable."""
        self._add(id, rooms, pairs, subject=subject, **more)

    def _add(self, id: str, rooms: str, pairs: str, **more: Any) -> None:
        more.setdefault("seats", self.seats(rooms))
        self.lessons.append(Lesson(id=id, host_room=rooms.split()[0], pairs=tuple(pairs.split()), **more))

    def seats(self, rooms: str) -> tuple[Seat, ...]:
        return tuple(SEATS[room] for room in rooms.split())

    def connected(self, room: str, role: Role, *spans: str, lesson: str = "L", view_only: bool = False) -> None:
        connected = self.spans(*spans)
        self.presence.append(
            RoomPresence(
                lesson=lesson,
                room=room,
                role=role,
                interactive=() if view_only else connected,
                view_only=connected if view_only else (),
            )
        )

    def host(self, *spans: str, room: str = "U1", lesson: str = "L", view_only: bool = False) -> None:
        self.connected(room, Role.HOST, *(spans or ("08:58-09:41",)), lesson=lesson, view_only=view_only)

    def rural(self, room: str, *spans: str, lesson: str = "L", view_only: bool = False) -> None:
        """`spans` left out means the whole lesson, 09:00–09:40."""
        self.connected(room, Role.RURAL, *(spans or ("09:00-09:40",)), lesson=lesson, view_only=view_only)

    def confirm(self, activity: str, *, accepted: bool = True, clock: str = "16:00") -> None:
        self._say(activity, WordKind.CONFIRM if accepted else WordKind.REJECT, clock, Change())

    def correct(self, activity: str, *, clock: str = "16:00", **change: Any) -> None:
        self._say(activity, WordKind.CORRECT, clock, Change(**change))

    def _say(self, activity: str, kind: WordKind, clock: str, change: Change) -> None:
        word = Word(
            id=f"word{len(self.words)}",
            activity=activity,
            kind=kind,
            by="officer",
            at=self.at(clock),
            reason="看过课堂记录",
            change=change,
        )
        self.words.append(word)

    def set_rules(self, **changes: bool | int) -> None:
        self.rules = msgspec.structs.replace(self.rules, **changes)

    def activities(self) -> tuple[Activity, ...]:
        facts = Facts(
            lessons=tuple(self.lessons),
            presence=tuple(self.presence),
            pairs=tuple(self.pairs),
            words=tuple(self.words),
        )
        return judge(facts, self.rules)

    def activity(self) -> Activity:
        (only,) = self.activities()
        return only


@pytest.fixture
def day() -> Day:
    """Tuesday 2019-05-14."""
    return Day()


@pytest.fixture(scope="session")
def day_of() -> type[Day]:
    """The builder itself, for another date."""
    return Day
