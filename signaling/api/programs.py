"""`/programs`: tokens for the bureau's own systems."""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from classroom.ledger.months import SHANGHAI
from classroom.store.programs import Program, Scope
from signaling.api.door import Call, Doors, Nothing, Page
from signaling.context import CLOCK, STORE
from signaling.messages import Name
from signaling.problem import Problem

DOORS = Doors("programs")


class ProgramRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What the program is called, what it may read, and for how many days."""

    name: Name
    scopes: Annotated[list[Scope], msgspec.Meta(min_length=1, max_length=5)]
    days: Annotated[int, msgspec.Meta(ge=1, le=1100)] = 365


class ProgramLine(msgspec.Struct, frozen=True, kw_only=True):
    """A program in a list, never with its token."""

    id: str
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


class MadeProgram(msgspec.Struct, frozen=True, kw_only=True):
    """A program with the only copy of its token."""

    program: ProgramLine
    token: str


@DOORS.door("GET", "/api/v1/programs", may="keep_programs", answers=Page[ProgramLine])
async def listing(call: Call[Nothing, Nothing]) -> Page[ProgramLine]:
    """Every program that was ever given a token, the latest first."""
    return Page([_line(program) for program in await call.app[STORE].programs.all()], None)


@DOORS.door("POST", "/api/v1/programs", may="keep_programs", body=ProgramRequest, answers=MadeProgram, status=201)
async def make(call: Call[Nothing, ProgramRequest]) -> MadeProgram:
    """A token for a program; it is shown this once."""
    at, body = call.app[CLOCK].at(), call.body
    expires_at = at + timedelta(days=body.days)
    token, program = await call.app[STORE].programs.make(body.name, body.scopes, expires_at, call.grant.actor, at)
    return MadeProgram(program=_line(program), token=token)


@DOORS.door("POST", "/api/v1/programs/{program}/revoke", may="keep_programs")
async def revoke(call: Call[Nothing, Nothing]) -> None:
    """The program's token opens nothing from now on."""
    if not await call.app[STORE].programs.revoke(call.path["program"], call.grant.actor, call.app[CLOCK].at()):
        raise Problem("not_found")


def _line(program: Program) -> ProgramLine:
    return ProgramLine(
        id=program.id,
        name=program.name,
        scopes=list(program.scopes),
        created_at=program.created_at.astimezone(SHANGHAI),
        expires_at=program.expires_at.astimezone(SHANGHAI),
        revoked_at=program.revoked_at and program.revoked_at.astimezone(SHANGHAI),
        last_used_at=program.last_used_at and program.last_used_at.astimezone(SHANGHAI),
    )
