"""Who goes by the express gets what Python would have sent, and Python knows what it would have known."""

import asyncio
import itertools
import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pylibsrtp import Error, Policy, Session

from classroom.relay import express as module
from classroom.relay import native
from classroom.relay.downlink import _move
from classroom.relay.drops import DropReason, Drops
from classroom.relay.fanout import Fanout, point
from classroom.relay.inbox import SLOTS
from classroom.relay.lane import LaneKey, Outlet
from classroom.relay.layer import Follower
from classroom.relay.negotiation import track_of
from classroom.relay.pacer import Pacer
from classroom.relay.publication import SOURCE_SILENT_S, Publication
from classroom.relay.ring import Entry
from classroom.relay.route import Route
from classroom.relay.rtp import Header, Packet
from classroom.relay.sdp import AUDIO_LEVEL, RID, TRANSPORT_CC, Accepted, Codec, Section
from classroom.relay.track import Start
from classroom.relay.wire import Wire

FEEDBACK = frozenset({"nack", "nack pli", "transport-cc"})
VP8 = Codec("vp8", "VP8", 96, 90000, 1, "", {}, FEEDBACK, rtx=97)
OPUS = Codec("opus", "opus", 111, 48000, 2, "", {}, frozenset({"nack", "transport-cc"}))
EXTENSIONS = {TRANSPORT_CC: 4, AUDIO_LEVEL: 5, RID: 6}
PICTURES, SOUND, AGAIN = 7, 8, 9
TAG_BYTES = 16
PACED_BPS = 400_000
# With PictureID, TL0PICIDX and TID, then the first byte of a keyframe and of another picture (RFC 7741 §4.2, §4.3).
KEY, DELTA = b"\x90\xe0\x81\x02\x03\x20\x00", b"\x90\xe0\x81\x02\x03\x20\x01"
LATE = DELTA + b"late" * 9


def policy(kind: int) -> Policy:
    return Policy(key=b"k" * 28, ssrc_type=kind, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_128_GCM)


class Receiver:
    """Somebody who is sent to: a socket, and the session that decrypts."""

    def __init__(self, host: str) -> None:
        self.sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((host, 0))
        self.sock.setblocking(False)
        self.outgoing, self.incoming = (
            Session(policy(Policy.SSRC_ANY_OUTBOUND)),
            Session(policy(Policy.SSRC_ANY_INBOUND)),
        )
        self.outlet = Outlet(self.outgoing._srtp[0])
        self.followers: list[Follower] = []
        self.reached: list[tuple[int, int] | None] = []
        self.got: list[bytes] = []

    def drain(self) -> None:
        while True:
            try:
                datagram = self.sock.recv(2000)
            except BlockingIOError:
                return
            self.take(datagram)

    def take(self, datagram: bytes) -> None:
        self.got.append(self.incoming.unprotect(datagram))

    def told(self) -> list[tuple[int, int, int, bool, bytes]]:
        """What came, without the padding, which depends on what came at once."""
        headers = [(Header(packet), packet) for packet in self.got]
        return sorted(
            (one.ssrc, one.sequence_number, one.timestamp, one.marker, packet[one.start : one.end])
            for one, packet in headers
        )

    def remembered(self) -> list[tuple[int, int, int, bool, float, bytes] | None]:
        """What of it would be sent again."""
        numbers = sorted({Header(packet).sequence_number for packet in self.got})
        found = [follower.find(number) for follower in self.followers for number in numbers]
        return [None if one is None else (one[0].ssrc, one[1].extended, *told_of(one[1])) for one in found]


def told_of(entry: Entry) -> tuple[int, bool, float, bytes]:
    return entry.timestamp, entry.marker, round(entry.arrived, 6), entry.payload


class Tap:
    def __init__(self) -> None:
        self.packets: list[Packet] = []

    def attached(self, publisher: Any, tracks: Any) -> None: ...

    def detached(self) -> None: ...

    def send(self, packet: Packet) -> None:
        self.packets.append(packet)

    def sender_report(self, kind: str, report: Any) -> None: ...


