"""The pages of a recorded lesson on its own clock: what was shown when, and what was written. Pure."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from classroom.lesson.courseware import pages_in
from classroom.lesson.events import (
    AnyEvent,
    BlankPageAdded,
    CoursewareAdded,
    LessonEnded,
    PageCleared,
    PageShown,
    StepSet,
    StrokeDrawn,
    StrokesErased,
)
from classroom.lesson.ink import stroke_of
from classroom.lesson.lesson import Page, Stroke

CHAPTER_S: float = 8.0
"""A page that was only leafed past begins no chapter."""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """From `at_s` on this page was shown; None: none was."""

    at_s: float
    page: str | None


class Inked(msgspec.Struct, frozen=True, kw_only=True):
    """At `at_s` a page's strokes changed: `drawn` came, or those of `erased` went; None of both: all went."""

    at_s: float
    page: str
    drawn: Stroke | None = None
    erased: tuple[int, ...] | None = None


class PageTimeline(msgspec.Struct, frozen=True, kw_only=True):
    """In order of time, seconds of the recording; what was before it stands at 0."""

    turns: tuple[Turn, ...] = ()
    ink: tuple[Inked, ...] = ()

    @property
    def was_shown(self) -> bool:
        """Whether there is anything to see."""
        return any(turn.page is not None for turn in self.turns)


def timeline(events: Iterable[AnyEvent], started_at: datetime, seconds: float) -> PageTimeline:
    """The pages of a recording that began at `started_at` and lasts `seconds`."""
    turns: list[Turn] = []
    ink: list[Inked] = []
    for event in events:
        at_s = max(0.0, round((event.at - started_at).total_seconds(), 2))
        if at_s >= seconds:
            break
        if isinstance(event, PageShown | LessonEnded):
            if turns and turns[-1].at_s == at_s:
                turns.pop()
            turns.append(Turn(at_s=at_s, page=event.page if isinstance(event, PageShown) else None))
        elif isinstance(event, StrokeDrawn):
            ink.append(Inked(at_s=at_s, page=event.page, drawn=stroke_of(event)))
        elif isinstance(event, StrokesErased):
            ink.append(Inked(at_s=at_s, page=event.page, erased=event.strokes))
        elif isinstance(event, PageCleared):
            ink.append(Inked(at_s=at_s, page=event.page))
    return PageTimeline(turns=tuple(turns), ink=tuple(ink))


def pages_of(events: Iterable[AnyEvent]) -> dict[str, Page]:
    """Every page that the lesson has had, by its id."""
    found: dict[str, Page] = {}
    for event in events:
        if isinstance(event, CoursewareAdded):
            found |= {page.id: page for page in pages_in(event)}
        elif isinstance(event, BlankPageAdded):
            found[event.page] = Page(id=event.page, paper=event.paper)
    return found


def chapters(pages: PageTimeline, seconds: float) -> list[float]:
    """Where a page begins that stands for a while; nowhere, if no page was ever shown."""
    ends = [turn.at_s for turn in pages.turns[1:]] + [seconds]
    return [
        turn.at_s
        for turn, end_s in zip(pages.turns, ends, strict=False)
        if turn.page is not None and end_s - turn.at_s >= CHAPTER_S
    ]


def steps(events: Iterable[AnyEvent], started_at: datetime, seconds: float) -> list[tuple[float, int]]:
    """When a step (环节) of the plan began, by the recording's clock, and which; not if passed over at once."""
    found: list[tuple[float, int]] = []
    for event in events:
        at_s = max(0.0, round((event.at - started_at).total_seconds(), 2))
        if isinstance(event, StepSet) and at_s < seconds:
            if found and at_s - found[-1][0] < CHAPTER_S:
                found.pop()
            if event.step is not None:
                found.append((at_s, event.step))
    return found


def strokes_at(pages: PageTimeline, page: str, at_s: float) -> list[Stroke]:
    """What stands on a page at a time, in the order it was drawn."""
    standing: dict[int, Stroke] = {}
    for change in pages.ink:
        if change.at_s > at_s:
            break
        if change.page != page:
            continue
        if change.drawn is not None:
            standing[change.drawn.id] = change.drawn
        elif change.erased is None:
            standing.clear()
        else:
            for gone in change.erased:
                standing.pop(gone, None)
    return list(standing.values())
