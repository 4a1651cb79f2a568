"""Tickets for downloads: an address that a browser can simply open, good for a file and a few minutes. Pure.

A page holds its token in memory, and a browser sends none when it saves a file of a gigabyte.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from signaling.auth import Grant

GOOD_FOR_S: Final = 300.0
"""To begin with, and to go on with a download that broke off; one that has begun goes on beyond."""
MAX_TICKETS: Final = 1000


@dataclass(slots=True)
class Ticket:
    """Whose it is, for which export, and until when (monotonic).

    `session`: the token of the session that asked for it, None for a link: the ticket ends with either. A program that
    saves files for a browser sends no cookie, so it is kept here. `used`: the download stands in the log.
    """

    grant: Grant
    session: str | None
    export: str
    until: float
    used: bool = False


class Tickets:
    """Those that are good, the oldest first."""

    def __init__(self) -> None:
        self._tickets: dict[str, Ticket] = {}

    def give(self, name: str, grant: Grant, session: str | None, export: str, now: float) -> Ticket:
        """A ticket under a name that cannot be guessed; where there are too many the oldest goes."""
        for old in [key for key, ticket in self._tickets.items() if ticket.until <= now]:
            del self._tickets[old]
        while len(self._tickets) >= MAX_TICKETS:
            del self._tickets[next(iter(self._tickets))]
        ticket = self._tickets[name] = Ticket(grant, session, export, now + GOOD_FOR_S)
        return ticket

    def find(self, name: str, now: float) -> Ticket | None:
        """A ticket that is still good."""
        ticket = self._tickets.get(name)
        return ticket if ticket is not None and ticket.until > now else None

    def end(self, name: str) -> None:
        """It opens nothing any more."""
        self._tickets.pop(name, None)

    def end_of(self, links: Collection[str]) -> None:
        """The same for all that were given to one of these links."""
        for name in [
            name for name, ticket in self._tickets.items() if ticket.grant.link and ticket.grant.link.id in links
        ]:
            del self._tickets[name]
