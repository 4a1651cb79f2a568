"""Stocks (基础数据): what the dated facts of the registry say of a school or a pair at the end of a window.

Facts are asked for by a function, (id, field) → the fact in force on the window's last day or None, so that nothing
here knows how the registry keeps them.
"""

from collections.abc import Callable
from datetime import date
from typing import Any, Protocol

import msgspec

from classroom.ledger.cells import Figure


class Fact(Protocol):
    """A dated fact of the registry."""

    @property
    def id(self) -> str: ...
    @property
    def value(self) -> Any: ...


Lookup = Callable[[str, str], Fact | None]
"""(id of a school or pair, field) → the fact in force on the day the stocks are taken."""


class Contact(msgspec.Struct, frozen=True):
    """联系人 and 联系电话 (free text: short numbers and leading zeros stay)."""

    name: Figure
    phone: Figure


def agreement_signed(facts: Lookup, pair: str, last: date) -> Figure:
    """是否已签订结对协议: signed on the window's last day or before."""
    return _dated(facts(pair, "agreement"), "signed_on", last)


def agreement_uploaded(facts: Lookup, pair: str, side: str, last: date) -> Figure:
    """结对协议是否已上传, by the supporter's or the recipient's side."""
    return _dated(facts(pair, f"agreement_uploaded_{side}"), "on", last)


def space_opened(facts: Lookup, school: str, last: date) -> Figure:
    """学校空间是否已开通."""
    return _dated(facts(school, "space"), "opened_on", last)


def equipment_ok(facts: Lookup, school: str, last: date) -> Figure:
    """技术装备环境是否达标: the latest verdict of 技术中心, unless it has expired. Never assessed: 否, no part."""
    fact = facts(school, "equipment")
    if fact is None or fact.value is None:
        return Figure(False)
    until = as_date(_field(fact.value, "valid_until"))
    is_ok = _field(fact.value, "verdict") == "达标" and (until is None or until >= last)
    return Figure(is_ok, {f"fact:{fact.id}": 1})


def contact(facts: Lookup, pair: str, side: str) -> Contact:
    """城区学校联系人 or 乡村学校联系人."""
    fact = facts(pair, f"contact_{side}")
    if fact is None or fact.value is None:
        return Contact(Figure(None), Figure(None))
    parts = {f"fact:{fact.id}": 1}
    name, phone = _field(fact.value, "name"), _field(fact.value, "phone")
    return Contact(Figure(name or None, parts), Figure(phone or None, parts))


def text(facts: Lookup, id: str, field: str) -> Figure:
    """A fact that is a text, such as 学段."""
    fact = facts(id, field)
    return Figure(None) if fact is None or not fact.value else Figure(str(fact.value), {f"fact:{fact.id}": 1})


def as_date(value: Any) -> date | None:
    """A date as a fact keeps it: a date, or its ISO text."""
    return date.fromisoformat(value) if isinstance(value, str) and value else value if isinstance(value, date) else None


def _dated(fact: Fact | None, field: str, last: date) -> Figure:
    """Whether the date in the fact has come; the fact stands behind it whichever it says."""
    if fact is None or fact.value is None:
        return Figure(False)
    on = as_date(_field(fact.value, field))
    return Figure(on is not None and on <= last, {f"fact:{fact.id}": 1})


def _field(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)
