"""Fields (字段): what may be said of a school or a pair from a day on. One table; the editor is drawn from it.

A value is JSON of the field's shape; null takes the value back from its day on.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, get_args

import msgspec

from classroom.registry.errors import RegistryError

Subject = Literal["school", "pair"]
Stage = Literal["小学", "初中", "九年一贯制"]
"""学段: the words of 附件3, note 2."""
AreaType = Literal["街道", "镇", "乡"]
Ownership = Literal["公办", "民办"]
Verdict = Literal["达标", "未达标"]

ONE_LINE: Final = r"^[^\x00-\x1f\x7f]+\Z"
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=ONE_LINE)]
Phone = Annotated[str, msgspec.Meta(max_length=40, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
"""Free text: 6-digit group numbers and leading zeros stay as they are."""
Id = Annotated[str, msgspec.Meta(pattern=r"^[a-z2-7]{12}\Z")]
CountyCode = Annotated[str, msgspec.Meta(pattern=r"^[1-9][0-9]{5}\Z")]
"""6 digits (GB/T 2260): province, city, county by two each."""
Pupils = Annotated[int, msgspec.Meta(ge=0, le=20_000)]
Round = Annotated[int, msgspec.Meta(ge=1, le=30)]
WebAddress = Annotated[str, msgspec.Meta(max_length=500, pattern=r"^(https?://[^\s\x00-\x1f\x7f]+)?\Z")]
FIRST_DAY: Final = date(2000, 1, 1)
LAST_DAY: Final = date(2099, 12, 31)
"""No fact of the programme lies outside; a mistyped year does."""
MAX_TERMS: Final = 40


class Space(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """学校(网络)空间 on 之江汇: open from `opened_on`."""

    opened_on: date
    url: WebAddress = ""


class Equipment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """技术装备核定 by the bureau's 技术中心, `valid_until` inclusive. `items`: code of the standard → passed."""

    verdict: Verdict
    valid_until: date | None = None
    standard: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
    items: Annotated[dict[Annotated[str, msgspec.Meta(max_length=40)], bool], msgspec.Meta(max_length=100)] = {}
    evidence: Annotated[tuple[Id, ...], msgspec.Meta(max_length=50)] = ()
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""


class Contact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """联系人 and 联系电话."""

    name: Line
    phone: Phone = ""


