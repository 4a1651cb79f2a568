"""Chat and private words: who may write what to whom, how fast, and until when."""

from functools import partial
from typing import Any

import pytest

from classroom.lesson import chat, seats, talk
from classroom.lesson.errors import LessonError
from classroom.lesson.events import ChatSaid, TalkSet

OPEN = ("schedule", "take host", "take r1", partial(seats.take_seat, by="r2", seat="r2", device="d9"))


def say(sitting: Any, by: str, seat: str, line: str, to: str | None = None) -> Any:
    return sitting.give(partial(chat.say, by=by, seat=seat, line=line, to=to))


def test_a_line_is_an_id_and_the_public_ones_are_counted(sitting: Any) -> None:
    sitting.give(*OPEN)
    [event] = say(sitting, "r1", "r1", "a")
    assert isinstance(event, ChatSaid) and event.line == "a" and event.to is None
    say(sitting, "teacher", "teacher", "b")
    say(sitting, "assistant:r1", "r1", "c", to="r1")
    assert sitting.lesson.chat.public == 2 and sitting.lesson.chat.lines == {"a", "b", "c"}
    assert say(sitting, "r1", "r1", "a") == []


def test_a_private_word_is_the_teachers_or_that_co_teachers(sitting: Any) -> None:
    sitting.give(*OPEN)
    for by, seat, to in (("r1", "r1", "r1"), ("assistant:r1", "r1", "r2"), ("teacher", "teacher", "teacher")):
        with pytest.raises(LessonError, match=r"forbidden|seat_unknown"):
            say(sitting, by, seat, "x", to=to)
    assert say(sitting, "teacher", "teacher", "y", to="r2")


def test_a_seat_writes_a_line_a_second_and_only_for_itself(sitting: Any) -> None:
    sitting.give(*OPEN)
    say(sitting, "r1", "r1", "a")
    with pytest.raises(LessonError, match="chat_too_fast"):
        chat.say(sitting.lesson, sitting.at, by="r1", seat="r1", line="b")
    assert chat.say(sitting.lesson, sitting.at, by="r2", seat="r2", line="b")
    with pytest.raises(LessonError, match="forbidden"):
        say(sitting, "r1", "r2", "c")
    with pytest.raises(LessonError, match="forbidden"):
        say(sitting, "observer", "r2", "c")


def test_a_closed_chat_is_the_teachers_and_private_words_go_on(sitting: Any) -> None:
    sitting.give(*OPEN, "close chat")
    with pytest.raises(LessonError, match="chat_closed"):
        say(sitting, "r1", "r1", "a")
    assert say(sitting, "teacher", "teacher", "b")
    assert say(sitting, "assistant:r1", "r1", "c", to="r1")


def test_a_lesson_has_so_many_lines(sitting: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "MAX_LINES", 1)
    sitting.give(*OPEN)
    say(sitting, "r1", "r1", "a")
    with pytest.raises(LessonError, match="chat_full"):
        say(sitting, "r1", "r1", "b")


def test_the_teacher_alone_hides_a_line_that_there_is(sitting: Any) -> None:
    sitting.give(*OPEN, "say r1", "hide line")
    assert sitting.lesson.chat.hidden == {"line1"}
    with pytest.raises(LessonError, match="line_unknown"):
        chat.hide(sitting.lesson, sitting.at, by="teacher", line="none")
    with pytest.raises(LessonError, match="forbidden"):
        chat.hide(sitting.lesson, sitting.at, by="r1", line="line1")


def test_one_co_teacher_at_a_time_is_on_the_line(sitting: Any) -> None:
    sitting.give(*OPEN)
    [event] = sitting.give(partial(talk.set_talk, by="assistant:r1", seat="r1"))
    assert isinstance(event, TalkSet) and sitting.lesson.talk == "r1"
    for by, seat, code in (
        ("assistant:r2", "r2", "talk_busy"),
        ("assistant:r1", "r2", "forbidden"),
        ("r1", "r1", "forbidden"),
        ("teacher", "teacher", "seat_unknown"),
    ):
        with pytest.raises(LessonError, match=code):
            talk.set_talk(sitting.lesson, sitting.at, by=by, seat=seat)
    sitting.give(partial(talk.set_talk, by="teacher", seat="r2"))
    assert sitting.lesson.talk == "r2"


@pytest.mark.parametrize("by", ["teacher", "r1", "r2", "assistant:r1", "assistant:r2", "observer"])
def test_only_the_two_ends_send_and_hear(sitting: Any, by: str) -> None:
    sitting.give(*OPEN)
    seats_ = ("teacher", "r1", "r2")
    assert not any(
        talk.may_send(sitting.lesson, by, seat) or talk.may_hear(sitting.lesson, by, seat) for seat in seats_
    )
    sitting.give("talk r1")
    sends = {seat for seat in seats_ if talk.may_send(sitting.lesson, by, seat)}
    hears = {seat for seat in seats_ if talk.may_hear(sitting.lesson, by, seat)}
    expected = {"teacher": ({"teacher"}, {"r1"}), "assistant:r1": ({"r1"}, {"teacher"})}
    assert (sends, hears) == expected.get(by, (set(), set()))
