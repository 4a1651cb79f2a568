"""One seat's line: which layer its sessions get, what is paced and padded, and what it keeps when they end."""

import itertools
from typing import Any, cast

import pytest

from classroom.relay.downlink import ASKS_AGAIN_S, RESUMES_S, Downlink
from classroom.relay.drops import DropReason, Drops
from classroom.relay.feed import SILENT_S
from classroom.relay.lane import Outlet
from classroom.relay.layer import Layer
from classroom.relay.route import Route
from classroom.relay.rtp import Header, Packet
from classroom.relay.sdp import ABS_SEND_TIME, Accepted, Codec, Section
from classroom.relay.track import Start, Track
from classroom.relay.view import View, Watched

PAYLOAD_BYTES = 1000
STEP_S = 0.2
# The large layer sends so many packets a step, the small one one.
PACKETS = 5
SMALL_BPS = int(8 * PAYLOAD_BYTES / STEP_S)
LARGE_BPS = PACKETS * SMALL_BPS


class Wired:
    """Stands in for the connection."""

    class secure:
        tag_bytes = 16

    heard = 0.0

    def outlet(self, kind: str) -> Outlet:
        return Outlet(None)

    def send_rtcp(self, packet: bytes) -> None: ...


class Camera:
    def request_keyframe(self, layer: Layer | None = None) -> None: ...


class Sent:
    """Stands in for the fan-out."""

    def __init__(self) -> None:
        self.packets: list[bytes] = []

    def send(self, outlets: Any, packets: list[bytes], tag_bytes: int) -> None:
        for _ in outlets:
            self.packets += packets


class Source:
    """A stream whose camera sends two sizes, 720 and 180 pixels high."""

    def __init__(self, sent: Sent, drops: Drops) -> None:
        self.route = Route("s", sent.send, drops)
        self.route.publish(Camera(), [Track("video", "vp8", 90000, 1, "", ("h", "l"))], lambda: Start(77, 0x3000, 5))
        self.large, self.small = self.route.tracks["video"].layers
        self.large.height, self.small.height = 720, 180
        self.large.bps, self.small.bps = LARGE_BPS, SMALL_BPS
        self._numbers = {self.large: 0x10000, self.small: 0x10000}

    def feed(self, now: float, *layers: Layer, keyframe: bool = False) -> None:
        """What these layers send in a step, both when none are named."""
        for layer in layers or [self.large] * PACKETS + [self.small]:
            number = self._numbers[layer] = self._numbers[layer] + 1
            stamp = int(now * 90000) & 0xFFFFFFFF
            data = b"\x10" + bytes(PAYLOAD_BYTES - 1)
            packet = Packet("video", 96, True, number & 0xFFFF, stamp, 5, data, now, keyframe)
            self.route.forward(packet, number, layer)
        self.route.flush()


class Rig:
    """A seat that watches one stream, or more, on a clock of its own. Sessions are named a, b, …"""

    def __init__(self) -> None:
        self.drops, self.sent, self.now = Drops(), Sent(), 100.0
        self.line = Downlink(self.sent.send, self.drops, lambda pacer: None)
        self.sources: dict[str, Source] = {}
        self.views: dict[str, View] = {}

    def watch(self, id: str, *, rtx: int | None = 97, stamp: int = 0, shown: int | None = None) -> Watched:
        source = self.sources[id] = Source(self.sent, self.drops)
        section = Section("video", "0", "", "", True, False, True, True, (), {}, None, None, ())
        codec = Codec("vp8", "VP8", 96, 90000, 1, "", {}, frozenset({"nack"}), rtx)
        extensions = {ABS_SEND_TIME: stamp} if stamp else {}
        accepted = Accepted(section, codec, extensions, ssrc=77, rtx_ssrc=None if rtx is None else 78)
        watched = Watched(accepted, source.route.tracks["video"], 500)
        send, wired = self.sent.send, cast(Any, Wired())
        view = View(wired, source.route, [watched], id, 9, 0.0, send, self.drops, lambda now: None)
        view.shown = shown
        self.views[id] = view
        self.line.add(id, view)
        view.connected()
        return watched

    def run(self, seconds: float, keyframe_every: int = 5) -> list[bool]:
        """Time passes in steps: the cameras send, the line is judged. Whether the rung changed, each time."""
        changed = []
        for step in range(round(seconds / STEP_S)):
            self.now += STEP_S
            for source in self.sources.values():
                source.feed(self.now, keyframe=step % keyframe_every == 0)
            changed.append(self.line.tick(self.now))
        return changed

    def estimate(self, id: str, bps: int) -> None:
        """The receiver says what it takes the line to carry."""
        self.views[id].remb_bps, self.views[id].remb_at = bps, self.now
        self.views[id].has_news = True

    def fill(self, id: str) -> None:
        """The line turns out to carry next to nothing."""
        self.run(2.0)
        self.estimate(id, 10_000)
        self.run(0.4)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def layer_of(one: Watched) -> Layer | None:
    assert one.follower is not None
    return one.follower.wanted or one.follower.layer


