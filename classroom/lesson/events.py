"""The facts of a lesson, as the journal keeps them.

Every event carries the lesson's id, its place in the lesson (`seq`, from 1 without a hole), the wall clock of the
server (`at`, UTC) and who caused it (`by`). Events hold ids and numbers, never names: a lawful deletion of a name must
not break the hash chain over them.

`by` is `teacher`, a classroom's id, `assistant:<classroom>`, `server` (a rule or the relay) or `cli`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any, Literal

import msgspec

VERSION = 1
"""The version every new row is written with. A change of shape raises it and adds a step to UPGRADES."""

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
SeatRole = Literal["host", "rural"]
EndReason = Literal["teacher", "alone", "limit", "cancelled", "cli"]
StopReason = Literal["teacher", "ended", "fault", "cli"]
Fault = Literal["no_sound", "no_picture", "other"]

HOST_SEAT = "teacher"
"""The id of the host's seat; a rural seat's id is its classroom's."""


class UnreadableRow(ValueError):
    """A stored row that is no event of this or an earlier version."""


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """One planned teaching period (节), half open, in whole minutes."""

    start: Instant
    end: Instant


class SeatPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A classroom's place in the lesson, as planned.

    `students` is the class's roster size on the day (None: unknown), `teachers` how many teachers are with it.
    """

    seat: str
    school: str
    classroom: str
    role: SeatRole
    class_id: str
    students: int | None = None
    teachers: int = 1


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """What every event has."""

    lesson: str
    seq: int
    at: Instant
    by: str


class LessonScheduled(Event, frozen=True, kw_only=True):
    """The lesson exists. `periods` is empty for an unplanned lesson; `observers` is how many may watch at once.

    `teacher`: who is to teach, as the id of a person (人员) of the host's school; None where nobody has said.
    """

    supporter: str
    subject: str
    periods: tuple[Period, ...]
    pairs: tuple[str, ...]
    seats: tuple[SeatPlan, ...]
    is_test: bool = False
    record: bool = False
    observers: int = 0
    teacher: str | None = None


class LessonMoved(Event, frozen=True, kw_only=True):
    """调课: the lesson will be held at another time, as long as before."""

    periods: tuple[Period, ...]


class TeacherReplaced(Event, frozen=True, kw_only=True):
    """代课: another person (人员) of the host's school teaches, as an id."""

    teacher: str


class LessonOpened(Event, frozen=True, kw_only=True):
    """Classrooms may take their seats."""


class LessonStarted(Event, frozen=True, kw_only=True):
    """上课."""


class LessonEnded(Event, frozen=True, kw_only=True):
    """下课, or the lesson closed by a rule (`alone`, `limit`) or a cancellation."""

    reason: EndReason


class LessonCancelled(Event, frozen=True, kw_only=True):
    """The lesson is not held; a LessonEnded with the reason `cancelled` follows at once."""


class SeatTaken(Event, frozen=True, kw_only=True):
    """A classroom's main device is there."""

    seat: str
    device: str


class SeatLeft(Event, frozen=True, kw_only=True):
    """Nothing has connected the seat for a while; `last_at` is its last packet, not the verdict."""

    seat: str
    last_at: Instant


class DeviceReplaced(Event, frozen=True, kw_only=True):
    """Another device now speaks for the seat."""

    seat: str
    device: str


class StreamFlowing(Event, frozen=True, kw_only=True):
    """Media of one source arrives, for the first time or again."""

    seat: str
    source: str
    session: str


class StreamStalled(Event, frozen=True, kw_only=True):
    """The source has been silent for some seconds; its connection may live."""

    seat: str
    source: str
    last_at: Instant


class StreamGone(Event, frozen=True, kw_only=True):
    """The source's connection is over."""

    seat: str
    source: str
    last_at: Instant


class RungChanged(Event, frozen=True, kw_only=True):
    """The server moved the seat on the weak-line ladder."""

    seat: str
    rung: str


class HandRaised(Event, frozen=True, kw_only=True):
    """举手."""

    seat: str


class HandLowered(Event, frozen=True, kw_only=True):
    """放下手, by the classroom or by the teacher."""

    seat: str


class StageSet(Event, frozen=True, kw_only=True):
    """上台: this classroom is on every screen; None clears the stage."""

    seat: str | None


class Muted(Event, frozen=True, kw_only=True):
    """静音 or its end: the page turns its microphone track off, packets of silence flow on."""

    seat: str
    muted: bool


class HeadcountConfirmed(Event, frozen=True, kw_only=True):
    """实到人数 of one seat, counted by somebody in the room. 0 is a number."""

    seat: str
    students: int
    teachers: int


class ConsentNoted(Event, frozen=True, kw_only=True):
    """The class's consent to being recorded is on record (who noted it stands in the registry)."""

    class_id: str


class RecordingStarted(Event, frozen=True, kw_only=True):
    """From here on streams are being recorded."""


class RecordingStopped(Event, frozen=True, kw_only=True):
    """Nothing is being recorded any more."""

    reason: StopReason


class HelpAsked(Event, frozen=True, kw_only=True):
    """求助."""

    seat: str
    fault: Fault


class HelpAnswered(Event, frozen=True, kw_only=True):
    """Somebody has taken care of the call for help."""

    seat: str


AnyEvent = (
    LessonScheduled
    | LessonMoved
    | TeacherReplaced
    | LessonOpened
    | LessonStarted
    | LessonEnded
    | LessonCancelled
    | SeatTaken
    | SeatLeft
    | DeviceReplaced
    | StreamFlowing
    | StreamStalled
    | StreamGone
    | RungChanged
    | HandRaised
    | HandLowered
    | StageSet
    | Muted
    | HeadcountConfirmed
    | ConsentNoted
    | RecordingStarted
    | RecordingStopped
    | HelpAsked
    | HelpAnswered
)

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]
UPGRADES: Mapping[int, Upgrade] = MappingProxyType({})
"""Version → the step that makes its row one of the next version. A step is never removed."""


def encode(event: AnyEvent) -> bytes:
    """The event as one line of JSON with its version as `v`: fields in declared order, instants with `Z`."""
    return msgspec.json.encode({"v": VERSION, **msgspec.to_builtins(event)})


def decode(row: bytes | str, *, version: int = VERSION, upgrades: Mapping[int, Upgrade] = UPGRADES) -> AnyEvent:
    """The event in a stored row of any version up to `version`. Raises UnreadableRow and nothing else."""
    try:
        fields = msgspec.json.decode(row, type=dict[str, Any])
        for step in range(fields.pop("v"), version):
            fields = upgrades[step](fields)
        event: AnyEvent = msgspec.convert(fields, AnyEvent)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, KeyError, TypeError) as error:
        raise UnreadableRow(f"not an event: {error}") from error
    return event
