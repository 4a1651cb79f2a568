"""A list as a table: `?format=csv` (or `Accept: text/csv`) and `?format=xlsx`, all its pages in one file.

One column for each field of the item, a field of a struct within it as `outer.inner`. Text never runs as a formula
(`classroom.paper.table`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType, UnionType
from typing import Any, Final, Union, get_args, get_origin

import msgspec
from aiohttp import web

from classroom.paper.table import Format, Value, write_table
from signaling.api.body import download
from signaling.api.paging import MAX_LIMIT, PageQuery
from signaling.problem import Problem

FORMATS: Final[Mapping[Format, str]] = MappingProxyType(
    {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
)
MAX_ROWS: Final = 20_000
"""A month of a whole province does not come in one file; `next` goes on in the answer's Link header."""


def table_format(request: web.Request) -> Format | None:
    """What was asked for; None: JSON. Raises Problem(bad_request) for a format there is not."""
    match request.query.get("format"):
        case None | "":
            return "csv" if request.headers.get("Accept", "").partition(";")[0].strip() == FORMATS["csv"] else None
        case "json":
            return None
        case "csv":
            return "csv"
        case "xlsx":
            return "xlsx"
    raise Problem("bad_request", "format is json, csv or xlsx")


async def table_of(
    page: Callable[[PageQuery], Awaitable[Any]], asked: PageQuery, answers: Any, format: Format, name: str
) -> web.StreamResponse:
    """Every page from `asked.after` on as one file; `limit` has no meaning here. Raises what the door raises."""
    columns = _columns(get_args(answers)[0])
    rows: list[list[Value]] = []
    after = asked.after
    while len(rows) < MAX_ROWS:
        found = await page(msgspec.structs.replace(asked, after=after, limit=MAX_LIMIT))
        if isinstance(found, web.StreamResponse):
            return found
        items = msgspec.to_builtins(found.items)
        rows.extend([_value(item, column) for column in columns] for item in items)
        after = found.next
        if after is None:
            break
    # Seconds for a long list, which the lessons of others must not wait for.
    content = await asyncio.to_thread(write_table, columns, rows, format)
    response = download(content, f"{name}.{format}", FORMATS[format])
    if after is not None:
        response.headers["Link"] = f'<?after={after}&format={format}>; rel="next"'
    return response


def _columns(shape: Any, before: str = "") -> list[str]:
    """Names of columns, e.g. ["id", "adjusted.count"]."""
    names = []
    for field in msgspec.structs.fields(shape):
        inner = _struct(field.type)
        name = before + field.encode_name
        names.extend([name] if inner is None else _columns(inner, f"{name}."))
    return names


def _struct(shape: Any) -> Any:
    """The struct in `X` or `X | None`; None for what is none."""
    found = get_args(shape) if get_origin(shape) in (Union, UnionType) else (shape,)
    found = tuple(one for one in found if one is not type(None))
    return found[0] if len(found) == 1 and isinstance(found[0], type) and issubclass(found[0], msgspec.Struct) else None


def _value(item: Any, column: str) -> Value:
    for name in column.split("."):
        item = item.get(name) if isinstance(item, dict) else None
    if isinstance(item, bool):
        return "true" if item else "false"
    if item is None or isinstance(item, str | int | float):
        return item
    if isinstance(item, list) and all(isinstance(one, str) for one in item):
        return "、".join(item)
    return msgspec.json.encode(item).decode()
