"""`/overview`, `/matrix`, `/progress`: a month, a year of pairs, a year against its targets."""

from typing import Annotated

import msgspec

from classroom.ledger.kinds import Kind
from signaling.api.door import Call, Doors, Nothing
from signaling.api.returns import MonthQuery
from signaling.context import CLOCK, STORE
from signaling.overview import Matrix, Overview, Progress, matrix, overview, progress

DOORS = Doors("overview")
Year = Annotated[int, msgspec.Meta(ge=2019, le=2099)]


class YearQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A calendar year."""

    year: Year


class MatrixQuery(YearQuery, frozen=True, kw_only=True):
    """A year, and which form."""

    kind: Kind = Kind.SYNC


@DOORS.door("GET", "/api/v1/overview", may="read_returns", query=MonthQuery, answers=Overview)
async def first_page(call: Call[MonthQuery, Nothing]) -> Overview:
    """首页: this month by form, what is to be done, who has not filed, coverage, alerts."""
    return await overview(call.app[STORE], call.query.month, call.grant, call.app[CLOCK].at())


@DOORS.door("GET", "/api/v1/matrix", may="read_returns", query=MatrixQuery, answers=Matrix)
async def year_of_pairs(call: Call[MatrixQuery, Nothing]) -> Matrix:
    """Pair × month of a year: counts by activity, and where each 附件3 is."""
    return await matrix(call.app[STORE], call.query.year, call.query.kind, call.grant, call.app[CLOCK].at())


@DOORS.door("GET", "/api/v1/progress", may="read_returns", query=YearQuery, answers=Progress)
async def year_of_targets(call: Call[YearQuery, Nothing]) -> Progress:
    """年度进度 of every pair against the targets: by date of the activities, and as the sum of the months."""
    return await progress(call.app[STORE], call.query.year, call.grant, call.app[CLOCK].at())
