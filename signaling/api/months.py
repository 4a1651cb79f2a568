"""`GET /months/{month}`: the count of a work month (工作月度)."""

import re

from aiohttp import web

from signaling.api.body import answer
from signaling.context import CLOCK, RECORDS, grant_of
from signaling.problem import Problem
from signaling.records import UnknownMonth

ROUTES = web.RouteTableDef()
_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")


@ROUTES.get("/api/v1/months/{month}")
async def month(request: web.Request) -> web.Response:
    """活动次数 and 参与师生数 of 城乡同步课堂, with the activities behind them."""
    await grant_of(request, "read_month")
    wanted = request.match_info["month"]
    if not _MONTH.fullmatch(wanted):
        raise Problem("bad_request", "a month is written 2019-05")
    try:
        return answer(await request.app[RECORDS].month(wanted, request.app[CLOCK].at()))
    except UnknownMonth:
        raise Problem("not_found", f"no work month {wanted} has begun") from None
