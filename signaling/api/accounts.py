"""`/accounts`: keeping accounts (账号管理). Whose, says the table KEEPS; another's is as if it were not there."""

from classroom.registry.accounts import AccountRole, login_key
from signaling.accounts import (
    AccountChange,
    AccountLine,
    AccountRequest,
    Keeping,
    Login,
    MadePassword,
    SchoolId,
    Words,
)
from signaling.api.door import B, Call, Doors, Nothing, Page, PageQuery, Q
from signaling.api.paging import read_cursor, write_cursor
from signaling.context import CLOCK, PASSWORDS, STORE
from signaling.revocation import sever

DOORS = Doors("accounts")


class AccountQuery(PageQuery, frozen=True, kw_only=True):
    """`q` stands in the login or the name; `login` is the whole of it."""

    role: AccountRole | None = None
    school: SchoolId | None = None
    q: Words | None = None
    login: Login | None = None


def _keeping(call: Call[Q, B]) -> Keeping:
    return Keeping(call.app[STORE], call.app[PASSWORDS], call.grant)


@DOORS.door("GET", "/api/v1/accounts", may="keep_accounts", query=AccountQuery, answers=Page[AccountLine])
async def listing(call: Call[AccountQuery, Nothing]) -> Page[AccountLine]:
    """The accounts that the caller keeps, by login."""
    asked = call.query
    after = None if asked.after is None else read_cursor(asked.after, tuple[str])[0]
    lines, is_more = await _keeping(call).page(
        after=after,
        limit=asked.limit,
        role=asked.role,
        school=asked.school,
        words=asked.q,
        login=None if asked.login is None else login_key(asked.login),
    )
    return Page(lines, write_cursor(lines[-1].login) if is_more else None)


@DOORS.door("POST", "/api/v1/accounts", may="keep_accounts", body=AccountRequest, answers=MadePassword, status=201)
async def create(call: Call[Nothing, AccountRequest]) -> MadePassword:
    """Make an account; its one-time password is shown this once."""
    return await _keeping(call).create(call.body, call.app[CLOCK].at())


@DOORS.door("GET", "/api/v1/accounts/{account}", may="keep_accounts", answers=AccountLine)
async def read(call: Call[Nothing, Nothing]) -> AccountLine:
    """One account."""
    return await _keeping(call).read(call.path["account"])


@DOORS.door("PATCH", "/api/v1/accounts/{account}", may="keep_accounts", body=AccountChange, answers=AccountLine)
async def change(call: Call[Nothing, AccountChange]) -> AccountLine:
    """Another name, role or school; another role or school signs the person out everywhere."""
    line, revoked = await _keeping(call).change(call.path["account"], call.body, call.app[CLOCK].at())
    await sever(call.app, revoked)
    return line


@DOORS.door("POST", "/api/v1/accounts/{account}/disable", may="keep_accounts", answers=AccountLine)
async def disable(call: Call[Nothing, Nothing]) -> AccountLine:
    """The account opens nothing from now on; what it has open ends."""
    line, revoked = await _keeping(call).disable(call.path["account"], call.app[CLOCK].at())
    await sever(call.app, revoked)
    return line


@DOORS.door("POST", "/api/v1/accounts/{account}/enable", may="keep_accounts", answers=AccountLine)
async def enable(call: Call[Nothing, Nothing]) -> AccountLine:
    """A disabled account opens again, with the password that it had."""
    return await _keeping(call).enable(call.path["account"], call.app[CLOCK].at())


@DOORS.door("POST", "/api/v1/accounts/{account}/reset", may="keep_accounts", answers=MadePassword)
async def reset(call: Call[Nothing, Nothing]) -> MadePassword:
    """A one-time password in place of a forgotten one; everything that the account has open ends."""
    made, revoked = await _keeping(call).reset(call.path["account"], call.app[CLOCK].at())
    await sever(call.app, revoked)
    return made
