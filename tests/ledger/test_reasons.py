"""The sentence a teacher reads under a lesson."""

from typing import Any

from classroom.ledger.hand import HandEntry, judge_hand
from classroom.ledger.kinds import Kind
from classroom.ledger.reasons import reason_en, reason_zh
from classroom.ledger.rules import CountingRules
from classroom.ledger.words import standing
from classroom.registry.facts import Pair, StatusChange

NAMES = {"实验小学": "实验小学", "檀溪中小": "檀溪中小"}


def said(day: Any, position: int = 0) -> tuple[str, str]:
    activity = day.activities()[position]
    return reason_zh(activity, NAMES), reason_en(activity, NAMES)


def test_counted(day: Any) -> None:
    day.lesson()
    day.host()
    day.rural("R1")
    assert said(day) == ("计入：檀溪中小 40 分钟", "Counted: 檀溪中小, 40 min")


def test_pending_then_confirmed_then_rejected(day: Any) -> None:
    day.lesson()
    day.host()
    day.rural("R1", "09:22-09:40")
    assert said(day) == (
        "待确认：只同堂 18 分钟，满 20 分钟自动计入",
        "To be confirmed: only 18 min together; counted by itself from 20",
    )
    day.confirm("L.0.P1")
    assert said(day) == ("计入：檀溪中小 18 分钟（人工确认）", "Counted: 檀溪中小, 18 min (confirmed by hand)")
    day.confirm("L.0.P1", accepted=False, clock="17:00")
    assert said(day) == ("不计：已驳回", "Not counted: rejected on review")


def test_pending_for_its_direction(day: Any) -> None:
    day.lesson(rooms="R1 U1")
    day.host(room="R1")
    day.rural("U1")
    assert said(day) == (
        "待确认：反向授课，同堂 40 分钟，需人工确认",
        "To be confirmed: taught in the reverse direction, 40 min together; needs a person's word",
    )
    day.confirm("L.0.P1")
    assert said(day)[0] == "计入：实验小学 40 分钟（人工确认）"


def test_pending_because_the_pair_was_not_planned(day: Any) -> None:
    day.pairs.append(
        Pair(
            id="P12",
            supporter="实验小学",
            recipient="礼张完小",
            statuses=(StatusChange(since=day.day, status="active"),),
        )
    )
    day.lesson(rooms="U1 R1 R3")
    day.host()
    day.rural("R3")
    assert said(day, 1) == (
        "待确认：这对学校不在课表上，同堂 40 分钟，需人工确认",
        "To be confirmed: the pair is not on the timetable, 40 min together; needs a person's word",
    )


def test_not_counted_for_want_of_minutes(day: Any) -> None:
    day.lesson()
    day.host()
    day.rural("R1", "09:00-09:05")
    assert said(day) == (
        "不计：只同堂 5 分钟，不足 10 分钟",
        "Not counted: only 5 min together, fewer than 10",
    )


def test_not_counted_says_why(day: Any) -> None:
    day.lesson(is_test=True)
    day.host()
    assert said(day) == (
        "不计：测试课、结对教室未接入",
        "Not counted: a test lesson, the partner classroom did not join",
    )


def test_cancelled_and_not_held(day: Any) -> None:
    day.lesson(is_cancelled=True)
    assert said(day) == ("不计：未开展（已取消）", "Not counted: the lesson was cancelled, nobody joined")


def test_entered_by_hand(day: Any) -> None:
    def told(**change: Any) -> tuple[str, str]:
        fields = {
            "id": "a1",
            "kind": Kind.SYNC,
            "pair": "P1",
            "begins_at": day.at("09:00"),
            "ends_at": day.at("09:40"),
            "class_name": "五（1）班",
            "class_id": None,
            "subjects": ("语",),
            "students": 42,
            "teachers": 1,
            "title": "春晓",
            "training": None,
            "reason": "当天断网",
            "by": "account:a1",
            "at": day.at("17:00"),
        }
        activity = judge_hand(HandEntry(**{**fields, **change}), day.pairs[0], standing([]), CountingRules())
        return reason_zh(activity, NAMES), reason_en(activity, NAMES)

    assert told() == (
        "待确认：手工录入，没有课堂记录，需第二人凭佐证确认",
        "To be confirmed: entered by hand without a log; a second person has to confirm it with evidence",
    )
    assert told(kind=Kind.DELIVERY) == ("计入：檀溪中小 40 分钟", "Counted: 檀溪中小, 40 min")
