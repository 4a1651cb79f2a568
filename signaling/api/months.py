"""`GET /months/{month}`: the count of a work month (工作月度)."""

import re

from signaling.api.door import Call, Doors, Nothing
from signaling.context import CLOCK, RECORDS, STORE
from signaling.problem import Problem
from signaling.records import MonthView, UnknownMonth
from signaling.return_desk import ReturnDesk
from signaling.return_views import MonthList

DOORS = Doors("months")
_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")


@DOORS.door("GET", "/api/v1/months", may="read_returns", answers=MonthList)
async def listing(call: Call[Nothing, Nothing]) -> MonthList:
    """Every work month, those ahead too: its window, its dues and how it stands."""
    months, current = await ReturnDesk(call.app[STORE]).months(call.app[CLOCK].at())
    return MonthList(months=months, current=current)


@DOORS.door("GET", "/api/v1/months/{month}", may="read_returns", answers=MonthView)
async def month(call: Call[Nothing, Nothing]) -> MonthView:
    """活动次数 and 参与师生数 of 城乡同步课堂, with the activities behind them."""
    wanted = call.path["month"]
    if not _MONTH.fullmatch(wanted):
        raise Problem("bad_request", "a month is written 2019-05")
    try:
        return await call.app[RECORDS].month(wanted, call.app[CLOCK].at())
    except UnknownMonth:
        raise Problem("not_found", f"no work month {wanted} has begun") from None
