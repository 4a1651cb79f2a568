"""Files on their way to somebody: cut off once that person may no longer have them."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import structlog
from aiohttp import web

log = structlog.get_logger("flowing")

LOOK_S: Final = 5.0
"""So long after a link was revoked, or a recording erased, bytes of it still flow."""


class Flowing(web.FileResponse):
    """A file that flows as long as `is_good` says so."""

    def __init__(self, path: Path, is_good: Callable[[], Awaitable[bool]], headers: dict[str, str]) -> None:
        super().__init__(path, headers=headers)
        self._is_good = is_good

    async def prepare(self, request: web.BaseRequest) -> Any:
        watching = asyncio.create_task(self._watch(request), name="watch a download")
        try:
            return await super().prepare(request)
        finally:
            watching.cancel()

    async def _watch(self, request: web.BaseRequest) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                if await self._is_good():
                    continue
            except Exception:
                log.exception("whether a download may go on cannot be read")
                continue
            transport = request.transport
            wire = None if transport is None else transport.get_extra_info("socket")
            if wire is not None:
                # Closing would wait for what is being sent; this ends the sending.
                with contextlib.suppress(OSError):
                    wire.shutdown(socket.SHUT_RDWR)
            return
