"""The pages of a recorded lesson: for the player in the browser, and for the process that exports a film."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from classroom.lesson.courseware import page_id
from classroom.lesson.events import AnyEvent
from classroom.lesson.lesson import Page
from classroom.store.courseware import CoursewarePage
from classroom.store.store import Store
from recorder.export.paper import PageFilm, Sheet
from recorder.export.plan import length
from recorder.library import Library
from recorder.manifest import Manifest
from recorder.pages import PageTimeline, chapters, pages_of, steps, timeline
from signaling.page_views import BLANK, LessonPage, StrokeView, lesson_page, stroke_view


class PlayedTurn(msgspec.Struct, frozen=True, kw_only=True):
    """From `at_s` on this page was shown; null: none was."""

    at_s: float
    page: str | None


class PlayedInk(msgspec.Struct, frozen=True, kw_only=True):
    """At `at_s` a stroke came (`drawn`), strokes went (`erased`), or all did (both null)."""

    at_s: float
    page: str
    drawn: StrokeView | None
    erased: list[int] | None


class PlayedStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step (环节) began; its title as the plan has it now."""

    at_s: float
    title: str


class PlayedPages(msgspec.Struct, frozen=True, kw_only=True):
    """What was shown and written, in seconds of the recording; no turns: nothing was. `chapters`: where pages,
    and steps, begin."""

    pages: list[LessonPage]
    turns: list[PlayedTurn]
    ink: list[PlayedInk]
    chapters: list[float]
    steps: list[PlayedStep]


async def played_pages(store: Store, lesson: str, manifest: Manifest) -> PlayedPages:
    """The pages of a recording for its player."""
    events = await store.journal.events(lesson)
    shown, stored, found = await _timeline(store, events, manifest)
    begun = steps(events, manifest.started_at, length(manifest))
    plan = await store.plans.get(lesson) if begun else None
    titles = [] if plan is None else [step.title for step in plan.steps]
    return PlayedPages(
        pages=[lesson_page(page, stored.get(page.id)) for page in found.values()],
        turns=[PlayedTurn(at_s=turn.at_s, page=turn.page) for turn in shown.turns],
        ink=[
            PlayedInk(
                at_s=change.at_s,
                page=change.page,
                drawn=None if change.drawn is None else stroke_view(change.drawn),
                erased=None if change.erased is None else list(change.erased),
            )
            for change in shown.ink
        ],
        chapters=sorted({*chapters(shown, length(manifest)), *(at_s for at_s, _ in begun)}),
        steps=[PlayedStep(at_s=at_s, title=titles[step]) for at_s, step in begun if step < len(titles)],
    )


async def page_film(
    store: Store, library: Library, lesson: str, picture: Callable[[str, int], Path]
) -> PageFilm | None:
    """The same for an export; None where no page was shown. `picture`: where that of a courseware's page lies."""
    manifest = await asyncio.to_thread(library.current, lesson)
    if manifest is None:
        return None
    shown, stored, found = await _timeline(store, await store.journal.events(lesson), manifest)
    if not shown.was_shown:
        return None
    sheets = {}
    for page in found.values():
        known = stored.get(page.id)
        sheets[page.id] = Sheet(
            width=known.width if known else BLANK[0],
            height=known.height if known else BLANK[1],
            path=str(picture(page.courseware, page.number)) if page.courseware else None,
            is_squared=page.paper == "grid",
        )
    return PageFilm(timeline=shown, sheets=sheets)


async def _timeline(
    store: Store, events: Sequence[AnyEvent], manifest: Manifest
) -> tuple[PageTimeline, dict[str, CoursewarePage], dict[str, Page]]:
    """What happened, what the store knows of the courseware's pages, and the pages that were shown; both by page."""
    shown = timeline(events, manifest.started_at, length(manifest))
    turned = {turn.page for turn in shown.turns}
    found = {id: page for id, page in pages_of(events).items() if id in turned}
    documents = sorted({page.courseware for page in found.values() if page.courseware})
    stored = {page_id(page.courseware, page.number): page for page in await store.courseware.pages(documents)}
    return shown, stored, found
