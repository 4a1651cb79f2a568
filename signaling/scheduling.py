"""Making a lesson out of names: its schools, rooms, classes and pairs are found or made, its links and codes minted.

Needs only the store, so the command line can do it while no server runs.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Annotated, Final

import msgspec

from classroom.ledger.months import local_date
from classroom.ledger.subjects import box_of
from classroom.lesson import recording, state
from classroom.lesson.errors import LessonError
from classroom.lesson.events import HOST_SEAT, AnyEvent, Instant, Period, SeatPlan, SeatRole, Training
from classroom.lesson.lesson import Lesson
from classroom.registry.book import Book
from classroom.registry.facts import Link, PairStatus, School, students_on
from classroom.registry.names import school_named
from classroom.store.audit import SERVER, Actor
from classroom.store.registry import By
from classroom.store.store import Store
from signaling.messages import ONE_LINE, Name, Students, Teachers
from signaling.registry import known_school

HOST_ROOM: Final = "主讲教室"
RURAL_ROOM: Final = "同步课堂教室"
RURAL_CLASS: Final = "同步课堂班"
"""What a room or class is called whose name nobody has said."""
LINK_LIFE: Final = timedelta(days=1)
"""A lesson's links die a day after its planned end."""
UNPLANNED_LIFE: Final = timedelta(hours=4)
MAX_MINUTES: Final = 240
PLANNED_WITHIN: Final = timedelta(days=400)
"""How far from now a lesson may be planned, either way: a mistyped year has no work month."""
Id = Annotated[str, msgspec.Meta(min_length=12, max_length=12)]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=ONE_LINE)]


class RecipientRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A classroom that listens: one of the registry by `classroom_id`, else `school` and `classroom` by name."""

    classroom_id: Id | None = None
    school: Name | None = None
    classroom: Name | None = None
    class_name: Name | None = None
    class_size: Students | None = None
    teachers: Teachers = 1


class LessonRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The body of `POST /api/v1/lessons`. `minutes` null: an unplanned lesson; `start` null: now.

    `training`: a meeting of the schools' teachers (教师网络研修) of this kind, with a title and minutes and without
    classes; else `class_name` is needed. `title`: 课题, or of a meeting its 主题.
    `supporter` is a school's name and is for the command line; a teacher's school comes from their link. `anyway`
    false: refused where the room, a class or the teacher has something else then.
    """

    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=20, pattern=ONE_LINE)]
    recipients: Annotated[list[RecipientRequest], msgspec.Meta(min_length=1, max_length=state.MAX_RURAL_SEATS)]
    class_name: Name | None = None
    training: Training | None = None
    title: Title | None = None
    minutes: Annotated[int, msgspec.Meta(ge=1, le=MAX_MINUTES)] | None = None
    start: Instant | None = None
    supporter: Name | None = None
    classroom: Name = HOST_ROOM
    class_id: Id | None = None
    class_size: Students | None = None
    teachers: Teachers = 1
    record: bool = False
    consent_by: Name | None = None
    is_test: bool = False
    anyway: bool = True
    observers: Annotated[int, msgspec.Meta(ge=0, le=200)] = 10


class TeacherLink(msgspec.Struct, frozen=True, kw_only=True):
    """`whip` publishes the teacher's camera."""

    page: str
    whip: str
    token: str


class SeatLink(msgspec.Struct, frozen=True, kw_only=True):
    """`whip` publishes this seat's camera, `whep` shows the teacher's."""

    seat: str
    school: str
    page: str
    code: str
    whip: str
    whep: str
    token: str


class ObserverLink(msgspec.Struct, frozen=True, kw_only=True):
    """`whep` shows the teacher's camera."""

    page: str
    whep: str
    token: str


