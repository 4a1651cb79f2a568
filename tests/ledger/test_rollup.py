"""Month totals: the roll-up example of the rule book, as far as 同步课堂 goes."""

from datetime import date
from typing import Any

from classroom.ledger.activity import Activity
from classroom.ledger.months import default_windows
from classroom.ledger.rollup import in_window, month_total

MAY = default_windows(date(2019, 5, 1))[-1]


def lesson(day_of: Any, on: date, subject: str, *rural: str, rooms: str = "U1 R1", pairs: str = "P1") -> list[Activity]:
    day = day_of(on)
    day.lesson(f"L{on:%m%d}", rooms=rooms, pairs=pairs, subject=subject)
    day.host(room=rooms.split()[0], lesson=f"L{on:%m%d}")
    for room in rooms.split()[1:]:
        day.rural(room, *rural, lesson=f"L{on:%m%d}")
    return list(day.activities())


def double_lesson(day_of: Any, on: date) -> list[Activity]:
    day = day_of(on)
    day.lesson("V15", "09:00-09:40", "09:50-10:30", subject="英")
    day.host("08:55-10:32", lesson="V15")
    day.rural("R1", "08:55-10:32", lesson="V15")
    return list(day.activities())


def test_the_rollup_of_may_2019(day_of: Any) -> None:
    p1 = lesson(day_of, date(2019, 5, 14), "语")
    p1 += lesson(day_of, date(2019, 5, 15), "数", rooms="U1 R1 R2")
    p1 += double_lesson(day_of, date(2019, 5, 16))
    p1 += lesson(day_of, date(2019, 5, 17), "音", "09:22-09:40")
    p2 = lesson(day_of, date(2019, 5, 20), "音", rooms="U2 R3", pairs="P2")
    p2 += lesson(day_of, date(2019, 5, 21), "音", rooms="U2 R3", pairs="P2")
    p2 += lesson(day_of, date(2019, 5, 22), "美", rooms="U2 R3", pairs="P2")

    first, second, third, all_of_them = (month_total(some, MAY) for some in (p1, p2, [], p1 + p2))
    assert (first.count, first.participants, first.subjects) == (4, 290, ("语", "数", "英"))
    assert (second.count, second.participants, second.subjects) == (3, 162, ("音", "美"))
    assert (third.count, third.participants, third.subjects, third.activities) == (0, 0, (), ())
    assert (all_of_them.count, all_of_them.participants) == (7, 452)
    assert all_of_them.subjects == ("语", "数", "英", "音", "美")


def test_a_number_is_a_list_of_ids_first(day_of: Any) -> None:
    later = lesson(day_of, date(2019, 5, 15), "语")
    earlier = lesson(day_of, date(2019, 5, 14), "语")
    total = month_total(later + earlier, MAY)
    assert (total.month, total.activities, total.count) == ("2019-05", ("L0514.0.P1", "L0515.0.P1"), 2)


def test_only_what_begins_in_the_window_is_in_it(day_of: Any) -> None:
    days = (date(2019, 4, 26), date(2019, 4, 27), date(2019, 5, 26), date(2019, 5, 27))
    activities = [one for on in days for one in lesson(day_of, on, "语")]
    assert [one.lesson for one in in_window(activities, MAY)] == ["L0427", "L0526"]


def test_a_subject_without_a_box_or_not_filled_in_harms_nothing(day_of: Any) -> None:
    day = day_of(date(2019, 5, 14))
    day.lesson("L1", "09:00-09:40", subject=None)
    day.lesson("L2", "09:50-10:30", subject="围棋")
    day.lesson("L3", "10:40-11:20", subject="其他")
    day.host("09:00-11:20", lesson="L1")
    day.rural("R1", "09:00-11:20", lesson="L1")
    total = month_total(day.activities(), MAY)
    assert (total.count, total.subjects) == (3, ("其他", "围棋"))
