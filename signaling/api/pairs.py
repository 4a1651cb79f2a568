"""`/pairs`: which schools are paired, for the command line."""

import msgspec

from signaling.api.door import Call, Doors, Nothing
from signaling.context import CLOCK, STORE
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
    return await activate_pair(call.app[STORE], call.body, call.app[CLOCK].at(), call.grant.actor)