@dataclass
class Peer:
    """Stands in for the publisher's connection."""

    secure: Any
    path: Any = None
    take: Callable[[bytes, int, float], None] = lambda *_: None
    sent: list[bytes] = field(default_factory=list)
    bytes_in: int = 0
    refused: int = 0

    def dtls(self, datagram: bytes, now: float) -> None: ...

    def rtcp(self, datagram: bytes, now: float) -> None: ...

    def rtp(self, datagram: bytes, now: float) -> None:
        try:
            packet = self.session.unprotect(datagram)
        except Error:
            self.refused += 1
            return
        self.bytes_in += len(datagram)
        self.take(packet, len(datagram), now)

    def went_on(self, size: int, now: float) -> None:
        self.bytes_in += size

    def send_rtcp(self, packet: bytes) -> None:
        self.sent.append(packet)

    @property
    def session(self) -> Session:
        return cast(Session, self.secure.owner)


class Rig:
    """A publisher of pictures (two layers if `layered`) and sound, and receivers, on one wire."""

    def __init__(self, *, layered: bool = False, receivers: int = 2, host: str = "127.0.0.1") -> None:
        self.now = 50.0
        self.drops = Drops()
        self.touched: list[Publication] = []
        self.wire = Wire(host, 0, lambda: self.now, lambda *_: None, self.flush, self.drops)
        self.fanout = self.wire.express or Fanout(self.wire.sock, self.drops)
        self.route = Route("s", self.fanout.send, self.drops)
        self.tap = Tap()
        self.route.attach(self.tap)
        self.publisher = socket.socket(self.wire.family, socket.SOCK_DGRAM)
        self.publisher.bind((host, 0))
        self.protects = Session(policy(Policy.SSRC_ANY_OUTBOUND))
        self.protected: dict[bytes, bytes] = {}
        session = Session(policy(Policy.SSRC_ANY_INBOUND))
        self.peer = Peer(SimpleNamespace(owner=session, incoming_session=session._srtp[0], tag_bytes=TAG_BYTES))
        self.peer.path = self.publisher.getsockname()[:2]
        self.wire.peers[self.peer.path] = cast(Any, self.peer)
        rids = ("h", "l") if layered else ()
        accepted = [
            Accepted(section("video", PICTURES, rids), VP8, EXTENSIONS, rids=rids),
            Accepted(section("audio", SOUND), OPUS, EXTENSIONS),
        ]
        self.publication = Publication(
            cast(Any, self.peer),
            self.route,
            accepted,
            9,
            self.drops,
            lambda: self.now,
            lambda now: None,
            self.touched.append,
            self.wire.express,
        )
        ssrcs = itertools.count(1)
        self.route.publish(self.publication, [track_of(one) for one in accepted], lambda: Start(next(ssrcs), 2, 3))
        self.publication.begin()
        self.peer.take = self.publication.rtp
        self.receivers = [Receiver(host) for _ in range(receivers)]
        self.pacers = [Pacer(PACED_BPS, self.fanout.send, self.drops, lambda pacer: None) for _ in range(receivers)]
        for receiver in self.receivers:
            point(receiver.outlet, self.wire.family, receiver.sock.getsockname()[:2])

    def flush(self) -> None:
        while self.touched:
            self.touched.pop().flush(self.now)
        self.fanout.flush()

    def send(self, packets: Sequence[bytes]) -> None:
        """They come at once."""
        self.now += 0.02
        for packet in packets:
            if packet not in self.protected:
                try:
                    self.protected[packet] = self.protects.protect(packet)
                except Error:
                    # What no sender can encrypt cannot come.
                    continue
            self.publisher.sendto(self.protected[packet], self.wire.sock.getsockname()[:2])
        self.wire._take()
        if self.wire.express is not None:
            # Its timer has expired.
            self.wire._hear(self.wire.express)
        for pacer in self.pacers:
            pacer.drain(self.now)
        self.fanout.flush()

    def raw(self, datagram: bytes) -> None:
        self.publisher.sendto(datagram, self.wire.sock.getsockname()[:2])
        self.wire._take()

    def tick(self) -> None:
        self.wire.catch_up()
        self.wire.tick(self.now)
        self.flush()

    def join(self, number: int) -> None:
        receiver = self.receivers[number]
        if not receiver.followers:
            keys = (("video", LaneKey(100 + number % 2, 3, TAG_BYTES)), ("audio", LaneKey(111, 0, TAG_BYTES)))
            receiver.followers = [self.route.tracks[cast(Any, kind)].follow(receiver.outlet, key) for kind, key in keys]

    def leave(self, number: int) -> None:
        receiver = self.receivers[number]
        for follower in receiver.followers:
            follower.leave()
        receiver.reached += [follower.reached for follower in receiver.followers]
        receiver.followers = []

    def move(self, number: int) -> None:
        point(self.receivers[number].outlet, self.wire.family, self.receivers[number].sock.getsockname()[:2])

    def narrow(self, number: int, *, is_narrow: bool) -> None:
        """Its line is, or is no more."""
        pacer = self.pacers[number]
        if not is_narrow:
            pacer.flush()
        for follower in self.receivers[number].followers[:1]:
            _move(follower, pacer if is_narrow else None)

    def close(self) -> None:
        self.publication.close()
        self.wire.close()
        for sock in (self.publisher, *(receiver.sock for receiver in self.receivers)):
            sock.close()

    def told(self) -> dict[str, Any]:
        """All that anybody can see."""
        self.tick()
        for pacer in self.pacers:
            pacer.flush()
        self.fanout.flush()
        for receiver in self.receivers:
            receiver.drain()
        inbounds = self.publication.inbounds
        return {
            "receivers": [receiver.told() for receiver in self.receivers],
            "remembered": [receiver.remembered() for receiver in self.receivers],
            "reached": [receiver.reached for receiver in self.receivers],
            "counted": [
                [(one.packets, one.layer is None) for one in receiver.followers] for receiver in self.receivers
            ],
            "tap": sorted(
                (p.kind, p.sequence_number, p.timestamp, p.marker, p.payload, p.keyframe) for p in self.tap.packets
            ),
            "statistics": [(one.statistics.packets, one.statistics.bytes, one.statistics.highest) for one in inbounds],
            "jitter": [round(one.statistics.jitter_ms, 6) for one in inbounds],
            "missing": [sorted(one.nack._missing) for one in inbounds if one.nack is not None],
            "voice": [one.voice.seconds for one in inbounds if one.voice is not None],
            "transport": sorted(self.publication._transport_feedback._arrivals),
            "bytes": (self.peer.bytes_in, self.publication.packets),
            "dropped": self.drops.by_name() | {"drop_unprotect": self.drops[DropReason.UNPROTECT] + self.peer.refused},
            "sent": len(self.peer.sent),
            "layers": [(layer.mean_bps, layer.arrived) for layer in self.route.tracks["video"].layers],
        }


