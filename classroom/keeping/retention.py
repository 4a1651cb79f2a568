"""How long a recording is kept (留存期限): a setting's days, told in time, unless something stands against it. Pure.

Days are local dates (+08:00). Nothing is erased that has not been announced for the days of notice, however long the
server was off or however the setting was changed.
"""

from datetime import date, timedelta
from typing import Final, Literal

import msgspec

from classroom.keeping.errors import KeepingError

Rule = Literal["retention", "consent", "decision"]
"""Why a recording was erased: its time was over (期满), a class withdrew its consent (撤回同意), an officer decided."""
State = Literal["kept", "erasing", "erased"]
ANSWER_DAYS: Final = 30
"""How long a request that nobody answers puts the erasing off."""
MAX_EXTENSION: Final = timedelta(days=366)


class Terms(msgspec.Struct, frozen=True):
    """Days a recording is kept after its lesson, and days of notice before it is erased."""

    keep_days: int
    notice_days: int


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the rule looks at. `asked_on`: of a request (to keep it longer, to publish it) that waits for its answer;
    `warned_on`: when the erasing was first announced."""

    ended_on: date
    until: date | None = None
    warned_on: date | None = None
    asked_on: date | None = None
    is_held: bool = False
    is_published: bool = False


def is_put_off(standing: Standing) -> bool:
    """Whether it is kept without an end: under legal hold (法律保留), or published."""
    return standing.is_held or standing.is_published


def due_on(standing: Standing, terms: Terms) -> date:
    """The first day on which it may be erased, were nothing to stand against it for good."""
    due = max(standing.ended_on + timedelta(days=terms.keep_days), standing.until or date.min)
    if standing.warned_on is not None:
        due = max(due, standing.warned_on + timedelta(days=terms.notice_days))
    if standing.asked_on is not None:
        due = max(due, standing.asked_on + timedelta(days=ANSWER_DAYS))
    return due


def is_to_be_announced(standing: Standing, terms: Terms, today: date) -> bool:
    """Whether its erasing is to be announced now and has not been."""
    if standing.warned_on is not None or is_put_off(standing):
        return False
    return today >= due_on(standing, terms) - timedelta(days=terms.notice_days)


def is_due(standing: Standing, terms: Terms, today: date) -> bool:
    """Whether it is to be erased now: announced in time, its day has come, nothing stands against it."""
    return standing.warned_on is not None and not is_put_off(standing) and today >= due_on(standing, terms)


def check_until(until: date, today: date) -> None:
    """Raises KeepingError(bad_until) for a day that is over or more than a year away."""
    if not today < until <= today + MAX_EXTENSION:
        raise KeepingError("bad_until")
