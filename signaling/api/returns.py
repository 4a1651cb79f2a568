"""`/returns`: both forms of every month — looked at, put by hand, filed, printed; whom to remind."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

import msgspec
from aiohttp import web

from classroom.ledger.filing import Action
from classroom.ledger.snapshot import Form
from classroom.paper.formats import MEDIA_TYPES, PaperFormat, write_sheet
from classroom.paper.sheet import Sheet
from signaling.api.body import download
from signaling.api.door import Call, Doors, Nothing
from signaling.auth import Action as May
from signaling.calendar_desk import Month
from signaling.context import CLOCK, FILING, STORE
from signaling.filing import CellsBody, StepBody
from signaling.papers import blank_sheet, paper_name, sheet_of
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


class PaperQuery(FormQuery, frozen=True, kw_only=True):
    """`format`: xlsx, docx or pdf."""

    format: PaperFormat = "pdf"


class BlankQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which form: annex2 (附件2) or annex3 (附件3)."""

    form: Form
    format: PaperFormat = "pdf"


@DOORS.door("GET", "/api/v1/returns", may="read_returns", query=MonthQuery, answers=ReturnList)
async def listing(call: Call[MonthQuery, Nothing]) -> ReturnList:
    """Every 附件3 of a month with its state, and 附件2 in short."""
    return await ReturnDesk(call.app[STORE]).listing(call.query.month, call.grant, call.app[CLOCK].at())


@DOORS.door("GET", "/api/v1/reminders", may="read_returns", query=MonthQuery, answers=ReminderList)
async def remind(call: Call[MonthQuery, Nothing]) -> ReminderList:
    """Texts to copy for those who have not filed yet."""
    return await reminders(call.app[STORE], call.query.month, call.grant, call.app[CLOCK].at())


@DOORS.door("GET", "/api/v1/returns/blank", may="read_returns", query=BlankQuery, media=tuple(MEDIA_TYPES.values()))
async def blank(call: Call[BlankQuery, Nothing]) -> web.Response:
    """A form without values, to be filled in by hand."""
    sheet, words = blank_sheet(call.query.form), "附件2" if call.query.form == "annex2" else "附件3"
    return await _file(sheet, call.query.format, f"{words}空白表")


@DOORS.door("GET", f"{_FORM}/paper", may="read_returns", query=PaperQuery, media=tuple(MEDIA_TYPES.values()))
async def paper(call: Call[PaperQuery, Nothing]) -> web.Response:
    """The form on paper: as it was filed, as one of its snapshots, or as it would be now."""
    month, pair = _named(call)
    at = call.app[CLOCK].at()
    made = await ReturnDesk(call.app[STORE]).paper(month, pair, call.grant, at, call.query.version)
    return await _file(sheet_of(made), call.query.format, paper_name(made))


@DOORS.door("GET", _FORM, may="read_returns", query=FormQuery, answers=ReturnView)
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


async def _file(sheet: Sheet, format: PaperFormat, name: str) -> web.Response:
    content = await asyncio.to_thread(write_sheet, sheet, format)
    return download(content, f"{name}.{format}", MEDIA_TYPES[format])


async def _form(call: Call[Any, Any], version: int | None = None) -> ReturnView:
    month, pair = _named(call)
    return await ReturnDesk(call.app[STORE]).form(month, pair, call.grant, call.app[CLOCK].at(), version)


def _named(call: Call[Any, Any]) -> tuple[str, str]:
    """Month and pair of the address. Raises Problem(not_found) for what can be neither."""
    month, pair = call.path["month"], call.path["pair"]
    if not _MONTH.fullmatch(month) or not _PAIR.fullmatch(pair):
        raise Problem("not_found")
    return month, pair