def section(kind: str, ssrc: int, rids: tuple[str, ...] = ()) -> Section:
    own = None if rids else ssrc
    again = AGAIN if kind == "video" and not rids else None
    return Section(kind, kind, "UDP/TLS/RTP/SAVPF", "", True, True, False, True, (), {}, own, again, rids)


def rtp(number: int, timestamp: int, payload: bytes, *, kind: int = 96, ssrc: int = PICTURES, **more: Any) -> bytes:
    """A packet with the extensions of a browser: where it is in the transport's numbers, its level, its layer."""
    block = b""
    for id, value in ((4, more.get("transport")), (5, more.get("level")), (6, more.get("rid"))):
        if value is not None:
            block += bytes([id << 4 | len(value) - 1]) + value
    block += bytes(-len(block) % 4)
    first = (0x90 if block else 0x80) | (0x20 if "padding" in more else 0)
    head = struct.pack("!BBHII", first, kind | (0x80 if more.get("marker") else 0), number & 0xFFFF, timestamp, ssrc)
    head += struct.pack("!HH", 0xBEDE, len(block) // 4) + block if block else b""
    return head + payload + (bytes(more["padding"] - 1) + bytes([more["padding"]]) if "padding" in more else b"")


def odd(number: int, timestamp: int, size: int) -> bytes:
    """A packet as no browser makes it: sources that contributed, extensions in another form, broken ones."""
    blocks = {
        1: b"",
        2: struct.pack("!HH", 0x1000, 2) + b"\x04\x02\xab\xcd\x05\x01\x07\x00",
        30: struct.pack("!HH", 0xBEDE, 2) + b"\x00\x00\x41\xab\xcd\xf0\x50\x09",
        900: struct.pack("!HH", 0xBEDE, 1) + b"\x40\x01\x5f\x02",
        901: struct.pack("!HH", 0xBEDE, 900),
        902: struct.pack("!HH", 0xBEDE, 0),
    }
    block = blocks.get(size, b"\xbe")
    contributed = size % 4
    first = 0x80 | contributed | (0x10 if block else 0)
    head = struct.pack("!BBHII", first, 96, number & 0xFFFF, timestamp, PICTURES) + bytes(4 * contributed)
    return head + block + DELTA + b"odd"


@dataclass
class Script:
    """Makes packets of steps: what was lost may come late or again, what came may come twice."""

    layered: bool
    number: int = 65500
    sound: int = 100
    transport: int = 0
    picture: int = 0
    lost: list[int] = field(default_factory=list)
    before: bytes = b""

    def packets(self, steps: Sequence[tuple[str, int]]) -> list[bytes]:
        """What comes at once. Of that the express sends on what it can before Python sees the rest: retransmissions."""
        made = [packet for step in steps if (packet := self.packet(*step)) is not None]
        return sorted(made, key=lambda packet: packet[8:12] == struct.pack("!I", AGAIN))

    def packet(self, step: str, size: int) -> bytes | None:
        self.transport += 1
        more: dict[str, Any] = {"transport": struct.pack("!H", self.transport & 0xFFFF)}
        if self.layered:
            more["rid"] = b"h"
        match step:
            case "key" | "next" | "last":
                self.number += 1
                body = (KEY if step == "key" else DELTA) + bytes([self.number & 0xFF]) * size
                self.before = rtp(self.number, 3000 * self.picture, body, marker=step == "last", **more)
                self.picture += step == "last"
                return self.before
            case "lose":
                self.number += 1
                self.lost.append(self.number)
            case "padding":
                self.number += 1
                return rtp(self.number, 3000 * self.picture, b"", padding=size % 200 + 1, **more)
            case "late" if self.lost:
                return rtp(self.lost.pop(), 3000 * self.picture, LATE, **more)
            case "again" if self.lost:
                number = self.lost.pop()
                return rtp(number, 0, struct.pack("!H", number & 0xFFFF) + LATE, kind=97, ssrc=AGAIN)
            case "repeat":
                body = struct.pack("!H", self.number & 0xFFFF) + DELTA + b"repeat"
                return rtp(self.number, 0, body, kind=97, ssrc=AGAIN)
            case "twice":
                return self.before or None
            case "sound":
                self.sound += 1
                level = bytes([size % 128])
                body = bytes([self.sound & 0xFF]) * (size % 90 + 1)
                return rtp(
                    self.sound,
                    960 * self.sound,
                    body,
                    kind=111,
                    ssrc=SOUND,
                    level=level,
                    transport=more["transport"],
                )
            case "odd":
                self.number += 1
                return odd(self.number, 3000 * self.picture, size)
            case "empty":
                self.number += 1
                return rtp(self.number, 3000 * self.picture, b"", **more)
        return None


PACKETS = st.tuples(
    st.sampled_from(
        ["next"] * 9
        + ["last"] * 3
        + ["sound"] * 3
        + ["key", "lose", "late", "again", "padding", "twice", "repeat", "empty", "odd"]
    ),
    st.sampled_from([1, 2, 30, 900, 901, 902, 903, 1100]),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.lists(PACKETS, min_size=1, max_size=12)),
        st.tuples(st.sampled_from(["join", "leave"]), st.integers(0, 2)),
        st.tuples(st.sampled_from(["tick", "move", "tcp", "narrow", "wide"]), st.integers(0, 2)),
    ),
    max_size=40,
)
BEGIN = [("send", [("key", 900), ("last", 900), ("sound", 9)])]


