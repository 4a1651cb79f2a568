"""`/me`: who the caller is, what he may, his password, and a teacher's way into the lessons."""

from datetime import timedelta
from typing import Final

import msgspec
from aiohttp import web

from classroom.registry.accounts import Account
from classroom.store.store import Store
from signaling.accounts import Password
from signaling.api.body import answer
from signaling.api.door import Call, Doors, Nothing
from signaling.auth import Action, Grant, GrantRole
from signaling.context import CLOCK, PASSWORDS, PUBLIC_URL, STORE
from signaling.cookies import browser_of, set_session
from signaling.problem import Problem
from signaling.revocation import sever
from signaling.sign_in import change_own_password

DOORS = Doors("me")
TEACHER_LINK_LIFE: Final = timedelta(hours=12)
"""A working day, as long as a session: the lesson itself has links of its own."""


class Named(msgspec.Struct, frozen=True):
    """A school or classroom."""

    id: str
    name: str


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """A link or an account, in names. `may`: the actions that its doors ask for.

    `lesson` is null for a standing link; `login` and `name` are of an account. `must_change`: the password was set by
    somebody else and opens nothing before it is changed.
    """

    role: GrantRole
    login: str | None
    name: str | None
    school: Named | None
    classroom: Named | None
    lesson: str | None
    seat: str | None
    may: list[Action]
    must_change: bool


class NewPassword(msgspec.Struct, frozen=True, kw_only=True):
    """The password as it is, and as it shall be."""

    current: Password
    new: Password


class TeacherPage(msgspec.Struct, frozen=True):
    """The address of the teacher's page, with a link that opens it."""

    page: str


async def me_of(store: Store, grant: Grant) -> Me:
    """Who holds the grant."""
    link, account, program = grant.link, grant.account, grant.program
    book = await store.registry.book()
    school = book.schools.get(grant.school or "")
    classroom = book.classrooms.get(link.classroom or "") if link else None
    return Me(
        role=grant.role,
        login=account.login if account else None,
        name=account.name if account else program.name if program else None,
        school=Named(school.id, school.name) if school else None,
        classroom=Named(classroom.id, classroom.name) if classroom else None,
        lesson=link.lesson if link else None,
        seat=link.seat if link else None,
        may=sorted(grant.actions),
        must_change=account.must_change if account else False,
    )


@DOORS.door("GET", "/api/v1/me", may="read_self", answers=Me)
async def me(call: Call[Nothing, Nothing]) -> Me:
    """Who the caller is and what he may."""
    return await me_of(call.app[STORE], call.grant)


@DOORS.door("PUT", "/api/v1/me/password", may="keep_self", body=NewPassword, answers=Me)
async def change_password(call: Call[Nothing, NewPassword]) -> web.Response:
    """Change one's password: every other session and link of the account ends, this browser gets a new one."""
    app, url, account = call.app, call.app[PUBLIC_URL][0], _own(call.grant)
    tokens, revoked = await change_own_password(
        app[STORE],
        app[PASSWORDS],
        account,
        call.body.current,
        call.body.new,
        browser_of(call.request, url),
        app[CLOCK].at(),
    )
    await sever(app, revoked)
    changed = await app[STORE].accounts.get(account.id)
    response = answer(await me_of(app[STORE], Grant(account.role, account=changed)))
    set_session(call.request, response, url, tokens)
    return response


@DOORS.door("POST", "/api/v1/me/teacher-link", may="create_lesson", answers=TeacherPage, status=201)
async def teacher_link(call: Call[Nothing, Nothing]) -> TeacherPage:
    """A teacher's way from the account to the lessons: a link for today, revoked with the account."""
    app, at, account = call.app, call.app[CLOCK].at(), _own(call.grant)
    token, _ = await app[STORE].links.mint(
        "teacher",
        at,
        school=account.school,
        holder=account.id,
        name=account.name,
        expires_at=at + TEACHER_LINK_LIFE,
        actor=call.grant.actor,
    )
    return TeacherPage(f"/teach#{token}")


def _own(grant: Grant) -> Account:
    """The caller's account. Raises Problem(forbidden): a link, or the command line, has none."""
    if grant.account is None:
        raise Problem("forbidden")
    return grant.account
