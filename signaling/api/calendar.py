"""`/calendar`: working days, windows and dues (到期与节假日)."""

import msgspec

from signaling.api.door import Call, Doors, Nothing
from signaling.calendar_desk import CalendarView, DaysBody, WindowsBody, Year, calendar_view, set_days, set_windows
from signaling.context import CLOCK, STORE

DOORS = Doors("calendar")


class YearQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A calendar year."""

    year: Year


@DOORS.door("GET", "/api/v1/calendar", may="read_returns", query=YearQuery, answers=CalendarView)
async def read(call: Call[YearQuery, Nothing]) -> CalendarView:
    """The days of a year that are not as their weekday says, and its months."""
    return await calendar_view(call.app[STORE], call.query.year, call.app[CLOCK].at())


@DOORS.door("PUT", "/api/v1/calendar/days", may="keep_policy", body=DaysBody)
async def days(call: Call[Nothing, DaysBody]) -> None:
    """Enter days that are worked or off, from today on; what is still ahead of windows and dues moves."""
    await set_days(call.app[STORE], call.body, call.grant.actor, call.app[CLOCK].at())


@DOORS.door("PUT", "/api/v1/calendar/windows", may="keep_policy", body=WindowsBody)
async def windows(call: Call[Nothing, WindowsBody]) -> None:
    """Set windows and dues of months that have not begun."""
    await set_windows(call.app[STORE], call.body, call.grant.actor, call.app[CLOCK].at())