def test_a_seat_that_has_not_said_how_large_it_shows_a_picture_gets_the_best(rig: Rig) -> None:
    one = rig.watch("a")
    assert True not in rig.run(2.0)
    assert layer_of(one) is rig.sources["a"].large
    assert rig.line.rung == "full"


def test_a_small_picture_gets_the_small_layer_and_the_large_one_again_when_it_grows(rig: Rig) -> None:
    one = rig.watch("a", shown=180)
    rig.run(2.0)
    assert layer_of(one) is rig.sources["a"].small
    rig.views["a"].shown = 720
    rig.views["a"].has_news = True
    rig.run(2.0)
    assert layer_of(one) is rig.sources["a"].large
    assert rig.line.rung == "full"


def test_what_a_full_line_does_not_carry_is_taken_away_and_told_once(rig: Rig) -> None:
    one = rig.watch("a")
    rig.run(2.0)
    rig.estimate("a", 10_000)
    changed = rig.run(1.0)
    assert changed.count(True) == 1
    assert layer_of(one) is None
    assert rig.line.rung in ("still", "slides", "audio")
    sent = len(rig.sent.packets)
    rig.run(0.4)
    assert len(rig.sent.packets) == sent


def test_pictures_for_a_narrow_line_go_through_the_pacer(rig: Rig) -> None:
    one = rig.watch("a")
    assert one.follower is not None
    rig.run(1.0)
    assert one.follower.key.pacer is None
    rig.fill("a")
    assert one.follower.key.pacer is rig.line.pacer


def drain(rig: Rig, seconds: float, keyframe_every: int) -> list[int]:
    """Run, and send what the pace allows as the hub does; the numbers of the pictures that went out."""
    sent = len(rig.sent.packets)
    for _ in range(round(seconds / STEP_S)):
        rig.run(STEP_S, keyframe_every)
        for part in range(20):
            rig.line.pacer.drain(rig.now + part * STEP_S / 20)
    headers = [Header(packet) for packet in rig.sent.packets[sent:]]
    return [header.sequence_number for header in headers if header.payload_type == 96]


def test_a_smaller_picture_comes_at_once_and_not_behind_the_larger_one(rig: Rig) -> None:
    one = rig.watch("a")
    rig.run(2.0)
    rig.estimate("a", int(1.5 * SMALL_BPS))
    rig.run(STEP_S, keyframe_every=100)
    before = Header(rig.sent.packets[-1]).sequence_number
    source = rig.sources["a"]
    while one.follower is not None and one.follower.layer is source.large:
        rig.now += STEP_S
        source.feed(rig.now)
        rig.line.tick(rig.now)
    # No keyframe has come so far: what waited is forgotten, and its numbers are given to what comes instead.
    assert layer_of(one) is source.small
    assert not rig.line.pacer.is_waiting
    numbers = drain(rig, 2.0, keyframe_every=1)
    assert numbers == list(range(before + 1, before + 1 + len(numbers)))
    assert rig.line.pacer.backlog_s < 0.5


