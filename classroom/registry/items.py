"""Process materials (过程资料) and publicity (宣传报道): what of them counts in a month."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal

import msgspec

OutletLevel = Literal["school", "county", "city", "province"]
"""校级, 县级 (县区级), 市级 (地市级), 省及以上."""
Span = tuple[datetime, datetime]
"""From the first instant of a month's window (UTC) to the first one after it."""


class Material(msgspec.Struct, frozen=True, kw_only=True):
    """过程资料: content with this hash in a school's space. `pair` None: of the school's first pair."""

    id: str
    school: str
    pair: str | None
    title: str
    sha256: str
    file: str
    uploaded_at: datetime
    removed_at: datetime | None


class Publicity(msgspec.Struct, frozen=True, kw_only=True):
    """宣传报道: one story in one outlet. `pair` None: the school's or the bureau's own."""

    id: str
    pair: str | None
    school: str | None
    level: OutletLevel
    outlet: str
    title: str
    url: str
    published_on: date


def new_in(span: Span, candidates: Iterable[Material], spans: Iterable[Span]) -> list[Material]:
    """新增过程资料 of a window, in order of upload.

    `candidates`: what was uploaded in it, and whatever the same schools uploaded of the same content before. One that
    was removed inside the window it came in counts nowhere; content that has counted once does not count again in the
    same school. `spans`: every window up to this one.
    """
    windows = list(spans)
    counted: set[tuple[str, str]] = set()
    found = []
    for material in sorted(candidates, key=lambda material: (material.uploaded_at, material.id)):
        content = (material.school, material.sha256)
        if content in counted or _is_gone_at_once(material, [*windows, span]):
            continue
        counted.add(content)
        if _lies_in(material.uploaded_at, span):
            found.append(material)
    return found


def _is_gone_at_once(material: Material, spans: Iterable[Span]) -> bool:
    removed = material.removed_at
    return removed is not None and any(
        _lies_in(material.uploaded_at, span) and _lies_in(removed, span) for span in spans
    )


def _lies_in(at: datetime, span: Span) -> bool:
    return span[0] <= at < span[1]
