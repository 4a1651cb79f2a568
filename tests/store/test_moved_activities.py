"""A database of the first release: its verdicts become activities of the ledger for all four forms."""

from datetime import UTC, datetime

import msgspec
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from classroom.ledger.activity import Activity
from classroom.store.database import async_url
from classroom.store.store import Store

DETAIL = {
    "id": "lesson000001/0/pair00000001",
    "lesson": "lesson000001",
    "period": 0,
    "pair": "pair00000001",
    "supporter": "school000001",
    "recipient": "school000002",
    "state": "counted",
    "flags": ["by_roster"],
    "begins_at": "2019-05-14T01:00:00Z",
    "planned": {"start_at": "2019-05-14T01:00:00Z", "end_at": "2019-05-14T01:40:00Z"},
    "zone": [1557795000000, 1557798900000],
    "subject": "语",
    "minutes": 40,
    "need": 20,
    "low": 10,
    "teachers": 2,
    "students": 65,
    "observers": 0,
    "participants": 67,
    "rooms": [
        {
            "room": room,
            "school": school,
            "role": role,
            "on_timetable": True,
            "seen": [[1557795600000, 1557798000000]],
            "view_only": [],
            "held_back": [],
            "used": [[1557795600000, 1557798000000]],
            "shared_ms": 2400000,
            "minutes": 40,
            "is_counted": True,
            "headcount": {"students": students, "teachers": 1, "students_from": "planned", "teachers_from": "planned"},
        }
        for room, school, role, students in (
            ("room00000001", "school000001", "host", 42),
            ("room00000002", "school000002", "rural", 23),
        )
    ],
    "sources": ["lesson000001"],
    "confirmation": None,
}
ROWS = (
    "INSERT INTO schools (id, name) VALUES ('school000001', '实验小学'), ('school000002', '檀溪中小')",
    "INSERT INTO classrooms (id, school, name) VALUES ('room00000001', 'school000001', '录播室')",
    "INSERT INTO classes (id, school, name) VALUES ('class0000001', 'school000001', '四(2)班')",
    "INSERT INTO pairs (id, supporter, recipient) VALUES ('pair00000001', 'school000001', 'school000002')",
    "INSERT INTO lessons (id, seq, head, state, supporter, subject, start_at, cancelled, is_test, recorded, settled) "
    "VALUES ('lesson000001', 1, '', 'ended', 'school000001', '语', '2019-05-14 01:00:00', false, false, false, true)",
    "INSERT INTO lesson_seats (lesson, seat, place, role, school, classroom, class_id) "
    "VALUES ('lesson000001', 'teacher', 0, 'host', 'school000001', 'room00000001', 'class0000001')",
)
VERDICT = text(
    "INSERT INTO activities (pair, lesson, period, month, state, minutes, participants, subject, flags, detail) "
    "VALUES ('pair00000001', 'lesson000001', :period, '2019-05', :state, 40, :participants, '语', :flags, :detail)"
)


def first_release(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", "classroom.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")
    for row in ROWS:
        connection.execute(text(row))
    for period, state, participants in ((0, "counted", 67), (1, "pending", 0)):
        detail = {**DETAIL, "period": period, "state": state, "participants": participants}
        connection.execute(
            VERDICT,
            {
                "period": period,
                "state": state,
                "participants": participants,
                "flags": '["by_roster"]',
                "detail": msgspec.json.encode(detail).decode(),
            },
        )


@pytest.fixture
async def old(url: str) -> str:
    """The URL of a database that the first release wrote."""
    engine = create_async_engine(async_url(url))
    async with engine.begin() as connection:
        await connection.run_sync(first_release)
    await engine.dispose()
    return url


async def test_the_verdicts_of_the_first_release_come_through(old: str) -> None:
    store = await Store.open(old)
    try:
        counted, waiting = await store.activities.of_lessons(["lesson000001"])
        assert (counted.id, waiting.id) == ("lesson000001.0.pair00000001", "lesson000001.1.pair00000001")
        assert (counted.state, counted.participants, counted.host_participants, counted.sharers) == (
            "counted",
            67,
            43,
            1,
        )
        assert (counted.begins_at, counted.ends_at) == (
            datetime(2019, 5, 14, 1, 0, tzinfo=UTC),
            datetime(2019, 5, 14, 1, 40, tzinfo=UTC),
        )
        assert (counted.subjects, counted.flags, counted.class_id) == (("语",), ("by_roster",), "class0000001")
        activity = msgspec.convert(counted.detail, Activity)
        assert (activity.id, activity.subjects, activity.rooms[1].minutes) == (counted.id, ("语",), 40)
        [tally] = await store.activities.tallies("2019-05")
        assert (tally.count, tally.participants, tally.pending, tally.subjects) == (1, 67, 1, ("语",))
    finally:
        await store.close()
