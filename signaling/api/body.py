"""JSON in and out of the API."""

import asyncio
from typing import Final, TypeVar

import msgspec
from aiohttp import web

from signaling.problem import Problem

T = TypeVar("T", bound=msgspec.Struct)

# A hundred times what 10 kB take on the worst of lines.
BODY_S: Final = 10.0


async def read_in_time(request: web.Request) -> bytes:
    """The body. Whoever sends a byte a minute must not hold a connection for ever.

    Raises Problem: too_slow, bad_request when it breaks off or is not encoded as it says.
    """
    try:
        async with asyncio.timeout(BODY_S):
            return await request.read()
    except TimeoutError:
        raise Problem("too_slow") from None
    except (ConnectionError, web.RequestPayloadError):
        raise Problem("bad_request", "the body broke off, or is not encoded as it says") from None


async def read_body(request: web.Request, shape: type[T]) -> T:
    """The request's body as `shape`. Raises Problem(bad_request) saying what is wrong with it."""
    try:
        return msgspec.json.decode(await read_in_time(request), type=shape)
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
