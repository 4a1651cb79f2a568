"""Month totals: the roll-up example of the rule book, with all four forms."""

from datetime import date
from typing import Any

from classroom.ledger.activity import Activity
from classroom.ledger.hand import HandEntry, judge_hand
from classroom.ledger.intervals import Interval
from classroom.ledger.kinds import ON_PAPER, Kind
from classroom.ledger.months import default_windows
from classroom.ledger.plays import Play, Resource
from classroom.ledger.rollup import in_window, month_total
from classroom.ledger.rules import CountingRules
from classroom.ledger.subjects import in_order
from classroom.ledger.viewing import judge_viewings
from classroom.ledger.words import Standing
from classroom.registry.facts import Pair

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


def entry(day_of: Any, on: date, pair: Pair, kind: Kind, number: int, **people: Any) -> Activity:
    """One of the other three forms, entered by hand."""
    day = day_of(on)
    one = HandEntry(
        id=f"entry{number:07}",
        kind=kind,
        pair=pair.id,
        begins_at=day.at("14:00"),
        ends_at=day.at("14:40"),
        class_name="",
        class_id=None,
        title="",
        training=None,
        reason="补录",
        by="account:a",
        at=day.at("17:00"),
        **{"subjects": (), "students": 0, "teachers": 1, **people},
    )
    return judge_hand(one, pair, Standing(), CountingRules())


def viewings(day_of: Any, on: date) -> list[Activity]:
    """V36, of 科."""
    day = day_of(on)
    resource = Resource(id="v", origin="school", school="实验小学", length_ms=2_400_000, title="浮力", subjects=("科",))
    plays = [
        Play(
            resource="v",
            seat=seat,
            began_at=day.at(clock),
            ended_at=day.at(clock),
            seconds=(Interval(0, 2_400_000),),
        )
        for seat, clock in zip(day.seats("R1 R1 R2"), ("09:00", "14:00", "10:00"), strict=True)
    ]
    return list(judge_viewings([resource], plays, day.pairs))


def test_the_rollup_of_may_2019(day_of: Any) -> None:
    p1 = lesson(day_of, date(2019, 5, 14), "语")
    p1 += lesson(day_of, date(2019, 5, 15), "数", rooms="U1 R1 R2")
    p1 += double_lesson(day_of, date(2019, 5, 16))
    p1 += lesson(day_of, date(2019, 5, 17), "音", "09:22-09:40")
    p1 += viewings(day_of, date(2019, 5, 15))
    pair1, pair2, _ = day_of().pairs
    p1.append(entry(day_of, date(2019, 5, 20), pair1, Kind.MASTER, 1, students=23, subjects=("语",)))
    p1.append(entry(day_of, date(2019, 5, 21), pair1, Kind.TRAINING, 2, teachers=5))
    p2 = lesson(day_of, date(2019, 5, 20), "音", rooms="U2 R3", pairs="P2")
    p2 += lesson(day_of, date(2019, 5, 21), "音", rooms="U2 R3", pairs="P2")
    p2 += lesson(day_of, date(2019, 5, 22), "美", rooms="U2 R3", pairs="P2")
    p2.append(entry(day_of, date(2019, 5, 23), pair2, Kind.DELIVERY, 3, students=12, subjects=("音",)))
    p2.append(entry(day_of, date(2019, 5, 23), pair2, Kind.TRAINING, 4, teachers=6))
    p2.append(entry(day_of, date(2019, 5, 24), pair2, Kind.TRAINING, 5, teachers=7))

    def totals(activities: list[Activity]) -> dict[Kind, tuple[int, int]]:
        found = {kind: month_total(activities, MAY, kind) for kind in ON_PAPER}
        return {kind: (total.count, total.participants) for kind, total in found.items()}

    def subjects(activities: list[Activity]) -> str:
        return "".join(in_order(one for kind in ON_PAPER for one in month_total(activities, MAY, kind).subjects))

    sync, delivery, master, training = ON_PAPER
    assert totals(p1) == {sync: (4, 290), delivery: (2, 46), master: (1, 24), training: (1, 5)}
    assert subjects(p1) == "语数英科"
    assert totals(p2) == {sync: (3, 162), delivery: (1, 13), master: (0, 0), training: (2, 13)}
    assert subjects(p2) == "音美"
    assert totals([]) == dict.fromkeys(ON_PAPER, (0, 0)) and month_total([], MAY).activities == ()
    both = p1 + p2
    assert totals(both) == {sync: (7, 452), delivery: (3, 59), master: (1, 24), training: (3, 18)}
    assert subjects(both) == "语数英科音美", "the pending 音 adds nothing: 音 comes from the second pair"


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
