"""教师网络研修 on a server: held like a lesson, in equal rooms, counted by who signed in."""

from datetime import timedelta
from typing import Any

from classroom.ledger.kinds import Kind
from classroom.lesson.events import LessonEnded, LessonScheduled, Period, PersonSignedIn, SeatPlan
from classroom.store.audit import SERVER
from classroom.store.ids import new_id
from classroom.store.registry import By
from signaling.activity_detail import detail_of
from signaling.records import activity_of
from tests.signaling.test_records import TUESDAY, County, at, county

__all__ = ["county"]

MEETING = {"training": "集体备课", "title": "五年级上册第三单元备课", "class_name": None, "class_size": None}


async def held(county: County, *, village: bool = True, minutes: int = 30, **more: Any) -> str:
    """A meeting of 40 minutes at 14:00, in which two of the city and one of the village signed in; judged."""
    lesson, begins = new_id(), at("14:00")
    people = county.store.people
    by = By(SERVER, begins)
    city = [await people.teacher(county.pair.supporter, name, by) for name in ("陈老师", "王老师")]
    assert county.pair.recipient is not None
    other = await people.teacher(county.pair.recipient, "周老师", by)
    assert None not in (*city, other)
    plans = tuple(
        SeatPlan(seat=plan.seat, school=plan.school, classroom=plan.classroom, role=plan.role, class_id="", teachers=0)
        for plan in county.plans
    )
    who = [("teacher", one.id) for one in city if one] + ([(county.room, other.id)] if village and other else [])
    stamp = {"lesson": lesson, "at": begins, "by": "cli"}
    events = [
        LessonScheduled(
            seq=1,
            supporter=county.pair.supporter,
            subject="语",
            periods=(Period(start=begins, end=begins + timedelta(minutes=40)),),
            pairs=(county.pair.id,),
            seats=plans,
            training="集体备课",
            **stamp,
            **more,
        ),
        *(PersonSignedIn(seq=n, seat=seat, person=person, **stamp) for n, (seat, person) in enumerate(who, 2)),
        LessonEnded(seq=len(who) + 2, reason="cli", **stamp),
    ]
    await county.store.journal.append(events)
    await county.store.journal.beat(county.beats(lesson, begins, begins + timedelta(minutes=minutes)))
    await county.store.plans.put(lesson, title="单元备课", steps=(), version=0, edited_by="", by=by)
    await county.records.settle(lesson, begins + timedelta(hours=1))
    return lesson


async def test_a_meeting_counts_once_and_by_name_beside_the_day_s_lessons(county: County, tmp_path: Any) -> None:
    lesson_row = await county.lesson()
    meeting = await held(county)
    [row] = await county.store.activities.of_lessons([meeting])
    assert (row.kind, row.state, row.participants, row.minutes) == (Kind.TRAINING, "counted", 3, 30)
    detail = await detail_of(county.store, county.records, _NoLibrary(), row, at("16:00"))  # type: ignore[arg-type]
    assert (detail.title, detail.training_kind) == ("单元备课", "集体备课")
    assert [(one.name, one.school, one.minutes) for one in detail.attendance] == [
        ("陈老师", "实验小学", 30),
        ("王老师", "实验小学", 30),
        ("周老师", "檀溪中小", 30),
    ]
    # Judging a lesson of the day again judges the meeting too, and neither takes the other away.
    await county.records.settle(lesson_row.lesson or "", at("16:00"))
    assert await county.store.activities.get(row.id) == row
    sums = {one.kind: one.count for one in await county.store.activities.tallies(row.month)}
    assert sums == {Kind.SYNC: 1, Kind.TRAINING: 1}


async def test_a_side_that_did_not_sign_in_is_put_right_by_a_correction(county: County) -> None:
    [row] = await county.store.activities.of_lessons([await held(county, village=False)])
    assert (row.state, row.flags) == ("not_counted", ("one_sided", "not_signed_in"))
    await county.say(county.bureau, row, "correct", rooms=[county.room], teachers={county.room: 4})
    after = await county.store.activities.get(row.id)
    assert after is not None and (after.state, after.participants) == ("counted", 6)
    # A change of the pair's status judges it again, words and all.
    assert await county.records.pair_changed(county.pair.id, TUESDAY, at("17:00")) == 0


async def test_a_log_takes_the_place_of_what_was_written_down_by_hand(county: County) -> None:
    entry = {"kind": "training", "training_kind": "集体备课", "start": "14:00", "end": "14:40", "teachers": 5}
    more = {"class_name": None, "students": 0, "subjects": [], "title": "单元备课", "link": "https://example.cn/1"}
    by_hand = await county.enter(county.village, **entry, **more)
    [row] = await county.store.activities.of_lessons([await held(county)])
    assert await county.store.activities.get(by_hand.id) is None
    assert (row.participants, activity_of(row).hand) == (3, None)


class _NoLibrary:
    """Nothing was recorded."""

    def current(self, lesson: str) -> None:
        return None

    def verdict(self, lesson: str) -> None:
        return None


async def test_rooms_sign_in_their_own_people_and_anybody_takes_the_word(house: Any) -> None:
    made = await house.lesson(**MEETING)
    lesson, room = made["lesson"], made["seats"][0]
    status, teacher_list, _ = await house.ask("GET", f"/api/v1/lessons/{lesson}/people", made["teacher"]["token"])
    assert (status, teacher_list) == (200, {"people": []})
    ask = f"/api/v1/lessons/{lesson}/people"
    status, chen, _ = await house.ask("POST", ask, made["teacher"]["token"], {"name": "陈老师"})
    assert status == 201
    _, zhou, _ = await house.ask("POST", ask, room["token"], {"name": "周老师"})
    assert (await house.ask("POST", ask, room["token"], {"name": "周老师"}))[1] == zhou
    teacher = await house.sit(lesson, made["teacher"]["token"])
    village = await house.sit(lesson, room["token"], "village")
    await teacher.say(type="start")
    await village.say(type="sign_in", person=zhou["person"])
    view = await teacher.hears(lambda view: view["seats"][1]["people"])
    assert (view["training"], view["title"], view["seats"][1]["people"]) == (
        "集体备课",
        "五年级上册第三单元备课",
        [zhou],
    )
    await village.say(type="sign_in", person=chen["person"])
    assert (await village.hear("error"))["code"] == "person_elsewhere"
    await village.say(type="set_stage", seat=room["seat"])
    await teacher.hears(lambda view: view["stage"] == room["seat"])
    await teacher.say(type="end")
    await teacher.hears(lambda view: view["state"] == "ended")
    listed = (await house.ask("GET", "/api/v1/lessons", house.info.secret))[1]["lessons"]
    assert [(one["training"], one["title"], one["class_name"]) for one in listed] == [
        ("集体备课", "五年级上册第三单元备课", "")
    ]


async def test_what_is_no_meeting_has_no_list_and_a_meeting_needs_a_title(house: Any) -> None:
    made = await house.lesson()
    status, problem, _ = await house.ask("GET", f"/api/v1/lessons/{made['lesson']}/people", made["teacher"]["token"])
    assert (status, problem["code"]) == (409, "no_meeting")
    status, problem, _ = await house.ask(
        "POST", "/api/v1/lessons", house.info.secret, {**house.wanted, **MEETING, "title": None}
    )
    assert (status, problem["code"]) == (400, "title_needed")
    status, problem, _ = await house.ask(
        "POST", "/api/v1/lessons", house.info.secret, {**house.wanted, "class_name": None}
    )
    assert (status, problem["code"]) == (400, "class_needed")