def test_what_was_a_little_too_large_for_the_line_is_given_up_and_leaves_no_hole(rig: Rig) -> None:
    rig.watch("a")
    rig.run(2.0)
    rig.estimate("a", int(0.77 * SMALL_BPS))
    numbers = drain(rig, 1.0, keyframe_every=1)
    assert rig.line.rung == "lowest"
    rig.line._ladder._quiet_until = rig.now + 60.0
    source = rig.sources["a"]
    while rig.line.rung == "lowest":
        assert rig.now < 140.0
        # A third more than the pace of this budget.
        source.feed(rig.now, *[source.small] * 3)
        numbers += drain(rig, 2 * STEP_S, keyframe_every=1)
    assert not rig.drops[DropReason.PACER_FULL]
    assert not rig.line.pacer.is_waiting
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_what_found_no_room_is_followed_by_a_keyframe_and_no_hole(rig: Rig) -> None:
    one = rig.watch("a", shown=180)
    rig.fill("a")
    assert one.follower is not None
    rig.line._ladder.budget, rig.line._ladder._kept_down_until = SMALL_BPS, rig.now
    rig.line._ladder._stepped_down_at = 0.0
    numbers = drain(rig, 1.0, keyframe_every=1)
    source = rig.sources["a"]
    for _ in range(40):
        source.feed(rig.now, source.small)
    assert rig.drops[DropReason.PACER_FULL]
    assert len(numbers) > 1
    rig.line.tick(rig.now)
    assert not rig.line.pacer.is_waiting
    assert one.follower.wanted is source.small
    numbers += drain(rig, 4.0, keyframe_every=1)
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_what_could_not_be_sent_again_with_another_stamp_is_not_paced(rig: Rig) -> None:
    one = rig.watch("a", rtx=None, stamp=3)
    assert one.follower is not None
    rig.fill("a")
    assert rig.line.rung != "full"
    assert one.follower.key.pacer is None


def test_sessions_of_a_seat_share_its_line(rig: Rig) -> None:
    stage, tile = rig.watch("a", shown=720), rig.watch("b", shown=180)
    rig.run(2.0)
    assert layer_of(stage) is rig.sources["a"].large
    # Not enough for the large layer beside the tile, and enough for both small ones.
    rig.estimate("a", 60_000)
    rig.run(0.4)
    assert layer_of(stage) is rig.sources["a"].small
    assert layer_of(tile) is rig.sources["b"].small
    assert rig.line.rung == "lowest"


def test_a_layer_that_its_publisher_has_given_up_is_replaced_by_one_that_comes(rig: Rig) -> None:
    one = rig.watch("a")
    source = rig.sources["a"]
    rig.run(1.0)
    assert layer_of(one) is source.large
    began = rig.now
    while rig.now - began < RESUMES_S + SILENT_S:
        rig.now += STEP_S
        source.feed(rig.now, source.small, keyframe=True)
        rig.line.tick(rig.now)
    assert layer_of(one) is source.small
    assert not source.large.is_wanted
    # It may send it again one day: it is asked now and then, and the small one goes on meanwhile.
    while not source.large.is_wanted:
        assert rig.now - began < 2 * ASKS_AGAIN_S
        rig.now += STEP_S
        source.feed(rig.now, source.small, keyframe=True)
        rig.line.tick(rig.now)
    assert one.follower is not None and one.follower.layer is source.small
    rig.run(2 * STEP_S)
    assert one.follower.layer is source.large


def test_a_layer_that_comes_and_goes_is_left_alone_for_a_while(rig: Rig) -> None:
    one = rig.watch("a")
    source = rig.sources["a"]
    rig.run(1.0)
    assert layer_of(one) is source.large
    lost: list[float] = []
    began = rig.now
    while rig.now - began < 60:
        rig.now += STEP_S
        source.feed(rig.now, source.small, keyframe=True)
        if (rig.now - began) % 4 > 2:
            source.feed(rig.now, source.large, keyframe=True)
        before = layer_of(one)
        rig.line.tick(rig.now)
        if before is source.large and layer_of(one) is source.small:
            lost.append(rig.now - began)
    pauses = [later - sooner for sooner, later in itertools.pairwise(lost)]
    assert lost[0] < 2 * SILENT_S and pauses[0] >= ASKS_AGAIN_S
    assert len(pauses) >= 3 and pauses == sorted(pauses) and pauses[-1] > 2 * pauses[0]


