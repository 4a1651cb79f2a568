"""The chat of a live lesson: the journal knows each line's id, a table what it says, and its readers are told."""

from datetime import datetime
from functools import partial
from typing import Final

from classroom.ledger.months import SHANGHAI
from classroom.lesson import chat
from classroom.lesson.errors import LessonError
from classroom.store.audit import Actor
from classroom.store.chat import ChatLine
from classroom.store.store import Store
from signaling.guests import Guest
from signaling.live import Live
from signaling.messages import ChatNow, LineView, Say

KEPT_LINES: Final = 50
"""What somebody who comes is shown."""


async def say(store: Store, live: Live, guest: Guest, message: Say, *, line: str, at: datetime) -> None:
    """A line by the guest's own seat: durable, then told. Raises LessonError as the command does."""
    if guest.seat is None:
        raise LessonError("forbidden")
    said = partial(chat.say, by=guest.by, seat=guest.seat, line=line, to=message.to)
    await live.give(said, Actor("link", guest.link))
    written = ChatLine(
        id=line,
        lesson=guest.lesson,
        role=guest.role,
        seat=guest.seat,
        to_seat=message.to,
        text=message.text,
        said_at=at,
    )
    await store.chat.add(written)
    tell(live, written)


async def hide(store: Store, live: Live, line: str) -> None:
    """A line that the journal has hidden leaves the table's readers and every screen."""
    hidden = await store.chat.hide(live.lesson.id, line)
    if hidden is not None:
        tell(live, hidden)


async def read(store: Store, lesson: str, role: str, seat: str) -> list[LineView]:
    """The last lines that somebody of this role and seat may read."""
    private = [seat] if role == "assistant" else []
    if role == "teacher":
        listed = await store.lessons.get(lesson)
        private = [] if listed is None else [one.seat for one in listed.seats]
    return [view_of(line) for line in await store.chat.latest(lesson, KEPT_LINES, private_of=private)]


def may_read(guest: Guest, line: ChatLine) -> bool:
    """Observers watch the lesson, not what rooms write to one another; a private line has two ends."""
    if guest.role == "observer":
        return False
    return line.to_seat is None or guest.role == "teacher" or (guest.role == "assistant" and guest.seat == line.to_seat)


def tell(live: Live, line: ChatLine) -> None:
    """To every device that may read it."""
    message = ChatNow(line=view_of(line))
    for guest in live.guests.all():
        if may_read(guest, line):
            guest.device.send(message)


def view_of(line: ChatLine) -> LineView:
    """A line as pages have it, in +08:00."""
    return LineView(
        id=line.id,
        role=line.role,
        seat=line.seat,
        to=line.to_seat,
        text="" if line.hidden else line.text,
        at=line.said_at.astimezone(SHANGHAI),
        hidden=line.hidden,
    )
