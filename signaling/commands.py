"""From a page's message to the lesson's command: one small function per message. Pure.

`by` and `seat` are the sender's own, from its link, never from the message.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any

from classroom.lesson import hands, recording, seats, stage, state
from classroom.lesson.errors import LessonError
from classroom.lesson.events import HOST_SEAT, AnyEvent
from classroom.lesson.lesson import Lesson
from classroom.registry.facts import Role
from signaling.messages import (
    AnswerHelp,
    AnyClientMessage,
    AskHelp,
    ConfirmHeadcount,
    End,
    LowerHand,
    Mute,
    NoteConsent,
    RaiseHand,
    Record,
    SetStage,
    Start,
)

Command = Callable[[Lesson, datetime], list[AnyEvent]]


def actor(role: Role, seat: str | None) -> str:
    """`by` of what a link's holder does. An observer's word is nobody's, so every command refuses it."""
    if role == "teacher":
        return HOST_SEAT
    if seat is None or role == "observer":
        return role
    return f"assistant:{seat}" if role == "assistant" else seat


def command_of(message: AnyClientMessage, by: str, seat: str | None) -> Command | None:
    """The command in a message; None for hello, want and ping, which are none. Raises LessonError(seat_unknown)."""
    make = _COMMANDS.get(type(message))
    return None if make is None else make(message, by, seat)


def class_ids(lesson: Lesson, seat: str | None) -> list[str]:
    """The classes whose consent a note_consent is about. Raises LessonError(seat_unknown)."""
    if seat is None:
        return [missing.plan.class_id for missing in lesson.missing_consent]
    if seat not in lesson.seats:
        raise LessonError("seat_unknown")
    return [lesson.seats[seat].plan.class_id]


def _named(named: str | None, own: str | None) -> str:
    seat = named or own
    if seat is None:
        raise LessonError("seat_unknown")
    return seat


def _start(message: Start, by: str, seat: str | None) -> Command:
    return partial(state.start, by=by)


def _end(message: End, by: str, seat: str | None) -> Command:
    return partial(state.end, by=by, reason="teacher")


def _raise_hand(message: RaiseHand, by: str, seat: str | None) -> Command:
    return partial(hands.raise_hand, by=by, seat=_named(message.seat, seat))


def _lower_hand(message: LowerHand, by: str, seat: str | None) -> Command:
    return partial(hands.lower_hand, by=by, seat=_named(message.seat, seat))


def _set_stage(message: SetStage, by: str, seat: str | None) -> Command:
    return partial(stage.set_stage, by=by, seat=message.seat)


def _mute(message: Mute, by: str, seat: str | None) -> Command:
    return partial(stage.mute, by=by, seat=message.seat, muted=message.muted)


def _headcount(message: ConfirmHeadcount, by: str, seat: str | None) -> Command:
    return partial(
        seats.confirm_headcount,
        by=by,
        seat=_named(message.seat, seat),
        students=message.students,
        teachers=message.teachers,
    )


def _ask_help(message: AskHelp, by: str, seat: str | None) -> Command:
    return partial(seats.ask_help, by=by, seat=_named(None, seat), fault=message.fault)


def _answer_help(message: AnswerHelp, by: str, seat: str | None) -> Command:
    return partial(seats.answer_help, by=by, seat=message.seat)


def _note_consent(message: NoteConsent, by: str, seat: str | None) -> Command:
    return lambda lesson, at: recording.note_consent(lesson, at, by=by, class_ids=class_ids(lesson, message.seat))


def _record(message: Record, by: str, seat: str | None) -> Command:
    if message.on:
        return partial(recording.start_recording, by=by)
    return partial(recording.stop_recording, by=by, reason="teacher")


_COMMANDS: Mapping[type[AnyClientMessage], Callable[[Any, str, str | None], Command]] = MappingProxyType(
    {
        Start: _start,
        End: _end,
        RaiseHand: _raise_hand,
        LowerHand: _lower_hand,
        SetStage: _set_stage,
        Mute: _mute,
        ConfirmHeadcount: _headcount,
        AskHelp: _ask_help,
        AnswerHelp: _answer_help,
        NoteConsent: _note_consent,
        Record: _record,
    }
)
