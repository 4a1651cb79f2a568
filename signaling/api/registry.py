"""`/registry`: schools, pairs, their dated facts, classrooms and classes. A school's officer reaches their own only."""

from datetime import date
from typing import Annotated, Any, Final, Literal

import msgspec

from classroom.ledger.months import local_date
from classroom.registry import changes
from classroom.registry.changes import Wanted
from classroom.registry.facts import PairStatus, status_on
from classroom.registry.fields import FieldView, Line, check_day, views
from classroom.registry.standing import is_own, sides
from classroom.store.ids import new_id
from signaling.api.door import Call, Doors, Nothing
from signaling.api.paging import Page, PageQuery, read_cursor, write_cursor
from signaling.context import CLOCK, RECORDS, STORE
from signaling.messages import Name, Students
from signaling.problem import Problem
from signaling.registry import (
    ClassLine,
    FactView,
    PairDetail,
    PairLine,
    Reach,
    SchoolDetail,
    SchoolLine,
    class_line,
    find_schools,
    pair_detail,
    pair_line,
    recipients_of,
    record_fact,
    school_detail,
    school_line,
)

DOORS = Doors("registry")
Id = Annotated[str, msgspec.Meta(min_length=12, max_length=12, pattern=r"^[a-z2-7]{12}\Z")]
Reason = Annotated[str, msgspec.Meta(max_length=500)]
MAX_SIZES: Final = 500


class SchoolsQuery(PageQuery, frozen=True, kw_only=True):
    """`q`: part of a name or of another name; `own`: only the county's own."""

    q: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    own: bool = False


class NewSchool(msgspec.Struct, frozen=True, kw_only=True):
    name: Name
    county: Line | None = None


class SchoolName(msgspec.Struct, frozen=True, kw_only=True):
    """Another name and county; the old name stays known as another name (别名) if `keeps_old`."""

    name: Name
    county: Line | None = None
    keeps_old: bool = True


class PairsQuery(PageQuery, frozen=True, kw_only=True):
    """`school`: either side of the pair."""

    school: Id | None = None
    status: PairStatus | None = None


class NewPair(msgspec.Struct, frozen=True, kw_only=True):
    """Schools by id; `recipient` null: 待定. `level` stands where the schools' counties do not say it."""

    supporter: Id
    recipient: Id | None = None
    status: PairStatus = "active"
    since: date
    level: Literal["县内", "市域内", "省域内", "省域外"] | None = None
    place: Annotated[int, msgspec.Meta(ge=1, le=9999)] | None = None


class NewStatus(msgspec.Struct, frozen=True, kw_only=True):
    """`recipient` names the school of a pair that was 待定."""

    status: PairStatus
    since: date
    reason: Reason = ""
    recipient: Id | None = None


class NewFact(msgspec.Struct, frozen=True, kw_only=True):
    """`seen`: the id of the last recorded fact of this field that the editor showed; null: none."""

    subject: Literal["school", "pair"]
    id: Id
    field: Annotated[str, msgspec.Meta(max_length=40)]
    since: date
    value: Any
    seen: Id | None = None
    reason: Reason = ""


class FieldList(msgspec.Struct, frozen=True):
    items: list[FieldView]


class OfSchool(PageQuery, frozen=True, kw_only=True):
    """Of one school; without: of all in reach."""

    school: Id | None = None


