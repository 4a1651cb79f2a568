"""`GET /months/{month}`: the count of a work month (工作月度)."""

from classroom.ledger.errors import LedgerError
from signaling.api.door import Call, Doors, Nothing
from signaling.context import CLOCK, RECORDS, STORE
from signaling.records import MonthView, UnknownMonth
from signaling.return_desk import ReturnDesk
from signaling.return_views import MonthList

DOORS = Doors("months")


@DOORS.door("GET", "/api/v1/months", may="read_returns", answers=MonthList)
async def listing(call: Call[Nothing, Nothing]) -> MonthList:
    """Every work month, those ahead too: its window, its dues and how it stands."""
    months, current = await ReturnDesk(call.app[STORE]).months(call.app[CLOCK].at())
    return MonthList(months=months, current=current)


@DOORS.door("GET", "/api/v1/months/{month}", may="read_returns", answers=MonthView)
async def month(call: Call[Nothing, Nothing]) -> MonthView:
    """活动次数 and 参与师生数 of 城乡同步课堂, with the activities behind them."""
    try:
        return await call.app[RECORDS].month(call.path["month"], call.app[CLOCK].at())
    except UnknownMonth:
        raise LedgerError("month_unknown") from None
