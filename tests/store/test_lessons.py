"""Lists of lessons: by day, school and classroom."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from classroom.lesson.events import LessonCancelled, LessonEnded, LessonOpened, LessonScheduled
from classroom.store.store import Store

AT = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)
Planned = Callable[..., Awaitable[LessonScheduled]]


async def three_lessons(store: Store, planned: Planned) -> list[LessonScheduled]:
    """Yesterday's, over; today's, scheduled; tomorrow's, open."""
    lessons = [await planned(store, f"lesson00000{i}", AT + timedelta(days=i - 2)) for i in (1, 2, 3)]
    for first in lessons:
        await store.journal.append([first])
    over, _, on = lessons
    await store.journal.append(
        [
            LessonCancelled(lesson=over.lesson, seq=2, at=over.at, by="teacher"),
            LessonEnded(lesson=over.lesson, seq=3, at=over.at, by="teacher", reason="cancelled"),
        ]
    )
    await store.journal.append([LessonOpened(lesson=on.lesson, seq=2, at=on.at, by="teacher")])
    return lessons


async def test_lessons_are_found_by_time_and_school(store: Store, planned: Planned) -> None:
    lessons = await three_lessons(store, planned)
    village = lessons[0].seats[1].school
    day = timedelta(days=1)
    assert [x.id for x in await store.lessons.between(AT, AT + day)] == ["lesson000002"]
    assert [x.id for x in await store.lessons.between(AT - day, AT + 2 * day, village)] == [x.lesson for x in lessons]
    assert await store.lessons.between(AT - day, AT + 2 * day, "elsewhere") == []
    assert [x.id for x in await store.lessons.not_ended(lessons[0].supporter)] == ["lesson000002", "lesson000003"]
    [over] = await store.lessons.past(AT + 5 * day)
    assert (over.id, over.cancelled, over.end_reason) == ("lesson000001", True, "cancelled")
    assert await store.lessons.past(AT + 5 * day, limit=0) == []


async def test_a_listed_lesson_carries_its_names(store: Store, planned: Planned) -> None:
    [first, *_] = await three_lessons(store, planned)
    listed = await store.lessons.get(first.lesson)
    assert listed is not None and listed.class_name == "四(2)班"
    assert [(seat.role, seat.school, seat.classroom) for seat in listed.seats] == [
        ("host", "实验小学", "录播室"),
        ("rural", "檀溪中小", "同步教室"),
    ]
    assert await store.lessons.get("unknown") is None


async def test_a_classroom_waits_for_the_lesson_that_is_on(store: Store, planned: Planned) -> None:
    lessons = await three_lessons(store, planned)
    room = lessons[0].seats[1].classroom
    found = await store.lessons.next_of(room)
    assert found is not None and (found.id, found.state) == ("lesson000003", "open")
    await store.journal.append([LessonEnded(lesson="lesson000003", seq=3, at=AT, by="teacher", reason="teacher")])
    found = await store.lessons.next_of(room)
    assert found is not None and (found.id, found.state) == ("lesson000002", "scheduled")
    assert await store.lessons.next_of("elsewhere") is None


async def test_a_scheduled_lesson_is_overdue_after_its_planned_end(store: Store, planned: Planned) -> None:
    await three_lessons(store, planned)
    assert await store.lessons.overdue(AT + timedelta(minutes=40)) == []
    assert await store.lessons.overdue(AT + timedelta(minutes=41)) == ["lesson000002"]


async def test_an_ended_lesson_waits_until_the_ledger_has_judged_it(store: Store, planned: Planned) -> None:
    await three_lessons(store, planned)
    assert await store.lessons.unsettled() == ["lesson000001"]
    before = await store.lessons.get("lesson000001")
    await store.lessons.settle("lesson000001")
    assert await store.lessons.unsettled() == []
    after = await store.lessons.get("lesson000001")
    assert before is not None and after is not None and (before.settled, after.settled) == (False, True)
