"""A ledger of any size, from a seed: pairs, and every month's activities with evidence as the ledger itself judges it.

A template lesson is judged once per shape (full, in pieces, pending, not held); every activity is a copy of one with
its own names, times and numbers. Rows are inserted in bulk, tallies are added up here: a million in minutes.
"""

import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zlib import crc32

import msgspec
from sqlalchemy import insert

from classroom.ledger.activity import Activity
from classroom.ledger.counting import judge
from classroom.ledger.facts import Facts, Lesson, Period, Role, RoomPresence, Seat
from classroom.ledger.intervals import Interval, to_ms
from classroom.ledger.kinds import Kind
from classroom.ledger.months import SHANGHAI, MonthWindow, default_windows
from classroom.registry.facts import Pair, StatusChange
from classroom.store.schema import ledger, lessons, registry
from classroom.store.store import Store

FIRST: Final = date(2019, 4, 1)
SUBJECTS: Final = ("语", "数", "英", "科", "品德", "音", "体", "美", "劳技", "信息技术", "拓展课程", "其他")
A_MONTH: Final = 18
"""Activities of a pair in a month: 1,500 pairs over 36 months make 972,000."""
BATCH: Final = 20_000
AT: Final = datetime(2019, 4, 1, tzinfo=UTC)
_SPANS: Final = {
    "full": ((0, 40),),
    "pieces": ((0, 12), (14, 27), (28, 40)),
    "late": ((25, 40),),
    "never": (),
}
_IDS: Final = {"pair": "pppppppppppp", "lesson": "llllllllllll", "host": "hhhhhhhhhhhh", "rural": "rrrrrrrrrrrr",
               "from": "ssssssssssss", "to": "tttttttttttt"}  # fmt: skip


def ident(kind: str, number: int) -> str:
    """An id like any other, the same for the same number."""
    digits = "abcdefghijklmnopqrstuvwxyz234567"
    text = ""
    for _ in range(11):
        number, digit = divmod(number, 32)
        text = digits[digit] + text
    return kind + text


