"""`/registry/consents`: the register of consents (班级同意登记), by class. A school keeps its own classes'."""

from datetime import date, datetime
from typing import Annotated, Any

import msgspec

from classroom.ledger.months import SHANGHAI, local_date
from classroom.registry.book import Book
from classroom.registry.consents import Purpose, Standing, school_year_end, standing
from classroom.registry.errors import RegistryError
from classroom.registry.facts import Class, Consent, students_on
from classroom.registry.fields import check_day
from classroom.store.ids import new_id
from signaling.api.door import Call, Doors, Nothing
from signaling.api.paging import Page, read_cursor, write_cursor
from signaling.api.registry import Id, OfSchool
from signaling.context import CLOCK, LESSONS, PLAYBACKS, STORE
from signaling.messages import ONE_LINE, Name
from signaling.registry import Reach

DOORS = Doors("registry")


class ConsentEntry(msgspec.Struct, frozen=True, kw_only=True):
    """The latest entry of a class, and where the class stands by it today. `refused`: how many guardians do not agree;
    `arranged`: their children sit where no camera sees them."""

    standing: Standing
    given_on: date | None
    until: date | None
    refused: int
    arranged: bool
    form: str | None
    form_name: str | None
    reference: str
    noted_by: str
    noted_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_reason: str | None


class ConsentLine(msgspec.Struct, frozen=True, kw_only=True):
    """A class in the register: consent to being recorded, and to publication."""

    class_id: str
    class_name: str
    school: str
    school_name: str
    students: int | None
    recording: ConsentEntry
    publication: ConsentEntry


class NewConsent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`until` null: to the end of the school year. `form`: an uploaded file; without it `reference` says where the
    paper lies. Nobody's name stands here but that of who notes it."""

    class_id: Id
    purpose: Purpose = "recording"
    given_on: date
    until: date | None = None
    refused: Annotated[int, msgspec.Meta(ge=0, le=2000)] = 0
    arranged: bool = False
    form: Id | None = None
    reference: Annotated[str, msgspec.Meta(max_length=80, pattern=ONE_LINE)] = ""
    noted_by: Name


class Withdrawal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`purpose` recording: nothing is recorded any more, and nothing published."""

    purpose: Purpose = "recording"
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"\S")]


@DOORS.door("GET", "/api/v1/registry/consents", may="keep_school", query=OfSchool, answers=Page[ConsentLine])
async def listing(call: Call[OfSchool, Nothing]) -> Page[ConsentLine]:
    """Classes with what stands for them, by id."""
    store, today = call.app[STORE], local_date(call.app[CLOCK].at())
    book = await store.registry.book()
    reach = Reach(book, call.grant.school)
    school = call.grant.school or call.query.school
    if school is not None:
        reach.school_of(school)
    after = read_cursor(call.query.after, tuple[str])[0] if call.query.after else ""
    found = sorted(
        (made for made in book.classes.values() if school in (None, made.school) and made.id > after),
        key=lambda made: made.id,
    )
    page = found[: call.query.limit]
    lines = await _lines(call, book, page, today)
    return Page(lines, write_cursor(page[-1].id) if len(found) > len(page) else None)


@DOORS.door(
    "POST",
    "/api/v1/registry/consents",
    may="keep_school",
    body=NewConsent,
    answers=ConsentLine,
    status=201,
    refuses=("class_unknown", "file_unknown", "bad_day", "day_ahead", "bad_order"),
)
async def register(call: Call[Nothing, NewConsent]) -> ConsentLine:
    """Note a class's consent. Lessons to come and under way may be recorded by it."""
    store, told, by = call.app[STORE], call.body, call.by
    book, own = await _class(call, told.class_id)
    today, until = local_date(by.at), told.until or school_year_end(told.given_on)
    for day in (told.given_on, until):
        check_day(day)
    if told.given_on > today:
        raise RegistryError("day_ahead", told.given_on.isoformat())
    if until < told.given_on:
        raise RegistryError("bad_order", "同意登记")
    if told.form is not None:
        file = await store.files.get(told.form)
        if file is None or (call.grant.school is not None and file.school != call.grant.school):
            raise RegistryError("file_unknown", told.form)
    entry = Consent(
        id=new_id(),
        class_id=own.id,
        noted_by=told.noted_by.strip(),
        at=by.at,
        purpose=told.purpose,
        given_on=told.given_on,
        until=until,
        refused=told.refused,
        arranged=told.arranged,
        form=told.form,
        reference=told.reference.strip(),
    )
    await store.consents.register(entry, by)
    if told.purpose == "recording":
        now = standing([entry], "recording", today)
        if now == "good":
            await call.app[LESSONS].consented(own.id, call.grant.actor)
        elif now == "refused":
            await call.app[LESSONS].consent_withdrawn(own.id, call.grant.actor)
    return (await _lines(call, book, [own], today))[0]


