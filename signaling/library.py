"""What of the library a school may see, keep and show, and the resources as lists show them. Pure but for its reads."""

import time
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

import msgspec

from classroom.ledger.months import SHANGHAI, local_date
from classroom.registry.book import Book
from classroom.registry.facts import is_active
from classroom.store.resources import Origin, Resource, State
from classroom.store.store import Store
from signaling.auth import Grant
from signaling.films import Films
from signaling.problem import PROBLEMS, Problem

# Why there is no film → the code whose sentences say so.
FAILURES: Final[Mapping[str, str]] = {
    "not_video": "film_not_video",
    "no_picture": "film_no_picture",
    "too_long": "film_too_long",
    "too_many_pixels": "film_too_many_pixels",
    "damaged": "film_damaged",
    "disk_full": "film_disk_full",
    "file_lost": "film_lost",
    "export_dropped": "film_export_dropped",
    "nothing_recorded": "export_nothing_recorded",
}


class ResourceProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no film."""

    code: str
    title: str
    title_en: str


class ResourceView(msgspec.Struct, frozen=True, kw_only=True):
    """A video of the library. `done`: 0 to 1, while it is made; `left_s`: an estimate, null before there is one.

    `is_mine`: the caller may change and remove it. `is_shown` false: the recording it is of may not be shown (now).
    """

    id: str
    title: str
    origin: Origin
    school: str | None
    school_name: str | None
    subject: str
    grade: str
    lesson: str | None
    pupils: bool
    state: State
    done: float | None
    left_s: float | None
    problem: ResourceProblem | None
    bytes: int | None
    length_ms: int | None
    has_captions: bool
    is_mine: bool
    is_shown: bool
    added_at: datetime


def schools_seen(book: Book, school: str, day: date) -> tuple[str, ...]:
    """Whose own videos a school sees: its own, and those of the schools that support it on a day."""
    supporters = (p.supporter for p in book.pairs.values() if p.recipient == school and is_active(p, day))
    return tuple(dict.fromkeys((school, *supporters)))


async def reach(store: Store, school: str | None, at: datetime) -> tuple[str, ...] | None:
    """The schools whose own videos and courses somebody of a school sees; None: everybody's."""
    if school is None:
        return None
    return schools_seen(await store.registry.book(), school, local_date(at))


async def seen(store: Store, grant: Grant, resource: str, at: datetime) -> Resource:
    """A resource that the caller may see. Raises Problem(resource_unknown)."""
    found = await store.resources.get(resource)
    schools = await reach(store, grant.school, at)
    if found is None or found.removed_at is not None:
        raise Problem("resource_unknown")
    if schools is not None and found.origin == "school" and found.school not in schools:
        raise Problem("resource_unknown")
    return found


async def own(store: Store, grant: Grant, resource: str, at: datetime) -> Resource:
    """A resource that the caller may change. Raises Problem: resource_unknown, forbidden."""
    found = await seen(store, grant, resource, at)
    if not is_mine(found.school, grant):
        raise Problem("forbidden")
    return found


def is_mine(school: str | None, grant: Grant) -> bool:
    """Whether what belongs to this school is the caller's to change."""
    return grant.may("keep_resources") and (grant.school is None or grant.school == school)


async def is_published(store: Store, resource: Resource) -> bool:
    """Whether it may be shown: what was uploaded always, a recording while its publication is approved."""
    if resource.lesson is None:
        return True
    approval = await store.publications.approved(resource.lesson)
    return approval is not None and (approval.pupils or not resource.pupils)


async def resource_views(store: Store, films: Films, grant: Grant, found: list[Resource]) -> list[ResourceView]:
    """As lists show them, in their order."""
    book, now = await store.registry.book(), time.monotonic()
    approvals = await store.publications.approvals([one.lesson for one in found if one.lesson is not None])
    views = []
    for one in found:
        running = films.running(one.id)
        school = book.schools.get(one.school or "")
        approval = approvals.get(one.lesson or "")
        views.append(
            ResourceView(
                id=one.id,
                title=one.title,
                origin=one.origin,
                school=one.school,
                school_name=school.name if school else None,
                subject=one.subject,
                grade=one.grade,
                lesson=one.lesson,
                pupils=one.pupils,
                state=one.state,
                done=running.done if running else None,
                left_s=running.left_s(now) if running else None,
                problem=_problem(one),
                bytes=one.bytes,
                length_ms=one.length_ms,
                has_captions=one.has_captions,
                is_mine=is_mine(one.school, grant),
                is_shown=one.lesson is None or (approval is not None and (approval.pupils or not one.pupils)),
                added_at=one.added_at.astimezone(SHANGHAI),
            )
        )
    return views


def _problem(resource: Resource) -> ResourceProblem | None:
    if resource.state != "failed":
        return None
    code = FAILURES.get(resource.failure or "", "film_failed")
    _, zh, en = PROBLEMS[code]
    return ResourceProblem(code=code, title=zh, title_en=en)
