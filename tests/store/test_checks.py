"""Checks before class: kept with their line of the log, the latest first, so many of a link in a day."""

from datetime import UTC, datetime, timedelta

from classroom.registry.check import Measured, judge
from classroom.registry.standard import SHIPPED
from classroom.store.audit import MACHINE, Actor
from classroom.store.checks import MAX_A_DAY, KeptCheck
from classroom.store.registry import By
from classroom.store.store import Store

AT = datetime(2026, 10, 21, 0, 10, tzinfo=UTC)
ROOM, TEACHER = Actor("link", "linkofaroom1"), Actor("link", "linkofteach1")
MEASURED = Measured(camera="ok", width=1280, height=720, fps=25.0, microphone="ok", voice_db=-20.5, up_kbps=4100)


async def keep(store: Store, school: str, classroom: str | None, at: datetime, actor: Actor = ROOM) -> KeptCheck | None:
    judged = judge(MEASURED, SHIPPED)
    return await store.checks.keep(
        school=school, classroom=classroom, standard=0, measured=MEASURED, judged=judged, by=By(actor, at)
    )


async def test_what_a_room_measured_comes_back_as_it_was_with_its_line_of_the_log(store: Store) -> None:
    village = await store.registry.school("檀溪中小", by=By(MACHINE, AT))
    city = await store.registry.school("实验小学", by=By(MACHINE, AT))
    room = await store.registry.classroom(village.id, "一号教室", by=By(MACHINE, AT))
    assert await store.checks.latest(room.id) is None
    first = await keep(store, village.id, room.id, AT)
    second = await keep(store, village.id, room.id, AT + timedelta(minutes=5))
    own = await keep(store, city.id, None, AT + timedelta(minutes=6), TEACHER)
    assert first is not None and second is not None and own is not None
    assert await store.checks.latest(room.id) == second
    assert second.measured == MEASURED and second.findings == judge(MEASURED, SHIPPED).findings
    assert await store.checks.page() == [own, second, first]
    assert await store.checks.page(school=village.id, limit=1) == [second]
    assert await store.checks.page(school=village.id, after=(second.at, second.id)) == [first]
    [row, *_] = await store.audit.entries(limit=1)
    assert (row.action, row.actor, row.subject) == ("check.kept", TEACHER.id, f"check:{own.id}")


async def test_a_link_has_so_many_in_a_day_and_others_theirs(store: Store) -> None:
    village = await store.registry.school("檀溪中小", by=By(MACHINE, AT))
    made = [await keep(store, village.id, None, AT + timedelta(minutes=n)) for n in range(MAX_A_DAY)]
    assert all(made)
    assert await keep(store, village.id, None, AT + timedelta(hours=1)) is None
    assert await keep(store, village.id, None, AT + timedelta(hours=1), TEACHER) is not None
    assert await keep(store, village.id, None, AT + timedelta(hours=25)) is not None
