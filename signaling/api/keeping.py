"""`/recordings` and `/publications` on the desks: how long recordings are kept, erased, held, published."""

import asyncio
from datetime import date
from functools import partial
from typing import Annotated, Any

import msgspec

from classroom.keeping.errors import KeepingError
from classroom.keeping.publication import Publication, Side, approve, refuse, withdraw
from classroom.keeping.retention import Rule, check_until
from classroom.ledger.months import local_date
from classroom.store.lessons import ListedLesson
from classroom.store.recordings import Kept
from signaling.api.door import Call, Doors, Nothing
from signaling.api.paging import Page, PageQuery, read_cursor, write_cursor
from signaling.context import CLOCK, KEEPER, RECORDER, STORE
from signaling.keeping_views import KeptCounts, KeptLine, PublicationView, Which, counts_view, line_of, publication_view
from signaling.lesson_list import names_in
from signaling.problem import Problem
from signaling.verdict_words import verdict_view

DOORS = Doors("keeping")
Why = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"\S")]


class KeptQuery(PageQuery, frozen=True, kw_only=True):
    """`waiting`: for an officer's word; `ending`: the erasing is announced."""

    which: Which = "all"


class Reason(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why. It can be deleted later; the audit log keeps that there was a reason, not its words."""

    reason: Why


class ExtensionDecision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`until`: kept to this day at least; null: the request is refused."""

    until: date | None = None


class NewPublication(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`pupils`: the recording as it is; otherwise only exports in which there is nothing of a classroom."""

    pupils: bool
    reason: Why


class PublicationDecision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`word`: why not; needed for a refusal."""

    approve: bool
    word: Annotated[str, msgspec.Meta(max_length=500)] = ""


_GONE = ("lesson_unknown", "recording_erased")


@DOORS.door("GET", "/api/v1/recordings", may="keep_recordings", query=KeptQuery, answers=Page[KeptLine])
async def listing(call: Call[KeptQuery, Nothing]) -> Page[KeptLine]:
    """Recordings, the latest lesson first: how long they are kept and what is asked of them. Looking is not playing."""
    asked = call.query
    after = read_cursor(asked.after, tuple[date, str]) if asked.after else None
    found = await call.app[STORE].recordings.page(
        school=call.grant.school, which=asked.which, after=after, limit=asked.limit + 1
    )
    page = found[: asked.limit]
    more = write_cursor(page[-1].ended_on.isoformat(), page[-1].lesson) if len(found) > len(page) else None
    return Page(await _lines(call, page), more)


@DOORS.door("GET", "/api/v1/recordings/counts", may="keep_recordings", answers=KeptCounts)
async def counts(call: Call[Nothing, Nothing]) -> KeptCounts:
    """How many recordings wait for something, and the days of the rule."""
    return counts_view(await call.app[STORE].recordings.counts(call.grant.school), call.app[KEEPER].terms)


@DOORS.door(
    "POST", "/api/v1/recordings/{lesson}/extension", may="ask_keeping", body=Reason, refuses=(*_GONE, "extension_asked")
)
async def ask_extension(call: Call[Nothing, Reason]) -> None:
    """Ask the bureau to keep a recording longer (延期); it is not erased meanwhile."""
    lesson = await _own(call)
    await call.app[STORE].recordings.ask_extension(lesson.id, call.body.reason, call.by)


@DOORS.door(
    "PUT",
    "/api/v1/recordings/{lesson}/extension",
    may="hold_recordings",
    body=ExtensionDecision,
    refuses=(*_GONE, "extension_decided", "bad_until"),
)
async def decide_extension(call: Call[Nothing, ExtensionDecision]) -> None:
    """Keep it to a day, or refuse."""
    lesson, until = await _own(call), call.body.until
    if until is not None:
        check_until(until, local_date(call.app[CLOCK].at()))
    await call.app[STORE].recordings.decide_extension(lesson.id, until, call.by)


@DOORS.door(
    "PUT",
    "/api/v1/recordings/{lesson}/hold",
    may="keep_recordings",
    body=Reason,
    refuses=(*_GONE, "forbidden"),
)
async def hold(call: Call[Nothing, Reason]) -> None:
    """法律保留: nothing erases it. The bureau's word; a school's only for what is sealed and waits for its decision."""
    lesson, kept = await _kept(call)
    if not call.grant.may("hold_recordings"):
        await _require_party(call, lesson, kept)
    await call.app[STORE].recordings.hold(lesson.id, call.body.reason, call.by)


@DOORS.door("DELETE", "/api/v1/recordings/{lesson}/hold", may="hold_recordings", refuses=_GONE)
async def release(call: Call[Nothing, Nothing]) -> None:
    """Lift the hold: the rule of retention goes on, with all its days of notice."""
    lesson, _ = await _kept(call)
    await call.app[STORE].recordings.release(lesson.id, call.by)


@DOORS.door(
    "POST",
    "/api/v1/recordings/{lesson}/erasure",
    may="keep_recordings",
    body=Reason,
    refuses=(*_GONE, "recording_held", "forbidden"),
)
async def erase(call: Call[Nothing, Reason]) -> None:
    """Erase a recording now, with its exports, small pictures and comments; what was counted stays.

    By the school that taught, the bureau, and for a sealed one the school of the class that withdrew.
    """
    lesson, kept = await _kept(call)
    if call.grant.school not in (None, lesson.supporter):
        await _require_party(call, lesson, kept)
    rule: Rule = "consent" if kept.sealed_by else "decision"
    await call.app[KEEPER].erase(lesson.id, rule, call.body.reason, call.by)


@DOORS.door(
    "POST",
    "/api/v1/recordings/{lesson}/publications",
    may="ask_keeping",
    body=NewPublication,
    answers=PublicationView,
    status=201,
    refuses=(*_GONE, "recording_sealed"),
)
async def ask_publication(call: Call[Nothing, NewPublication]) -> PublicationView:
    """Ask to publish (发布); the same wish again answers with the one there is."""
    lesson = await _own(call)
    kept = await call.app[STORE].recordings.get(lesson.id)
    if kept is None or kept.state != "kept":
        raise KeepingError("recording_erased")
    if kept.sealed_by:
        raise KeepingError("recording_sealed")
    made = await call.app[STORE].publications.ask(lesson.id, call.body.pupils, call.body.reason, call.by)
    return publication_view(made)


@DOORS.door(
    "PUT",
    "/api/v1/publications/{publication}/decision",
    may="keep_recordings",
    body=PublicationDecision,
    answers=PublicationView,
    refuses=("publication_unknown", "publication_decided", "publication_consent_missing", "bad_request"),
)
async def decide_publication(call: Call[Nothing, PublicationDecision]) -> PublicationView:
    """The word of the caller's side: the school that taught the lesson, or the bureau."""
    found, side = await _publication(call)
    by, word = call.by, call.body.word.strip()
    if call.body.approve:
        step = partial(approve, side=side, at=by.at, consented=await _may_be_published(call, found.lesson))
    elif word:
        step = partial(refuse, side=side, at=by.at, word=word)
    else:
        raise Problem("bad_request", "a refusal needs its reason")
    return publication_view(await call.app[STORE].publications.change(found.id, step, by))


@DOORS.door(
    "POST",
    "/api/v1/publications/{publication}/withdrawal",
    may="keep_recordings",
    body=Reason,
    answers=PublicationView,
    refuses=("publication_unknown", "publication_decided"),
)
async def withdraw_publication(call: Call[Nothing, Reason]) -> PublicationView:
    """It is published, or asked for, no more."""
    found, _ = await _publication(call)
    by = call.by
    step = partial(withdraw, at=by.at, word=call.body.reason)
    return publication_view(await call.app[STORE].publications.change(found.id, step, by))


async def _publication(call: Call[Any, Any]) -> tuple[Publication, Side]:
    """The one of the path, and the side that the caller speaks for. Raises KeepingError(publication_unknown)."""
    store, school = call.app[STORE], call.grant.school
    found = await store.publications.get(call.path["publication"])
    lesson = None if found is None else await store.lessons.get(found.lesson)
    if found is None or lesson is None or school not in (None, lesson.supporter):
        raise KeepingError("publication_unknown")
    return found, "bureau" if school is None else "school"


async def _may_be_published(call: Call[Any, Any], lesson: str) -> bool:
    """Whether every class of the lesson has consented to publication as of today."""
    store, today = call.app[STORE], local_date(call.app[CLOCK].at())
    classes = await store.lessons.class_ids(lesson)
    standings = await store.consents.standings(classes, "publication", today)
    return all(one == "good" for one in standings.values())


async def _own(call: Call[Any, Any]) -> ListedLesson:
    """The lesson of the path, for its teacher, the school that teaches, the bureau. Raises Problem(lesson_unknown)."""
    link, lesson = call.grant.link, await call.app[STORE].lessons.get(call.path["lesson"])
    if lesson is None or call.grant.school not in (None, lesson.supporter):
        raise Problem("lesson_unknown")
    if link is not None and link.lesson not in (None, lesson.id):
        raise Problem("lesson_unknown")
    return lesson


async def _kept(call: Call[Any, Any]) -> tuple[ListedLesson, Kept]:
    """A recording that a school of the lesson, or the bureau, decides about. Raises Problem(lesson_unknown)."""
    store, id = call.app[STORE], call.path["lesson"]
    lesson, kept = await store.lessons.get(id), await store.recordings.get(id)
    _, schools = await store.lessons.schools(id)
    if lesson is None or kept is None or call.grant.school not in (None, *schools):
        raise Problem("lesson_unknown")
    return lesson, kept


async def _require_party(call: Call[Any, Any], lesson: ListedLesson, kept: Kept) -> None:
    """Raises Problem(forbidden) for a school that neither taught the lesson nor is a sealing class's own."""
    book = await call.app[STORE].registry.book()
    parties = {lesson.supporter, *(book.classes[one].school for one in kept.sealed_by)}
    if not kept.sealed_by or call.grant.school not in parties:
        raise Problem("forbidden")


async def _lines(call: Call[Any, Any], page: list[Kept]) -> list[KeptLine]:
    app, ids = call.app, [kept.lesson for kept in page]
    listed = {one.id: one for one in await app[STORE].lessons.many(ids)}
    wishes = await app[STORE].publications.of_lessons(ids)
    book, today, library = await app[STORE].registry.book(), local_date(app[CLOCK].at()), app[RECORDER].library
    verdicts = await asyncio.to_thread(lambda: {kept.lesson: library.verdict(kept.lesson) for kept in page})

    def words(lesson: ListedLesson) -> str | None:
        found = verdicts[lesson.id]
        return None if found is None else verdict_view(found, *names_in(lesson)).words

    return [
        line_of(
            kept,
            listed[kept.lesson],
            book,
            wishes.get(kept.lesson, []),
            terms=app[KEEPER].terms,
            today=today,
            school=call.grant.school,
            verdict=words(listed[kept.lesson]),
        )
        for kept in page
    ]
