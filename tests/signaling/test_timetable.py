"""The timetable: on which days a row is a lesson, what is in whose way, and that each lesson is made once."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from classroom.ledger.workdays import SHIPPED
from classroom.lesson import state
from classroom.registry.changes import Wanted, record
from classroom.store.audit import MACHINE
from classroom.store.ids import new_id
from classroom.store.registry import By
from classroom.store.store import Store
from classroom.store.timetable import TimetableRoom, TimetableRow
from signaling.timetable import Claim, Weekly, clashes, days_of
from signaling.timetabler import Timetabler

# A Tuesday, 08:00 in Shanghai.
AT = datetime(2026, 9, 22, 0, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.set = AT

    def now(self) -> float:
        return 0.0

    def at(self) -> datetime:
        return self.set


class Desk:
    """A store with a school that teaches, one that listens, and whoever makes lessons of the timetable."""

    def __init__(self, store: Store) -> None:
        self.store, self.clock = store, Clock()
        self.timetabler = Timetabler(store, self.clock, new_id, self._cancel)

    async def _cancel(self, lesson: str) -> None:
        stored = state.fold(await self.store.journal.events(lesson))
        assert stored is not None
        await self.store.journal.append(state.cancel(stored, self.clock.at(), by="server"))

    async def row(self, **changes: Any) -> TimetableRow:
        own, theirs = [await self.store.registry.school(name) for name in ("实验小学", "檀溪中小")]
        room = await self.store.registry.classroom(theirs.id, "一号教室")
        seated = await self.store.registry.school_class(theirs.id, "四（1）班", 23, AT.date())
        row = TimetableRow(
            id=new_id(),
            school=own.id,
            classroom=(await self.store.registry.classroom(own.id, "录播教室")).id,
            class_id=(await self.store.registry.school_class(own.id, "四（2）班", 42, AT.date())).id,
            teacher=None,
            subject="数",
            weekdays=(2, 4),
            begins_min=8 * 60 + 50,
            minutes=40,
            first=date(2026, 9, 1),
            last=date(2027, 1, 15),
            record=False,
            rooms=(TimetableRoom(classroom=room.id, school=theirs.id, class_id=seated.id),),
            made_at=AT,
        )
        made = msgspec.structs.replace(row, **changes)
        await self.store.timetable.add(made, By(MACHINE, AT))
        return made

    async def days(self, row: TimetableRow) -> list[str]:
        lessons = await self.store.lessons.many(
            [day.lesson for day in await self.store.timetable.days([row.id], AT.date())]
        )
        return [f"{one.start_at + timedelta(hours=8):%m-%d %H:%M} {one.state}" for one in lessons]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    store = await Store.open(f"sqlite:///{tmp_path}/classroom.db")
    yield Desk(store)
    await store.close()


def test_a_weekly_row_rests_on_days_off_and_on_the_days_worked_in_their_place() -> None:
    weekly = Weekly(weekdays=(5, 7), first=date(2026, 9, 18), last=date(2026, 10, 12), begins_min=0, minutes=40)
    # 25 September and 1 to 7 October are off; Sunday 20 September is worked, which a row of Sundays may use.
    assert list(days_of(weekly, date(2026, 9, 1), date(2026, 12, 1), SHIPPED)) == [
        date(2026, 9, 18),
        date(2026, 9, 20),
        date(2026, 10, 9),
    ]


def test_what_takes_the_same_room_class_or_teacher_is_named_with_its_first_time() -> None:
    def claim(id: str, hour: int, **names: str) -> Claim:
        begins = AT.replace(hour=hour)
        return Claim(id=id, names=names, spans=[(begins, begins + timedelta(minutes=40))], what="数学（王老师）")

    mine = claim("mine", 1, r1="一号教室", c1="四（1）班", p1="李老师")
    others = [
        claim("a", 1, r1="一号教室", c1="四（1）班"),
        claim("b", 1, p1="李老师", r9="别的教室"),
        claim("c", 2, r1="一号教室"),
        claim("d", 1, r9="别的教室"),
        claim("mine", 1, r1="一号教室"),
    ]
    assert clashes(mine, others) == [
        "一号教室、四（1）班 9月22日 周二 09:00 已有 数学（王老师）",
        "李老师 9月22日 周二 09:00 已有 数学（王老师）",
    ]


async def test_lessons_are_made_two_weeks_ahead_each_once(desk: Desk) -> None:
    row = await desk.row()
    assert len(await desk.timetabler.go_round()) == 3
    expected = ["09-22 08:50 scheduled", "09-24 08:50 scheduled", "09-29 08:50 scheduled"]
    assert await desk.days(row) == expected
    assert await desk.timetabler.go_round() == []
    desk.clock.set = AT + timedelta(days=9)
    # 1 to 7 October are off.
    assert len(await desk.timetabler.go_round()) == 3
    assert await desk.days(row) == [*expected, *(f"10-{day} 08:50 scheduled" for day in ("08", "13", "15"))]
    codes = await desk.store.links.codes((await desk.store.timetable.days([row.id], AT.date()))[0].lesson)
    assert list(codes) == [row.rooms[0].classroom]


@pytest.mark.parametrize("step", ["reserve", "make", "codes"])
async def test_a_crash_between_any_two_steps_leaves_one_whole_lesson(
    step: str, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await desk.row(weekdays=(2,), last=date(2026, 9, 22))

    async def killed(*_: Any, **__: Any) -> Any:
        raise RuntimeError("kill -9")

    with monkeypatch.context() as cut:
        if step == "reserve":
            cut.setattr("signaling.timetabler.make_lesson", killed)
        elif step == "make":
            cut.setattr(desk.store.links, "assign_codes", killed)
        else:
            cut.setattr(desk.store.timetable, "made", killed)
        assert await desk.timetabler.go_round() == []
    again = Timetabler(desk.store, desk.clock, new_id, desk._cancel)
    [lesson] = await again.go_round()
    assert await desk.days(row) == ["09-22 08:50 scheduled"]
    assert len(await desk.store.links.codes(lesson)) == 1
    assert await again.go_round() == []


async def test_a_row_rests_in_the_holidays_of_either_school(desk: Desk) -> None:
    row = await desk.row(weekdays=(2,))
    for school, first in ((row.school, "2026-09-01"), (row.rooms[0].school, "2026-09-29")):
        wanted = Wanted(
            subject="school",
            id=school,
            field="calendar",
            since=AT.date(),
            value=[{"first": first, "last": "2027-01-15", "name": "第一学期"}],
            is_checked=False,
        )
        await desk.store.registry.change(lambda book, w=wanted: record(book, new_id, w, AT), By(MACHINE, AT))
    await desk.timetabler.go_round()
    assert await desk.days(row) == ["09-29 08:50 scheduled"]


async def test_a_row_that_ends_takes_back_what_nobody_has_begun(desk: Desk) -> None:
    row = await desk.row()
    first, second, third = await desk.timetabler.go_round()
    opened = state.fold(await desk.store.journal.events(first))
    assert opened is not None
    await desk.store.journal.append(state.open_lesson(opened, AT, by="teacher"))
    moved = state.fold(await desk.store.journal.events(second))
    assert moved is not None
    await desk.store.journal.append(
        partial(state.move, by="teacher", start=moved.periods[0].start + timedelta(hours=2))(moved, AT)
    )
    await desk.store.timetable.end(row.id, By(MACHINE, AT + timedelta(minutes=1)))
    desk.clock.set = AT + timedelta(minutes=2)
    assert await desk.timetabler.go_round() == []
    assert [line.split()[-1] for line in await desk.days(row)] == ["open", "ended", "ended"]
    assert third
    assert await desk.store.timetable.current(AT.date()) == []