class Term(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """学期: first and last day of teaching, both inclusive."""

    first: date
    last: date
    name: Line


class Agreement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """结对协议: signed, in force until a day (inclusive), its scan."""

    signed_on: date
    until: date | None = None
    file: Id | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """结对方案."""

    signed_on: date
    file: Id | None = None


class Uploaded(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """结对协议已上传 to a school's space."""

    on: date


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table. `begins`: the name of the value's own date, before which it cannot hold.

    `is_school_kept`: the school's own officer may say it, of their school or its pairs.
    """

    name: str
    subject: Subject
    label: str
    label_en: str
    shape: Any
    begins: str | None = None
    is_school_kept: bool = False


_ROWS: Final = (
    Field(
        name="aliases",
        subject="school",
        label="别名",
        label_en="Other names",
        shape=Annotated[tuple[Line, ...], msgspec.Meta(max_length=20)],
    ),
    Field(name="county_code", subject="school", label="县（市、区）代码", label_en="County code", shape=CountyCode),
    Field(name="area_type", subject="school", label="所在地类型", label_en="Kind of place", shape=AreaType),
    Field(name="ownership", subject="school", label="办学性质", label_en="Ownership", shape=Ownership),
    Field(name="stage", subject="school", label="学段", label_en="Stage", shape=Stage),
    Field(name="is_teaching_point", subject="school", label="是否教学点", label_en="Is a teaching point", shape=bool),
    Field(name="parent", subject="school", label="所属学校", label_en="Parent school", shape=Id),
    Field(name="pupils", subject="school", label="学生人数", label_en="Pupils", shape=Pupils, is_school_kept=True),
    Field(
        name="space",
        subject="school",
        label="学校空间",
        label_en="Network space",
        shape=Space,
        begins="opened_on",
        is_school_kept=True,
    ),
    Field(name="equipment", subject="school", label="技术装备核定", label_en="Equipment verdict", shape=Equipment),
    Field(name="contact", subject="school", label="学校联系人", label_en="Contact", shape=Contact, is_school_kept=True),
    Field(
        name="calendar",
        subject="school",
        label="校历",
        label_en="School calendar",
        shape=Annotated[tuple[Term, ...], msgspec.Meta(max_length=MAX_TERMS)],
        is_school_kept=True,
    ),
    Field(name="stage", subject="pair", label="学段", label_en="Stage", shape=Stage),
    Field(name="round", subject="pair", label="结对轮次", label_en="Round", shape=Round),
    Field(name="district", subject="pair", label="待定地区", label_en="Place of the school to be named", shape=Line),
    Field(
        name="agreement",
        subject="pair",
        label="结对协议",
        label_en="Agreement",
        shape=Agreement,
        begins="signed_on",
        is_school_kept=True,
    ),
    Field(
        name="plan",
        subject="pair",
        label="结对方案",
        label_en="Plan",
        shape=Plan,
        begins="signed_on",
        is_school_kept=True,
    ),
    Field(
        name="agreement_uploaded_supporter",
        subject="pair",
        label="城区学校已上传协议",
        label_en="Agreement uploaded by the supporter",
        shape=Uploaded,
        begins="on",
        is_school_kept=True,
    ),
    Field(
        name="agreement_uploaded_recipient",
        subject="pair",
        label="乡村学校已上传协议",
        label_en="Agreement uploaded by the recipient",
        shape=Uploaded,
        begins="on",
        is_school_kept=True,
    ),
    Field(
        name="contact_supporter",
        subject="pair",
        label="城区学校联系人",
        label_en="Contact of the supporter",
        shape=Contact,
        is_school_kept=True,
    ),
    Field(
        name="contact_recipient",
        subject="pair",
        label="乡村学校联系人",
        label_en="Contact of the recipient",
        shape=Contact,
        is_school_kept=True,
    ),
)
FIELDS: Final[Mapping[tuple[Subject, str], Field]] = MappingProxyType({(row.subject, row.name): row for row in _ROWS})
"""(subject, name) → field, in the editor's order."""


class FieldView(msgspec.Struct, frozen=True, kw_only=True):
    """A field for the editor. `choices` where one word of a few must be picked; `schema` is its value's JSON Schema."""

    name: str
    subject: Subject
    label: str
    label_en: str
    choices: list[str]
    is_school_kept: bool
    schema: dict[str, Any]


def field_of(subject: str, name: str) -> Field:
    """The row of the table. Raises RegistryError(field_unknown)."""
    for row in _ROWS:
        if (row.subject, row.name) == (subject, name):
            return row
    raise RegistryError("field_unknown", name)


def views() -> list[FieldView]:
    """The table for the editor."""
    return [
        FieldView(
            name=row.name,
            subject=row.subject,
            label=row.label,
            label_en=row.label_en,
            choices=[str(word) for word in get_args(row.shape)] if row.shape in (Stage, AreaType, Ownership) else [],
            is_school_kept=row.is_school_kept,
            schema=msgspec.json.schema(row.shape),
        )
        for row in _ROWS
    ]


def parsed(field: Field, value: Any) -> Any:
    """A value given as JSON builtins, as the field's shape; None stays None. Raises RegistryError(bad_value)."""
    if value is None:
        return None
    try:
        found = msgspec.convert(value, field.shape)
    except msgspec.ValidationError as error:
        raise RegistryError("bad_value", field.label) from error
    for day in _days(found):
        check_day(day)
    if isinstance(found, Agreement) and found.until is not None and found.until < found.signed_on:
        raise RegistryError("bad_order", field.label)
    if field.name == "calendar":
        _check_terms(found, field.label)
    return found


def check_day(day: date) -> None:
    """Raises RegistryError(bad_day) for a day that no fact of the programme can have."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise RegistryError("bad_day", day.isoformat())


def check_since(field: Field, value: Any, since: date) -> None:
    """A value cannot hold before its own date. Raises RegistryError: bad_day, too_early."""
    check_day(since)
    if value is not None and field.begins is not None and since < getattr(value, field.begins):
        raise RegistryError("too_early", field.label)
    if isinstance(value, Equipment) and value.valid_until is not None and value.valid_until < since:
        raise RegistryError("bad_order", field.label)


def _days(value: Any) -> list[date]:
    if isinstance(value, tuple):
        return [day for item in value for day in _days(item)]
    if isinstance(value, msgspec.Struct):
        return [day for day in msgspec.structs.astuple(value) if isinstance(day, date)]
    return []


def _check_terms(terms: tuple[Term, ...], label: str) -> None:
    for term in terms:
        if term.last < term.first:
            raise RegistryError("bad_order", label)
    ordered = sorted(terms, key=lambda term: term.first)
    if any(after.first <= before.last for before, after in zip(ordered, ordered[1:], strict=False)):
        raise RegistryError("terms_overlap", label)
