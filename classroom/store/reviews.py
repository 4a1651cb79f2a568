"""Reviews of lessons (听课评课表): one of each author on each recording, a draft of their own until it is submitted."""

from datetime import datetime
from typing import Final, Literal

import msgspec
from sqlalchemy import delete, func, insert, select, update

from classroom.store.audit import note
from classroom.store.comments import MAX_NAME
from classroom.store.database import Database, fields
from classroom.store.ids import new_id
from classroom.store.registry import By
from classroom.store.schema.reviews import reviews

MAX_REVIEWS: Final = 200
"""On one lesson."""

State = Literal["draft", "submitted"]
Verdict = Literal["good", "rather_good", "fair", "weak"]
"""好、较好、一般、待改进: what is said of one side of the teaching: a word, no score, and never of a pupil."""


class TooManyReviews(Exception):
    """The lesson has all the reviews that it may have."""


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """环节: what was seen in a step of the lesson. `at_s`: where it begins in the recording, if it was noted."""

    title: str
    at_s: float | None = None
    text: str = ""


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """评价项目: one side of the teaching; `verdict` null while nothing is said."""

    name: str
    verdict: Verdict | None = None


class ReviewForm(msgspec.Struct, frozen=True, kw_only=True):
    """All that an author writes: 环节与观察, 评价, 优点与亮点, 改进建议. `meeting`: the 教学诊断 it was made for."""

    steps: tuple[Observed, ...] = ()
    sides: tuple[Side, ...] = ()
    strengths: str = ""
    advice: str = ""
    meeting: str | None = None


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """`author` is as of a comment; the name is as of the last saving. `submitted_at` null: a draft."""

    id: str
    lesson: str
    author: str
    author_name: str
    state: State
    form: ReviewForm
    saved_at: datetime
    submitted_at: datetime | None


class Reviews:
    """The reviews of all lessons."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(
        self, *, lesson: str, author: str, author_name: str, form: ReviewForm, is_submitted: bool, by: By
    ) -> Review:
        """Write an author's review of a lesson, in place of what it was; the log keeps that, not the words.

        Submitting (提交) shows it to everybody who may play the recording; saving as a draft takes it back (撤回).
        Raises TooManyReviews.
        """
        own = (reviews.c.lesson == lesson) & (reviews.c.author == author)
        async with self._database.write() as connection:
            old = (await connection.execute(select(reviews.c.id, reviews.c.state).where(own))).one_or_none()
            count = select(func.count()).select_from(reviews).where(reviews.c.lesson == lesson)
            if old is None and (await connection.scalar(count) or 0) >= MAX_REVIEWS:
                raise TooManyReviews(lesson)
            made = Review(
                id=new_id() if old is None else old.id,
                lesson=lesson,
                author=author,
                author_name=author_name[:MAX_NAME],
                state="submitted" if is_submitted else "draft",
                form=form,
                saved_at=by.at,
                submitted_at=by.at if is_submitted else None,
            )
            values = {**msgspec.structs.asdict(made), "form": msgspec.json.encode(form).decode()}
            await connection.execute(
                insert(reviews).values(values) if old is None else update(reviews).where(own).values(values)
            )
            was = "draft" if old is None else old.state
            action = _ACTIONS[was, made.state]
            await note(connection, by.actor, action, f"lesson:{lesson}", by.at, {"review": made.id})
        return made

    async def of_lesson(self, lesson: str, author: str) -> list[Review]:
        """The submitted ones, the earliest first, and the author's own in whatever state."""
        shown = (reviews.c.state == "submitted") | (reviews.c.author == author)
        order = (reviews.c.submitted_at, reviews.c.id)
        async with self._database.read() as connection:
            found = await connection.execute(select(reviews).where(reviews.c.lesson == lesson, shown).order_by(*order))
            return [
                msgspec.convert({**fields(row), "form": msgspec.json.decode(row["form"])}, Review)
                for row in found.mappings()
            ]

    async def remove(self, lesson: str, review: str, author: str | None, by: By) -> bool:
        """Delete one; False when there is no such review of this author (None: a submitted one of anybody)."""
        which = (reviews.c.id == review) & (reviews.c.lesson == lesson)
        which &= reviews.c.state == "submitted" if author is None else reviews.c.author == author
        async with self._database.write() as connection:
            if not (await connection.execute(delete(reviews).where(which))).rowcount:
                return False
            await note(connection, by.actor, "review.removed", f"lesson:{lesson}", by.at, {"review": review})
        return True


_ACTIONS: Final = {
    ("draft", "draft"): "review.saved",
    ("draft", "submitted"): "review.submitted",
    ("submitted", "submitted"): "review.submitted",
    ("submitted", "draft"): "review.taken_back",
}
"""(before, after) → what the log says."""
