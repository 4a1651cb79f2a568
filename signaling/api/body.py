"""JSON in and out of the API."""

from typing import TypeVar

import msgspec
from aiohttp import web

from signaling.problem import Problem

T = TypeVar("T", bound=msgspec.Struct)


async def read_body(request: web.Request, shape: type[T]) -> T:
    """The request's body as `shape`. Raises Problem(bad_request) saying what is wrong with it."""
    try:
        return msgspec.json.decode(await request.read(), type=shape)
    except msgspec.DecodeError as error:
        raise Problem("bad_request", str(error)) from error


def answer(value: object, status: int = 200) -> web.Response:
    """`value` as JSON; never stored by a cache, since every answer depends on who asks."""
    return web.Response(
        status=status,
        body=msgspec.json.encode(value),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
