"""Lists a page at a time: `?after=<cursor>&limit=` → {"items": […], "next": cursor or null}.

A cursor is the place of the last item in the list's order, written so that nobody is tempted to make one: what is put
in or deleted meanwhile neither repeats nor hides an item.
"""

import base64
import binascii
from typing import Annotated, Any, Final, Generic, TypeVar, get_origin

import msgspec

from signaling.problem import Problem
from signaling.sound import flaw

T = TypeVar("T")
MAX_LIMIT: Final = 200
Cursor = Annotated[str, msgspec.Meta(min_length=1, max_length=400, pattern=r"^[A-Za-z0-9_-]+\Z")]
Limit = Annotated[int, msgspec.Meta(ge=1, le=MAX_LIMIT)]


class PageQuery(msgspec.Struct, frozen=True, kw_only=True):
    """To be inherited by a list's query. `after`: the `next` of the page before."""

    after: Cursor | None = None
    limit: Limit = 50


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Part of a list. `next` null: there is no more."""

    items: list[T]
    next: str | None


def write_cursor(*place: str | int | None) -> str:
    """The cursor of an item by what the list is ordered by."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).rstrip(b"=").decode()


def read_cursor(cursor: str, shape: type[T]) -> T:
    """What `write_cursor` was given, as a tuple of this shape. Raises Problem(bad_request) for one that is not ours."""
    try:
        place = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=shape)
    except (msgspec.MsgspecError, binascii.Error, ValueError, RecursionError):
        place = None
    if place is None or flaw(place) is not None:
        raise Problem("bad_request", "`after` is the `next` of another page of the same list")
    return place


def is_page(answers: Any) -> bool:
    """Whether a door's answer is `Page[…]`."""
    return get_origin(answers) is Page or answers is Page
