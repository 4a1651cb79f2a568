"""A sample county (示例县): some months of lessons, so that the desks can be tried before there is a first lesson.

Nothing is planted: schools and pairs go through the registry, lessons are events and heartbeats in the journal, and the
ledger judges them as it judges real ones. The same seed and the same day give the same county.
"""

import random
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import msgspec

from classroom.ledger.filing import BUREAU, Action
from classroom.ledger.months import SHANGHAI, local_date
from classroom.ledger.policy import Policy
from classroom.lesson import seats, state
from classroom.lesson.events import HOST_SEAT, AnyEvent, Period, SeatPlan
from classroom.lesson.heartbeat import Heartbeat, Marks
from classroom.registry.changes import Wanted, record
from classroom.registry.facts import Pair
from classroom.registry.fields import Subject
from classroom.store.audit import MACHINE
from classroom.store.policies import put_policy
from classroom.store.registry import By
from classroom.store.store import Store
from signaling.auth import Grant
from signaling.filing import Filing, StepBody
from signaling.records import Records

OWN: Final = "浦江县"
OWN_CODE: Final = "330726"
# Supporter, its county and code; recipient, its county and code; the recipient's pupils. None: not named yet (待定).
PAIRS: Final = (
    ("实验小学", OWN, OWN_CODE, "檀溪中小", OWN, OWN_CODE, 186),
    ("南苑小学", OWN, OWN_CODE, "礼张完小", OWN, OWN_CODE, 74),
    ("郑宅中小", OWN, OWN_CODE, "堂头完小", OWN, OWN_CODE, 92),
    ("义乌市后宅小学", "义乌市", "330782", "郑家坞中小", OWN, OWN_CODE, 240),
    ("浦阳一小", OWN, OWN_CODE, "义乌市鹤田小学", "义乌市", "330782", 410),
    ("兰溪市聚仁教育集团振兴小学", "兰溪市", "330781", "金融希望小学", OWN, OWN_CODE, 131),
    ("浦江龙峰国际学校", OWN, OWN_CODE, "兰溪白沙中心小学", "兰溪市", "330781", 322),
    ("浦阳二小", OWN, OWN_CODE, "武义柳城小学", "武义县", "330723", 385),
    ("浦江四中", OWN, OWN_CODE, "磐安四中", "磐安县", "330727", 298),
    ("杭州学军小学", "西湖区", "330106", "虞宅乡朱宅完小", OWN, OWN_CODE, 66),
    ("实验小学", OWN, OWN_CODE, None, "金口河区", "511113", 0),
)
SUBJECTS: Final = ("语", "数", "英", "科", "音", "美", "品德")
HEARTBEAT: Final = timedelta(seconds=5)
LESSON: Final = timedelta(minutes=40)
_FLOWING: Final = Marks(up_audio=40, up_video=40, down_audio=60, down_video=60)


class Plan(msgspec.Struct, frozen=True):
    """One lesson to be held: when it begins, and from and to which minute of it the rural room is there."""

    pair: Pair
    start: datetime
    subject: str
    spans: tuple[tuple[int, int], ...]
    absent: int | None
    """How many of the roster stay away; None: nobody counts."""
    is_test: bool = False
    is_cancelled: bool = False


