"""An activity with all that stands behind its number: rooms, connections, headcounts, words, 补计, recording."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from classroom.ledger.activity import Activity
from classroom.ledger.intervals import from_ms
from classroom.ledger.months import SHANGHAI
from classroom.lesson.events import HOST_SEAT, HeadcountConfirmed
from classroom.store.activities import ActivityRow
from classroom.store.store import Store
from classroom.store.words import WordRow
from recorder.library import Library
from signaling.activity_views import (
    ActivityDetail,
    ConfirmedView,
    CountedView,
    FileView,
    HandView,
    PlannedView,
    RecordingView,
    WordView,
    adjustment_of,
    attendance_of,
    room_of,
    viewing_of,
    word_of,
)
from signaling.actors import actor_names
from signaling.lesson_list import names_in
from signaling.records import Records, activity_of
from signaling.shown import erased_words
from signaling.verdict_words import verdict_view

_SPEAKERS: Final = {HOST_SEAT: "主讲教师", "cli": "命令行", "server": "系统"}


async def detail_of(
    store: Store, records: Records, library: Library, row: ActivityRow, now: datetime
) -> ActivityDetail:
    """The activity as `GET /activities/{id}` answers. Looking at it looks at no picture, and is not logged."""
    activity = activity_of(row)
    [line] = await records.lines([row], now)
    book = await store.registry.book()
    confirmed = await _confirmed(store, activity)
    said = await store.words.of([row.id])
    hand = await _hand(store, records, row, activity)
    evidence = activity.hand.files if activity.hand is not None else ()
    names = await file_names(store, [*evidence, *(file for one in said for file in one.evidence.files)])
    people = await store.people.names([one.person for one in activity.attendance])
    is_frozen = await store.returns.is_frozen(row.pair, row.month)
    return ActivityDetail(
        **{name: getattr(line, name) for name in line.__struct_fields__},
        planned=_planned(activity),
        zone=_zone(activity),
        low=activity.low,
        title=activity.title,
        training_kind=activity.training.value if activity.training else None,
        attendance=attendance_of(activity, book, people),
        rooms=[room_of(room, book, confirmed.get(room.room, [])) for room in activity.rooms],
        words=await words_of(store, said),
        adjustments=[adjustment_of(one) for one in await store.activities.adjustments(activity=row.id)],
        sources=list(activity.sources),
        files=[FileView(file, names.get(file, file)) for file in evidence],
        link=activity.hand.link if activity.hand else None,
        hand=hand,
        recording=await _recording(store, library, activity.sources),
        viewing=viewing_of(activity.viewing, book) if activity.viewing else None,
        counted_in=CountedView(month=row.month, state="frozen" if is_frozen else "open"),
    )


async def words_of(store: Store, said: Iterable[WordRow]) -> list[WordView]:
    """Words with the names of people and files."""
    rows = list(said)
    actors = [one.actor for one in rows] + [one.decision.actor for one in rows if one.decision is not None]
    named = await actor_names(store, [(actor.kind, actor.id) for actor in actors])
    people = {f"{kind}:{name}": text for (kind, name), text in named.items()}
    files = await file_names(store, [file for one in rows for file in one.evidence.files])
    return [word_of(one, people, files) for one in rows]


async def file_names(store: Store, files: Iterable[str]) -> Mapping[str, str]:
    """File → its name, of those that are there."""
    return {file.id: file.name for file in await store.files.many(list(dict.fromkeys(files)))}


async def _confirmed(store: Store, activity: Activity) -> dict[str, list[ConfirmedView]]:
    """Room → every number of people that was confirmed in it, the oldest first."""
    found: dict[str, list[ConfirmedView]] = {}
    for lesson in activity.sources:
        journal = await store.journal.events(lesson)
        rooms = {seat.seat: seat.classroom for event in journal[:1] for seat in getattr(event, "seats", ())}
        for event in journal:
            if isinstance(event, HeadcountConfirmed):
                view = ConfirmedView(
                    students=event.students,
                    teachers=event.teachers,
                    by=event.by,
                    by_name=_speaker(event.by),
                    at=event.at.astimezone(SHANGHAI),
                )
                found.setdefault(rooms.get(event.seat, event.seat), []).append(view)
    return found


def _speaker(by: str) -> str:
    return _SPEAKERS.get(by) or ("助教" if by.startswith("assistant:") else "听课教室")


async def _hand(store: Store, records: Records, row: ActivityRow, activity: Activity) -> HandView | None:
    if activity.hand is None:
        return None
    entered = await records.entry(row)
    who = (entered.actor.kind, entered.actor.id)
    names = await actor_names(store, [who])
    return HandView(
        by=f"{who[0]}:{who[1]}",
        by_name=names[who],
        at=entered.at.astimezone(SHANGHAI),
        reason=activity.hand.reason,
        class_name=activity.hand.class_name,
        students=activity.hand.students,
        teachers=activity.hand.teachers,
    )


async def _recording(store: Store, library: Library, lessons: Iterable[str]) -> RecordingView | None:
    files, seconds, said, erased = 0, 0.0, [], []
    for lesson in lessons:
        kept = await store.recordings.get(lesson)
        if kept is not None and kept.state != "kept":
            erased.append(erased_words(kept))
            continue
        manifest = await asyncio.to_thread(library.current, lesson)
        for stream in manifest.streams if manifest else ():
            files += len(stream.files)
            seconds = max(seconds, sum(file.seconds for file in stream.files))
        verdict, listed = await asyncio.to_thread(library.verdict, lesson), await store.lessons.get(lesson)
        if verdict is not None and listed is not None:
            said.append(verdict_view(verdict, *names_in(listed)).words)
    if not files and not erased:
        return None
    return RecordingView(files=files, seconds=seconds, verdict=said, erased=erased)


def _planned(activity: Activity) -> PlannedView | None:
    if activity.planned is None:
        return None
    return PlannedView(activity.planned.start_at.astimezone(SHANGHAI), activity.planned.end_at.astimezone(SHANGHAI))


def _zone(activity: Activity) -> PlannedView | None:
    if activity.zone is None:
        return None
    start, end = (from_ms(edge).astimezone(SHANGHAI) for edge in activity.zone)
    return PlannedView(start, end)
