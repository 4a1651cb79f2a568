"""远程专递课堂 and 名师网络课堂: a class watches a resource, and on one local day that is one activity.

Where the resource comes from decides which of the two it is; one viewing never counts in both.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from classroom.ledger.activity import Activity, Flag, NumberSource, State
from classroom.ledger.headcount import corrected, headcount, number_flags
from classroom.ledger.kinds import Kind
from classroom.ledger.months import local_date
from classroom.ledger.plays import Play, Resource, Viewing
from classroom.ledger.rules import MINUTE_MS, CountingRules
from classroom.ledger.words import Standing
from classroom.registry.facts import Pair, is_active


def judge_viewings(
    resources: Sequence[Resource], plays: Sequence[Play], pairs: Sequence[Pair], rules: CountingRules | None = None
) -> tuple[Activity, ...]:
    """An activity for each class, resource and local day that belongs to a pair, in order of time; else only usage.

    `pairs` in the order of the county's list: of several pairs of a class's school the first takes a 名师 viewing.
    """
    rules = rules or CountingRules()
    known = {resource.id: resource for resource in resources}
    groups: dict[tuple[str, str, date], list[Play]] = {}
    for play in sorted(plays, key=lambda play: play.began_at):
        key = (play.seat.class_id or play.seat.room, play.resource, local_date(play.began_at))
        groups.setdefault(key, []).append(play)
    found = []
    for (_, name, day), some in groups.items():
        viewing = Viewing(resource=known[name], day=day, plays=tuple(some))
        pair = pair_of(viewing, pairs)
        if pair is not None:
            found.append(judge_viewing(viewing, pair, Standing(), rules))
    return tuple(found)


def pair_of(viewing: Viewing, pairs: Sequence[Pair]) -> Pair | None:
    """The pair active that day: resource's school → class's school; of a province's resource, the class's school's."""
    active = [pair for pair in pairs if pair.recipient == viewing.seat.school and is_active(pair, viewing.day)]
    if viewing.resource.origin == "school":
        active = [pair for pair in active if pair.supporter == viewing.resource.school]
    return active[0] if active else None


def need_ms(length_ms: int, rules: CountingRules) -> int:
    """How much of a resource of this length has to be watched for the viewing to count."""
    return min(length_ms * rules.view_percent // 100, rules.view_need_min * MINUTE_MS)


def with_roster(viewing: Viewing, rosters: Mapping[str, int]) -> Viewing:
    """With another size of its class. `rosters`: class → size on the day, of classes that changed."""
    size = rosters.get(viewing.seat.class_id or "")
    if size is None:
        return viewing
    plays = tuple(
        msgspec.structs.replace(play, seat=msgspec.structs.replace(play.seat, students=size)) for play in viewing.plays
    )
    return msgspec.structs.replace(viewing, plays=plays)


def judge_viewing(viewing: Viewing, pair: Pair, said: Standing, rules: CountingRules) -> Activity:
    """A viewing with all that was said of it, from its own evidence: nothing else need be kept."""
    resource, seat, needed = viewing.resource, viewing.seat, need_ms(viewing.resource.length_ms, rules)
    is_enough = viewing.watched_ms >= needed > 0
    blocks = {
        Flag.PAIR_INACTIVE: not is_active(pair, viewing.day),
        Flag.TEST: bool(said.is_test),
        Flag.CANCELLED: bool(said.is_cancelled),
    }
    blocked = tuple(flag for flag, fails in blocks.items() if fails)
    is_counted = not blocked and (is_enough if said.decided is None else said.decided)
    # One teacher is with the class, whoever that is.
    count = msgspec.structs.replace(headcount(seat), teachers=1, teachers_from=NumberSource.PLANNED)
    students = said.all_students if said.all_students is not None else said.students.get(seat.room)
    teachers = said.all_teachers if said.all_teachers is not None else said.teachers.get(seat.room)
    count = corrected(count, students, teachers)
    subjects = resource.subjects if said.subjects is None else said.subjects
    class_id = seat.class_id or seat.room
    return Activity(
        id=f"view.{class_id}.{resource.id}.{viewing.day:%Y%m%d}",
        kind=Kind.DELIVERY if resource.origin == "school" else Kind.MASTER,
        lesson=None,
        period=None,
        pair=pair.id,
        supporter=pair.supporter,
        recipient=pair.recipient,
        state=State.COUNTED if is_counted else State.NOT_COUNTED,
        flags=(
            *blocked,
            *(number_flags([count]) if is_counted else ()),
            *((Flag.TOO_SHORT,) if not is_enough and not is_counted else ()),
            *((Flag.REJECTED,) if said.decided is False and not blocked else ()),
            *((Flag.CORRECTED,) if said.is_corrected else ()),
        ),
        begins_at=viewing.plays[0].began_at,
        ends_at=max(play.ended_at for play in viewing.plays),
        planned=None,
        zone=None,
        subjects=subjects,
        minutes=viewing.watched_ms // MINUTE_MS,
        need=-(-needed // MINUTE_MS),
        low=-(-needed // MINUTE_MS),
        teachers=count.teachers if is_counted else 0,
        students=count.students if is_counted else 0,
        participants=count.students + count.teachers if is_counted else 0,
        class_id=seat.class_id,
        title=resource.title,
        viewing=viewing,
        word=said.word if said.decided is not None and not blocked else None,
    )
