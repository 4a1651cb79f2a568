"""`/pairs`: which schools are paired, for the command line."""

import msgspec

from classroom.ledger.months import local_date
from signaling.api.door import Call, Doors, Nothing
from signaling.context import CLOCK, RECORDS, STORE
from signaling.pairs import PairLine, PairRequest, activate_pair, list_pairs

DOORS = Doors("pairs")


class PairList(msgspec.Struct, frozen=True):
    pairs: list[PairLine]


@DOORS.door("GET", "/api/v1/pairs", may="keep_registry", answers=PairList)
async def listing(call: Call[Nothing, Nothing]) -> PairList:
    """Every pair with its status today."""
    return PairList(await list_pairs(call.app[STORE], call.app[CLOCK].at()))


@DOORS.door("POST", "/api/v1/pairs", may="keep_registry", body=PairRequest, answers=PairLine)
async def activate(call: Call[Nothing, PairRequest]) -> PairLine:
    """The pair is active from today on, made where there is none."""
    at = call.app[CLOCK].at()
    line = await activate_pair(call.app[STORE], call.body, at, call.grant.actor)
    await call.app[RECORDS].pair_changed(line.pair, local_date(at), at)
    return line
