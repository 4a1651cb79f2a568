"""Reviews of a lesson (听课评课表) as pages and papers get them. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

import msgspec

from classroom.ledger.months import SHANGHAI
from classroom.paper.review import Reviewed
from classroom.store.lessons import ListedLesson
from classroom.store.plans import Plan
from classroom.store.reviews import Observed, Review, ReviewForm, Side, State, Verdict
from signaling.auth import Grant
from signaling.playback_views import author_of, removes_any

STEPS: Final = ("导入", "新知学习", "城乡互动", "练习巩固", "课堂小结")
"""环节, where the lesson has no plan."""


VERDICTS: Final[Mapping[Verdict, str]] = MappingProxyType(
    {"good": "好", "rather_good": "较好", "fair": "一般", "weak": "待改进"}
)


class ReviewView(msgspec.Struct, frozen=True, kw_only=True):
    """A review, its instants at +08:00. `is_own`: the caller's; `may_remove`: the caller may delete it."""

    id: str
    author_name: str
    state: State
    form: ReviewForm
    saved_at: datetime
    submitted_at: datetime | None
    is_own: bool
    may_remove: bool


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """A 教学诊断 that a review may be made for; its `title` as the plan has it, or nothing."""

    lesson: str
    title: str
    start: datetime


class ReviewList(msgspec.Struct, frozen=True, kw_only=True):
    """What was submitted, and the caller's own; `blank`: what a new one begins with."""

    reviews: list[ReviewView]
    blank: ReviewForm
    meetings: list[Meeting]


def review_view(one: Review, grant: Grant, lesson: ListedLesson) -> ReviewView:
    """A review as the caller sees it."""
    is_own = one.author == author_of(grant)
    return ReviewView(
        id=one.id,
        author_name=one.author_name,
        state=one.state,
        form=one.form,
        saved_at=one.saved_at.astimezone(SHANGHAI),
        submitted_at=one.submitted_at and one.submitted_at.astimezone(SHANGHAI),
        is_own=is_own,
        may_remove=is_own or removes_any(grant, lesson),
    )


def meetings_of(found: Sequence[ListedLesson], titles: Mapping[str, str]) -> list[Meeting]:
    """Those of the lessons that are a 教学诊断, the earliest first."""
    return [
        Meeting(lesson=one.id, title=titles.get(one.id, ""), start=one.start_at.astimezone(SHANGHAI))
        for one in found
        if one.training == "教学诊断" and not one.cancelled
    ]


def blank_form(plan: Plan | None, items: Sequence[str]) -> ReviewForm:
    """The steps as they were planned, and the county's items."""
    titles = [step.title for step in plan.steps] if plan is not None and plan.steps else STEPS
    return ReviewForm(
        steps=tuple(Observed(title=title) for title in titles), sides=tuple(Side(name=item) for item in items)
    )


def is_empty(form: ReviewForm) -> bool:
    """Whether nothing is said on it."""
    said = [form.strengths, form.advice, *(step.text for step in form.steps), *(one.verdict for one in form.sides)]
    return not any(one and one.strip() for one in said)


def reviewed(one: Review, lesson: ListedLesson, title: str, meeting: Meeting | None) -> Reviewed:
    """The review in words, for the paper. A draft has no date yet."""
    host = next((seat.school for seat in lesson.seats if seat.role == "host"), "")
    rural = dict.fromkeys(f"{seat.school} {seat.class_name}".strip() for seat in lesson.seats if seat.role == "rural")
    form = one.form
    return Reviewed(
        title=title or lesson.subject,
        reviewer=one.author_name,
        day="" if one.submitted_at is None else _day(one.submitted_at),
        about=(
            ("上课日期", _day(lesson.start_at)),
            ("学科", lesson.subject),
            ("主讲", f"{host}\n{lesson.class_name}".strip()),
        ),
        schools="、".join(rural),
        sides=[(side.name, VERDICTS[side.verdict] if side.verdict else "") for side in form.sides],
        texts=[
            *((_label(step), step.text) for step in form.steps),
            ("优点与亮点", form.strengths),
            ("改进建议", form.advice),
        ],
        meeting="" if meeting is None else f"{_day(meeting.start)} {meeting.title}".strip(),
    )


def paper_name(one: Review, lesson: ListedLesson) -> str:
    """A file's name, without its ending: 听课评课表 2026-11-24 语 王老师."""
    return f"听课评课表 {lesson.start_at.astimezone(SHANGHAI).date().isoformat()} {lesson.subject} {one.author_name}"


def _label(step: Observed) -> str:
    if step.at_s is None:
        return step.title
    minutes, seconds = divmod(int(step.at_s), 60)
    return f"{step.title}\n{minutes}:{seconds:02}"


def _day(at: datetime) -> str:
    local = at.astimezone(SHANGHAI)
    return f"{local.year} 年 {local.month} 月 {local.day} 日"
