from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from classroom.relay.drops import DropReason, Drops
from classroom.relay.lane import LaneKey, Outlet, abs_send_time, sequence_offset
from classroom.relay.layer import Follower, Layer
from classroom.relay.route import Publisher, Route
from classroom.relay.rtp import Header, Packet, SenderReport, extension
from classroom.relay.track import Start, Track

VP8 = Track("video", "vp8", 90000, 1, "")
OPUS = Track("audio", "opus", 48000, 2, "")
START = Start(ssrc=77, sequence_number=0x3000, timestamp=1_000_000)
KEY = LaneKey(payload_type=96, abs_send_time=0, tag_bytes=16)


class Sent:
    """Stands in for the fan-out: keeps what each outlet got."""

    def __init__(self) -> None:
        self.packets: dict[Outlet, list[bytes]] = {}

    def __call__(self, outlets: Sequence[Outlet], packets: list[bytes], tag_bytes: int) -> None:
        for outlet in outlets:
            self.packets.setdefault(outlet, []).extend(packets)

    def numbers(self, outlet: Outlet) -> list[int]:
        return [Header(packet).sequence_number for packet in self.packets.get(outlet, [])]

    def payloads(self, outlet: Outlet) -> list[bytes]:
        got = [(packet, Header(packet)) for packet in self.packets.get(outlet, [])]
        return [packet[header.start : header.end] for packet, header in got]


class Tap:
    def __init__(self) -> None:
        self.told: list[Any] = []

    def attached(self, publisher: Publisher, tracks: Mapping[str, Track]) -> None:
        self.told.append(("attached", publisher, sorted(tracks)))

    def detached(self) -> None:
        self.told.append("detached")

    def send(self, packet: Packet) -> None:
        self.told.append(packet)

    def sender_report(self, kind: str, report: SenderReport) -> None:
        self.told.append((kind, report))


class Camera:
    def request_keyframe(self, layer: Layer | None = None) -> None: ...


def packet(
    number: int, payload: bytes = b"delta", keyframe: bool = False, arrived: float = 10.0, timestamp: int = 0
) -> tuple[Packet, int]:
    made = Packet("video", 96, False, number & 0xFFFF, timestamp, 5, payload, arrived, keyframe)
    return made, 0x10000 + number


def forward(route: Route, packet: Packet, extended: int, layer: int = 0) -> None:
    route.forward(packet, extended, route.tracks["video"].layers[layer])


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def drops() -> Drops:
    return Drops()


@pytest.fixture
def video(sent: Sent, drops: Drops) -> Layer:
    return Layer(VP8, START, sent, drops)


def joined(layer: Layer, key: LaneKey = KEY) -> tuple[Outlet, Follower]:
    follower = Follower(Outlet(None), key)
    layer.join(follower)
    return follower.outlet, follower


def test_pictures_begin_with_a_keyframe(video: Layer, sent: Sent, drops: Drops) -> None:
    outlet, follower = joined(video)
    assert video.wants_keyframe
    assert not video.forward(*packet(1))
    assert follower.lane is None
    assert video.forward(*packet(2, b"key", keyframe=True))
    assert video.forward(*packet(3))
    video.flush()
    assert sent.payloads(outlet) == [b"key", b"delta"]
    assert sent.numbers(outlet) == [0x3000, 0x3001]
    assert follower.packets == 2
    assert drops[DropReason.BEFORE_KEYFRAME] == 1
    assert not video.wants_keyframe


def test_who_comes_later_waits_for_the_next_keyframe(video: Layer, sent: Sent) -> None:
    first, _ = joined(video)
    video.forward(*packet(1, b"key", keyframe=True))
    second, _ = joined(video)
    assert video.wants_keyframe
    video.forward(*packet(2))
    video.forward(*packet(3, b"key", keyframe=True))
    video.forward(*packet(4))
    video.flush()
    assert sent.payloads(first) == [b"key", b"delta", b"key", b"delta"]
    assert sent.payloads(second) == [b"key", b"delta"]


def test_sound_begins_at_once(sent: Sent, drops: Drops) -> None:
    sound = Layer(OPUS, START, sent, drops)
    outlet, _ = joined(sound)
    sound.forward(Packet("audio", 111, False, 9, 0, 5, b"sound", 1.0), 0x10009)
    sound.flush()
    assert sent.payloads(outlet) == [b"sound"]
    assert not sound.wants_keyframe


def test_padding_leaves_no_hole_and_a_loss_does(video: Layer, sent: Sent, drops: Drops) -> None:
    outlet, _ = joined(video)
    for one in (packet(1, b"key", True), packet(2, b""), packet(3), packet(5)):
        video.forward(*one)
    video.flush()
    assert sent.numbers(outlet) == [0x3000, 0x3001, 0x3003]
    assert drops[DropReason.PADDING] == 1
    video.forward(*packet(4))
    video.forward(*packet(4))
    video.flush()
    assert sent.numbers(outlet)[-1] == 0x3002
    assert drops[DropReason.DUPLICATE] == 1


