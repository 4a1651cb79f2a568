"""The different classes behind 参与师生数, and their minutes before a screen by week."""

from datetime import date
from typing import Any

import msgspec

from classroom.ledger.activity import Activity
from classroom.ledger.classes import ClassUse, class_uses

CLASSES = {"U1": "五班", "R1": "甲班", "R2": "乙班"}


def held(day_of: Any, day: date, rural: dict[str, str], host: str = "08:58-09:41") -> Activity:
    one = day_of(day)
    one.lesson(rooms=" ".join(("U1", *rural)))
    one.host(host)
    for room, span in rural.items():
        one.rural(room, span)
    activity: Activity
    [activity] = one.activities()
    rooms = tuple(msgspec.structs.replace(room, class_id=CLASSES.get(room.room)) for room in activity.rooms)
    return msgspec.structs.replace(activity, rooms=rooms)


def test_a_class_is_one_however_often_it_came_and_its_minutes_are_told_by_week(day_of: Any) -> None:
    full = "09:00-09:40"
    lessons = [
        held(day_of, date(2019, 5, 12), {"R1": full}),
        held(day_of, date(2019, 5, 13), {"R1": full, "R2": "09:00-09:30"}),
        held(day_of, date(2019, 5, 19), {"R1": "09:00-09:25"}),
    ]
    first, second = date(2019, 5, 6), date(2019, 5, 13)
    assert class_uses(lessons) == [
        ClassUse(class_id="乙班", school="檀溪中小", lessons=1, weeks={second: 30}),
        ClassUse(class_id="五班", school="实验小学", lessons=3, weeks={first: 40, second: 65}),
        ClassUse(class_id="甲班", school="檀溪中小", lessons=3, weeks={first: 40, second: 65}),
    ]


def test_a_room_that_was_hardly_there_and_a_lesson_that_does_not_count_bring_no_class(day_of: Any) -> None:
    short = held(day_of, date(2019, 5, 13), {"R1": "09:00-09:40", "R2": "09:00-09:05"})
    waiting = held(day_of, date(2019, 5, 14), {"R2": "09:00-09:12"})
    assert [use.class_id for use in class_uses([short, waiting])] == ["五班", "甲班"]
    assert class_uses([]) == []
