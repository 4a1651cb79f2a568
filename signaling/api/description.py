"""`GET /openapi.json`: the API describes itself."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from signaling.api.door import Call, Doors, Nothing

DOORS = Doors("description")
# Makes it, once: half a second's work that few servers are ever asked for.
DESCRIPTION: Final[web.AppKey[Callable[[], bytes]]] = web.AppKey("description")


@DOORS.door("GET", "/api/v1/openapi.json", may=None, answers=dict[str, Any])
async def openapi(call: Call[Nothing, Nothing]) -> web.Response:
    """This document."""
    return web.Response(body=await asyncio.to_thread(call.app[DESCRIPTION]), content_type="application/json")