def test_the_payload_never_changes_and_the_header_is_the_routes_own(video: Layer, sent: Sent) -> None:
    outlet, _ = joined(video, LaneKey(101, 3, 16))
    body = bytes(range(256)) * 4
    made, extended = packet(1, body, True, arrived=12.345, timestamp=42)
    made.marker = True
    video.forward(made, extended)
    video.flush()
    (written,) = sent.packets[outlet]
    header = Header(written)
    assert written[header.start : header.end] == body
    assert (header.payload_type, header.marker, header.ssrc, header.timestamp) == (101, True, 77, 1_000_000)
    assert extension(written, header, 3) == abs_send_time(12.345).to_bytes(3, "big")


def test_another_publisher_goes_on_in_number_and_time_from_its_first_keyframe(sent: Sent, drops: Drops) -> None:
    route = Route("s", sent, drops)
    first, second = Camera(), Camera()
    assert route.publish(first, [VP8], lambda: START) == []
    track = route.tracks["video"]
    outlet, _ = joined(track.layers[0])
    forward(route, *packet(100, b"key", True, arrived=10.0, timestamp=500))
    route.flush()
    assert route.publish(second, [VP8], lambda: START) == []
    assert route.tracks["video"] is track
    assert track.layers[0].wants_keyframe
    assert track.layers[0].timestamp(11.0) is None
    forward(route, *packet(60000, b"delta", arrived=11.9, timestamp=9))
    forward(route, *packet(60001, b"key", True, arrived=12.0, timestamp=7))
    route.flush()
    assert sent.payloads(outlet) == [b"key", b"key"]
    assert sent.numbers(outlet) == [0x3000, 0x3001]
    stamps = [Header(one).timestamp for one in sent.packets[outlet]]
    assert stamps[1] - stamps[0] == 2 * 90000
    route.unpublish(first)
    assert route.publisher is second


def test_a_publisher_with_another_codec_ends_the_track(sent: Sent, drops: Drops) -> None:
    route = Route("s", sent, drops)
    route.publish(Camera(), [VP8, OPUS], lambda: START)
    old, sound = route.tracks["video"], route.tracks["audio"]
    h264 = Track("video", "h264", 90000, 1, "")
    assert route.publish(Camera(), [h264, OPUS], lambda: START) == [old]
    assert route.tracks["audio"] is sound
    assert [track.track.codec for track in route.offered()] == ["h264", "opus"]


def test_sender_reports_are_in_the_routes_numbers_and_in_our_time(sent: Sent, drops: Drops) -> None:
    route = Route("s", sent, drops)
    route.publish(Camera(), [VP8], lambda: START)
    track = route.tracks["video"].layers[0]
    assert track.timestamp(1.0) is None
    forward(route, *packet(1, b"key", True, arrived=10.0, timestamp=500))
    assert track.timestamp(11.0) == 1_000_000 + 90000
    # The report says that the picture was taken 40 ms before it arrived.
    route.sender_report("video", SenderReport(5, 3.9e9, 500 + 3600, 10.0), track)
    assert track.timestamp(11.0) == 1_000_000 + 90000 + 3600


def test_a_packet_can_be_found_again(video: Layer) -> None:
    video.forward(*packet(1, b"key", True, arrived=10.0))
    found = video.find(0x3000)
    assert found is not None and found.payload == b"key"
    assert video.find(0x3001) is None


def test_who_leaves_gets_nothing_more(video: Layer, sent: Sent) -> None:
    outlet, follower = joined(video)
    waiting, waits = joined(video)
    waits.leave()
    video.forward(*packet(1, b"key", True))
    video.flush()
    follower.leave()
    follower.leave()
    video.forward(*packet(2))
    video.flush()
    assert sent.payloads(outlet) == [b"key"]
    assert waiting not in sent.packets


def test_taps_get_everything_in_the_publishers_numbers(sent: Sent, drops: Drops) -> None:
    route, tap = Route("s", sent, drops), Tap()
    route.attach(tap)
    route.attach(tap)
    first, second = Camera(), Camera()
    route.publish(first, [VP8, OPUS], lambda: START)
    delta, padding = packet(1), packet(2, b"")
    forward(route, *delta)
    forward(route, *padding)
    report = SenderReport(5, 1.0, 2, 3.0)
    route.sender_report("video", report, route.tracks["video"].layers[0])
    route.publish(second, [VP8], lambda: START)
    route.unpublish(second)
    assert tap.told == [
        ("attached", first, ["audio", "video"]),
        delta[0],
        padding[0],
        ("video", report),
        "detached",
        ("attached", second, ["video"]),
        "detached",
    ]
    late = Tap()
    route.publish(first, [OPUS], lambda: START)
    route.attach(late)
    route.detach(late)
    route.detach(late)
    assert late.told == [("attached", first, ["audio"])]
    assert not route.is_idle


def test_a_route_without_publisher_and_taps_is_idle(sent: Sent, drops: Drops) -> None:
    route, camera = Route("s", sent, drops), Camera()
    assert route.is_idle
    assert route.offered() == []
    route.publish(camera, [VP8], lambda: START)
    assert not route.is_idle
    route.unpublish(camera)
    route.unpublish(camera)
    assert route.is_idle


@pytest.mark.parametrize("start", [0, 1, 0x1FFF, 0x2000, 0x9FFF, 0xA000, 0xFFFF])
def test_nobody_starts_near_a_wrap(start: int) -> None:
    assert 0x2000 <= (start + sequence_offset(start)) & 0xFFFF < 0xA000
