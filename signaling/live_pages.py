"""The pages of one live lesson: strokes told as they happen, pointers and unfinished strokes passed on, pages held.

A stroke is an event like any other, but told by itself: the whole view at every stroke of a pen would fill the line of
a village.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from classroom.lesson.courseware import require_page
from classroom.lesson.errors import LessonError
from classroom.lesson.events import AnyEvent, CoursewareAdded, PageCleared, StrokeDrawn, StrokesErased
from classroom.lesson.ink import require_writer, seat_of_writer, stroke_of
from classroom.lesson.lesson import require_open
from signaling.guests import Guest
from signaling.messages import (
    AnyServerMessage,
    Cleared,
    Drawn,
    Erased,
    Held,
    PagesHeld,
    Point,
    Pointed,
    Sketch,
    Sketched,
)
from signaling.page_views import stroke_view

if TYPE_CHECKING:
    from signaling.live import Live

INK = (StrokeDrawn, StrokesErased, PageCleared)


class LivePages:
    """What a lesson's devices hear of its pages beside the view."""

    def __init__(self, live: "Live") -> None:
        self._live = live
        self._held: dict[str, tuple[int, int]] = {}

    def admit(self, guest: Guest) -> None:
        """A guest has come: the teacher is told what the classrooms hold."""
        if guest.role == "teacher" and self._held:
            guest.device.send(Held(seats=self._held))

    def tell(self, events: Sequence[AnyEvent]) -> bool:
        """Tells everybody of strokes; whether these events are nothing else."""
        for event in events:
            message = _ink_message(event)
            if message is not None:
                for guest in self._live.guests.all():
                    guest.device.send(message)
            elif isinstance(event, CoursewareAdded):
                self._held = {}
        return all(isinstance(event, INK) for event in events)

    def pass_on(self, guest: Guest, message: Point | Sketch) -> None:
        """To everybody else, as long as their lines are quick enough. Raises LessonError as drawing does."""
        lesson = self._live.lesson
        require_open(lesson)
        require_writer(lesson, guest.by)
        require_page(lesson, message.page)
        seat = seat_of_writer(guest.by)
        told: AnyServerMessage
        if isinstance(message, Point):
            told = Pointed(seat=seat, page=message.page, at=message.at)
        else:
            told = Sketched(
                seat=seat,
                page=message.page,
                ref=message.ref,
                tool=message.tool,
                colour=message.colour,
                width=message.width,
                points=message.points,
            )
        for other in self._live.guests.all():
            if other is not guest:
                other.device.offer(told)

    def hold(self, guest: Guest, message: PagesHeld) -> None:
        """A classroom's PC has loaded so many pages. Raises LessonError(page_unknown) for more than there are."""
        if guest.role != "classroom" or guest.seat is None:
            return
        if message.held > message.of:
            raise LessonError("page_unknown")
        self._held = {**self._held, guest.seat: (message.held, message.of)}
        for teacher in self._live.guests.all(teacher=True):
            teacher.device.offer(Held(seats=self._held))


def _ink_message(event: AnyEvent) -> AnyServerMessage | None:
    if isinstance(event, StrokeDrawn):
        return Drawn(seq=event.seq, page=event.page, stroke=stroke_view(stroke_of(event)))
    if isinstance(event, StrokesErased):
        return Erased(seq=event.seq, page=event.page, strokes=list(event.strokes))
    return Cleared(seq=event.seq, page=event.page) if isinstance(event, PageCleared) else None
