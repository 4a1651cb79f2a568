"""Publishing a recording (发布): private → asked → approved or refused → withdrawn. Pure.

A recording with pupils in it needs the word of the supporting school and of the bureau, and every class's own consent
to publication; one in which there is neither picture nor sound of a classroom needs the school's word alone.
"""

from datetime import datetime
from typing import Literal

import msgspec

from classroom.keeping.errors import KeepingError

State = Literal["asked", "approved", "refused", "withdrawn"]
"""Without any, a recording is private."""
Side = Literal["school", "bureau"]


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """A request to publish a lesson's recording, and what came of it.

    `pupils`: the whole recording, otherwise only what shows and lets hear nothing of a classroom (the exports without
    pupils). `reason`: why it is asked for; `word`: why it was refused or withdrawn. Instants are server wall clock.
    """

    id: str
    lesson: str
    pupils: bool
    state: State
    reason: str
    asked_at: datetime
    school_at: datetime | None = None
    bureau_at: datetime | None = None
    ended_at: datetime | None = None
    word: str | None = None

    @property
    def waits_for(self) -> tuple[Side, ...]:
        """Whose word is still missing."""
        if self.state != "asked":
            return ()
        missing: list[Side] = ["school"] if self.school_at is None else []
        if self.pupils and self.bureau_at is None:
            missing.append("bureau")
        return tuple(missing)


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson's recording may be shown to people outside the lesson.

    `pupils`: the whole of it; otherwise only exports made without pupils. `approved_at`: the last word's instant.
    """

    publication: str
    lesson: str
    pupils: bool
    approved_at: datetime


def approve(publication: Publication, side: Side, at: datetime, *, consented: bool) -> Publication:
    """One side says yes. `consented`: every class of the lesson has consented to publication.

    Raises KeepingError: publication_decided where this side's word is not waited for, publication_consent_missing.
    """
    if side not in publication.waits_for:
        raise KeepingError("publication_decided")
    if publication.pupils and not consented:
        raise KeepingError("publication_consent_missing")
    said = {"school_at": at} if side == "school" else {"bureau_at": at}
    heard = msgspec.structs.replace(publication, **said)
    return heard if heard.waits_for else msgspec.structs.replace(heard, state="approved", ended_at=at)


def refuse(publication: Publication, side: Side, at: datetime, word: str) -> Publication:
    """One side says no. Raises KeepingError(publication_decided) where this side's word is not waited for."""
    if side not in publication.waits_for:
        raise KeepingError("publication_decided")
    return msgspec.structs.replace(publication, state="refused", ended_at=at, word=word)


def withdraw(publication: Publication, at: datetime, word: str) -> Publication:
    """It is asked for, or published, no more. Raises KeepingError(publication_decided) where it is neither."""
    if publication.state not in ("asked", "approved"):
        raise KeepingError("publication_decided")
    return msgspec.structs.replace(publication, state="withdrawn", ended_at=at, word=word)


def approval(publication: Publication) -> Approval | None:
    """What an approved request allows."""
    if publication.state != "approved" or publication.ended_at is None:
        return None
    return Approval(
        publication=publication.id,
        lesson=publication.lesson,
        pupils=publication.pupils,
        approved_at=publication.ended_at,
    )
