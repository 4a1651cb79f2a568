"""Activities: put and dropped with their tallies, refused when stale, read by month, pair and page."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from classroom.ledger.kinds import Kind
from classroom.lesson.events import LessonScheduled
from classroom.store import activities
from classroom.store.activities import ActivityRow, Adjustment, Filter, LightActivity, Overlap, Shared, StaleActivity
from classroom.store.store import Store

Planned = Callable[..., Awaitable[LessonScheduled]]
NINE = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)


@pytest.fixture
async def row(store: Store, planned: Planned) -> ActivityRow:
    """V01, of a lesson that the journal has."""
    lesson = await planned(store)
    await store.journal.append([lesson])
    pair = lesson.pairs[0]
    return ActivityRow(
        id=f"{lesson.lesson}.0.{pair}",
        kind=Kind.SYNC,
        pair=pair,
        lesson=lesson.lesson,
        period=0,
        month="2019-05",
        begins_at=NINE,
        ends_at=NINE + timedelta(minutes=40),
        class_id=lesson.seats[0].class_id,
        state="counted",
        minutes=40,
        participants=67,
        host_participants=43,
        sharers=1,
        is_hand=False,
        subjects=("语",),
        flags=("by_roster",),
        marks=(),
        detail={"rooms": {"r1": 40}},
    )


def named(row: ActivityRow, name: str, **changes: Any) -> ActivityRow:
    return msgspec.structs.replace(row, id=name, **changes)


async def put(store: Store, *rows: ActivityRow, seen: dict[str, int] | None = None) -> list[ActivityRow]:
    async with store.database.write() as connection:
        return await activities.put(connection, rows, seen or {})


async def tallied(store: Store, month: str) -> list[tuple[Kind, int, int, int, tuple[str, ...]]]:
    found = await store.activities.tallies(month)
    return [(one.kind, one.count, one.participants, one.pending, one.subjects) for one in found]


async def test_an_activity_is_put_and_read_back(store: Store, row: ActivityRow) -> None:
    second = named(row, "two", period=1, month="2019-06", state="pending", begins_at=NINE + timedelta(days=30))
    assert await put(store, row, second) == [row, second]
    assert await store.activities.get(row.id) == row and await store.activities.get("none") is None
    assert await store.activities.of_lessons([row.lesson or "", "other"]) == [row, second]
    [light] = await store.activities.of_pair_month(row.pair, "2019-05")
    assert type(light) is LightActivity
    assert {name: getattr(light, name) for name in light.__struct_fields__} == {
        name: getattr(row, name) for name in light.__struct_fields__
    }
    assert await store.activities.page(Filter(month="2019-05")) == [row]


async def test_the_tallies_follow_every_change(store: Store, row: ActivityRow) -> None:
    music = named(row, "two", participants=54, subjects=("音",))
    waiting = named(row, "three", state="pending", participants=0, subjects=("美",))
    viewing = named(row, "four", kind=Kind.DELIVERY, lesson=None, period=None, participants=24, subjects=("科",))
    await put(store, row, music, waiting, viewing)
    assert await tallied(store, "2019-05") == [
        (Kind.DELIVERY, 1, 24, 0, ("科",)),
        (Kind.SYNC, 2, 121, 1, ("语", "音")),
    ]
    moved = msgspec.structs.replace(music, month="2019-06")
    await put(store, moved, seen={"two": 1})
    assert await tallied(store, "2019-05") == [(Kind.DELIVERY, 1, 24, 0, ("科",)), (Kind.SYNC, 1, 67, 1, ("语",))]
    assert await tallied(store, "2019-06") == [(Kind.SYNC, 1, 54, 0, ("音",))]
    between = await store.sums.monthly("2019-05", "2019-06", Kind.SYNC)
    assert between == {row.pair: {"2019-05": (1, 67, 1), "2019-06": (1, 54, 0)}}
    async with store.database.write() as connection:
        await activities.drop(connection, ["two", "four", "none"])
    assert await tallied(store, "2019-06") == []
    assert await tallied(store, "2019-05") == [(Kind.SYNC, 1, 67, 1, ("语",))]


async def test_a_row_that_stays_the_same_keeps_its_version(store: Store, row: ActivityRow) -> None:
    await put(store, row)
    assert await put(store, row, seen={row.id: 1}) == []
    [changed] = await put(store, msgspec.structs.replace(row, participants=63), seen={row.id: 1})
    assert (changed.version, changed.participants) == (2, 63)
    assert await store.activities.get(row.id) == changed


async def test_what_somebody_else_changed_meanwhile_is_not_overwritten(store: Store, row: ActivityRow) -> None:
    await put(store, row)
    await put(store, msgspec.structs.replace(row, participants=63), seen={row.id: 1})
    other = named(row, "two")
    for seen in ({row.id: 1}, {}):
        with pytest.raises(StaleActivity):
            await put(store, other, msgspec.structs.replace(row, participants=60), seen=seen)
    async with store.database.write() as connection:
        await activities.drop(connection, [row.id])
    with pytest.raises(StaleActivity):
        await put(store, row, seen={row.id: 2})
    assert await store.activities.get("two") is None, "nothing is half written"
    assert await tallied(store, "2019-05") == []


async def test_pages_go_on_where_the_last_one_ended(store: Store, row: ActivityRow) -> None:
    rows = [named(row, f"a{i}", begins_at=NINE + timedelta(minutes=i // 2)) for i in range(7)]
    await put(store, *rows)
    found: list[str] = []
    after = None
    while page := await store.activities.page(Filter(month="2019-05"), after=after, limit=3):
        found += [one.id for one in page]
        after = (page[-1].begins_at, page[-1].id)
    assert found == [one.id for one in rows]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["one", "two", "three"]),
        ({"pairs": ()}, []),
        ({"kind": Kind.MASTER}, ["three"]),
        ({"state": "pending"}, ["two"]),
        ({"mark": "late"}, ["two"]),
        ({"mark": "la"}, []),
        ({"start": NINE + timedelta(hours=1)}, ["two", "three"]),
        ({"end": NINE + timedelta(hours=1)}, ["one"]),
    ],
)
async def test_a_list_is_narrowed(store: Store, row: ActivityRow, wanted: dict[str, Any], found: list[str]) -> None:
    later = NINE + timedelta(hours=1)
    await put(
        store,
        named(row, "one"),
        named(row, "two", begins_at=later, state="pending", marks=("late", "short")),
        named(row, "three", begins_at=later + timedelta(hours=1), kind=Kind.MASTER),
    )
    assert [one.id for one in await store.activities.page(Filter(month="2019-05", **wanted))] == found


async def test_a_list_of_everything_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="a month, a lesson"):
        await store.activities.page(Filter(kind=Kind.SYNC))


async def test_what_waits_and_what_bears_a_mark_is_found(store: Store, row: ActivityRow) -> None:
    await put(store, named(row, "one"), named(row, "two", state="pending"), named(row, "three", marks=("day_off",)))
    waiting = await store.activities.page(Filter(month="2019-05", state="pending"))
    assert [one.id for one in waiting] == ["two"]
    assert [one.id for one in await store.activities.marked("2019-05")] == ["three"]
    assert await store.activities.marked("2019-06") == []


async def test_a_lesson_shared_by_two_pairs_is_one_and_its_host_class_once(store: Store, row: ActivityRow) -> None:
    other = await store.registry.school("礼张完小")
    supporter = (await store.registry.book()).pairs[row.pair].supporter
    second = await store.registry.pair(supporter, other.id, NINE.date())
    theirs = named(row, "two", pair=second.id, participants=56, sharers=2)
    await put(store, msgspec.structs.replace(row, sharers=2), theirs, named(row, "three", period=1, sharers=1))
    shared = await store.activities.shared("2019-05")
    assert activities.overlap_of(shared) == {Kind.SYNC: Overlap(1, 43)}
    assert activities.overlap_of(shared, frozenset({row.pair})) == {Kind.SYNC: Overlap(0, 0)}
    assert await store.activities.shared("2019-06") == []


def test_three_pairs_in_one_lesson_are_two_too_many() -> None:
    parts = [Shared(kind=Kind.SYNC, lesson="l", period=0, pair=pair, host_participants=43) for pair in "abc"]
    assert activities.overlap_of(parts) == {Kind.SYNC: Overlap(2, 86)}
    assert activities.overlap_of(parts, frozenset("ab")) == {Kind.SYNC: Overlap(1, 43)}


async def test_adjustments_are_found_by_month_pair_and_activity(store: Store, row: ActivityRow) -> None:
    line = Adjustment(
        id="adjust000001",
        activity=row.id,
        kind=Kind.SYNC,
        pair=row.pair,
        of_month="2019-05",
        into_month="2019-06",
        count=1,
        participants=67,
        subjects=("语",),
        at=NINE,
        word=None,
    )
    back = msgspec.structs.replace(
        line, id="adjust000002", into_month="2019-07", count=0, participants=-4, subjects=(), at=NINE + timedelta(1)
    )
    async with store.database.write() as connection:
        await activities.adjust(connection, [line, back])
        await activities.adjust(connection, [])
    assert await store.activities.adjustments(into_month="2019-06") == [line]
    assert await store.activities.adjustments(pair=row.pair) == [line, back]
    assert await store.activities.adjustments(pair=row.pair, into_month="2019-07") == [back]
    assert await store.activities.adjustments(activity="other") == []
    assert await store.activities.adjusted([row.id, "other"]) == {row.id: (1, 63)}
    with pytest.raises(ValueError, match="of what"):
        await store.activities.adjustments()


async def test_what_lies_around_a_time_is_found(store: Store, row: ActivityRow) -> None:
    await put(store, row)
    end = NINE + timedelta(minutes=40)
    for start, until, found in (
        (NINE - timedelta(minutes=5), NINE, 0),
        (NINE - timedelta(minutes=5), NINE + timedelta(minutes=1), 1),
        (end - timedelta(minutes=1), end + timedelta(hours=1), 1),
        (end, end + timedelta(hours=1), 0),
    ):
        assert len(await store.activities.around(row.pair, start, until, ["2019-05"])) == found


async def test_sums_by_date_leave_the_edges_of_a_work_month_out(store: Store, row: ActivityRow) -> None:
    await put(store, row, named(row, "two", begins_at=NINE + timedelta(days=5)), named(row, "three", state="pending"))
    span = (NINE, NINE + timedelta(days=1))
    assert await store.sums.dated(*span, "2019-05") == {row.pair: {Kind.SYNC: (1, 67)}}
    assert await store.sums.dated(*span, "2019-05", frozenset()) == await store.sums.dated(*span, "2019-06") == {}


async def test_the_months_that_held_a_form_are_known_by_their_counts(store: Store, row: ActivityRow) -> None:
    june = named(row, "two", month="2019-06", begins_at=NINE + timedelta(days=30))
    waiting = named(row, "four", month="2019-07", state="pending")
    await put(store, row, june, named(june, "three"), waiting)
    found = await store.sums.held("2019-04", "2019-07", Kind.SYNC)
    assert {pair: sorted(counts) for pair, counts in found.items()} == {row.pair: [1, 2]}
    assert await store.sums.held("2019-04", "2019-07", Kind.SYNC, frozenset()) == {}
    assert await store.sums.held("2019-07", "2019-07", Kind.SYNC) == {}
