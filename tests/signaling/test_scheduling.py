"""Making a lesson out of names, with nothing but the store."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from classroom.lesson.errors import LessonError
from classroom.lesson.events import ConsentNoted, LessonScheduled
from classroom.lesson.state import fold
from classroom.registry.changes import Wanted, record
from classroom.registry.facts import is_active, is_usable
from classroom.store.audit import MACHINE
from classroom.store.ids import new_id
from classroom.store.registry import By
from classroom.store.store import Store
from signaling.problem import Problem
from signaling.scheduling import LessonRequest, RecipientRequest, ScheduledLesson, schedule_lesson

AT = datetime(2019, 5, 14, 1, 0, 42, 500, tzinfo=UTC)
ROOM = RecipientRequest(school="檀溪中小", classroom="同步教室", class_name="四（1）班", class_size=23)


@pytest.fixture
async def store(database: str) -> AsyncIterator[Store]:
    store = await Store.open(database)
    yield store
    await store.close()


async def make(store: Store, recipients: list[RecipientRequest] | None = None, **more: Any) -> ScheduledLesson:
    how: dict[str, Any] = {"by": more.pop("by", "cli")}
    how |= {key: more.pop(key) for key in ("base_url", "holder", "new_pairs") if key in more}
    request = LessonRequest(
        **{"class_name": "四（2）班", "class_size": 42, "subject": "语", "minutes": 40, **more},
        recipients=recipients or [ROOM],
    )
    return await schedule_lesson(store, request, supporter="实验小学", at=AT, new_id=new_id, **how)


async def first_event(store: Store, made: ScheduledLesson) -> LessonScheduled:
    event = (await store.journal.events(made.lesson))[0]
    assert isinstance(event, LessonScheduled)
    return event


async def test_a_lesson_is_made_of_names(store: Store) -> None:
    made = await make(store, base_url="https://school.example")
    event = await first_event(store, made)
    host, rural = event.seats
    assert (host.seat, host.students, rural.students, rural.seat) == ("teacher", 42, 23, made.seats[0].seat)
    [period] = event.periods
    assert (period.start, period.end) == (AT.replace(second=0, microsecond=0), datetime(2019, 5, 14, 1, 40, tzinfo=UTC))
    book = await store.registry.book()
    [pair] = [book.pairs[pair] for pair in event.pairs]
    assert is_active(pair, AT.date()) and book.schools[pair.recipient or ""].name == "檀溪中小"
    assert await store.journal.broken_at(made.lesson) is None
    listed = await store.lessons.get(made.lesson)
    assert listed is not None and [seat.classroom for seat in listed.seats] == ["主讲教室", "同步教室"]


async def test_the_answer_has_the_agreed_shape(store: Store) -> None:
    made = await make(store, base_url="https://x")
    seat = made.seats[0]
    shape = msgspec.to_builtins(made)
    assert list(shape) == ["lesson", "teacher", "seats", "observer", "missing_consent"]
    assert list(shape["teacher"]) == ["page", "whip", "token"]
    assert list(shape["seats"][0]) == ["seat", "school", "page", "code", "whip", "whep", "token"]
    assert list(shape["observer"]) == ["page", "whep", "token"]
    assert made.teacher.page == f"https://x/teach/{made.lesson}#{made.teacher.token}"
    assert made.teacher.whip == f"https://x/whip/{made.lesson}/teacher/camera"
    assert (
        seat.page == f"https://x/join/{seat.token}" and seat.whip == f"https://x/whip/{made.lesson}/{seat.seat}/camera"
    )
    assert seat.whep == made.observer.whep == f"https://x/whep/{made.lesson}/teacher/camera"
    assert made.observer.page == f"https://x/observe/{made.observer.token}"


async def test_every_link_is_for_this_lesson_and_dies_a_day_after_it(store: Store) -> None:
    made = await make(store, holder="holder000001")
    found = [
        await store.links.resolve(token) for token in (made.teacher.token, made.seats[0].token, made.observer.token)
    ]
    assert [(link and link.role, link and link.seat) for link in found] == [
        ("teacher", "teacher"),
        ("classroom", made.seats[0].seat),
        ("observer", None),
    ]
    for link in found:
        assert link is not None and link.lesson == made.lesson
        assert is_usable(link, AT + timedelta(hours=24)) and not is_usable(link, AT + timedelta(hours=25))
    assert found[0] is not None and found[0].holder == "holder000001"


async def test_without_minutes_a_lesson_is_unplanned(store: Store) -> None:
    assert (await first_event(store, await make(store, minutes=None))).periods == ()


async def test_a_lesson_may_be_planned_ahead_and_its_day_is_local(store: Store) -> None:
    start = datetime(2019, 5, 14, 23, 30, tzinfo=UTC)
    made = await make(store, start=start)
    event = await first_event(store, made)
    assert event.periods[0].start == start
    book = await store.registry.book()
    assert book.pairs[event.pairs[0]].statuses[0].since.isoformat() == "2019-05-15"


async def test_rooms_and_classes_of_the_registry_are_taken_by_id(store: Store) -> None:
    first = await first_event(store, await make(store))
    made = await make(
        store,
        [RecipientRequest(classroom_id=first.seats[1].seat, class_name="四（1）班")],
        class_id=first.seats[0].class_id,
        class_name="随便",
        class_size=None,
    )
    event = await first_event(store, made)
    assert [seat.class_id for seat in event.seats] == [seat.class_id for seat in first.seats]
    assert [seat.students for seat in event.seats] == [42, 23] and event.pairs == first.pairs


@pytest.mark.parametrize(
    ("recipients", "more", "code"),
    [
        ([RecipientRequest(classroom_id="aaaaaaaaaaaa")], {}, "classroom_unknown"),
        ([RecipientRequest(class_name="四（1）班")], {}, "classroom_unknown"),
        ([ROOM], {"class_id": "aaaaaaaaaaaa"}, "class_unknown"),
        ([ROOM, ROOM], {}, "bad_schedule"),
        ([ROOM], {"start": AT + timedelta(days=401)}, "bad_schedule"),
        ([ROOM, RecipientRequest(school="实验小学")], {}, "same_school"),
        ([ROOM], {"subject": "围棋"}, "subject_unknown"),
    ],
)
async def test_what_cannot_be_held_is_refused(
    recipients: list[RecipientRequest], more: dict[str, Any], code: str, store: Store
) -> None:
    with pytest.raises(LessonError, match=code):
        await make(store, recipients, **more)
    book = await store.registry.book()
    assert not (book.schools or book.classrooms or book.classes or book.pairs)
    assert await store.lessons.not_ended() == []


async def test_only_a_teacher_makes_lessons(store: Store) -> None:
    with pytest.raises(LessonError, match="forbidden"):
        await make(store, by="classroom")
    assert await store.lessons.not_ended() == []


async def test_the_same_room_by_id_and_by_name_is_one_room(store: Store) -> None:
    first = await first_event(store, await make(store))
    with pytest.raises(LessonError, match="bad_schedule"):
        await make(store, [ROOM, RecipientRequest(classroom_id=first.seats[1].seat)])


@pytest.mark.parametrize(
    ("said", "box"),
    [("语文", "语"), ("道德与法治", "品德"), ("信息科技", "信息技术"), (" 劳动 ", "劳技"), ("其他", "其他")],
)
async def test_a_subjects_full_name_goes_into_its_box(store: Store, said: str, box: str) -> None:
    assert (await first_event(store, await make(store, subject=said))).subject == box


async def test_two_rooms_of_one_school_are_one_pair(store: Store) -> None:
    other = msgspec.structs.replace(ROOM, classroom="录播室", class_name="四（2）班")
    event = await first_event(store, await make(store, [ROOM, other]))
    assert len(event.pairs) == 1 and len(event.seats) == 3


async def test_a_new_pair_may_be_left_pending(store: Store) -> None:
    await store.registry.school("檀溪中小")
    event = await first_event(store, await make(store, new_pairs="待定"))
    assert not is_active((await store.registry.book()).pairs[event.pairs[0]], AT.date())


async def test_a_mistyped_school_is_not_made_of_a_teachers_lesson(store: Store) -> None:
    await store.registry.school("檀溪中小")
    slip = msgspec.structs.replace(ROOM, school="檀西中小")
    with pytest.raises(Problem) as refused:
        await make(store, [slip], new_pairs="待定")
    assert (refused.value.code, refused.value.status) == ("school_not_found", 400)
    assert refused.value.zh == "名册里没有“檀西中小”这所学校；您是不是要找：檀溪中小"
    assert [school.name for school in (await store.registry.book()).schools.values()] == ["檀溪中小"]


async def test_another_name_of_the_own_school_is_the_own_school(store: Store) -> None:
    own = await store.registry.school("实验小学")
    wanted = Wanted(
        subject="school", id=own.id, field="aliases", since=AT.date(), value=["浙江省浦江县实验小学"], is_checked=False
    )
    await store.registry.change(lambda book: record(book, new_id, wanted, AT), By(MACHINE, AT))
    with pytest.raises(LessonError, match="same_school"):
        await make(store, [msgspec.structs.replace(ROOM, school="浙江省浦江县实验小学")])


async def test_consent_on_record_is_consent_to_the_next_lesson(store: Store) -> None:
    made = await make(store, record=True)
    assert not any(isinstance(event, ConsentNoted) for event in await store.journal.events(made.lesson))
    await make(store, record=True, consent_by="王老师")
    lesson = fold(await store.journal.events((await make(store, record=True)).lesson))
    assert lesson is not None and lesson.missing_consent == []
    assert len(await store.consents.of_classes(lesson.consents)) == 2
    other = msgspec.structs.replace(ROOM, class_name="五（1）班")
    lesson = fold(await store.journal.events((await make(store, [other], record=True)).lesson))
    assert lesson is not None and [seat.plan.role for seat in lesson.missing_consent] == ["rural"]


@pytest.mark.parametrize(
    "body",
    [
        {"class_name": "四（2）班", "subject": "语", "recipients": []},
        {"class_name": "", "subject": "语", "recipients": [{"school": "檀溪中小"}]},
        {"class_name": "四", "subject": "语", "recipients": [{"school": "檀溪中小"}], "minutes": 0},
        {"class_name": "四", "subject": "语", "recipients": [{"school": "檀溪中小"}], "start": "2019-05-14T09:00:00"},
        {"class_name": "四", "subject": "语", "recipients": [{"school": "檀溪中小"}] * 5},
        {"class_name": "四", "subject": "语", "recipients": [{"school": "檀\u0000溪"}]},
    ],
)
def test_a_body_outside_the_limits_is_no_request(body: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, LessonRequest)
