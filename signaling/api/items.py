"""`/registry/people`, `/registry/materials`, `/registry/publicity`, `/registry/standards`."""

from datetime import date, datetime
from typing import Annotated, Any

import msgspec

from classroom.ledger.months import SHANGHAI, local_date
from classroom.registry.book import Book
from classroom.registry.errors import RegistryError
from classroom.registry.fields import Phone, WebAddress, check_day
from classroom.registry.items import Material, OutletLevel
from classroom.registry.standard import Item, Standard, check_standard
from classroom.registry.standing import sides
from classroom.store.people import Person
from signaling.api.door import Call, Doors, Nothing
from signaling.api.paging import Page, PageQuery, read_cursor, write_cursor
from signaling.api.registry import Id, OfSchool, Reason
from signaling.context import STORE
from signaling.messages import ONE_LINE, Name
from signaling.problem import Problem
from signaling.registry import Reach, stale_of

DOORS = Doors("registry")


class NewPerson(msgspec.Struct, frozen=True, kw_only=True):
    """`school` null: of the bureau, or of the caller's own school."""

    school: Id | None = None
    name: Name
    kind: Annotated[str, msgspec.Meta(min_length=1, max_length=20, pattern=ONE_LINE)]
    phone: Phone = ""


class Leaving(msgspec.Struct, frozen=True, kw_only=True):
    left_on: date


class MaterialQuery(PageQuery, frozen=True, kw_only=True):
    school: Id | None = None
    pair: Id | None = None


class MaterialLine(msgspec.Struct, frozen=True, kw_only=True):
    """过程资料: a file that a school has put into its space."""

    id: str
    school: str
    school_name: str
    pair: str | None
    title: str
    sha256: str
    file: str
    uploaded_at: datetime
    removed_at: datetime | None


class NewMaterial(msgspec.Struct, frozen=True, kw_only=True):
    """`school` null: the caller's own. `pair` null: it counts for the school's first pair."""

    school: Id | None = None
    pair: Id | None = None
    title: Name
    file: Id


class PublicityQuery(PageQuery, frozen=True, kw_only=True):
    """`first` and `last`: local dates of publication, both included."""

    pair: Id | None = None
    first: date | None = None
    last: date | None = None


class PublicityLine(msgspec.Struct, frozen=True, kw_only=True):
    """宣传报道: a story in an outlet. `pair` null: the bureau's own, or the school's."""

    id: str
    pair: str | None
    school: str | None
    level: OutletLevel
    outlet: str
    title: str
    url: str
    published_on: date


class NewPublicity(msgspec.Struct, frozen=True, kw_only=True):
    pair: Id | None = None
    level: OutletLevel
    outlet: Name
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=ONE_LINE)]
    url: WebAddress = ""
    published_on: date


class StandardView(msgspec.Struct, frozen=True, kw_only=True):
    """A version of the equipment standard."""

    version: int
    title: str
    items: tuple[Item, ...]


class StandardList(msgspec.Struct, frozen=True):
    """The version in force."""

    items: list[StandardView]


class NewStandard(msgspec.Struct, frozen=True, kw_only=True):
    """`version`: the one that the editor showed."""

    version: Annotated[int, msgspec.Meta(ge=0)]
    value: Standard
    reason: Reason = ""


async def _reach(call: Call[Any, Any]) -> tuple[Book, Reach]:
    book = await call.app[STORE].registry.book()
    return book, Reach(book, call.grant.school)


@DOORS.door("GET", "/api/v1/registry/people", may="keep_school", query=OfSchool, answers=Page[Person])
async def people(call: Call[OfSchool, Nothing]) -> Page[Person]:
    """People of schools and of the bureau, by id."""
    school = call.grant.school or call.query.school
    if call.query.school not in (None, school):
        raise RegistryError("school_unknown", call.query.school or "")
    after = read_cursor(call.query.after, tuple[str])[0] if call.query.after else ""
    found = await call.app[STORE].people.page(school=school, after=after, limit=call.query.limit + 1)
    page = found[: call.query.limit]
    return Page(page, write_cursor(page[-1].id) if len(found) > len(page) else None)


@DOORS.door(
    "POST",
    "/api/v1/registry/people",
    may="keep_school",
    body=NewPerson,
    answers=Person,
    status=201,
    refuses=("school_unknown",),
)
async def add_person(call: Call[Nothing, NewPerson]) -> Person:
    """Somebody of a school or of the bureau."""
    _, reach = await _reach(call)
    school = call.body.school or call.grant.school
    if school is not None:
        reach.school_of(school)
    told = call.body
    return await call.app[STORE].people.add(school=school, name=told.name, kind=told.kind, phone=told.phone, by=call.by)


@DOORS.door(
    "PUT",
    "/api/v1/registry/people/{person}",
    may="keep_school",
    body=Leaving,
    answers=Person,
    refuses=("person_unknown", "bad_day"),
)
async def leave(call: Call[Nothing, Leaving]) -> Person:
    """They have left from a day on."""
    check_day(call.body.left_on)
    return await call.app[STORE].people.leave(call.path["person"], call.body.left_on, call.by, school=call.grant.school)


@DOORS.door("GET", "/api/v1/registry/materials", may="read_registry", query=MaterialQuery, answers=Page[MaterialLine])
async def materials(call: Call[MaterialQuery, Nothing]) -> Page[MaterialLine]:
    """Present process materials, the latest upload first."""
    book, reach = await _reach(call)
    school = call.grant.school or call.query.school
    if call.query.school not in (None, school):
        raise RegistryError("school_unknown", call.query.school or "")
    if call.query.pair is not None:
        reach.pair(call.query.pair)
    after = read_cursor(call.query.after, tuple[str])[0] if call.query.after else None
    found = await call.app[STORE].materials.page(
        school=school, pair=call.query.pair, after=after, limit=call.query.limit + 1
    )
    page = found[: call.query.limit]
    lines = [_material(book, material) for material in page]
    return Page(lines, write_cursor(page[-1].id) if len(found) > len(page) else None)


