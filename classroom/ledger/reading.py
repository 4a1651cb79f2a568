"""What a lesson's journal tells the ledger: the timetable entry as it was in force, and who was connected as what."""

from collections.abc import Mapping, Sequence

from classroom.ledger.activity import Attendance, TrainingKind
from classroom.ledger.facts import Lesson, Period, Role, RoomPresence, Seat
from classroom.ledger.meeting import Meeting, MeetingRoom
from classroom.ledger.presence import SeatRoom, room_presence
from classroom.ledger.rules import CountingRules
from classroom.lesson.events import (
    AnyEvent,
    HeadcountConfirmed,
    LessonCancelled,
    LessonMoved,
    LessonScheduled,
    PersonSignedIn,
    PersonSignedOut,
    RungChanged,
    SeatPlan,
    TeacherReplaced,
)
from classroom.lesson.events import Period as PlannedPeriod
from classroom.lesson.heartbeat import Heartbeat


def scheduled(journal: Sequence[AnyEvent]) -> LessonScheduled | None:
    """The event that every journal begins with; None for an empty one."""
    return journal[0] if journal and isinstance(journal[0], LessonScheduled) else None


def periods_of(journal: Sequence[AnyEvent]) -> tuple[PlannedPeriod, ...]:
    """The planned periods in force: a lesson moved before it began (调课) is judged at its new time."""
    plan = scheduled(journal)
    moved = [event.periods for event in journal if isinstance(event, LessonMoved)]
    return moved[-1] if moved else plan.periods if plan else ()


def lesson_facts(journal: Sequence[AnyEvent], rosters: Mapping[str, int] | None = None) -> Lesson | None:
    """排课 with the numbers confirmed since: of each seat the latest count. None for an empty journal, or a meeting's.

    `rosters`: class → size on the lesson's day as the registry has it now; else what was known when it was planned.
    """
    plan = scheduled(journal)
    if plan is None or plan.training is not None:
        return None
    replaced = [event.teacher for event in journal if isinstance(event, TeacherReplaced)]
    confirmed = {event.seat: event for event in journal if isinstance(event, HeadcountConfirmed)}
    return Lesson(
        id=plan.lesson,
        host_room=next(seat.classroom for seat in plan.seats if seat.role == "host"),
        seats=tuple(_seat(seat, confirmed.get(seat.seat), rosters or {}) for seat in plan.seats),
        periods=tuple(Period(period.start, period.end) for period in periods_of(journal)),
        pairs=plan.pairs,
        subject=plan.subject or None,
        teacher=replaced[-1] if replaced else plan.teacher,
        is_test=plan.is_test,
        is_cancelled=any(isinstance(event, LessonCancelled) for event in journal),
    )


def meeting_of(
    journal: Sequence[AnyEvent], heartbeats: Sequence[Heartbeat], rules: CountingRules, title: str = ""
) -> Meeting | None:
    """教师网络研修 with who signed in where; None for a journal of anything else.

    A room's connection counts for everybody signed in there, also for who did so late: the list goes round. Rooms sign
    in their own school's people alone, so the plan says whose school each is of.
    """
    plan, periods = scheduled(journal), periods_of(journal)
    if plan is None or plan.training is None or not periods:
        return None
    seen = {one.room: one for one in presence_facts(journal, heartbeats, rules)}
    rooms = [(seat, seen.get(seat.classroom)) for seat in plan.seats]
    people = _signed_in(journal)
    return Meeting(
        id=plan.lesson,
        title=title,
        kind=TrainingKind(plan.training),
        planned=Period(periods[0].start, periods[-1].end),
        pairs=plan.pairs,
        subjects=(plan.subject,),
        attendance=tuple(
            Attendance(
                person=person, school=seat.school, connected=found.interactive if found else (), room=seat.classroom
            )
            for seat, found in rooms
            for person in people.get(seat.seat, ())
        ),
        rooms=tuple(
            MeetingRoom(
                room=seat.classroom,
                school=seat.school,
                role=_role(seat),
                seen=found.interactive if found else (),
                view_only=found.view_only if found else (),
                held_back=found.held_back if found else (),
            )
            for seat, found in rooms
        ),
        is_test=plan.is_test,
        is_cancelled=any(isinstance(event, LessonCancelled) for event in journal),
    )


def _signed_in(journal: Sequence[AnyEvent]) -> Mapping[str, Sequence[str]]:
    """Seat → the people in it, as ids, those taken back left out."""
    found: dict[str, dict[str, None]] = {}
    for event in journal:
        if isinstance(event, PersonSignedIn):
            found.setdefault(event.seat, {})[event.person] = None
        elif isinstance(event, PersonSignedOut):
            found.get(event.seat, {}).pop(event.person, None)
    return {seat: list(people) for seat, people in found.items()}


def presence_facts(
    journal: Sequence[AnyEvent], heartbeats: Sequence[Heartbeat], rules: CountingRules
) -> tuple[RoomPresence, ...]:
    """Presence of every seat that was planned; none for an empty journal."""
    plan = scheduled(journal)
    if plan is None:
        return ()
    rooms = {seat.seat: SeatRoom(seat.classroom, _role(seat)) for seat in plan.seats}
    rungs = [event for event in journal if isinstance(event, RungChanged)]
    return room_presence(plan.lesson, heartbeats, rooms, rules, rungs)


def _seat(plan: SeatPlan, confirmed: HeadcountConfirmed | None, rosters: Mapping[str, int]) -> Seat:
    return Seat(
        room=plan.classroom,
        school=plan.school,
        class_id=plan.class_id,
        students=rosters.get(plan.class_id, plan.students),
        teachers=plan.teachers,
        confirmed_students=None if confirmed is None else confirmed.students,
        confirmed_teachers=None if confirmed is None else confirmed.teachers,
    )


def _role(plan: SeatPlan) -> Role:
    return Role.HOST if plan.role == "host" else Role.RURAL
