"""Presence: heartbeats → flow intervals per seat → what each room was connected as.

A heartbeat says of each flow how long ago its last packet came, and of a new one its first. Such an instant is a
*mark*; marks close together make an interval [first mark, last mark): it ends at the last packet seen, not at the
verdict that the flow is gone. Marks of two runs of the server are never joined, so after a crash an interval ends at
the last mark of the run that died, under a second early.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from classroom.ledger.facts import Role, RoomPresence
from classroom.ledger.intervals import Interval, Intervals, intersect, subtract, to_ms, union
from classroom.ledger.rules import CountingRules
from classroom.lesson.events import RungChanged
from classroom.lesson.heartbeat import Heartbeat

FLOWS = ("up_audio", "up_video", "down_audio", "down_video")


class SeatFlows(msgspec.Struct, frozen=True, kw_only=True):
    """When each flow of a seat was really flowing."""

    up_audio: Intervals = ()
    up_video: Intervals = ()
    down_audio: Intervals = ()
    down_video: Intervals = ()


class SeatRoom(msgspec.Struct, frozen=True):
    """Which room sits in a seat, and what it does in the lesson."""

    room: str
    role: Role


class _Run:
    """Marks of one flow being joined; finished pieces in `done`."""

    __slots__ = ("boot", "done", "first", "last")

    def __init__(self, boot: str, mark: int) -> None:
        self.boot, self.first, self.last = boot, mark, mark
        self.done: list[Interval] = []

    def add(self, boot: str, mark: int, gap_ms: int) -> None:
        """Joins only near marks: a wall clock set back or forth by more than the gap begins a new piece."""
        if boot == self.boot and abs(mark - self.last) <= gap_ms:
            self.last = max(self.last, mark)
            return
        self.done.append(Interval(self.first, self.last))
        self.boot, self.first, self.last = boot, mark, mark

    def intervals(self) -> Intervals:
        return union(self.done, [Interval(self.first, self.last)])


def flow_intervals(heartbeats: Iterable[Heartbeat], rules: CountingRules) -> dict[str, SeatFlows]:
    """Seat → flows, from one lesson's heartbeats in the order they were written."""
    gap_ms = rules.flow_gap_s * 1000
    runs: dict[str, dict[str, _Run]] = {}
    for heartbeat in heartbeats:
        at_ms = to_ms(heartbeat.at)
        for seat, ages in heartbeat.seats.items():
            flows = runs.setdefault(seat, {})
            for flow in FLOWS:
                for age in (getattr(ages, f"{flow}_since"), getattr(ages, flow)):
                    if age is None:
                        continue
                    if flow in flows:
                        flows[flow].add(heartbeat.boot, at_ms - age, gap_ms)
                    else:
                        flows[flow] = _Run(heartbeat.boot, at_ms - age)
    return {seat: SeatFlows(**{flow: run.intervals() for flow, run in flows.items()}) for seat, flows in runs.items()}


def held_back(changes: Iterable[RungChanged], seat: str, until_at: datetime, rules: CountingRules) -> Intervals:
    """When the server had put `seat` on a rung without moving pictures; `until_at` closes the last rung."""
    mine = sorted((to_ms(change.at), change.rung) for change in changes if change.seat == seat)
    ends = [at for at, _ in mine[1:]] + [to_ms(until_at)]
    return union(
        Interval(at, end) for (at, rung), end in zip(mine, ends, strict=False) if rung in rules.rungs_without_video
    )


def room_presence(
    lesson: str,
    heartbeats: Sequence[Heartbeat],
    rooms: Mapping[str, SeatRoom],
    rules: CountingRules,
    rungs: Sequence[RungChanged] = (),
) -> tuple[RoomPresence, ...]:
    """One lesson's heartbeats → presence of each seat named in `rooms` (seat → room and role), no other.

    A room that listens is interactive while it receives sound and picture and sends sound; a muted microphone still
    sends. A room that teaches is interactive while it sends sound and picture. Connections are not told apart: up and
    down may come from different devices of the room.
    """
    if not heartbeats:
        return ()
    until_at = heartbeats[-1].at
    found: list[RoomPresence] = []
    for seat, flows in flow_intervals(heartbeats, rules).items():
        if seat not in rooms:
            continue
        place = rooms[seat]
        held = held_back(rungs, seat, until_at, rules)
        if place.role is Role.HOST:
            interactive = intersect(flows.up_audio, flows.up_video)
        else:
            received = intersect(flows.down_audio, union(flows.down_video, held))
            interactive = intersect(received, flows.up_audio)
        connected = union(flows.up_audio, flows.up_video, flows.down_audio, flows.down_video)
        found.append(
            RoomPresence(
                lesson=lesson,
                room=place.room,
                role=place.role,
                interactive=interactive,
                view_only=subtract(connected, interactive),
                held_back=intersect(held, connected),
            )
        )
    return tuple(found)