class ClassroomLine(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    school: str
    name: str


class NewClassroom(msgspec.Struct, frozen=True, kw_only=True):
    school: Id
    name: Name


class NewClass(msgspec.Struct, frozen=True, kw_only=True):
    """`students`: the roster from `since` on."""

    school: Id
    name: Name
    students: Students | None = None
    since: date


class ClassSize(msgspec.Struct, frozen=True, kw_only=True):
    class_id: Id
    students: Students


class NewSizes(msgspec.Struct, frozen=True, kw_only=True):
    """The rosters of a term, all from one day on."""

    since: date
    sizes: Annotated[list[ClassSize], msgspec.Meta(min_length=1, max_length=MAX_SIZES)]


class ClassList(msgspec.Struct, frozen=True):
    items: list[ClassLine]


async def _reach(call: Call[Any, Any]) -> Reach:
    return Reach(await call.app[STORE].registry.book(), call.grant.school)


@DOORS.door("GET", "/api/v1/registry/fields", may="read_registry", answers=FieldList)
async def fields(call: Call[Nothing, Nothing]) -> FieldList:
    """What may be said of a school or a pair from a day on, for the editor."""
    return FieldList(views())


@DOORS.door("GET", "/api/v1/registry/schools", may="read_registry", query=SchoolsQuery, answers=Page[SchoolLine])
async def schools(call: Call[SchoolsQuery, Nothing]) -> Page[SchoolLine]:
    """Schools by name; a school's officer sees their own and those it is paired with."""
    store, day = call.app[STORE], local_date(call.app[CLOCK].at())
    book = await store.registry.book()
    _, policy = await store.policies.current()
    found = Reach(book, call.grant.school).schools()
    if call.query.q:
        found = find_schools(found, book, call.query.q)
    if call.query.after:
        last = read_cursor(call.query.after, tuple[str, str])
        found = [school for school in found if (school.name, school.id) > last]
    if call.query.own:
        found = [school for school in found if is_own(book, school.id, policy.county, day)]
    page, recipients = found[: call.query.limit], recipients_of(book, day)
    lines = [school_line(book, school, policy, day, recipients) for school in page]
    return Page(lines, write_cursor(page[-1].name, page[-1].id) if len(found) > len(page) else None)


@DOORS.door(
    "POST",
    "/api/v1/registry/schools",
    may="keep_registry",
    body=NewSchool,
    answers=SchoolDetail,
    status=201,
    refuses=("school_exists",),
)
async def add_school(call: Call[Nothing, NewSchool]) -> SchoolDetail:
    """A new school."""
    store, by = call.app[STORE], call.by
    name, county = call.body.name, call.body.county
    batch = await store.registry.change(lambda book: changes.add_school(book, new_id, name, county), by)
    return await school_detail(store, batch.schools[0].id, by.at)


@DOORS.door(
    "GET", "/api/v1/registry/schools/{school}", may="read_registry", answers=SchoolDetail, refuses=("school_unknown",)
)
async def school(call: Call[Nothing, Nothing]) -> SchoolDetail:
    """All of a school, with everything ever recorded of it."""
    found = (await _reach(call)).school_of(call.path["school"])
    return await school_detail(call.app[STORE], found.id, call.app[CLOCK].at())


@DOORS.door(
    "PUT",
    "/api/v1/registry/schools/{school}",
    may="keep_registry",
    body=SchoolName,
    answers=SchoolDetail,
    refuses=("school_unknown", "school_exists"),
)
async def rename_school(call: Call[Nothing, SchoolName]) -> SchoolDetail:
    """Another name and county of a school."""
    store, by, wanted = call.app[STORE], call.by, call.body
    id = call.path["school"]
    await store.registry.change(
        lambda book: changes.rename_school(
            book, new_id, id, wanted.name, wanted.county, at=by.at, day=local_date(by.at), keeps_old=wanted.keeps_old
        ),
        by,
    )
    return await school_detail(store, id, by.at)


@DOORS.door("GET", "/api/v1/registry/pairs", may="read_registry", query=PairsQuery, answers=Page[PairLine])
async def pairs(call: Call[PairsQuery, Nothing]) -> Page[PairLine]:
    """Pairs in the order of the county's list."""
    reach, day = await _reach(call), local_date(call.app[CLOCK].at())
    book = await call.app[STORE].registry.book()
    wanted = call.query
    found = [
        pair
        for pair in reach.pairs()
        if wanted.school in (None, *sides(pair)) and wanted.status in (None, status_on(pair, day))
    ]
    start = 0
    if wanted.after:
        [last] = read_cursor(wanted.after, tuple[str])
        start = next((place for place, pair in enumerate(found, 1) if pair.id == last), len(found))
    page = found[start : start + wanted.limit]
    lines = [pair_line(book, pair, day) for pair in page]
    return Page(lines, write_cursor(page[-1].id) if len(found) > start + wanted.limit else None)


@DOORS.door(
    "POST",
    "/api/v1/registry/pairs",
    may="keep_registry",
    body=NewPair,
    answers=PairDetail,
    status=201,
    refuses=("school_unknown", "same_school", "pair_exists", "recipient_missing", "bad_day"),
)
async def add_pair(call: Call[Nothing, NewPair]) -> PairDetail:
    """A new pair."""
    store, by = call.app[STORE], call.by
    wanted = msgspec.structs.asdict(call.body)
    batch = await store.registry.change(lambda book: changes.add_pair(book, new_id, **wanted), by)
    return await pair_detail(store, batch.pairs[0].id, by.at)


@DOORS.door("GET", "/api/v1/registry/pairs/{pair}", may="read_registry", answers=PairDetail, refuses=("pair_unknown",))
async def pair(call: Call[Nothing, Nothing]) -> PairDetail:
    """All of a pair, with everything ever recorded of it."""
    found = (await _reach(call)).pair(call.path["pair"])
    return await pair_detail(call.app[STORE], found.id, call.app[CLOCK].at())


@DOORS.door(
    "POST",
    "/api/v1/registry/pairs/{pair}/status",
    may="keep_registry",
    body=NewStatus,
    answers=PairDetail,
    refuses=("pair_unknown", "recipient_missing", "recipient_named", "same_school", "pair_exists", "bad_day"),
)
async def set_status(call: Call[Nothing, NewStatus]) -> PairDetail:
    """The pair is active, 待定 or ended from a day on; lessons since then are judged again."""
    store, by, wanted, id = call.app[STORE], call.by, call.body, call.path["pair"]
    await store.registry.change(
        lambda book: changes.set_status(
            book, id, wanted.status, wanted.since, recipient=wanted.recipient, reason=wanted.reason
        ),
        by,
    )
    await call.app[RECORDS].pair_changed(id, wanted.since, by.at)
    return await pair_detail(store, id, by.at)


@DOORS.door(
    "PUT",
    "/api/v1/registry/facts",
    may="keep_school",
    body=NewFact,
    answers=FactView,
    refuses=("stale", "field_unknown", "bad_value", "bad_day", "too_early", "school_unknown", "pair_unknown"),
)
async def put_fact(call: Call[Nothing, NewFact]) -> FactView:
    """Say what holds from a day on. Nothing is overwritten; of one day the latest recorded holds."""
    told = call.body
    wanted = Wanted(
        subject=told.subject,
        id=told.id,
        field=told.field,
        since=told.since,
        value=told.value,
        seen=told.seen,
        reason=told.reason,
    )
    return await record_fact(call.app[STORE], wanted, call.by, school=call.grant.school)


@DOORS.door("GET", "/api/v1/registry/classrooms", may="read_registry", query=OfSchool, answers=Page[ClassroomLine])
async def classrooms(call: Call[OfSchool, Nothing]) -> Page[ClassroomLine]:
    """Standing places, by id."""
    reach = await _reach(call)
    book = await call.app[STORE].registry.book()
    found = [
        ClassroomLine(id=room.id, school=room.school, name=room.name)
        for room in sorted(book.classrooms.values(), key=lambda room: room.id)
        if reach.has_school(room.school) and call.query.school in (None, room.school)
    ]
    return _by_id(found, call.query)


@DOORS.door(
    "POST",
    "/api/v1/registry/classrooms",
    may="keep_school",
    body=NewClassroom,
    answers=ClassroomLine,
    status=201,
    refuses=("school_unknown", "name_taken"),
)
async def add_classroom(call: Call[Nothing, NewClassroom]) -> ClassroomLine:
    """A new standing place of a school."""
    school = (await _reach(call)).school_of(call.body.school)
    name = call.body.name
    batch = await call.app[STORE].registry.change(
        lambda book: changes.add_classroom(book, new_id, school.id, name), call.by
    )
    made = batch.classrooms[0]
    return ClassroomLine(id=made.id, school=made.school, name=made.name)


@DOORS.door("GET", "/api/v1/registry/classes", may="read_registry", query=OfSchool, answers=Page[ClassLine])
async def classes(call: Call[OfSchool, Nothing]) -> Page[ClassLine]:
    """Classes with their rosters over time, by id."""
    reach, day = await _reach(call), local_date(call.app[CLOCK].at())
    book = await call.app[STORE].registry.book()
    found = [
        class_line(book, made.id, day)
        for made in sorted(book.classes.values(), key=lambda made: made.id)
        if reach.has_school(made.school) and call.query.school in (None, made.school)
    ]
    return _by_id(found, call.query)


@DOORS.door(
    "POST",
    "/api/v1/registry/classes",
    may="keep_school",
    body=NewClass,
    answers=ClassLine,
    status=201,
    refuses=("school_unknown", "name_taken", "bad_day"),
)
async def add_class(call: Call[Nothing, NewClass]) -> ClassLine:
    """A new class of a school."""
    store, by, wanted = call.app[STORE], call.by, call.body
    school = (await _reach(call)).school_of(wanted.school)
    check_day(wanted.since)
    batch = await store.registry.change(
        lambda book: changes.add_class(book, new_id, school.id, wanted.name, wanted.students, wanted.since), by
    )
    return class_line(await store.registry.book(), batch.classes[0].id, local_date(by.at))


@DOORS.door(
    "PUT",
    "/api/v1/registry/classes/sizes",
    may="keep_school",
    body=NewSizes,
    answers=ClassList,
    refuses=("class_unknown", "bad_day"),
)
async def put_sizes(call: Call[Nothing, NewSizes]) -> ClassList:
    """The rosters of classes from a day on, all or none; lessons since then are judged again."""
    store, by, wanted = call.app[STORE], call.by, call.body
    reach = await _reach(call)
    book = await store.registry.book()
    sizes = {size.class_id: size.students for size in wanted.sizes}
    if len(sizes) < len(wanted.sizes):
        raise Problem("bad_request", "a class stands there twice")
    for id in sizes:
        if id not in book.classes or not reach.has_school(book.classes[id].school):
            raise Problem("not_found")
    await store.registry.change(lambda book: changes.size_classes(book, sizes, wanted.since), by)
    for id in sizes:
        await call.app[RECORDS].class_changed(id, wanted.since, by.at)
    book = await store.registry.book()
    return ClassList([class_line(book, id, local_date(by.at)) for id in sizes])


def _by_id(found: list[Any], query: PageQuery) -> Page[Any]:
    after = read_cursor(query.after, tuple[str])[0] if query.after else ""
    page = [line for line in found if line.id > after][: query.limit + 1]
    is_more = len(page) > query.limit
    page = page[: query.limit]
    return Page(page, write_cursor(page[-1].id) if is_more else None)