@DOORS.door(
    "POST",
    "/api/v1/registry/materials",
    may="keep_school",
    body=NewMaterial,
    answers=MaterialLine,
    status=201,
    refuses=("material_exists", "file_unknown", "not_paired", "school_unknown", "pair_unknown"),
)
async def add_material(call: Call[Nothing, NewMaterial]) -> MaterialLine:
    """Put an uploaded file into a school's space; the same content stands there once."""
    store, told = call.app[STORE], call.body
    book, reach = await _reach(call)
    file = await store.files.get(told.file)
    if file is None or (call.grant.school is not None and file.school != call.grant.school):
        raise RegistryError("file_unknown", told.file)
    school = told.school or call.grant.school
    if school is None:
        raise Problem("bad_request", "school is missing")
    reach.school_of(school)
    if told.pair is not None and school not in sides(reach.pair(told.pair)):
        raise RegistryError("not_paired", book.schools[school].name)
    made = await store.materials.add(
        school=school, pair=told.pair, title=told.title, sha256=file.sha256, file=file.id, by=call.by
    )
    return _material(book, made)


@DOORS.door("DELETE", "/api/v1/registry/materials/{material}", may="keep_school", refuses=("material_unknown",))
async def remove_material(call: Call[Nothing, Nothing]) -> None:
    """It is gone from the space; a month that has counted it keeps it."""
    await call.app[STORE].materials.remove(call.path["material"], call.by, school=call.grant.school)


@DOORS.door("GET", "/api/v1/registry/publicity", may="read_registry", query=PublicityQuery, answers=Page[PublicityLine])
async def publicity(call: Call[PublicityQuery, Nothing]) -> Page[PublicityLine]:
    """Stories, the latest published first; a school's officer sees their own and those of their pairs."""
    _, reach = await _reach(call)
    wanted = call.query
    if wanted.pair is not None:
        reach.pair(wanted.pair)
    found = await call.app[STORE].publicity.page(
        first=wanted.first,
        last=wanted.last,
        pairs=[wanted.pair] if wanted.pair else None if reach.school is None else [p.id for p in reach.pairs()],
        school=None if wanted.pair else reach.school,
        after=read_cursor(wanted.after, tuple[str])[0] if wanted.after else None,
        limit=wanted.limit + 1,
    )
    page = found[: wanted.limit]
    lines = [PublicityLine(**msgspec.structs.asdict(item)) for item in page]
    return Page(lines, write_cursor(page[-1].id) if len(found) > len(page) else None)


@DOORS.door(
    "POST",
    "/api/v1/registry/publicity",
    may="keep_school",
    body=NewPublicity,
    answers=PublicityLine,
    status=201,
    refuses=("publicity_exists", "pair_unknown", "bad_day", "day_ahead"),
)
async def add_publicity(call: Call[Nothing, NewPublicity]) -> PublicityLine:
    """Note a story; the same one of the same outlet stands once."""
    told, by = call.body, call.by
    _, reach = await _reach(call)
    check_day(told.published_on)
    if told.published_on > local_date(by.at):
        raise RegistryError("day_ahead", told.published_on.isoformat())
    if told.pair is not None:
        reach.pair(told.pair)
    made = await call.app[STORE].publicity.add(
        pair=told.pair,
        school=call.grant.school,
        level=told.level,
        outlet=told.outlet,
        title=told.title,
        url=told.url,
        published_on=told.published_on,
        by=by,
    )
    return PublicityLine(**msgspec.structs.asdict(made))


@DOORS.door("DELETE", "/api/v1/registry/publicity/{item}", may="keep_school", refuses=("publicity_unknown",))
async def remove_publicity(call: Call[Nothing, Nothing]) -> None:
    """A story that was noted wrongly."""
    await call.app[STORE].publicity.remove(call.path["item"], call.by, school=call.grant.school)


@DOORS.door("GET", "/api/v1/registry/standards", may="read_registry", answers=StandardList)
async def standards(call: Call[Nothing, Nothing]) -> StandardList:
    """The equipment standard in force."""
    version, standard = await call.app[STORE].standards.current()
    return StandardList([StandardView(version=version, title=standard.title, items=standard.items)])


@DOORS.door(
    "PUT",
    "/api/v1/registry/standards",
    may="keep_policy",
    body=NewStandard,
    answers=StandardView,
    refuses=("stale", "bad_standard"),
)
async def put_standard(call: Call[Nothing, NewStandard]) -> StandardView:
    """A new version of the standard; verdicts keep the one that they were made by."""
    told = call.body
    check_standard(told.value)
    store = call.app[STORE]
    try:
        version = await store.standards.put(told.value, told.version, told.reason, call.by)
    except RegistryError as error:
        raise await stale_of(store, error) from None
    return StandardView(version=version, title=told.value.title, items=told.value.items)


def _material(book: Book, material: Material) -> MaterialLine:
    return MaterialLine(
        id=material.id,
        school=material.school,
        school_name=book.schools[material.school].name,
        pair=material.pair,
        title=material.title,
        sha256=material.sha256,
        file=material.file,
        uploaded_at=material.uploaded_at.astimezone(SHANGHAI),
        removed_at=material.removed_at and material.removed_at.astimezone(SHANGHAI),
    )
