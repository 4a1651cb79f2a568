"""`/policy`: the county's own values for everything that no authority fixes (口径与设置)."""

from signaling.api.door import Call, Doors, Nothing
from signaling.calendar_desk import PolicyBody, PolicyView, policy_view, set_policy
from signaling.context import CLOCK, REJUDGE, STORE

DOORS = Doors("policy")


@DOORS.door("GET", "/api/v1/policy", may="read_ledger", answers=PolicyView)
async def read(call: Call[Nothing, Nothing]) -> PolicyView:
    """The policy in force."""
    return await policy_view(call.app[STORE])


@DOORS.door("PUT", "/api/v1/policy", may="keep_policy", body=PolicyBody, answers=PolicyView)
async def change(call: Call[Nothing, PolicyBody]) -> PolicyView:
    """A new version, with a reason. Months ahead follow it, and open months are judged again by its rules."""
    at = call.app[CLOCK].at()
    before = await set_policy(call.app[STORE], call.body, call.grant.actor, at)
    if before.counting != call.body.value.counting:
        call.app[REJUDGE].begin(at)
    return await policy_view(call.app[STORE])
