"""JSON in and out of the API."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final, TypeVar
from urllib.parse import quote

import msgspec
from aiohttp import web

from signaling.problem import Problem
from signaling.sound import flaw

T = TypeVar("T", bound=msgspec.Struct)

# A hundred times what 10 kB take on the worst of lines.
BODY_S: Final = 10.0
# A file: so long may the line be silent, and so long may it take as a whole (50 MB at 1.5 Mbps take five minutes).
SILENCE_S: Final = 15.0
UPLOAD_S: Final = 600.0
_PIECE_BYTES: Final = 64 * 1024


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


async def stream_upload(request: web.Request, max_bytes: int) -> AsyncIterator[bytes]:
    """The body piece by piece, however large bodies may be elsewhere.

    Raises Problem: too_large, too_slow, bad_request when it breaks off or is not encoded as it says.
    """
    if (request.content_length or 0) > max_bytes:
        raise Problem("too_large")
    loop, taken = asyncio.get_running_loop(), 0
    until = loop.time() + UPLOAD_S
    while True:
        try:
            async with asyncio.timeout_at(min(until, loop.time() + SILENCE_S)):
                piece = await request.content.read(_PIECE_BYTES)
        except TimeoutError:
            raise Problem("too_slow") from None
        except (ConnectionError, web.RequestPayloadError):
            raise Problem("bad_request", "the body broke off, or is not encoded as it says") from None
        if not piece:
            return
        taken += len(piece)
        if taken > max_bytes:
            raise Problem("too_large")
        yield piece


async def read_upload(request: web.Request, max_bytes: int) -> bytes:
    """The body as a whole. Raises like `stream_upload`."""
    held = bytearray()
    async for piece in stream_upload(request, max_bytes):
        held += piece
    return bytes(held)


async def read_body(request: web.Request, shape: type[T]) -> T:
    """The request's body as `shape`. Raises Problem (bad_request, or a flaw's) saying what is wrong with it."""
    try:
        told = msgspec.json.decode(await read_in_time(request), type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem.of_malformed(error) from error
    except RecursionError:
        raise Problem("bad_request", "nested too deeply") from None
    if (unsound := flaw(told)) is not None:
        raise Problem(unsound)
    return told


def answer(value: object, status: int = 200) -> web.Response:
    """`value` as JSON; never stored by a cache, since every answer depends on who asks."""
    return web.Response(
        status=status,
        body=msgspec.json.encode(value),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def download(content: bytes, name: str, media: str) -> web.Response:
    """A file to keep, under a name that may be Chinese."""
    return web.Response(body=content, content_type=media, headers=download_headers(name))


def download_headers(name: str) -> dict[str, str]:
    """Of a file to keep: a browser never shows it as a page of ours, and no cache holds it."""
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "_" for sign in name)
    return {
        "Cache-Control": "no-store",
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
