"""`/recordings/{lesson}/reviews`: 听课评课表, a form of each colleague on the teaching of a recorded lesson.

A draft is its author's alone; a submitted one is for everybody who may play the recording. It goes with the recording.
"""

import asyncio
from datetime import timedelta
from typing import Annotated, Any, Final, Literal

import msgspec
from aiohttp import web

from classroom.paper.formats import MEDIA_TYPES, write_sheet
from classroom.paper.review import review_sheet
from classroom.store.lessons import ListedLesson
from classroom.store.reviews import Observed, ReviewForm, Side, TooManyReviews, Verdict
from signaling.api.body import download
from signaling.api.door import Call, Doors, Nothing
from signaling.api.recordings import reached
from signaling.context import STORE
from signaling.playback_views import author_of, removes_any, viewer_of
from signaling.problem import Problem
from signaling.review_views import (
    Meeting,
    ReviewList,
    ReviewView,
    blank_form,
    is_empty,
    meetings_of,
    paper_name,
    review_view,
    reviewed,
)
from signaling.shown import require_shown

DOORS = Doors("reviews")
MEETINGS_BEFORE: Final = timedelta(days=30)
MEETINGS_AFTER: Final = timedelta(days=90)
"""A 教学诊断 looks at a lesson of these days."""
_PATH: Final = "/api/v1/recordings/{lesson}/reviews"
_GONE: Final = ("lesson_unknown", "recording_erased", "recording_sealed")

Words = Annotated[str, msgspec.Meta(max_length=1000)]


class ObservedBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """环节: its name, where it begins in the recording if somebody noted that, what was seen."""

    title: Annotated[str, msgspec.Meta(max_length=40)]
    at_s: Annotated[float, msgspec.Meta(ge=0, le=86_400)] | None = None
    text: Words = ""


class SideBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """评价项目, and the word for it."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=12)]
    verdict: Verdict | None = None


class ReviewBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole form. `meeting`: the 教学诊断 that it is made for; `submit`: 提交, else it is a draft (again)."""

    steps: Annotated[tuple[ObservedBody, ...], msgspec.Meta(max_length=30)] = ()
    sides: Annotated[tuple[SideBody, ...], msgspec.Meta(max_length=12)] = ()
    strengths: Words = ""
    advice: Words = ""
    meeting: Annotated[str, msgspec.Meta(max_length=12)] | None = None
    submit: bool = False


class PaperQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`format`: docx to go on with, pdf to print."""

    format: Literal["docx", "pdf"] = "pdf"


@DOORS.door("GET", _PATH, may="play_recording", answers=ReviewList, refuses=_GONE)
async def listing(call: Call[Nothing, Nothing]) -> ReviewList:
    """The reviews of a lesson that were submitted, the caller's own, and what a new one begins with."""
    store, lesson = call.app[STORE], await _shown(call)
    found = await store.reviews.of_lesson(lesson.id, author_of(call.grant))
    _, policy = await store.policies.current()
    return ReviewList(
        reviews=[review_view(one, call.grant, lesson) for one in found],
        blank=blank_form(await store.plans.get(lesson.id), policy.review_items),
        meetings=await _meetings(call, lesson),
    )


@DOORS.door(
    "PUT",
    f"{_PATH}/own",
    may="comment",
    body=ReviewBody,
    answers=ReviewView,
    refuses=(*_GONE, "review_empty", "meeting_unknown", "too_many_reviews"),
)
async def save(call: Call[Nothing, ReviewBody]) -> ReviewView:
    """Save the caller's own review: as a draft, or submitted, which others can read from then on."""
    lesson, body = await _shown(call), call.body
    form = _form(body)
    if body.submit and is_empty(form):
        raise Problem("review_empty")
    if form.meeting is not None and all(one.lesson != form.meeting for one in await _meetings(call, lesson)):
        raise Problem("meeting_unknown")
    try:
        made = await call.app[STORE].reviews.save(
            lesson=lesson.id,
            author=author_of(call.grant),
            author_name=viewer_of(call.grant, lesson),
            form=form,
            is_submitted=body.submit,
            by=call.by,
        )
    except TooManyReviews:
        raise Problem("too_many_reviews") from None
    return review_view(made, call.grant, lesson)


@DOORS.door("DELETE", f"{_PATH}/{{review}}", may="comment", refuses=("lesson_unknown", "not_found"))
async def remove(call: Call[Nothing, Nothing]) -> None:
    """Delete a review of one's own; an officer of the school that taught, and of the bureau, any submitted one."""
    store, lesson, review = call.app[STORE].reviews, await reached(call), call.path["review"]
    gone = await store.remove(lesson.id, review, author_of(call.grant), call.by)
    if not gone and removes_any(call.grant, lesson):
        gone = await store.remove(lesson.id, review, None, call.by)
    if not gone:
        raise Problem("not_found")


@DOORS.door(
    "GET",
    f"{_PATH}/{{review}}/paper",
    may="play_recording",
    query=PaperQuery,
    media=(MEDIA_TYPES["docx"], MEDIA_TYPES["pdf"]),
    refuses=(*_GONE, "not_found"),
)
async def paper(call: Call[PaperQuery, Nothing]) -> web.Response:
    """听课评课表 on paper. Whoever has it can pass it on: a row in the log."""
    store, lesson, format = call.app[STORE], await _shown(call), call.query.format
    found = await store.reviews.of_lesson(lesson.id, author_of(call.grant))
    one = next((each for each in found if each.id == call.path["review"]), None)
    if one is None:
        raise Problem("not_found")
    meetings = await _meetings(call, lesson) if one.form.meeting else []
    meeting = next((each for each in meetings if each.lesson == one.form.meeting), None)
    sheet = review_sheet(reviewed(one, lesson, await store.plans.title(lesson.id), meeting))
    by, detail = call.by, {"review": one.id, "format": format}
    await store.audit.note(by.actor, "review.printed", f"lesson:{lesson.id}", by.at, detail)
    content = await asyncio.to_thread(write_sheet, sheet, format)
    return download(content, f"{paper_name(one, lesson)}.{format}", MEDIA_TYPES[format])


async def _shown(call: Call[Any, Any]) -> ListedLesson:
    """The lesson of the path. Raises Problem: lesson_unknown, recording_erased, recording_sealed."""
    lesson = await reached(call)
    await require_shown(call.app[STORE], lesson.id, call.grant)
    return lesson


async def _meetings(call: Call[Any, Any], lesson: ListedLesson) -> list[Meeting]:
    """Those of the school that taught; of them a caller of another school is told its own alone."""
    store = call.app[STORE]
    first, last = lesson.start_at - MEETINGS_BEFORE, lesson.start_at + MEETINGS_AFTER
    reachable = await store.lessons.between(first, last, call.grant.school or lesson.supporter)
    found = [one for one in reachable if one.supporter == lesson.supporter]
    return meetings_of(found, await store.plans.titles([one.id for one in found if one.training]))


def _form(body: ReviewBody) -> ReviewForm:
    return ReviewForm(
        steps=tuple(Observed(title=one.title.strip(), at_s=one.at_s, text=one.text.strip()) for one in body.steps),
        sides=tuple(Side(name=one.name.strip(), verdict=one.verdict) for one in body.sides),
        strengths=body.strengths.strip(),
        advice=body.advice.strip(),
        meeting=body.meeting,
    )
