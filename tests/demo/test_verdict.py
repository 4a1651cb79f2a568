"""The checks of a demo lesson: nothing to say when all of it happened, a sentence for each thing that did not."""

from typing import Any

import msgspec
import pytest

from signaling.demo.verdict import (
    ActivityResult,
    DemoResult,
    Gap,
    MonthResult,
    Observations,
    RecordingResult,
    SeatResult,
    failed_checks,
)

GOOD = DemoResult(
    lesson="l",
    seats=[SeatResult(seat, 900, 250.0) for seat in ("teacher", "a", "b")],
    recordings=[RecordingResult(f"{seat}.mkv", 64.0, []) for seat in ("teacher", "a", "b")],
    activities=[ActivityResult("p", "counted", 1, 88)],
    month=MonthResult("2026-11", 1, 88),
)
SEEN = Observations(hand_was_up=True, was_on_stage=True, stage_pictures=700, together_s=62.0, broken_files={})


TWICE = [RecordingResult("b.camera.0002.webm", 6.0, []), RecordingResult("b.camera.0003.webm", 57.0, [])]
"""A camera that was opened anew."""


def check(result: DemoResult, seen: Observations = SEEN) -> list[str]:
    return failed_checks(result, seen, classrooms=2, least_s=60.0)


def test_a_lesson_in_which_all_happened_fails_nothing() -> None:
    assert check(GOOD) == []
    assert check(msgspec.structs.replace(GOOD, recordings=[*GOOD.recordings[:2], *TWICE])) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"seats": [*GOOD.seats[:2], SeatResult("b", 0, None)]}, "Seat b saw no picture."),
        ({"seats": GOOD.seats[:2]}, "2 of 3 seats were taken."),
        ({"recordings": GOOD.recordings[:2]}, "2 streams were recorded, not 3."),
        (
            {"recordings": [*GOOD.recordings[:2], RecordingResult("b.mkv", 64.0, [Gap(10.0, 30.0)])]},
            "The recording b.mkv has 44 s only.",
        ),
        (
            {"recordings": [*GOOD.recordings[:2], TWICE[0], RecordingResult(TWICE[1].file, 40.0, [])]},
            "The recording b.camera.0002.webm, b.camera.0003.webm has 46 s only.",
        ),
        ({"recordings": [GOOD.recordings[0], *TWICE]}, "2 streams were recorded, not 3."),
        ({"activities": []}, "0 activities came of it, not one."),
        ({"activities": [ActivityResult("p", "pending", 0, 9)]}, "The activity of pair p is pending."),
        ({"activities": [ActivityResult("p", "counted", 1, 0)]}, "Pair p has no participants."),
        ({"month": MonthResult("2026-11", 2, 9)}, "The month 2026-11 counts 2, not one."),
    ],
)
def test_a_result_that_falls_short_is_named(change: dict[str, Any], sentence: str) -> None:
    assert check(msgspec.structs.replace(GOOD, **change)) == [sentence]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"hand_was_up": False}, "No hand was seen raised."),
        ({"was_on_stage": False}, "No classroom came on stage."),
        ({"stage_pictures": 0}, "The other classroom saw no picture of the one on stage."),
        ({"together_s": 31.0}, "All were together for 31 s only, not 60."),
        ({"broken_files": {"b.mkv": "no picture in it"}}, "The recording b.mkv does not play: no picture in it."),
    ],
)
def test_what_was_not_seen_on_the_way_is_named(change: dict[str, Any], sentence: str) -> None:
    assert check(GOOD, msgspec.structs.replace(SEEN, **change)) == [sentence]


def test_the_json_has_the_agreed_names() -> None:
    line = msgspec.json.decode(msgspec.json.encode(GOOD))
    assert sorted(line) == ["activities", "lesson", "month", "recordings", "seats"]
    assert sorted(line["seats"][0]) == ["first_picture_ms", "pictures", "seat"]
    assert sorted(line["recordings"][0]) == ["file", "gaps", "seconds"]
    assert sorted(line["activities"][0]) == ["minutes", "pair", "participants", "state"]
    assert sorted(line["month"]) == ["count", "month", "participants"]
