"""Reviews: one of each author on a lesson, a draft nobody else reads, gone with the recording."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from classroom.store import reviews as module
from classroom.store.registry import By
from classroom.store.reviews import Observed, Review, ReviewForm, Side, TooManyReviews
from classroom.store.store import Store
from tests.store.test_comments import AT, LI, WANG, lesson

__all__ = ["lesson"]
FORM = ReviewForm(
    steps=(Observed(title="导入", at_s=12.0, text="情境自然"), Observed(title="练习")),
    sides=(Side(name="城乡互动", verdict="good"), Side(name="教学效果")),
    strengths="两校轮流发言",
)


async def save(store: Store, lesson: str, by: Any = WANG, form: ReviewForm = FORM, submit: bool = False) -> Review:
    at = datetime.now(UTC)
    made = By(by, at)
    return await store.reviews.save(
        lesson=lesson, author=by.id, author_name="王老师", form=form, is_submitted=submit, by=made
    )


async def test_a_draft_is_its_authors_alone_until_it_is_submitted(store: Store, lesson: str) -> None:
    made = await save(store, lesson)
    assert await store.reviews.of_lesson(lesson, LI.id) == []
    assert [(one.form, one.state) for one in await store.reviews.of_lesson(lesson, WANG.id)] == [(FORM, "draft")]
    advice = msgspec.structs.replace(FORM, advice="多问乡村学生")
    assert (await save(store, lesson, form=advice, submit=True)).id == made.id
    [seen] = await store.reviews.of_lesson(lesson, LI.id)
    assert (seen.form, seen.state, seen.submitted_at) == (advice, "submitted", seen.saved_at)
    await save(store, lesson)
    assert await store.reviews.of_lesson(lesson, LI.id) == []
    rows = await store.audit.entries(action="review.")
    assert [row.action for row in rows] == ["review.taken_back", "review.submitted", "review.saved"]
    assert {row.detail["review"] for row in rows} == {made.id} and "情境" not in repr(rows)


async def test_an_officer_deletes_what_was_submitted_and_no_draft(store: Store, lesson: str) -> None:
    made, by = await save(store, lesson), By(LI, AT)
    assert not await store.reviews.remove(lesson, made.id, None, by)
    assert not await store.reviews.remove(lesson, made.id, LI.id, by)
    await save(store, lesson, submit=True)
    assert not await store.reviews.remove("lesson000002", made.id, None, by)
    assert await store.reviews.remove(lesson, made.id, None, by)
    assert await store.reviews.of_lesson(lesson, WANG.id) == []


async def test_they_go_with_the_recording(store: Store, lesson: str) -> None:
    await save(store, lesson, submit=True)
    await save(store, lesson, LI)
    by = By(WANG, AT + timedelta(days=1))
    await store.recordings.enter({lesson: date(2026, 11, 24)}, {}, by)
    await store.recordings.erasing(lesson, "decision", "家长要求", by)
    await store.recordings.erased(lesson, by)
    assert await store.reviews.of_lesson(lesson, WANG.id) == await store.reviews.of_lesson(lesson, LI.id) == []
    [row] = await store.audit.entries(action="recording.erased")
    assert row.detail == {"comments": 0, "reviews": 2}


async def test_a_lesson_takes_no_more_than_its_share(
    store: Store, lesson: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_REVIEWS", 1)
    await save(store, lesson)
    await save(store, lesson)
    with pytest.raises(TooManyReviews):
        await save(store, lesson, LI)