async def fill(
    store: Store,
    records: Records,
    new_id: Callable[[], str],
    at: datetime,
    *,
    months: int = 3,
    seed: int = 1,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> int:
    """Make the county of `seed` with lessons of the last `months` months before `at`; how many lessons were held.

    Months that ended a while ago are filed: by all but one school, in time, and by the bureau.

    Raises ValueError for a store that has schools already: a sample never mixes with what is real.
    """
    if (await store.registry.book()).schools:
        raise ValueError("the registry is not empty")
    chance = random.Random(seed)
    await _policy(store, at)
    since = local_date(at) - timedelta(days=31 * months)
    pairs = [await _pair(store, row, since, new_id, at) for row in PAIRS]
    days = await _school_days(store, since, local_date(at))
    plans = [plan for plan in _plans(chance, pairs, days) if plan.start + 2 * LESSON < at]
    for done, plan in enumerate(plans, start=1):
        lesson = await _hold(store, plan, new_id())
        await records.settle(lesson, plan.start + 2 * LESSON)
        await store.lessons.settle(lesson)
        progress(done, len(plans))
    await _file(store, records, pairs, since, at)
    return len(plans)


async def _policy(store: Store, at: datetime) -> None:
    years = dict.fromkeys(range(2019, at.year + 1), 13)
    policy = Policy(unit=f"{OWN}教育局", county=OWN_CODE, task=years, school_total=46)
    async with store.database.write() as connection:
        await put_policy(connection, policy, 0, "示例县", MACHINE, at)


async def _file(store: Store, records: Records, pairs: list[Pair], since: date, at: datetime) -> None:
    """Both forms of every month that began after `since` and was due more than ten days before `at`."""
    filing, machine = Filing(store, records), Grant("machine")
    for month in await store.months.refresh(at):
        if month.first <= since or month.bureau_due_at + timedelta(days=10) > at:
            continue
        for pair in pairs[1:-1]:
            submitted_at = month.school_due_at - timedelta(hours=9)
            await filing.act(month.month, pair.id, Action.SUBMIT, machine, StepBody(version=0), submitted_at)
        sent_at = month.bureau_due_at - timedelta(hours=2)
        sign = StepBody(version=0, name="（示例）领导", on=local_date(sent_at))
        await filing.act(month.month, BUREAU, Action.SIGN, machine, sign, sent_at - timedelta(hours=1))
        send = StepBody(version=1, channel="浙政钉", at=sent_at)
        await filing.act(month.month, BUREAU, Action.SEND, machine, send, sent_at)


async def _pair(store: Store, row: tuple[Any, ...], since: date, new_id: Callable[[], str], at: datetime) -> Pair:
    supporter_name, supporter_county, supporter_code, recipient_name, recipient_county, recipient_code, pupils = row
    supporter = await store.registry.school(supporter_name, supporter_county)
    says: list[tuple[Subject, str, str, Any]] = [
        ("school", supporter.id, "county_code", supporter_code),
        ("school", supporter.id, "area_type", "街道"),
        ("school", supporter.id, "ownership", "公办"),
        ("school", supporter.id, "stage", "初中" if "四中" in supporter_name else "小学"),
    ]
    if recipient_name is None:
        pair = await store.registry.pair(supporter.id, None, since, "待定")
        says.append(("pair", pair.id, "district", recipient_county))
    else:
        recipient = await store.registry.school(recipient_name, recipient_county)
        pair = await store.registry.pair(supporter.id, recipient.id, since)
        signed = {"signed_on": since.isoformat(), "until": date(since.year + 3, 6, 30).isoformat()}
        says += [
            ("school", recipient.id, "county_code", recipient_code),
            ("school", recipient.id, "area_type", "乡" if pupils <= 100 else "镇"),
            ("school", recipient.id, "ownership", "公办"),
            ("school", recipient.id, "stage", "初中" if "四中" in recipient_name else "小学"),
            ("school", recipient.id, "pupils", pupils),
            ("school", recipient.id, "space", {"opened_on": since.isoformat()}),
            ("school", supporter.id, "space", {"opened_on": since.isoformat()}),
        ]
        if pupils != 74:  # One pair has not signed yet, one school is not up to standard: the desks have work to show.
            says.append(("pair", pair.id, "agreement", signed))
        says.append(("school", recipient.id, "equipment", {"verdict": "未达标" if pupils == 131 else "达标"}))
        says.append(("school", supporter.id, "equipment", {"verdict": "达标"}))
        await _rooms(store, pair, since, pupils)
    for subject, id, field, value in says:
        await _say(
            store, new_id, at, Wanted(subject=subject, id=id, field=field, since=since, value=value, is_checked=False)
        )
    return pair


async def _rooms(store: Store, pair: Pair, since: date, pupils: int) -> None:
    assert pair.recipient is not None, "a pair without a school has no rooms"
    await store.registry.classroom(pair.supporter, "录播教室")
    await store.registry.school_class(pair.supporter, "五（1）班", 42, since)
    await store.registry.classroom(pair.recipient, "同步课堂教室")
    await store.registry.school_class(pair.recipient, "五年级", max(9, pupils // 8), since)


async def _say(store: Store, new_id: Callable[[], str], at: datetime, wanted: Wanted) -> None:
    await store.registry.change(lambda book: record(book, new_id, wanted, at), By(MACHINE, at))


async def _school_days(store: Store, first: date, last: date) -> list[date]:
    workdays = await store.months.workdays()
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    return [day for day in days if workdays.is_working(day)]


def _plans(chance: random.Random, pairs: list[Pair], days: list[date]) -> Iterator[Plan]:
    """A lesson a week and pair, more of the eager ones; now and then a bad line, a test, a cancelled or missed one."""
    for number, pair in enumerate(pair for pair in pairs if pair.recipient is not None):
        for day in days:
            is_due = day.weekday() == number % 5 or (number < 3 and day.weekday() == (number + 2) % 5)
            if is_due and number != 2:  # One pair holds none: the overview must say so.
                yield _plan(chance, pair, day)


def _plan(chance: random.Random, pair: Pair, day: date) -> Plan:
    start = datetime.combine(day, time(9 + chance.randrange(2), 50 if chance.random() < 0.5 else 0), SHANGHAI)
    fate = chance.random()
    spans: tuple[tuple[int, int], ...] = ((-2, 41),)
    if fate < 0.08:
        spans = ((22, 41),)
    elif fate < 0.2:
        spans = ((-1, 12), (13, 27), (28, 41))
    elif fate < 0.24:
        spans = ()
    return Plan(
        pair=pair,
        start=start,
        subject=chance.choice(SUBJECTS),
        spans=spans,
        absent=None if chance.random() < 0.3 else chance.randrange(3),
        is_test=0.24 <= fate < 0.26,
        is_cancelled=0.26 <= fate < 0.3,
    )


async def _hold(store: Store, plan: Plan, lesson: str) -> str:
    """The lesson's events and heartbeats, as they would have been written at its time."""
    host, rural = await _seat_plans(store, plan)
    made = plan.start - timedelta(days=1)
    events: list[AnyEvent] = state.schedule(
        None,
        made,
        by="teacher",
        lesson_id=lesson,
        supporter=plan.pair.supporter,
        subject=plan.subject,
        periods=(Period(start=plan.start, end=plan.start + LESSON),),
        pairs=(plan.pair.id,),
        plans=(host, rural),
        is_test=plan.is_test,
    )

    def then(command: Callable[..., list[AnyEvent]], minute: float, **more: Any) -> None:
        found = state.fold(events)
        events.extend(command(found, plan.start + timedelta(minutes=minute), **more))

    if plan.is_cancelled:
        then(state.cancel, -60, by="teacher")
    else:
        then(seats.take_seat, -3, by="teacher", seat=HOST_SEAT, device="host")
        if plan.spans:
            then(seats.take_seat, plan.spans[0][0], by=rural.seat, seat=rural.seat, device="pc")
        then(state.start, 0 if not plan.spans else max(0, plan.spans[0][0]), by="teacher")
        if plan.spans and plan.absent is not None and rural.students is not None:
            then(
                seats.confirm_headcount,
                25,
                by=rural.seat,
                seat=rural.seat,
                students=rural.students - plan.absent,
                teachers=1,
            )
        then(state.end, 41, by="teacher", reason="teacher")
    await store.journal.append(events)
    if not plan.is_cancelled:
        await store.journal.beat(list(_beats(plan, lesson, rural.seat)))
    return lesson


async def _seat_plans(store: Store, plan: Plan) -> tuple[SeatPlan, SeatPlan]:
    assert plan.pair.recipient is not None, "only pairs with two schools hold lessons"
    day = local_date(plan.start)
    found = []
    for role, school, room, name in (
        ("host", plan.pair.supporter, "录播教室", "五（1）班"),
        ("rural", plan.pair.recipient, "同步课堂教室", "五年级"),
    ):
        place = await store.registry.classroom(school, room)
        group = await store.registry.school_class(school, name, None, day)
        found.append(
            SeatPlan(
                seat=HOST_SEAT if role == "host" else place.id,
                school=school,
                classroom=place.id,
                role="host" if role == "host" else "rural",
                class_id=group.id,
                students=group.sizes[-1].students,
                teachers=1,
            )
        )
    return found[0], found[1]


def _beats(plan: Plan, lesson: str, rural: str) -> Iterator[Heartbeat]:
    at, end = plan.start - timedelta(minutes=2), plan.start + timedelta(minutes=41)
    spans = [(plan.start + timedelta(minutes=a), plan.start + timedelta(minutes=b)) for a, b in plan.spans]
    while at <= end:
        seats_on = {HOST_SEAT: _FLOWING}
        if any(a <= at < b for a, b in spans):
            seats_on[rural] = _FLOWING
        yield Heartbeat(lesson=lesson, at=at, boot="sample", seats=seats_on)
        at += HEARTBEAT
