"""Streams: what flows, stalls and goes, session by session."""

from typing import Any

import pytest

from classroom.lesson import streams
from classroom.lesson.errors import LessonError

OPEN = ("schedule", "take host", "take r1")


def test_what_an_older_session_does_is_no_event(sitting: Any) -> None:
    sitting.give(*OPEN, "flow r1", "flow r1 again")
    assert sitting.give("stall r1") == []
    assert sitting.give("gone r1") == []
    assert sitting.lesson.seats["r1"].streams["camera"].session == "x2"


def test_a_stalled_stream_flows_again(sitting: Any) -> None:
    sitting.give(*OPEN, "flow r1", "stall r1")
    assert sitting.lesson.seats["r1"].streams["camera"].state == "stalled"
    assert sitting.give("flow r1")
    assert sitting.lesson.seats["r1"].streams["camera"].state == "flowing"
    sitting.give("gone r1")
    assert sitting.lesson.seats["r1"].streams == {}


def test_a_stream_has_a_known_source_and_a_seat_that_is_there(sitting: Any) -> None:
    sitting.give("schedule", "take host")
    flowing = {"by": "server", "session": "x"}
    with pytest.raises(LessonError, match="source_unknown"):
        streams.stream_flowing(sitting.lesson, sitting.at, seat="teacher", source="window", **flowing)
    with pytest.raises(LessonError, match="seat_absent"):
        streams.stream_flowing(sitting.lesson, sitting.at, seat="r1", source="camera", **flowing)
    with pytest.raises(LessonError, match="forbidden"):
        streams.stream_flowing(sitting.lesson, sitting.at, seat="r1", source="camera", by="r1", session="x")
    with pytest.raises(LessonError, match="rung_unknown"):
        streams.change_rung(sitting.lesson, sitting.at, by="server", seat="teacher", rung="ladder")
