"""`GET /openapi.json`: the API describes itself."""

from typing import Any, Final

from aiohttp import web

from signaling.api.door import Call, Doors, Nothing

DOORS = Doors("description")
# Made once, when the routes are.
DESCRIPTION: Final = web.AppKey("description", bytes)


@DOORS.door("GET", "/api/v1/openapi.json", may=None, answers=dict[str, Any])
async def openapi(call: Call[Nothing, Nothing]) -> web.Response:
    """This document."""
    return web.Response(body=call.app[DESCRIPTION], content_type="application/json")
