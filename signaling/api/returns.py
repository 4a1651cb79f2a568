"""`/returns`: both forms of every month — looked at, put by hand, filed, printed; whom to remind."""

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

import msgspec

from classroom.ledger.filing import Action
from signaling.api.door import Call, Doors, Nothing
from signaling.auth import Action as May
from signaling.calendar_desk import Month
from signaling.context import CLOCK, FILING, STORE
from signaling.filing import CellsBody, StepBody
from signaling.problem import Problem
from signaling.reminders import ReminderList, reminders
from signaling.return_desk import ReturnDesk
from signaling.return_views import ReturnList, ReturnView

DOORS = Doors("returns")
_MONTH: Final = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
_PAIR: Final = re.compile(r"bureau|[a-z2-7]{12}")
_FORM: Final = "/api/v1/returns/{month}/{pair}"


class MonthQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A work month, as 2019-05."""

    month: Month


class FormQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`version`: one of the form's snapshots."""

    version: Annotated[int, msgspec.Meta(ge=1)] | None = None


@DOORS.door("GET", "/api/v1/returns", may="read_ledger", query=MonthQuery, answers=ReturnList)
async def listing(call: Call[MonthQuery, Nothing]) -> ReturnList:
    """Every 附件3 of a month with its state, and 附件2 in short."""
    return await ReturnDesk(call.app[STORE]).listing(call.query.month, call.grant, call.app[CLOCK].at())


@DOORS.door("GET", "/api/v1/reminders", may="read_ledger", query=MonthQuery, answers=ReminderList)
async def remind(call: Call[MonthQuery, Nothing]) -> ReminderList:
    """Texts to copy for those who have not filed yet."""
    return await reminders(call.app[STORE], call.query.month, call.grant, call.app[CLOCK].at())


@DOORS.door("GET", _FORM, may="read_ledger", query=FormQuery, answers=ReturnView)
async def form(call: Call[FormQuery, Nothing]) -> ReturnView:
    """附件3 of a pair, or with `bureau` in place of the pair 附件2: every cell with the records behind it."""
    return await _form(call, call.query.version)


@DOORS.door("PUT", f"{_FORM}/cells", may="file_return", body=CellsBody, answers=ReturnView)
async def cells(call: Call[Nothing, CellsBody]) -> ReturnView:
    """Put values by hand beside the computed ones, with a reason."""
    month, pair = _named(call)
    await call.app[FILING].edit(month, pair, call.grant, call.body, call.app[CLOCK].at())
    return await _form(call)


def _declare(action: Action, may: May, summary: str) -> None:
    async def take(call: Call[Nothing, StepBody]) -> ReturnView:
        month, pair = _named(call)
        await call.app[FILING].act(month, pair, action, call.grant, call.body, call.app[CLOCK].at())
        return await _form(call)

    take.__doc__ = summary
    handler: Callable[[Call[Nothing, StepBody]], Awaitable[object]] = take
    DOORS.door("POST", f"{_FORM}/{action.value}", may=may, body=StepBody, answers=ReturnView)(handler)


_declare(Action.SUBMIT, "file_return", "提交: freeze 附件3 as it stands and hand it to the bureau.")
_declare(Action.GIVE_BACK, "receive_return", "退回: open 附件3 again, with a reason.")
_declare(Action.RECEIVE, "receive_return", "接收: the bureau has taken 附件3.")
_declare(Action.SIGN, "receive_return", "领导签批 of 附件2: by whom, on which day.")
_declare(Action.UNSIGN, "receive_return", "撤回签批, with a reason.")
_declare(
    Action.SEND, "receive_return", "报送 附件2: by which channel, when, with which proof. Locks the month's 附件3."
)
_declare(Action.REVISE, "receive_return", "修订 附件2 after it has gone out, with a reason.")


async def _form(call: Call[Any, Any], version: int | None = None) -> ReturnView:
    month, pair = _named(call)
    return await ReturnDesk(call.app[STORE]).form(month, pair, call.grant, call.app[CLOCK].at(), version)


def _named(call: Call[Any, Any]) -> tuple[str, str]:
    """Month and pair of the address. Raises Problem(not_found) for what can be neither."""
    month, pair = call.path["month"], call.path["pair"]
    if not _MONTH.fullmatch(month) or not _PAIR.fullmatch(pair):
        raise Problem("not_found")
    return month, pair