@DOORS.door(
    "POST",
    "/api/v1/registry/consents/{class}/withdrawal",
    may="keep_school",
    body=Withdrawal,
    answers=ConsentLine,
    refuses=("class_unknown", "not_consented"),
)
async def withdraw(call: Call[Nothing, Withdrawal]) -> ConsentLine:
    """The class takes its consent back: a recording stops at once, old ones are sealed until an officer decides."""
    app, by = call.app, call.by
    book, own = await _class(call, call.path["class"])
    purpose = call.body.purpose
    if not await app[STORE].consents.withdraw(own.id, purpose, call.body.reason, by):
        raise RegistryError("not_consented", own.name)
    if purpose == "recording":
        await app[LESSONS].consent_withdrawn(own.id, call.grant.actor)
        for lesson in await app[STORE].recordings.sealed_of(own.id):
            app[PLAYBACKS].end_of(lesson)
    return (await _lines(call, book, [own], local_date(by.at)))[0]


async def _class(call: Call[Any, Any], class_id: str) -> tuple[Book, Class]:
    """Raises RegistryError(class_unknown), also for a class of another school."""
    book = await call.app[STORE].registry.book()
    own = book.classes.get(class_id)
    if own is None or call.grant.school not in (None, own.school):
        raise RegistryError("class_unknown", class_id)
    return book, own


async def _lines(call: Call[Any, Any], book: Book, page: list[Class], today: date) -> list[ConsentLine]:
    store = call.app[STORE]
    entries = await store.consents.of_classes([made.id for made in page])
    forms = [one.form for found in entries.values() for one in found if one.form is not None]
    names = {file.id: file.name for file in await store.files.many(list(dict.fromkeys(forms)))}
    return [
        ConsentLine(
            class_id=made.id,
            class_name=made.name,
            school=made.school,
            school_name=book.schools[made.school].name,
            students=students_on(made, today),
            recording=_entry(entries.get(made.id, []), "recording", today, names),
            publication=_entry(entries.get(made.id, []), "publication", today, names),
        )
        for made in page
    ]


def _entry(entries: list[Consent], purpose: Purpose, today: date, names: dict[str, str]) -> ConsentEntry:
    latest = next((one for one in reversed(entries) if one.purpose == purpose), None)
    return ConsentEntry(
        standing=standing(entries, purpose, today),
        given_on=latest.given_on if latest else None,
        until=latest.until if latest else None,
        refused=latest.refused if latest else 0,
        arranged=latest.arranged if latest else False,
        form=latest.form if latest else None,
        form_name=names.get(latest.form) if latest and latest.form else None,
        reference=latest.reference if latest else "",
        noted_by=latest.noted_by if latest else "",
        noted_at=latest.at.astimezone(SHANGHAI) if latest else None,
        withdrawn_at=latest.withdrawn_at.astimezone(SHANGHAI) if latest and latest.withdrawn_at else None,
        withdrawn_reason=latest.withdrawn_reason if latest else None,
    )
