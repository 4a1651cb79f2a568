"""From a page's message to the lesson's command: one small function per message. Pure.

`by` and `seat` are the sender's own, from its link, never from the message.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any

from classroom.lesson import (
    calling,
    chat,
    courseware,
    hands,
    homework,
    ink,
    quiz,
    recording,
    scene,
    seats,
    signing,
    stage,
    state,
    steps,
    talk,
)
from classroom.lesson.errors import LessonError
from classroom.lesson.events import HOST_SEAT, AnyEvent
from classroom.lesson.lesson import Lesson
from classroom.registry.facts import Role
from signaling.messages import (
    AddPage,
    AllowDrawing,
    AnswerHelp,
    AnyClientMessage,
    AskHelp,
    AskQuestion,
    ClearPage,
    CloseChat,
    CloseQuiz,
    ConfirmHeadcount,
    Draw,
    DrawStroke,
    End,
    Erase,
    Extend,
    HideLine,
    LowerHand,
    Mute,
    NoteConsent,
    Praise,
    RaiseHand,
    Record,
    Rotate,
    SetLayout,
    SetStage,
    SetStep,
    SetTalk,
    ShowHomework,
    ShowPage,
    ShowQuiz,
    SignIn,
    Spotlight,
    Start,
    TallyQuestion,
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
    """The command in a message; None for those that are none (hello, ping). Raises LessonError(seat_unknown)."""
    make = _COMMANDS.get(type(message))
    return None if make is None else make(message, by, seat)


def class_ids(lesson: Lesson, seat: str | None) -> list[str]:
    """The classes whose consent a note_consent is about. Raises LessonError(seat_unknown)."""
    if seat is None:
        missing = (seat.plan.class_id for seat in lesson.missing_consent)
        return [class_id for class_id in missing if class_id not in lesson.withdrawn]
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


def _extend(message: Extend, by: str, seat: str | None) -> Command:
    return partial(state.extend, by=by, minutes=message.minutes)


def _end(message: End, by: str, seat: str | None) -> Command:
    return partial(state.end, by=by, reason="teacher")


def _raise_hand(message: RaiseHand, by: str, seat: str | None) -> Command:
    return partial(hands.raise_hand, by=by, seat=_named(message.seat, seat))


def _lower_hand(message: LowerHand, by: str, seat: str | None) -> Command:
    return partial(hands.lower_hand, by=by, seat=_named(message.seat, seat))


def _set_stage(message: SetStage, by: str, seat: str | None) -> Command:
    return partial(stage.set_stage, by=by, seat=message.seat)


def _set_step(message: SetStep, by: str, seat: str | None) -> Command:
    return partial(steps.set_step, by=by, step=message.step)


def _draw(message: Draw, by: str, seat: str | None) -> Command:
    return partial(calling.draw, by=by)


def _praise(message: Praise, by: str, seat: str | None) -> Command:
    return partial(calling.praise, by=by, seat=message.seat)


def _hide_line(message: HideLine, by: str, seat: str | None) -> Command:
    return partial(chat.hide, by=by, line=message.line)


def _close_chat(message: CloseChat, by: str, seat: str | None) -> Command:
    return partial(chat.close, by=by, closed=message.closed)


def _set_talk(message: SetTalk, by: str, seat: str | None) -> Command:
    return partial(talk.set_talk, by=by, seat=message.seat)


def _spotlight(message: Spotlight, by: str, seat: str | None) -> Command:
    return partial(scene.set_spotlight, by=by, seat=message.seat, source=message.source)


def _set_layout(message: SetLayout, by: str, seat: str | None) -> Command:
    return partial(scene.set_layout, by=by, layout=message.layout)


def _rotate(message: Rotate, by: str, seat: str | None) -> Command:
    return partial(scene.set_rotation, by=by, minutes=message.minutes)


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


def _sign_in(message: SignIn, by: str, seat: str | None) -> Command:
    command = signing.sign_in if message.present else signing.sign_out
    return partial(command, by=by, seat=_named(None, seat), person=message.person)


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


def _ask_question(message: AskQuestion, by: str, seat: str | None) -> Command:
    return partial(quiz.ask_question, by=by, question=message.question)


def _tally(message: TallyQuestion, by: str, seat: str | None) -> Command:
    return partial(
        quiz.tally,
        by=by,
        seat=_named(message.seat, seat),
        question=message.question,
        counts=message.counts,
        number=message.number,
        quiz=message.quiz,
    )


def _show_quiz(message: ShowQuiz, by: str, seat: str | None) -> Command:
    return partial(quiz.show_quiz, by=by, shown=message.shown)


def _close_quiz(message: CloseQuiz, by: str, seat: str | None) -> Command:
    return partial(quiz.close_quiz, by=by)


def _show_homework(message: ShowHomework, by: str, seat: str | None) -> Command:
    return partial(homework.show, by=by, homework=message.homework, work=message.work, seat=message.seat)


def _show_page(message: ShowPage, by: str, seat: str | None) -> Command:
    return partial(courseware.show_page, by=by, page=message.page)


def _add_page(message: AddPage, by: str, seat: str | None) -> Command:
    return partial(courseware.add_blank_page, by=by, page=message.page, paper=message.paper)


def _draw_stroke(message: DrawStroke, by: str, seat: str | None) -> Command:
    return partial(
        ink.draw,
        by=by,
        page=message.page,
        ref=message.ref,
        tool=message.tool,
        colour=message.colour,
        width=message.width,
        points=message.points,
    )


def _erase(message: Erase, by: str, seat: str | None) -> Command:
    return partial(ink.erase, by=by, page=message.page, strokes=tuple(message.strokes))


def _clear_page(message: ClearPage, by: str, seat: str | None) -> Command:
    return partial(ink.clear_page, by=by, page=message.page)


def _allow_drawing(message: AllowDrawing, by: str, seat: str | None) -> Command:
    return partial(ink.allow_drawing, by=by, seat=message.seat, allowed=message.allowed)


_COMMANDS: Mapping[type[AnyClientMessage], Callable[[Any, str, str | None], Command]] = MappingProxyType(
    {
        Start: _start,
        Extend: _extend,
        End: _end,
        RaiseHand: _raise_hand,
        LowerHand: _lower_hand,
        SetStage: _set_stage,
        SetStep: _set_step,
        Draw: _draw,
        Praise: _praise,
        HideLine: _hide_line,
        CloseChat: _close_chat,
        SetTalk: _set_talk,
        Spotlight: _spotlight,
        SetLayout: _set_layout,
        Rotate: _rotate,
        Mute: _mute,
        ConfirmHeadcount: _headcount,
        SignIn: _sign_in,
        AskHelp: _ask_help,
        AnswerHelp: _answer_help,
        NoteConsent: _note_consent,
        Record: _record,
        AskQuestion: _ask_question,
        TallyQuestion: _tally,
        ShowQuiz: _show_quiz,
        CloseQuiz: _close_quiz,
        ShowHomework: _show_homework,
        ShowPage: _show_page,
        AddPage: _add_page,
        DrawStroke: _draw_stroke,
        Erase: _erase,
        ClearPage: _clear_page,
        AllowDrawing: _allow_drawing,
    }
)
