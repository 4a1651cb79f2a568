"""What time alone decides about a lesson: who has left, which stream is dead, when nobody has the lesson. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from classroom.lesson import seats, state, streams
from classroom.lesson.events import HOST_SEAT
from classroom.lesson.heartbeat import Marks
from classroom.lesson.lesson import Lesson
from signaling.commands import Command
from signaling.flows import SeatFlow, are_together
from signaling.messages import HEARTBEAT_S
from signaling.steady import Steady

SOCKET_BLIND_S = 1.5 * HEARTBEAT_S
"""A dead line may keep a WebSocket for so long: a ping, and half as long again for its answer."""


@dataclass(frozen=True, slots=True)
class WatchRules:
    """Waits in seconds."""

    leave_after_s: float = 15.0
    """A seat with neither connection nor WebSocket has left: so long after its last sign of life, for the verdicts that
    both are dead come seconds later."""
    alone_after_s: float = 15 * 60
    """An unplanned lesson without host and classroom together is over; a planned one so long after its planned end."""
    empty_after_s: float = 2 * 60
    """After the planned end a lesson with nobody in it is over: longer than any reconnect."""
    unheld_after_s: float = 12 * 60 * 60
    """A planned lesson that nobody has come to is over so long after its planned end: late enough for the latest of
    teachers."""
    grace_s: float = 10 * 60
    """After the planned end a lesson that is still being taught ends by itself, so much later."""
    notice_s: float = 60.0
    """For so long the teacher is told of that before, also where the server was down until then."""
    limit_s: float = 240 * 60
    """The longest a lesson may go on, from its opening or, if that is later, from its planned end."""


class Watch:
    """Remembers when each seat and stream of one lesson was last seen. `now` is monotonic, `at` the wall clock."""

    def __init__(self, rules: WatchRules, now: float, last_at: Mapping[str, datetime]) -> None:
        """`last_at`: seats' last packets as an earlier run of the server knew them."""
        self._rules = rules
        self._seen: dict[str, float] = {}
        self._packet: dict[str, float] = {}
        self._socket: dict[str, float] = {}
        self._last_at = dict(last_at)
        self._streams: dict[tuple[str, str, str], float] = {}
        self._together = now
        self._occupied = now
        self._began = now
        self._steady = Steady()

    def tick(
        self,
        lesson: Lesson,
        flows: Sequence[SeatFlow],
        found: Mapping[str, Marks],
        attended: Collection[str],
        now: float,
        at: datetime,
    ) -> list[Command]:
        """What the server does now; `attended` are the seats with a WebSocket, `found` the marks of these flows."""
        self._see(lesson, flows, attended, now, at)
        steady_at = self._steady.at(now, at)
        if not lesson.is_open or are_together(found):
            self._together = now
        if not lesson.is_open or any(seat.present for seat in lesson.seats.values()):
            self._occupied = now
        if not lesson.is_open:
            return []
        dead, left = self._dead_streams(lesson, flows, now, at), self._leavers(now, at)
        return [*dead, *left, *self._end(lesson, now, steady_at)]

    def _see(
        self, lesson: Lesson, flows: Sequence[SeatFlow], attended: Collection[str], now: float, at: datetime
    ) -> None:
        connected = {flow.end for flow in flows}
        for name, seat in lesson.seats.items():
            if not seat.present:
                for known in (self._seen, self._packet, self._socket):
                    known.pop(name, None)
                self._last_at.pop(name, None)
                continue
            if name in attended:
                self._socket[name] = now
            if name in attended or name in connected:
                self._seen[name] = now
            else:
                self._seen[name] = min(self._seen.get(name, now), self._last_sign(name, now))
        for flow in flows:
            if flow.end in self._seen:
                self._packet[flow.end] = max(flow.last, self._packet.get(flow.end, flow.last))
                last_at = at - timedelta(seconds=now - flow.last)
                self._last_at[flow.end] = max(last_at, self._last_at.get(flow.end, last_at))

    def _last_sign(self, name: str, now: float) -> float:
        """When a seat that has nothing any more was surely there; without media its socket's end is all there is."""
        packet, socket = self._packet.get(name), self._socket.get(name)
        if packet is None:
            return now
        return packet if socket is None else max(packet, socket - SOCKET_BLIND_S)

    def _dead_streams(self, lesson: Lesson, flows: Sequence[SeatFlow], now: float, at: datetime) -> list[Command]:
        """The relay tells of every end; this catches what was lost with a full inbox."""
        sessions = {flow.session for flow in flows if flow.receiver is None}
        streams_now = {
            (name, source, stream.session)
            for name, seat in lesson.seats.items()
            for source, stream in seat.streams.items()
        }
        self._streams = {key: now if key[2] in sessions else self._streams.get(key, now) for key in streams_now}
        return [
            partial(
                streams.stream_gone,
                by="server",
                seat=seat,
                source=source,
                session=session,
                last_at=self._last_at.get(seat, at),
            )
            for (seat, source, session), seen in sorted(self._streams.items())
            if now - seen >= self._rules.leave_after_s
        ]

    def _leavers(self, now: float, at: datetime) -> list[Command]:
        """A seat's presence ends at its last packet; without any, when it was last there."""
        return [
            partial(
                seats.leave_seat,
                by="server",
                seat=seat,
                last_at=self._last_at.get(seat, at - timedelta(seconds=now - seen)),
            )
            for seat, seen in sorted(self._seen.items())
            if now - seen >= self._rules.leave_after_s
        ]

    def _end(self, lesson: Lesson, now: float, at: datetime) -> list[Command]:
        rules = self._rules
        if lesson.periods and not any(seat.present or seat.left_at for seat in lesson.seats.values()):
            return [partial(state.end, by="server", reason="alone")] if is_unheld(lesson, rules, at) else []
        alone_s = now - self._together
        planned_end = state.planned_end(lesson)
        opened_at = lesson.opened_at or at
        if at >= max(opened_at, planned_end or opened_at) + timedelta(seconds=rules.limit_s):
            return [partial(state.end, by="server", reason="limit")]
        told = at + timedelta(seconds=rules.notice_s - (now - self._began))
        due = state.closes_at(lesson, timedelta(seconds=rules.grace_s), told)
        # A teacher who is cut off has not been told of it: those who are left are looked after by the next rule.
        if due is not None and at >= due and lesson.seats[HOST_SEAT].present:
            return [partial(state.end, by="server", reason="time")]
        if planned_end is None:
            over = alone_s >= rules.alone_after_s
        else:
            late_s = (at - planned_end).total_seconds()
            over = min(alone_s, late_s) >= rules.alone_after_s or (
                late_s >= 0 and now - self._occupied >= rules.empty_after_s
            )
        return [partial(state.end, by="server", reason="alone")] if over else []


def is_unheld(lesson: Lesson, rules: WatchRules, at: datetime) -> bool:
    """Whether nobody will come any more to a planned lesson that nobody has come to."""
    planned_end = state.planned_end(lesson, timedelta(seconds=rules.unheld_after_s))
    return planned_end is not None and at >= planned_end