class ScheduledLesson(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson that has just been made, with the only copy of its tokens.

    `missing_consent`: the seats whose classes must consent before the recording that was asked for can begin.
    """

    lesson: str
    teacher: TeacherLink
    seats: list[SeatLink]
    observer: ObserverLink
    missing_consent: list[str]


async def schedule_lesson(
    store: Store,
    request: LessonRequest,
    *,
    supporter: School | str,
    by: str,
    at: datetime,
    new_id: Callable[[], str],
    holder: str | None = None,
    teacher: str | None = None,
    base_url: str = "",
    new_pairs: PairStatus = "active",
    actor: Actor = SERVER,
) -> ScheduledLesson:
    """Makes the lesson, its links and codes. `holder`: that of the teacher's own link. All else as `make_lesson`."""
    lesson = new_id()
    events = await make_lesson(
        store,
        request,
        lesson=lesson,
        supporter=supporter,
        by=by,
        at=at,
        teacher=teacher,
        new_pairs=new_pairs,
        actor=actor,
    )
    made = state.fold(events)
    assert made is not None
    plans = [seat.plan for seat in made.seats.values()]
    minted = partial(store.links.mint, at=at, lesson=lesson, expires_at=_expiry(request, at), actor=actor)
    links = await _links(store, lesson, plans, minted, holder, base_url)
    return msgspec.structs.replace(links, missing_consent=_missing_consent(made))


async def make_lesson(
    store: Store,
    request: LessonRequest,
    *,
    lesson: str,
    supporter: School | str,
    by: str,
    at: datetime,
    teacher: str | None = None,
    new_pairs: PairStatus = "active",
    actor: Actor = SERVER,
) -> list[AnyEvent]:
    """Makes the lesson of this id: its first events. `by` is `teacher`, `cli` or `server`.
    `teacher`: the name of who teaches, of the supporter's people; None: nobody has said.

    `actor` is who stands in the audit log.

    `supporter` by name is found or made. A pair that the registry lacks is made with the status `new_pairs`; who may
    make it only 待定 makes no school either. Before anything is written it raises LessonError: subject_unknown,
    bad_schedule, same_school, classroom_unknown or class_unknown; Problem(school_not_found).
    """
    subject = _box(request.subject)
    book = await store.registry.book()
    _check(book, request, supporter if isinstance(supporter, str) else supporter.name, at)
    if new_pairs != "active":
        # A slip of a teacher's pen must not become a school.
        for recipient in request.recipients:
            if recipient.classroom_id is None and recipient.school is not None:
                known_school(book, recipient.school)
    if isinstance(supporter, str):
        supporter = await store.registry.school(supporter, by=By(actor, at))
    day = local_date(request.start or at)
    whose = By(actor, at)
    host = await _host_plan(store, request, supporter, day, whose)
    is_meeting = request.training is not None
    rural = [await _rural_plan(store, one, day, whose, is_meeting=is_meeting) for one in request.recipients]
    person = None if teacher is None else await store.people.teacher(supporter.id, teacher, whose)
    pairs = [await store.registry.pair(supporter.id, plan.school, day, new_pairs, by=whose) for plan in rural]
    scheduled = state.schedule(
        None,
        at,
        by=by,
        lesson_id=lesson,
        supporter=supporter.id,
        subject=subject,
        periods=_periods(request, at),
        pairs=tuple(dict.fromkeys(pair.id for pair in pairs)),
        plans=(host, *rural),
        is_test=request.is_test,
        record=request.record,
        observers=request.observers,
        teacher=None if person is None else person.id,
        training=request.training,
    )
    events = await _with_consents(store, scheduled, request.consent_by, by, whose)
    await store.journal.append(events, {event.seq: actor for event in events})
    if request.title is not None:
        await store.plans.put(lesson, title=request.title, steps=(), version=0, edited_by=teacher or "", by=whose)
    return events


def _box(subject: str) -> str:
    """The subject's box on the forms. Raises LessonError(subject_unknown)."""
    box = box_of(subject)
    if box is None:
        raise LessonError("subject_unknown")
    return box


def _check(book: Book, request: LessonRequest, supporter: str, at: datetime) -> None:
    """Raises LessonError: bad_schedule, class_unknown, classroom_unknown, same_school."""
    if request.start is not None and abs(request.start - at) > PLANNED_WITHIN:
        raise LessonError("bad_schedule")
    if request.training is None and request.class_name is None:
        raise LessonError("class_needed")
    if request.training is not None and (request.title is None or request.minutes is None):
        raise LessonError("title_needed")
    if request.class_id is not None:
        known = book.classes.get(request.class_id)
        if known is None or book.schools[known.school].name != supporter:
            raise LessonError("class_unknown")
    rooms = [_room_names(book, recipient) for recipient in request.recipients]
    if any(school == _one_name(book, supporter) for school, _ in rooms):
        raise LessonError("same_school")
    if len(set(rooms)) < len(rooms):
        raise LessonError("bad_schedule")


def _room_names(book: Book, recipient: RecipientRequest) -> tuple[str, str]:
    """School and classroom. Raises LessonError(classroom_unknown)."""
    if recipient.classroom_id is not None:
        room = book.classrooms.get(recipient.classroom_id)
        if room is not None:
            return book.schools[room.school].name, room.name
    elif recipient.school is not None:
        return _one_name(book, recipient.school), recipient.classroom or RURAL_ROOM
    raise LessonError("classroom_unknown")


def _one_name(book: Book, name: str) -> str:
    """A school's own name, where the registry knows this one as another name of it."""
    known = school_named(book, name)
    return name if known is None else known.name


async def _host_plan(store: Store, request: LessonRequest, supporter: School, day: date, whose: By) -> SeatPlan:
    room = await store.registry.classroom(supporter.id, request.classroom, by=whose)
    if request.training is not None:
        return _meeting_plan(HOST_SEAT, supporter.id, room.id)
    if request.class_id is None:
        assert request.class_name is not None, "checked before anything was written"
        own = await store.registry.school_class(supporter.id, request.class_name, request.class_size, day, by=whose)
    else:
        known = (await store.registry.book()).classes.get(request.class_id)
        if known is None or known.school != supporter.id:
            raise LessonError("class_unknown")
        own = await store.registry.school_class(supporter.id, known.name, request.class_size, day, by=whose)
    return SeatPlan(
        seat=HOST_SEAT,
        school=supporter.id,
        classroom=room.id,
        role="host",
        class_id=own.id,
        students=students_on(own, day),
        teachers=request.teachers,
    )


def _meeting_plan(seat: str, school: str, classroom: str) -> SeatPlan:
    """A room of a meeting: no class, and nobody in it who has not signed in."""
    role: SeatRole = "host" if seat == HOST_SEAT else "rural"
    return SeatPlan(seat=seat, school=school, classroom=classroom, role=role, class_id="", teachers=0)


async def _rural_plan(store: Store, recipient: RecipientRequest, day: date, whose: By, *, is_meeting: bool) -> SeatPlan:
    if recipient.classroom_id is not None:
        room = (await store.registry.book()).classrooms.get(recipient.classroom_id)
        if room is None:
            raise LessonError("classroom_unknown")
    elif recipient.school is not None:
        school = await store.registry.school(recipient.school, by=whose)
        room = await store.registry.classroom(school.id, recipient.classroom or RURAL_ROOM, by=whose)
    else:
        raise LessonError("classroom_unknown")
    if is_meeting:
        return _meeting_plan(room.id, room.school, room.id)
    theirs = await store.registry.school_class(
        room.school, recipient.class_name or RURAL_CLASS, recipient.class_size, day, by=whose
    )
    return SeatPlan(
        seat=room.id,
        school=room.school,
        classroom=room.id,
        role="rural",
        class_id=theirs.id,
        students=students_on(theirs, day),
        teachers=recipient.teachers,
    )


def _periods(request: LessonRequest, at: datetime) -> tuple[Period, ...]:
    """One period from the whole minute, or none."""
    if request.minutes is None:
        return ()
    start = (request.start or at).astimezone(UTC).replace(second=0, microsecond=0)
    return (Period(start=start, end=start + timedelta(minutes=request.minutes)),)


def _expiry(request: LessonRequest, at: datetime) -> datetime:
    planned = timedelta(minutes=request.minutes) if request.minutes is not None else UNPLANNED_LIFE
    return max(request.start or at, at).astimezone(UTC) + planned + LINK_LIFE


async def _with_consents(
    store: Store, scheduled: list[AnyEvent], consent_by: str | None, by: str, whose: By
) -> list[AnyEvent]:
    """The lesson's first events and those of the classes whose consent is on record, now noted or from before."""
    lesson = state.fold(scheduled)
    assert lesson is not None
    ids = list(dict.fromkeys(seat.plan.class_id for seat in lesson.missing_consent))
    # As of the lesson's day: what is in force today may end with the school year before.
    day = local_date(max(whose.at, lesson.periods[0].start) if lesson.periods else whose.at)
    standings = await store.consents.standings(ids, "recording", day)
    if consent_by is not None:
        missing = [class_id for class_id in ids if standings[class_id] in ("none", "expired")]
        await store.consents.note(missing, consent_by, whose.at, day, whose.actor)
        standings |= dict.fromkeys(missing, "good")
    withdrawn = [class_id for class_id in ids if standings[class_id] in ("withdrawn", "refused")]
    events = [*scheduled, *recording.withdraw_consent(lesson, whose.at, by=by, class_ids=withdrawn)]
    lesson = state.fold(events)
    assert lesson is not None
    consented = [class_id for class_id in ids if standings[class_id] == "good"]
    return [*events, *recording.note_consent(lesson, whose.at, by=by, class_ids=consented)]


def _missing_consent(lesson: Lesson) -> list[str]:
    return [seat.plan.seat for seat in lesson.missing_consent] if lesson.record_wanted else []


async def _links(
    store: Store,
    lesson: str,
    plans: Sequence[SeatPlan],
    mint: Callable[..., Awaitable[tuple[str, Link]]],
    holder: str | None,
    base_url: str,
) -> ScheduledLesson:
    host, *rural = plans
    codes = await store.links.assign_codes(lesson, [plan.seat for plan in rural])
    schools = (await store.registry.book()).schools
    token, _ = await mint("teacher", school=host.school, classroom=host.classroom, seat=HOST_SEAT, holder=holder)
    teacher = TeacherLink(
        page=f"{base_url}/teach/{lesson}#{token}", whip=f"{base_url}/whip/{lesson}/{HOST_SEAT}/camera", token=token
    )
    watch = f"{base_url}/whep/{lesson}/{HOST_SEAT}/camera"
    links = []
    for plan in rural:
        token, _ = await mint("classroom", school=plan.school, classroom=plan.classroom, seat=plan.seat)
        links.append(
            SeatLink(
                seat=plan.seat,
                school=schools[plan.school].name,
                page=f"{base_url}/join/{token}",
                code=codes[plan.seat],
                whip=f"{base_url}/whip/{lesson}/{plan.seat}/camera",
                whep=watch,
                token=token,
            )
        )
    token, _ = await mint("observer")
    observer = ObserverLink(page=f"{base_url}/observe/{token}", whep=watch, token=token)
    return ScheduledLesson(lesson=lesson, teacher=teacher, seats=links, observer=observer, missing_consent=[])
