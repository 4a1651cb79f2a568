"""Classes behind a month's figures: how many different ones, and how long each sat before a screen in a week.

参与师生数 is person-times; how many classes these are is told beside it. The minutes are told for the sake of eyesight
(学校 should keep teaching by electronic devices below 30 % of its time): information, nothing is blocked by them.
"""

from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from classroom.ledger.activity import Activity, State
from classroom.ledger.facts import Role
from classroom.ledger.kinds import Kind
from classroom.ledger.months import local_date


class ClassUse(msgspec.Struct, frozen=True, kw_only=True):
    """A class in counted 同步课堂. `weeks`: Monday → whole minutes together with the other side, in order of time."""

    class_id: str
    school: str
    lessons: int
    weeks: dict[date, int]


def class_uses(activities: Iterable[Activity]) -> list[ClassUse]:
    """The different classes (不同班级) whose people are in 参与师生数, by id.

    A room whose class nobody knows is left out. The teaching class sits as long as the longest of the others.
    """
    schools: dict[str, str] = {}
    held: dict[str, dict[date, list[int]]] = {}
    for one in activities:
        if one.state is not State.COUNTED or one.kind is not Kind.SYNC:
            continue
        day = local_date(one.begins_at)
        monday = day - timedelta(days=day.weekday())
        for room in one.rooms:
            if room.is_counted and room.class_id is not None:
                schools[room.class_id] = room.school
                minutes = one.minutes if room.role is Role.HOST else room.minutes
                held.setdefault(room.class_id, {}).setdefault(monday, []).append(minutes)
    return [
        ClassUse(
            class_id=name,
            school=schools[name],
            lessons=sum(map(len, weeks.values())),
            weeks={monday: sum(minutes) for monday, minutes in sorted(weeks.items())},
        )
        for name, weeks in sorted(held.items())
    ]
