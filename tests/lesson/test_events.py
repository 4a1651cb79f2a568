"""Events as rows: what goes in comes out, old rows stay readable, and nothing else is raised than UnreadableRow."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.lesson.events import AnyEvent, HandRaised, UnreadableRow, decode, encode

AT = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)
instants = st.datetimes(timezones=st.just(UTC))


def kinds() -> list[type[AnyEvent]]:
    return list(get_args(AnyEvent))


@given(st.data())
def test_every_event_comes_back_from_its_row(data: st.DataObject) -> None:
    st.register_type_strategy(datetime, instants)
    kind = data.draw(st.sampled_from(kinds()))
    event = data.draw(st.builds(kind, at=instants))
    assert decode(encode(event)) == event


def test_a_row_carries_its_version_and_instants_in_utc() -> None:
    row = json.loads(encode(HandRaised(lesson="l1", seq=7, at=AT, by="r1", seat="r1")))
    expected = {"v": 1, "type": "HandRaised", "lesson": "l1", "seq": 7, "at": "2019-05-14T01:00:00Z", "by": "r1"}
    assert row == expected | {"seat": "r1"}


def test_the_rows_of_version_1_are_readable_for_ever() -> None:
    rows = (Path(__file__).parent / "data" / "journal_v1.jsonl").read_bytes().splitlines()
    events = [decode(row) for row in rows]
    assert {type(event) for event in events} == set(kinds())
    assert [event.seq for event in events] == list(range(1, len(events) + 1))


def test_an_old_row_is_brought_up_to_date_step_by_step() -> None:
    def rename(row: dict[str, object]) -> dict[str, object]:
        return {("seat" if key == "room" else key): value for key, value in row.items()}

    def retype(row: dict[str, object]) -> dict[str, object]:
        return {**row, "type": "HandRaised"}

    old = b'{"v":1,"type":"Hand","lesson":"l1","seq":1,"at":"2019-05-14T01:00:00Z","by":"r1","room":"r1"}'
    event = decode(old, version=3, upgrades={1: rename, 2: retype})
    assert event == HandRaised(lesson="l1", seq=1, at=AT, by="r1", seat="r1")


@pytest.mark.parametrize(
    "row",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"v":"1"}',
        b'{"v":0,"type":"LessonOpened","lesson":"l","seq":1,"at":"2019-05-14T01:00:00Z","by":"cli"}',
        b'{"v":1,"type":"LessonOpened","lesson":"l","seq":1,"at":"2019-05-14T01:00:00","by":"cli"}',
        b'{"v":1,"type":"Unheard","lesson":"l","seq":1,"at":"2019-05-14T01:00:00Z","by":"cli"}',
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_what_is_no_event_is_an_unreadable_row(row: bytes) -> None:
    with pytest.raises(UnreadableRow):
        decode(row)


@given(st.binary(max_size=200))
def test_any_bytes_give_an_event_or_an_unreadable_row(row: bytes) -> None:
    with suppress(UnreadableRow):
        assert isinstance(decode(row), msgspec.Struct)
