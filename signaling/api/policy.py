"""`/policy`: the county's own values for everything that no authority fixes (口径与设置)."""

from typing import Annotated

import msgspec

from signaling.api.door import Call, Doors, Nothing
from signaling.calendar_desk import PolicyBody, PolicyView, policy_view, set_policy
from signaling.context import CLOCK, REJUDGE, STORE
from signaling.problem import Problem

DOORS = Doors("policy")


class PolicyQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`version`: as it was then, the one that an old return names."""

    version: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] | None = None


@DOORS.door("GET", "/api/v1/policy", may="read_returns", query=PolicyQuery, answers=PolicyView)
async def read(call: Call[PolicyQuery, Nothing]) -> PolicyView:
    """The policy in force, or one of its versions."""
    try:
        return await policy_view(call.app[STORE], call.query.version)
    except LookupError:
        raise Problem("not_found") from None


@DOORS.door("PUT", "/api/v1/policy", may="keep_policy", body=PolicyBody, answers=PolicyView)
async def change(call: Call[Nothing, PolicyBody]) -> PolicyView:
    """A new version, with a reason. Months ahead follow it, and open months are judged again by its rules."""
    at = call.app[CLOCK].at()
    await set_policy(call.app[STORE], call.body, call.grant.actor, at)
    call.app[REJUDGE].begin()
    return await policy_view(call.app[STORE])