def express_of(rig: Rig) -> module.Express:
    assert rig.wire.express is not None
    return rig.wire.express


def went_on(rig: Rig) -> int:
    """How many packets did not wait for Python."""
    return int(express_of(rig).memory.went_on)


def play(
    steps: Sequence[tuple[str, Any]], layered: bool, library: Any, host: str = "127.0.0.1"
) -> tuple[dict[str, Any], int]:
    """What is seen in the end, and how many packets the express has sent."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native, "load", lambda: library)
        patch.setattr("classroom.relay.publication.EXPEDITE_S", 0.0)
        rig = Rig(layered=layered, receivers=3, host=host)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("classroom.relay.publication.EXPEDITE_S", 0.0)
            script = Script(layered)
            for step, what in [("join", 0), *BEGIN, *steps, ("tick", 0)]:
                match step:
                    case "send":
                        rig.send(script.packets(what))
                    case "join":
                        rig.join(what)
                    case "leave":
                        rig.leave(what)
                    case "move":
                        rig.move(what)
                    case "tcp":
                        rig.receivers[what].outlet.place(None, sink=rig.receivers[what].take)
                    case "narrow" | "wide":
                        rig.narrow(what, is_narrow=step == "narrow")
                    case "tick":
                        rig.tick()
            told = rig.told()
        return told, 0 if rig.wire.express is None else went_on(rig)
    finally:
        rig.close()


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, layered=st.booleans())
def test_nobody_can_tell_who_went_by_the_express(library: Any, steps: Any, layered: bool) -> None:
    assert play(steps, layered, library)[0] == play(steps, layered, None)[0]


def test_python_knows_what_lies_where(library: Any) -> None:
    assert native.ffi.sizeof("struct record") == module._RECORD.size
    assert (library.SLOT_BYTES, library.NAME_BYTES, library.ABSENT, library.AT_ONCE) == (
        module.SLOT_BYTES,
        module.NAME_BYTES,
        module.ABSENT,
        SLOTS,
    )


SECOND = [("send", [("next", 900), ("next", 901), ("last", 300), ("sound", 80)])] * 25


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("layered", [False, True])
@pytest.mark.parametrize("segments", [True, False])
def test_most_of_a_lesson_goes_by_the_express(
    library: Any, host: str, layered: bool, segments: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "can_segment", lambda sock: segments)
    steps = [("join", 1), *SECOND, ("send", [("key", 900), ("last", 2)]), *SECOND]
    told, by_express = play(steps, layered, library, host)
    assert told["counted"][0] == [(2 + 75 + 2 + 75, False), (51, False)]
    assert told["counted"][1] == [(2 + 75, False), (50, False)]
    assert by_express > 120


@pytest.fixture
def rig(library: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    monkeypatch.setattr(native, "load", lambda: library)
    made = Rig()
    made.join(0)
    made.send([rtp(1, 0, KEY), rtp(2, 0, DELTA)])
    yield made
    made.close()


def test_a_forged_packet_goes_nowhere_and_stops_nobody(rig: Rig) -> None:
    rig.send([rtp(3, 3000, DELTA)])
    rig.raw(rtp(4, 6000, DELTA) + bytes(TAG_BYTES))
    rig.send([rtp(4, 6000, DELTA + b"true")])
    rig.raw(rtp(5, 6000, DELTA) + bytes(TAG_BYTES))
    assert went_on(rig) == 2
    assert rig.told()["dropped"]["drop_unprotect"] == 2
    assert [packet[-4:] for packet in rig.receivers[0].got][-1] == b"true"


def test_a_packet_from_elsewhere_is_for_python(rig: Rig) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.sendto(rig.protects.protect(rtp(3, 3000, DELTA)), rig.wire.sock.getsockname())
        rig.wire._take()
    assert went_on(rig) == 0
    assert rig.drops[DropReason.STRAY] == 1


def test_nobody_takes_the_place_of_a_source_that_went_on_a_moment_ago(rig: Rig) -> None:
    rig.now += SOURCE_SILENT_S
    rig.send([rtp(3, 3000, DELTA)])
    assert went_on(rig) == 1
    rig.send([rtp(900, 3000, KEY, ssrc=77)])
    assert rig.drops[DropReason.UNKNOWN_SSRC] == 1
    assert rig.publication.packets == 4


def test_once_its_publisher_has_left_nothing_goes_on(rig: Rig) -> None:
    rig.publication.close()
    rig.publication.close()
    rig.send([rtp(3, 3000, DELTA)])
    assert went_on(rig) == 0
    assert rig.told()["counted"][0][0] == (3, False)


def test_what_went_on_a_moment_ago_can_be_asked_for_again(rig: Rig) -> None:
    rig.send([rtp(3, 3000, DELTA + b"this")])
    rig.receivers[0].drain()
    assert went_on(rig) == 1
    sent = Header(rig.receivers[0].got[-1])
    found = rig.receivers[0].followers[0].find(sent.sequence_number)
    assert found is not None
    lane, entry = found
    assert lane.write(entry)[20:] == rig.receivers[0].got[-1][20:]


def test_only_a_hole_is_told_at_once(rig: Rig) -> None:
    rig.send([rtp(3, 3000, DELTA)])
    rig.send([rtp(4, 3000, DELTA)])
    assert (rig.publication.packets, rig.peer.sent) == (2, [])
    rig.send([rtp(6, 3000, DELTA)])
    assert went_on(rig) == 3
    assert rig.publication.packets == 5
    assert rig.peer.sent != []


def test_python_makes_room_before_there_is_none(rig: Rig) -> None:
    kept = express_of(rig)._library.RECORDS
    for first in range(3, 2 * kept, 50):
        rig.send([rtp(number, number, DELTA) for number in range(first, first + 50)])
        for receiver in rig.receivers:
            receiver.drain()
    told = rig.told()
    assert told["counted"][0][0][0] == len(told["tap"]) > kept
    assert went_on(rig) > kept


def test_where_nobody_can_be_reached_it_is_counted(rig: Rig) -> None:
    before = express_of(rig).packets_out
    point(rig.receivers[0].outlet, socket.AF_INET, ("127.0.0.1", 0))
    rig.now += 1
    rig.send([rtp(3, 3000, DELTA)])
    rig.send([rtp(4, 3000, DELTA), rtp(5, 3000, DELTA)])
    assert rig.told()["dropped"]["drop_unreachable"] == 3
    assert express_of(rig).packets_out == before


def test_who_is_on_tcp_gets_it_at_once_and_holds_up_nobody(rig: Rig) -> None:
    taken: list[bytes] = []
    rig.receivers[0].outlet.place(None, sink=taken.append)
    rig.join(1)
    rig.now += 1
    rig.send([rtp(3, 3000, KEY), rtp(4, 3000, DELTA)])
    rig.send([rtp(5, 6000, DELTA)])
    assert (len(taken), went_on(rig)) == (3, 1)
    rig.receivers[1].drain()
    assert len(rig.receivers[1].got) == 3
    assert rig.told()["counted"][0][0] == (5, False)


def test_what_waits_for_a_narrow_line_waits_in_its_pacer_and_holds_up_nobody(rig: Rig) -> None:
    rig.join(1)
    rig.send([rtp(3, 3000, KEY), rtp(4, 3000, DELTA)])
    rig.narrow(0, is_narrow=True)
    rig.now += 1
    rig.send([rtp(5, 3000, DELTA + bytes(1000))])
    assert went_on(rig) == 0
    rig.send([rtp(number, 6000, DELTA + bytes(1000)) for number in range(6, 16)])
    assert went_on(rig) == 10
    for receiver in rig.receivers[:2]:
        receiver.drain()
    assert (len(rig.receivers[0].got), len(rig.receivers[1].got)) == (8, 13)
    told = rig.told()
    assert (len(told["receivers"][0]), told["counted"][0][0]) == (15, (15, False))


def test_who_moves_to_tcp_gets_there_what_comes_next(rig: Rig) -> None:
    taken: list[bytes] = []
    rig.send([rtp(3, 3000, DELTA)])
    rig.receivers[0].outlet.place(None, sink=taken.append)
    assert taken == []
    rig.now += 1
    rig.send([rtp(4, 3000, DELTA)])
    assert len(taken) == 1


def test_who_moves_from_tcp_gets_there_what_it_waits_for(rig: Rig) -> None:
    taken: list[bytes] = []
    rig.receivers[0].outlet.place(None, sink=taken.append)
    rig.now += 1
    rig.send([rtp(3, 3000, DELTA)])
    rig.publisher.sendto(rig.protects.protect(rtp(4, 6000, DELTA)), rig.wire.sock.getsockname()[:2])
    rig.wire._take()
    assert (len(taken), went_on(rig)) == (1, 1)
    rig.move(0)
    assert len(taken) == 2
    rig.receivers[0].drain()
    assert len(rig.receivers[0].got) == 2


def test_what_waits_in_a_pacer_goes_where_its_receiver_has_moved(rig: Rig) -> None:
    rig.narrow(0, is_narrow=True)
    rig.send([rtp(3, 3000, DELTA + bytes(1000))])
    taken: list[bytes] = []
    rig.receivers[0].outlet.place(None, sink=taken.append)
    rig.send([rtp(4, 6000, DELTA + bytes(1000))])
    assert len(taken) == 1


def test_a_bug_with_one_packet_does_not_silence_the_others(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def send(packet: Packet) -> None:
        if packet.sequence_number == 4:
            raise RuntimeError("a bug")
        rig.tap.packets.append(packet)

    monkeypatch.setattr(rig.tap, "send", send)
    rig.send([rtp(number, 3000, DELTA) for number in (3, 4, 5)])
    rig.tick()
    assert [packet.sequence_number for packet in rig.tap.packets] == [1, 2, 3, 5]


def test_who_leaves_while_it_is_told_keeps_the_numbers_straight(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def send(packet: Packet) -> None:
        rig.tap.packets.append(packet)
        if packet.sequence_number == 4:
            rig.leave(0)

    monkeypatch.setattr(rig.tap, "send", send)
    follower = rig.receivers[0].followers[0]
    rig.send([rtp(number, 3000, DELTA) for number in (3, 4, 5)])
    rig.tick()
    assert [packet.sequence_number for packet in rig.tap.packets] == [1, 2, 3, 4, 5]
    assert follower.packets == 5
    rig.receivers[0].drain()
    assert follower.reached is not None
    assert follower.reached[0] & 0xFFFF == Header(rig.receivers[0].got[-1]).sequence_number


async def test_the_loop_wakes_c_and_c_wakes_python(rig: Rig) -> None:
    rig.wire.open()
    rig.publisher.sendto(rig.protects.protect(rtp(3, 3000, DELTA)), rig.wire.sock.getsockname())
    async with asyncio.timeout(5):
        while not went_on(rig):
            await asyncio.sleep(0.01)
    assert rig.publication.packets == 2
    rig.publisher.sendto(rig.protects.protect(rtp(5, 3000, DELTA)), rig.wire.sock.getsockname())
    async with asyncio.timeout(5):
        while rig.publication.packets < 4:
            await asyncio.sleep(0.01)
    assert rig.peer.sent != []
