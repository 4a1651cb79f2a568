"""`/lessons/{lesson}/plan`: the run of a lesson (备课), prepared by the teachers of both schools."""

from datetime import datetime
from typing import Annotated, Any

import msgspec

from classroom.ledger.months import SHANGHAI
from classroom.lesson.lesson import require_not_ended
from classroom.lesson.steps import MAX_STEPS
from classroom.store.plans import Plan, StalePlan, Step
from classroom.store.registry import By
from signaling.api.door import Call, Doors, Nothing
from signaling.context import CLOCK, LESSONS, STORE
from signaling.evidence import Id
from signaling.messages import ONE_LINE
from signaling.problem import Problem
from signaling.scope import seat_in

DOORS = Doors("plans")
MAX_FILES = 5
StepTitle = Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=ONE_LINE)]
Who = Annotated[str, msgspec.Meta(max_length=40, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
Topic = Annotated[str, msgspec.Meta(max_length=80, pattern=r"^[^\x00-\x1f\x7f]*\Z")]


class StepBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """环节. `leads`: who has the word; `files`: courseware of the school that teaches."""

    title: StepTitle
    minutes: Annotated[int, msgspec.Meta(ge=1, le=120)]
    leads: Who = ""
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""
    files: Annotated[list[Id], msgspec.Meta(max_length=MAX_FILES)] = []


class PlanBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole plan. `version`: of the one that its editor saw; 0: there was none."""

    title: Topic
    steps: Annotated[list[StepBody], msgspec.Meta(max_length=MAX_STEPS)]
    version: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class FileView(msgspec.Struct, frozen=True, kw_only=True):
    """A courseware of a step; of one that was deleted the name is empty."""

    id: str
    name: str


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """环节."""

    title: str
    minutes: int
    leads: str
    note: str
    files: list[FileView]


class PlanView(msgspec.Struct, frozen=True, kw_only=True):
    """A plan, and who changed it last; `version` 0: nobody has written one yet."""

    version: int
    title: str
    steps: list[StepView]
    edited_by: str
    edited_at: datetime | None


@DOORS.door(
    "GET", "/api/v1/lessons/{lesson}/plan", may="take_part", answers=PlanView, refuses=("lesson_unknown", "forbidden")
)
async def read(call: Call[Nothing, Nothing]) -> PlanView:
    """The plan, for the teacher and the co-teachers of the other schools; a classroom's screen has none of it."""
    lesson, _ = await _desk(call)
    return await _view(call, await call.app[STORE].plans.get(lesson))


@DOORS.door(
    "PUT",
    "/api/v1/lessons/{lesson}/plan",
    may="take_part",
    body=PlanBody,
    answers=PlanView,
    refuses=("lesson_unknown", "lesson_ended", "forbidden", "plan_changed", "not_found"),
)
async def write(call: Call[Nothing, PlanBody]) -> PlanView:
    """Write the plan over the version that was seen. Another is in the refusal as `plan`: nobody overwrites unseen."""
    app, asked = call.app, call.body
    lesson, school = await _desk(call)
    require_not_ended(await app[LESSONS].now(lesson))
    before = await app[STORE].plans.get(lesson)
    await _require_files(call, lesson, asked, before)
    steps = tuple(Step(**{**msgspec.structs.asdict(step), "files": tuple(step.files)}) for step in asked.steps)
    by = By(call.grant.actor, app[CLOCK].at())
    try:
        kept = await app[STORE].plans.put(
            lesson,
            title=asked.title.strip(),
            steps=steps,
            version=asked.version,
            edited_by=call.grant.name or school,
            by=by,
        )
    except StalePlan as stale:
        raise Problem("plan_changed", more={"plan": await _view(call, stale.plan)}) from None
    app[LESSONS].planned(lesson, kept.title, kept.version)
    return await _view(call, kept)


async def _desk(call: Call[Any, Any]) -> tuple[str, str]:
    """The lesson of the path, and what the caller's school is called. Raises Problem: lesson_unknown, forbidden."""
    store, lesson = call.app[STORE], call.path["lesson"]
    seat = await seat_in(store, call.grant, lesson)
    if seat is None or call.grant.role == "classroom":
        raise Problem("forbidden")
    school = await store.lessons.school_of(lesson, seat)
    return lesson, (await store.registry.book()).schools[school].name


async def _require_files(call: Call[Any, Any], lesson: str, asked: PlanBody, before: Plan | None) -> None:
    """What is new among the files is on the list of the school that teaches. Raises Problem(not_found)."""
    known = {file for step in before.steps for file in step.files} if before is not None else set()
    new = {file for step in asked.steps for file in step.files} - known
    if not new:
        return
    supporter, _ = await call.app[STORE].lessons.schools(lesson)
    found = await call.app[STORE].courseware.many(new)
    if len(found) < len(new) or any(one.school != supporter or one.withdrawn_at for one in found.values()):
        raise Problem("not_found")


async def _view(call: Call[Any, Any], plan: Plan | None) -> PlanView:
    if plan is None:
        return PlanView(version=0, title="", steps=[], edited_by="", edited_at=None)
    found = await call.app[STORE].courseware.many({file for step in plan.steps for file in step.files})
    names = {one.id: one.name for one in found.values() if one.withdrawn_at is None}
    return PlanView(
        version=plan.version,
        title=plan.title,
        steps=[
            StepView(
                title=step.title,
                minutes=step.minutes,
                leads=step.leads,
                note=step.note,
                files=[FileView(id=file, name=names.get(file, "")) for file in step.files],
            )
            for step in plan.steps
        ],
        edited_by=plan.edited_by,
        edited_at=plan.edited_at.astimezone(SHANGHAI),
    )
