"""Consents, seals, publications and the terms of recordings: rows that only go the allowed way, each step logged."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest

from classroom.keeping.errors import KeepingError
from classroom.keeping.publication import approve, refuse, withdraw
from classroom.lesson.events import LessonEnded, LessonScheduled
from classroom.registry.facts import Consent
from classroom.store.audit import MACHINE
from classroom.store.chat import ChatLine
from classroom.store.recordings import FileSum
from classroom.store.registry import By
from classroom.store.store import Store

AT = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)
DAY = date(2019, 5, 14)
BY = By(MACHINE, AT)
Planned = Callable[..., Awaitable[LessonScheduled]]


@pytest.fixture
async def first(store: Store, planned: Planned) -> LessonScheduled:
    made = await planned(store)
    await store.journal.append([made])
    await store.recordings.enter({made.lesson: DAY}, {}, BY)
    return made


def entry(class_id: str, **more: object) -> Consent:
    told = {"id": f"e{len(more)}", "class_id": class_id, "noted_by": "王老师", "at": AT, "given_on": DAY, **more}
    return Consent(**told)  # type: ignore[arg-type]


async def said(store: Store, subject: str) -> set[str]:
    return {one.action for one in await store.audit.entries(subject=subject)}


async def test_a_consent_is_noted_and_withdrawn(store: Store, first: LessonScheduled) -> None:
    ids = [seat.class_id for seat in first.seats]
    await store.consents.note(ids, "王老师", AT, DAY)
    assert await store.consents.standings(ids, "recording", DAY) == dict.fromkeys(ids, "good")
    [held] = (await store.consents.of_classes(ids[:1]))[ids[0]]
    assert (held.noted_by, held.until) == ("王老师", date(2019, 8, 31))
    assert await store.consents.withdraw(ids[0], "recording", "家长要求", BY)
    assert not await store.consents.withdraw(ids[0], "recording", "家长要求", BY)
    assert await store.consents.standings(ids, "recording", DAY) == {ids[0]: "withdrawn", ids[1]: "good"}
    entries = await store.audit.entries(subject=f"class:{ids[0]}")
    assert "王老师" not in repr(entries) and "家长要求" not in repr(entries)


async def test_a_withdrawal_seals_recordings_and_ends_their_publication(store: Store, first: LessonScheduled) -> None:
    ids = [seat.class_id for seat in first.seats]
    await store.consents.note(ids, "王老师", AT, DAY)
    made = await store.publications.ask(first.lesson, True, "展示课", BY)
    for side in ("school", "bureau"):
        made = await store.publications.change(made.id, partial(approve, side=side, at=AT, consented=True), BY)  # type: ignore[arg-type]
    given = await store.publications.approved(first.lesson)
    assert given is not None and given.pupils and given.publication == made.id
    await store.consents.withdraw(ids[1], "recording", "家长要求", BY)
    assert await store.publications.approved(first.lesson) is None
    kept = await store.recordings.get(first.lesson)
    assert kept is not None and kept.sealed_by == (ids[1],) and not kept.published
    assert {"recording.sealed", "publication.withdrawn"} <= await said(store, f"lesson:{first.lesson}")
    await store.consents.register(entry(ids[1], id="again"), BY)
    again = await store.recordings.get(first.lesson)
    assert again is not None and again.sealed_by == ()


async def test_asking_twice_is_asking_once_and_a_refusal_lets_one_ask_again(
    store: Store, first: LessonScheduled
) -> None:
    asked = await store.publications.ask(first.lesson, False, "展示课", BY)
    assert await store.publications.ask(first.lesson, False, "又一次", BY) == asked
    await store.publications.change(asked.id, partial(refuse, side="school", at=AT, word="不合适"), BY)
    assert (await store.publications.ask(first.lesson, False, "再一次", BY)).id != asked.id
    with pytest.raises(KeepingError, match="publication_unknown"):
        await store.publications.change("nothing", partial(refuse, side="school", at=AT, word=""), BY)


async def test_nothing_is_published_of_what_is_erased(store: Store, first: LessonScheduled) -> None:
    made = await store.publications.ask(first.lesson, False, "展示课", BY)
    await store.publications.change(made.id, partial(approve, side="school", at=AT, consented=False), BY)
    assert (await store.publications.approvals([first.lesson, "other"])).keys() == {first.lesson}
    await store.recordings.erasing(first.lesson, "decision", "家长要求", BY)
    assert await store.publications.approved(first.lesson) is None


async def test_a_hold_stands_against_erasing(store: Store, first: LessonScheduled) -> None:
    await store.recordings.hold(first.lesson, "案件调查", BY)
    with pytest.raises(KeepingError, match="recording_held"):
        await store.recordings.erasing(first.lesson, "retention", None, BY)
    await store.recordings.release(first.lesson, BY)
    await store.recordings.erasing(first.lesson, "retention", None, BY)
    with pytest.raises(KeepingError, match="recording_erased"):
        await store.recordings.hold(first.lesson, "晚了", BY)
    await store.recordings.erased(first.lesson, BY)
    kept = await store.recordings.get(first.lesson)
    assert kept is not None and (kept.state, kept.rule, kept.erased_at) == ("erased", "retention", AT)
    held = {"recording.held", "recording.released", "recording.erasing", "recording.erased"}
    assert held <= await said(store, f"lesson:{first.lesson}")


async def test_an_extension_is_asked_for_and_granted_once(store: Store, first: LessonScheduled) -> None:
    with pytest.raises(KeepingError, match="extension_decided"):
        await store.recordings.decide_extension(first.lesson, None, BY)
    await store.recordings.ask_extension(first.lesson, "公开课", BY)
    assert (await store.recordings.counts())["waiting"] == 1
    with pytest.raises(KeepingError, match="extension_asked"):
        await store.recordings.ask_extension(first.lesson, "再等等", By(MACHINE, AT + timedelta(days=29)))
    await store.recordings.decide_extension(first.lesson, date(2020, 1, 1), BY)
    kept = await store.recordings.get(first.lesson)
    assert kept is not None and (kept.extension, kept.until, kept.asked_at) == ("granted", date(2020, 1, 1), None)
    assert (await store.recordings.counts())["waiting"] == 0
    await store.recordings.ask_extension(first.lesson, "又一年", BY)
    await store.recordings.decide_extension(first.lesson, None, BY)
    with pytest.raises(KeepingError, match="extension_asked"):
        await store.recordings.ask_extension(first.lesson, "还要", BY)


async def test_what_was_written_in_a_lesson_goes_with_its_recording_or_when_its_time_is_over(
    store: Store, planned: Planned, first: LessonScheduled
) -> None:
    unrecorded = await planned(store, "lesson000002")
    at = {"lesson": unrecorded.lesson, "at": AT, "by": "teacher"}
    await store.journal.append([unrecorded, LessonEnded(seq=2, reason="teacher", **at)])  # type: ignore[arg-type]
    for lesson in (first.lesson, unrecorded.lesson):
        line = {"id": f"line{lesson[4:]}", "lesson": lesson, "role": "classroom", "seat": "r1", "to_seat": None}
        await store.chat.add(ChatLine(**line, text="听得清", said_at=AT))  # type: ignore[arg-type]
        await store.quizzes.say(lesson, "quiz00000001", 0, "r1", "高兴", BY)

    async def written(lesson: str) -> int:
        return len(await store.chat.latest(lesson, 9, private_of=())) + len(await store.quizzes.texts(lesson))

    await store.recordings.erasing(first.lesson, "retention", None, BY)
    await store.recordings.erased(first.lesson, BY)
    assert (await written(first.lesson), await written(unrecorded.lesson)) == (0, 2)
    assert await store.recordings.erase_unrecorded(AT, BY) == 0, "not over for so long"
    assert await store.recordings.erase_unrecorded(AT + timedelta(seconds=1), BY) == 1
    assert await written(unrecorded.lesson) == 0
    assert "lesson.words_erased" in await said(store, f"lesson:{unrecorded.lesson}")


async def test_what_was_published_is_announced_anew(store: Store, first: LessonScheduled) -> None:
    await store.recordings.warn(first.lesson, DAY, AT)
    made = await store.publications.ask(first.lesson, False, "展示课", BY)
    await store.publications.change(made.id, partial(approve, side="school", at=AT, consented=False), BY)
    await store.publications.change(made.id, partial(withdraw, at=AT, word="展示结束"), BY)
    kept = await store.recordings.get(first.lesson)
    assert kept is not None and kept.warned_on is None and not kept.published


async def test_sums_are_kept_and_faults_are_found_and_mended(store: Store, first: LessonScheduled) -> None:
    assert await store.recordings.to_sum() == [first.lesson]
    files = [FileSum(name=name, bytes=5_000_000_000, sha256="0" * 64) for name in ("a.webm", "b.webm")]
    await store.recordings.summed(first.lesson, files, AT)
    assert await store.recordings.to_sum() == [] and await store.recordings.to_check(AT, 10) == []
    assert await store.recordings.to_check(AT + timedelta(days=7), 10) == [first.lesson]
    await store.recordings.checked(first.lesson, {"a.webm": "changed", "b.webm": "missing"}, AT)
    kept = await store.recordings.get(first.lesson)
    assert kept is not None and (kept.fault, kept.bytes) == ("missing", 10_000_000_000)
    assert [one.fault for one in await store.recordings.files(first.lesson)] == ["changed", "missing"]
    assert [one.lesson for one in await store.recordings.page(which="faulty")] == [first.lesson]
    await store.recordings.checked(first.lesson, {}, AT)
    assert await store.recordings.page(which="faulty") == []
    assert {"recording.damaged", "recording.mended"} <= await said(store, f"lesson:{first.lesson}")


async def test_a_page_goes_on_behind_the_one_before_and_keeps_to_a_school(
    store: Store, first: LessonScheduled, planned: Planned
) -> None:
    second = await planned(store, "lesson000002", AT + timedelta(days=1))
    await store.journal.append([second])
    await store.recordings.enter({second.lesson: DAY + timedelta(days=1), first.lesson: DAY}, {}, BY)
    [latest] = await store.recordings.page(limit=1)
    assert latest.lesson == second.lesson
    [other] = await store.recordings.page(after=(latest.ended_on, latest.lesson), limit=5)
    assert other.lesson == first.lesson
    assert len(await store.recordings.page(school=first.supporter)) == 2
    assert await store.recordings.page(school="elsewhere") == []
