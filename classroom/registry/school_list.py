"""A list of schools with what is known of each: the quick way to fill in what the forms need.

The file that is exported holds every school with the cells that are still empty; filled in, it is imported again. An
empty cell changes nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

import msgspec

from classroom.registry.book import Book, value_on
from classroom.registry.changes import Batch, NewFact, NewId, Noted
from classroom.registry.counties import code_of
from classroom.registry.errors import RegistryError
from classroom.registry.facts import Fact, School
from classroom.registry.fields import check_since, field_of, parsed
from classroom.registry.lists import BadLine, Line, Plan, Row, Verdict, rows_of
from classroom.registry.names import key, names_of
from classroom.registry.pair_list import missing_of
from classroom.registry.standing import county_of

_HEADINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "学校": "name",
        "学校名称": "name",
        "name": "name",
        "所在县": "county",
        "county": "county",
        "县代码": "county_code",
        "county_code": "county_code",
        "别名": "aliases",
        "aliases": "aliases",
        "所在地类型": "area_type",
        "area_type": "area_type",
        "办学性质": "ownership",
        "ownership": "ownership",
        "学段": "stage",
        "stage": "stage",
        "是否教学点": "is_teaching_point",
        "is_teaching_point": "is_teaching_point",
        "所属学校": "parent",
        "parent": "parent",
        "学生人数": "pupils",
        "pupils": "pupils",
        "联系人": "contact",
        "contact": "contact",
        "联系电话": "phone",
        "phone": "phone",
        "空间开通日期": "space_opened_on",
        "space_opened_on": "space_opened_on",
        "空间网址": "space_url",
        "space_url": "space_url",
    }
)
EXPORT: Final = (
    "学校",
    "所在县",
    "县代码",
    "别名",
    "所在地类型",
    "办学性质",
    "学段",
    "是否教学点",
    "所属学校",
    "学生人数",
    "联系人",
    "联系电话",
    "空间开通日期",
    "空间网址",
)


def plan_schools(
    book: Book, table: Sequence[Sequence[str]], *, since: date, at: datetime, new_id: NewId, may_add: bool = True
) -> Plan:
    """What the list does to the book: schools made, values recorded from `since` on.

    Raises RegistryError: headings_missing, heading_twice.
    """
    return _Planner(book, since, at, new_id, may_add).plan(rows_of(table, _HEADINGS, ("name",)))


def school_rows(book: Book, day: date) -> list[list[str | int | None]]:
    """Every school as of a day, by county and name."""
    schools = sorted(book.schools.values(), key=lambda school: (school.county or "", school.name))
    return [_export(book, school, day) for school in schools]


class _Planner:
    def __init__(self, book: Book, since: date, at: datetime, new_id: NewId, may_add: bool) -> None:
        self._book = book
        self._since = since
        self._at = at
        self._new_id = new_id
        self._may_add = may_add
        self._names = names_of(book)
        self._batch = Batch()
        self._seen: dict[str | None, int] = {}

    def plan(self, rows: Sequence[Row]) -> Plan:
        lines = []
        for row in rows:
            try:
                lines.append(self._line(row))
            except BadLine as error:
                lines.append(
                    Line(number=row.number, title=row.text("name")[:40], verdict="refused", problem=str(error))
                )
        counted = {verdict: sum(line.verdict == verdict for line in lines) for verdict in ("new", "changed", "same")}
        self._batch.notes.append(Noted("registry.imported", "registry:schools", counted))
        return Plan(lines=lines, batch=self._batch)

    def _line(self, row: Row) -> Line:
        name = row.name("name", "学校")
        if not name:
            raise BadLine("缺少学校名称")
        known = self._names.get(key(name))
        if known is None and not self._may_add:
            raise BadLine(f"名册里没有{name}")
        if known in self._seen:
            raise BadLine(f"与第 {self._seen[known]} 行重复")
        county = row.name("county", "所在县") or None
        values = self._values(row, known, county)
        says: list[str] = []
        school = self._school(name, known, county, says)
        self._seen[school.id] = row.number
        self._names.update({key(alias): school.id for alias in values["aliases"] or ()})
        told = {}
        for field, value in values.items():
            last = value_on(self._book, school.id, field, self._since)
            if value is not None and (last is None or last.value != value):
                label = field_of("school", field).label
                says.append(f"{label}记为{_words(value)}" + (f"（原为{_words(last.value)}）" if last else ""))
                self._record(school.id, field, value)
            if value is not None:
                told[field] = value
        verdict: Verdict = "new" if known is None else "changed" if says else "same"
        missing = missing_of(self._book, school, self._since, told)
        return Line(number=row.number, title=school.name, verdict=verdict, says=tuple(says), missing=missing)

    def _values(self, row: Row, known: str | None, county: str | None) -> dict[str, Any]:
        """Field → value as its shape, None where the cell is empty. Raises BadLine."""
        given: dict[str, Any] = {
            "county_code": row.text("county_code") or code_of(county),
            "area_type": row.word("area_type", "所在地类型", ("街道", "镇", "乡")),
            "ownership": row.word("ownership", "办学性质", ("公办", "民办")),
            "stage": row.word("stage", "学段", ("小学", "初中", "九年一贯制")),
            "is_teaching_point": row.yes("is_teaching_point", "是否教学点"),
            "pupils": row.number_of("pupils", "学生人数", 0, 20_000),
            "aliases": self._aliases(row, known),
            "parent": self._parent(row, known),
            "contact": {"name": row.name("contact", "联系人"), "phone": row.text("phone")}
            if row.text("contact")
            else None,
        }
        if (opened := row.day("space_opened_on", "空间开通日期")) is not None:
            given["space"] = {"opened_on": opened.isoformat(), "url": row.text("space_url")}
        values = {}
        for name, value in given.items():
            try:
                field = field_of("school", name)
                values[name] = parsed(field, value)
                check_since(field, values[name], self._since)
            except RegistryError as error:
                raise BadLine(error.title.rstrip("。")) from None
        return values

    def _aliases(self, row: Row, known: str | None) -> list[str] | None:
        names = [name for name in row.name("aliases", "别名").replace("；", "、").split("、") if name]
        for name in names:
            other = self._names.get(key(name))
            if other is not None and other != known:
                raise BadLine(f"别名“{name}”已是另一所学校的名称")
        return names or None

    def _parent(self, row: Row, known: str | None) -> str | None:
        name = row.name("parent", "所属学校")
        if not name:
            return None
        parent = self._names.get(key(name))
        if parent is None or parent == known:
            raise BadLine(f"名册里没有所属学校“{name}”")
        return parent

    def _school(self, name: str, known: str | None, county: str | None, says: list[str]) -> School:
        if known is None:
            school = School(id=self._new_id(), name=name, county=county)
            self._batch.schools.append(school)
            self._names[key(name)] = school.id
            says.append(f"新增学校：{name}" + (f"（{county}）" if county else ""))
            return school
        school = self._book.schools[known]
        if county is not None and county != school.county:
            says.append(f"所在县由{school.county or '未填'}改为{county}")
            school = msgspec.structs.replace(school, county=county)
            self._batch.renamed.append(school)
        return school

    def _record(self, school: str, field: str, value: Any) -> None:
        fact = Fact(
            id=self._new_id(),
            subject_id=school,
            field=field,
            since=self._since,
            value=value,
            recorded_at=self._at,
        )
        self._batch.facts.append(NewFact(subject="school", fact=fact, reason="导入名单"))


def _words(value: Any) -> str:
    """A value for a sentence."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, tuple):
        return "、".join(value)
    if isinstance(value, msgspec.Struct):
        return " ".join(str(part) for part in msgspec.structs.astuple(value) if part)
    return str(value)


def _export(book: Book, school: School, day: date) -> list[str | int | None]:
    names = ("aliases", "area_type", "ownership", "stage", "is_teaching_point", "parent", "pupils", "contact", "space")
    facts = {name: value_on(book, school.id, name, day) for name in names}
    values: dict[str, Any] = {name: None if fact is None else fact.value for name, fact in facts.items()}
    contact, space = values["contact"], values["space"]
    return [
        school.name,
        school.county or "",
        county_of(book, school.id, day) or "",
        "、".join(values["aliases"] or ()),
        values["area_type"] or "",
        values["ownership"] or "",
        values["stage"] or "",
        "" if values["is_teaching_point"] is None else _words(values["is_teaching_point"]),
        book.schools[values["parent"]].name if values["parent"] else "",
        values["pupils"],
        contact.name if contact else "",
        contact.phone if contact else "",
        space.opened_on.isoformat() if space else "",
        space.url if space else "",
    ]