async def fill(store: Store, *, pairs: int, months: int, seed: int = 1) -> int:
    """Make `pairs` pairs and their activities of the first `months` work months; how many activities."""
    chance = random.Random(seed)
    await _registry(store, pairs)
    shapes = {name: _template(spans) for name, spans in _SPANS.items()}
    windows = default_windows(date(FIRST.year + months // 12 + 1, 3, 31))[:months]
    number = 0
    for window in windows:
        found = list(_month(chance, window, pairs, shapes, number))
        number += len(found)
        await _insert(store, lessons.lessons, [lesson for lesson, _ in found])
        await _insert(store, ledger.activities, [activity for _, activity in found])
        await _insert(store, ledger.tallies, list(_tallies(activity for _, activity in found)))
    return number


async def _insert(store: Store, table: Any, rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), BATCH):
        async with store.database.write() as connection:
            await connection.execute(insert(table), rows[start : start + BATCH])


async def _registry(store: Store, pairs: int) -> None:
    """A supporter and a recipient of each pair, in counties of thirteen pairs; the first county is ours."""
    rows: dict[str, list[dict[str, Any]]] = {"schools": [], "rooms": [], "classes": [], "sizes": [], "facts": []}
    for number in range(pairs):
        county, code = f"第{number // 13 + 1}县", f"{330100 + number // 13}"
        for kind, word in (("s", "城"), ("t", "乡")):
            school = ident(kind, number)
            rows["schools"].append({"id": school, "name": f"{county}{word}关第{number + 1}小学", "county": county})
            rows["rooms"].append({"id": ident("r" if kind == "t" else "h", number), "school": school, "name": "教室"})
            rows["classes"].append({"id": ident("c" if kind == "t" else "d", number), "school": school, "name": "五班"})
            size = {"class_id": rows["classes"][-1]["id"], "since": FIRST, "students": 24 if kind == "t" else 42}
            rows["sizes"].append(size)
            rows["facts"] += _facts("school", school, number, _school_says(code, kind == "t", number))
        signed = {"agreement": {"signed_on": "2019-04-18", "until": "2030-12-31"}} if number % 12 else {}
        rows["facts"] += _facts("pair", ident("p", number), number, signed)
    pair_rows = [
        {"id": ident("p", n), "supporter": ident("s", n), "recipient": ident("t", n), "level": "县内", "place": n + 1}
        for n in range(pairs)
    ]
    statuses = [{"pair": ident("p", n), "since": FIRST, "status": "active"} for n in range(pairs)]
    for table, found in (
        (registry.schools, rows["schools"]),
        (registry.classrooms, rows["rooms"]),
        (registry.classes, rows["classes"]),
        (registry.class_sizes, rows["sizes"]),
        (registry.pairs, pair_rows),
        (registry.pair_statuses, statuses),
        (registry.dated_facts, rows["facts"]),
    ):
        await _insert(store, table, found)
    # The book is read anew when a part's version grows, which a change through the front door does.
    await store.registry.school("市教育局附属学校", "第1县")


def _school_says(code: str, is_recipient: bool, number: int) -> dict[str, Any]:
    says: dict[str, Any] = {
        "county_code": code,
        "area_type": "乡" if is_recipient else "街道",
        "ownership": "公办",
        "stage": "小学",
        "pupils": 60 + number % 300,
        "space": {"opened_on": "2019-04-10"},
    }
    if number % 5:
        says["equipment"] = {"verdict": "达标" if number % 7 else "未达标"}
    return says


def _facts(subject: str, subject_id: str, number: int, says: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for field, value in says.items():
        yield {
            "id": ident("f", crc32(f"{subject_id}{field}".encode()) << 22 | number),
            "version": 1,
            "subject": subject,
            "subject_id": subject_id,
            "field": field,
            "since": FIRST,
            "value": json.dumps(value, ensure_ascii=False),
            "recorded_at": AT,
            "actor_kind": "machine",
            "actor": "",
            "reason": "",
        }


def _template(spans: tuple[tuple[int, int], ...]) -> Activity:
    """One lesson as the ledger judges it, at the beginning of 1970."""
    start = datetime(1970, 1, 5, 1, 0, tzinfo=UTC)
    ms = to_ms(start)

    def at(minutes: int) -> int:
        return ms + minutes * 60_000

    pair = Pair(
        id=_IDS["pair"],
        supporter=_IDS["from"],
        recipient=_IDS["to"],
        statuses=(StatusChange(since=date(1970, 1, 1), status="active"),),
    )
    lesson = Lesson(
        id=_IDS["lesson"],
        host_room=_IDS["host"],
        seats=(
            Seat(room=_IDS["host"], school=_IDS["from"], students=42, teachers=1),
            Seat(room=_IDS["rural"], school=_IDS["to"], students=24, teachers=1),
        ),
        periods=(Period(start, start + timedelta(minutes=40)),),
        pairs=(pair.id,),
        subject="语",
    )
    presence = [
        RoomPresence(lesson=lesson.id, room=_IDS["host"], role=Role.HOST, interactive=(Interval(at(-2), at(41)),)),
        RoomPresence(
            lesson=lesson.id,
            room=_IDS["rural"],
            role=Role.RURAL,
            interactive=tuple(Interval(at(a), at(b)) for a, b in spans),
        ),
    ]
    return judge(Facts(lessons=(lesson,), presence=tuple(presence), pairs=(pair,)))[0]


def _month(
    chance: random.Random, window: MonthWindow, pairs: int, shapes: dict[str, Activity], first: int
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    days = (window.last - window.first).days + 1
    details = {name: json.dumps(msgspec.to_builtins(shape), ensure_ascii=False) for name, shape in shapes.items()}
    for number in range(pairs):
        for one in range(A_MONTH):
            day = window.first + timedelta(days=(one * days // A_MONTH + number) % days)
            start = datetime.combine(day, time(8 + one % 8, 5 * (number % 12)), SHANGHAI).astimezone(UTC)
            fate = chance.random()
            name = "full" if fate < 0.8 else "pieces" if fate < 0.9 else "late" if fate < 0.95 else "never"
            lesson = ident("l", first + number * A_MONTH + one)
            yield _rows(shapes[name], details[name], window.month, number, lesson, start, chance.choice(SUBJECTS))


def _rows(
    shape: Activity, detail: str, month: str, number: int, lesson: str, start: datetime, subject: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    names = {"pair": ident("p", number), "lesson": lesson, "host": ident("h", number), "rural": ident("r", number),
             "from": ident("s", number), "to": ident("t", number)}  # fmt: skip
    for what, name in names.items():
        detail = detail.replace(_IDS[what], name)
    end = start + timedelta(minutes=40)
    lesson_row = {
        "id": lesson,
        "seq": 4,
        "head": "0" * 64,
        "state": "ended",
        "supporter": names["from"],
        "subject": subject,
        "start_at": start,
        "end_at": end,
        "opened_at": start,
        "started_at": start,
        "ended_at": end,
        "end_reason": "teacher",
        "cancelled": False,
        "is_test": False,
        "recorded": False,
        "settled": True,
    }
    return lesson_row, {
        "id": f"{lesson}.0.{names['pair']}",
        "kind": Kind.SYNC.value,
        "pair": names["pair"],
        "lesson": lesson,
        "period": 0,
        "month": month,
        "begins_at": start,
        "ends_at": end,
        "class_id": None,
        "state": shape.state.value,
        "minutes": shape.minutes,
        "participants": shape.participants,
        "host_participants": shape.host_participants,
        "sharers": 1,
        "is_hand": False,
        "subjects": f" {subject} ",
        "flags": "".join(f" {flag}" for flag in shape.flags) + " " if shape.flags else "",
        "marks": "",
        "version": 1,
        "detail": detail,
    }


def _tallies(activities: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    sums: dict[str, dict[str, Any]] = {}
    for one in activities:
        row = sums.setdefault(
            one["pair"],
            {"month": one["month"], "kind": one["kind"], "pair": one["pair"], "count": 0, "participants": 0,
             "pending": 0, "subjects": set()},
        )  # fmt: skip
        if one["state"] == "counted":
            row["count"] += 1
            row["participants"] += one["participants"]
            row["subjects"].add(one["subjects"].strip())
        row["pending"] += one["state"] == "pending"
    for row in sums.values():
        yield {**row, "subjects": f" {' '.join(sorted(row['subjects']))} " if row["subjects"] else ""}