def test_a_publisher_that_is_away_as_a_whole_gives_no_layer_up(rig: Rig) -> None:
    one = rig.watch("a")
    source = rig.sources["a"]
    rig.run(1.0)
    for _ in range(int(3 * RESUMES_S / STEP_S)):
        rig.now += STEP_S
        rig.line.tick(rig.now)
    assert layer_of(one) is source.large
    rig.run(2 * STEP_S)
    assert layer_of(one) is source.large


def test_who_has_no_picture_yet_gets_one_that_comes(rig: Rig) -> None:
    one = rig.watch("a")
    source = rig.sources["a"]
    for _ in range(2):
        rig.now += STEP_S
        rig.views["a"].has_news = True
        source.feed(rig.now, source.small, keyframe=True)
        rig.line.tick(rig.now)
    assert one.follower is not None and one.follower.layer is source.small
    assert one.follower.wanted is source.large


def test_padding_is_sent_only_while_it_is_asked_for_and_for_the_time_since_the_last_call(rig: Rig) -> None:
    rig.watch("a")
    rig.run(2.0)
    sent = len(rig.sent.packets)
    rig.line.pad(rig.now)
    rig.line.pad(rig.now + 0.1)
    assert len(rig.sent.packets) == sent
    rig.line._probe_bps = 800_000
    rig.line.pad(rig.now)
    assert len(rig.sent.packets) == sent
    rig.line.pad(rig.now + 0.05)
    padding = [Header(packet) for packet in rig.sent.packets[sent:]]
    assert {header.payload_type for header in padding} == {97}
    assert [header.sequence_number for header in padding] == list(range(500, 500 + len(padding)))
    # Nothing that a receiver could take for a part of a picture.
    assert {header.end - header.start for header in padding} == {0}
    assert 5000 <= sum(map(len, rig.sent.packets[sent:])) <= 5000 + 300
    sent = len(rig.sent.packets)
    rig.line._probe_bps = 0
    rig.line.pad(rig.now + 0.1)
    rig.line._probe_bps = 800_000
    rig.line.pad(rig.now + 9.0)
    assert len(rig.sent.packets) == sent


def test_a_seat_that_comes_back_finds_its_line_as_it_was_known(rig: Rig) -> None:
    rig.watch("a")
    rig.fill("a")
    rung = rig.line.rung
    assert rung != "full"
    rig.views["a"].leave()
    rig.line.remove("a", rig.now)
    rig.line.remove("a", rig.now + 5)
    assert rig.line.idle_since == rig.now + 5
    del rig.sources["a"]
    rig.run(1.0)
    one = rig.watch("b")
    assert rig.line.idle_since is None
    rig.run(0.4)
    assert rig.line.rung != "full"
    assert layer_of(one) is not rig.sources["b"].large


def test_on_a_line_that_is_known_to_be_thin_no_picture_is_begun_before_there_is_room(rig: Rig) -> None:
    rig.line.begin(60_000, rig.now)
    one = rig.watch("a")
    rig.sources["a"].feed(rig.now, keyframe=True)
    assert rig.run(4.0).count(True) == 1
    assert layer_of(one) is None and rig.line.rung == "audio"
    rig.run(9.0)
    assert layer_of(one) is None and rig.line.rung == "still"
    assert not rig.sent.packets


def test_a_line_that_is_known_to_be_wider_begins_with_the_best(rig: Rig) -> None:
    rig.line.begin(2_000_000, rig.now)
    one = rig.watch("a")
    rig.sources["a"].feed(rig.now, keyframe=True)
    assert layer_of(one) is rig.sources["a"].large
    assert rig.sent.packets


def test_a_session_that_has_ended_is_held_by_nothing(rig: Rig) -> None:
    rig.watch("a")
    rig.fill("a")
    rig.line.remove("a", rig.now)
    assert not rig.line.views
    assert not (rig.line._octets or rig.line._aims or rig.line._line._sessions)
    assert rig.line._main is None


def test_sound_alone_and_a_stream_without_its_publisher_are_no_pictures(rig: Rig) -> None:
    one = rig.watch("a")
    rig.run(1.0)
    route = rig.sources["a"].route
    assert route.publisher is not None
    route.unpublish(route.publisher)
    assert rig.line.tick(rig.now + 0.2) is False
    assert rig.line.rung == "full"
    assert layer_of(one) is not None
