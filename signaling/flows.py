"""The relay's opaque ids and what they mean: which seat sends, which receives, and when it last did. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal, NamedTuple

from classroom.lesson.events import HOST_SEAT
from classroom.lesson.heartbeat import FRESH_MS, Marks
from classroom.lesson.talk import TALK
from classroom.relay.session import Flow, Link
from signaling.messages import LinkView


class StreamName(NamedTuple):
    """A stream's key, taken apart."""

    lesson: str
    seat: str
    source: str


def stream_key(lesson: str, seat: str, source: str) -> str:
    """What the relay calls a source of a seat."""
    return f"{lesson}/{seat}/{source}"


def subscriber_key(lesson: str, seat: str) -> str:
    """What the relay calls a seat that receives; also the line that its connections share."""
    return f"{lesson}/{seat}"


def viewer_key(lesson: str, seat: str | None, link: str) -> str:
    """What the relay calls whoever watches by this link: a seat, or a guest without one, whom its link tells apart."""
    return subscriber_key(lesson, f"observer-{link}" if seat is None else seat)


def guest_line(viewer: str, address: str) -> str:
    """The line of a guest: many watch by one link, each at a place of its own."""
    return f"{viewer}@{address}"


def stream_name(key: str) -> StreamName | None:
    """The parts of a key of ours; None for any other."""
    parts = key.split("/")
    return StreamName(*parts) if len(parts) == 3 else None


class SeatFlow(NamedTuple):
    """A flow in a lesson. `receiver` None: from the seat to the server. `first`, `last`: monotonic seconds.

    `voice_s`: how long somebody spoke in it; None where its packets do not tell.
    """

    seat: str
    source: str
    receiver: str | None
    session: str
    kind: Literal["audio", "video"]
    first: float
    last: float
    voice_s: float | None = None

    @property
    def end(self) -> str:
        """The seat whose connection this is."""
        return self.seat if self.receiver is None else self.receiver


def by_lesson(flows: Iterable[Flow]) -> dict[str, list[SeatFlow]]:
    """The relay's flows sorted by lesson; what is none of ours is left out, and so are private words (对讲)."""
    found: dict[str, list[SeatFlow]] = {}
    for flow in flows:
        name = stream_name(flow.stream)
        if name is None or name.source == TALK:
            continue
        receiver = None if flow.subscriber is None else flow.subscriber.removeprefix(f"{name.lesson}/")
        seat_flow = SeatFlow(
            name.seat, name.source, receiver, flow.session, flow.kind, flow.first, flow.last, flow.voice_s
        )
        found.setdefault(name.lesson, []).append(seat_flow)
    return found


def marks(
    flows: Iterable[SeatFlow], seats: Iterable[str], now: float, voices: Mapping[str, int] = MappingProxyType({})
) -> dict[str, Marks]:
    """Seat → how long ago each of its flows was last seen, and a new one first; without any fresh flow left out.

    `voices`: seat → milliseconds of its voice since the last heartbeat.
    """
    ages: dict[str, dict[str, int]] = {}
    known = set(seats)
    for flow in flows:
        direction = _direction(flow)
        age_ms = max(0, round((now - flow.last) * 1000))
        if direction is None or flow.end not in known or age_ms > FRESH_MS:
            continue
        of_seat = ages.setdefault(flow.end, {})
        mark = f"{direction}_{flow.kind}"
        of_seat[mark] = min(age_ms, of_seat.get(mark, age_ms))
        since_ms, since = max(0, round((now - flow.first) * 1000)), f"{mark}_since"
        if since_ms <= FRESH_MS:
            of_seat[since] = max(since_ms, of_seat.get(since, since_ms))
    return {seat: Marks(**of_seat, voice_ms=voices.get(seat)) for seat, of_seat in ages.items()}


def _direction(flow: SeatFlow) -> Literal["up", "down"] | None:
    """Deliveries count between the teacher and a classroom; what two classrooms see of each other does not."""
    if flow.receiver is None:
        return "up"
    return "down" if (flow.seat == HOST_SEAT) != (flow.receiver == HOST_SEAT) else None


def are_together(found: Mapping[str, Marks]) -> bool:
    """Whether the host sends and at least one classroom is connected by media."""
    host = found.get(HOST_SEAT)
    sends = host is not None and (host.up_audio is not None or host.up_video is not None)
    return sends and any(seat != HOST_SEAT for seat in found)


def kinds(flows: Iterable[SeatFlow]) -> frozenset[tuple[str, str, str]]:
    """(seat, source, kind) of everything that is being published."""
    return frozenset((flow.seat, flow.source, flow.kind) for flow in flows if flow.receiver is None)


def stills_of(flows: Sequence[SeatFlow], rungs: Mapping[str, str]) -> dict[str, frozenset[tuple[str, str]]]:
    """Seat → the (seat, source) that it watches and is to see as stills; `rungs` by seat.

    At `still` these are all pictures, at `slides` what is shown on a screen, on other rungs none.
    """
    pictures = {(flow.seat, flow.source) for flow in flows if flow.receiver is None and flow.kind == "video"}
    found: dict[str, set[tuple[str, str]]] = {}
    for flow in flows:
        rung = None if flow.receiver is None else rungs.get(flow.receiver)
        is_still = rung == "still" or (rung == "slides" and flow.source == "screen")
        if flow.receiver is not None and is_still and (flow.seat, flow.source) in pictures:
            found.setdefault(flow.receiver, set()).add((flow.seat, flow.source))
    return {seat: frozenset(watched) for seat, watched in found.items()}


def last_marks(at: datetime, found: Mapping[str, Marks]) -> dict[str, datetime]:
    """Seat → the instant of its last packet, from the marks of a heartbeat at `at`."""
    latest: dict[str, datetime] = {}
    for seat, mark in found.items():
        ages = [age for age in (mark.up_audio, mark.up_video, mark.down_audio, mark.down_video) if age is not None]
        if ages:
            latest[seat] = at - timedelta(milliseconds=min(ages))
    return latest


def link_views(flows: Iterable[SeatFlow], seats: Iterable[str], links: Mapping[str, Link]) -> dict[str, LinkView]:
    """Seat → its line, over all of its connections; `links` by session."""
    up, down = _sessions(flows, sends=True), _sessions(flows, sends=False)
    views: dict[str, LinkView] = {}
    for seat in seats:
        sent = [links[session] for session in sorted(up.get(seat, ())) if session in links]
        received = [links[session] for session in sorted(down.get(seat, ())) if session in links]
        both = [*sent, *received]
        if both:
            trips = [link.rtt_ms for link in both if link.rtt_ms is not None]
            views[seat] = LinkView(
                up_kbps=sum(link.in_bps for link in sent) // 1000,
                down_kbps=sum(link.out_bps for link in received) // 1000,
                loss=max(link.loss for link in both),
                rtt_ms=round(max(trips)) if trips else None,
                by_tcp=any(link.by_tcp for link in both),
            )
    return views


def _sessions(flows: Iterable[SeatFlow], *, sends: bool) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for flow in flows:
        if (flow.receiver is None) == sends:
            found.setdefault(flow.end, set()).add(flow.session)
    return found
