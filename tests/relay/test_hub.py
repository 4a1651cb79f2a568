"""The hub with small clients of our own: no browser, no encoder."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import pytest

from classroom.relay import connection
from classroom.relay import hub as module
from classroom.relay.client import ClipPublisher, Post, Viewer
from classroom.relay.client_peer import ClientError
from classroom.relay.hub import Hub, OfferError
from classroom.relay.playout import Clip, Picture
from classroom.relay.route import Publisher
from classroom.relay.rtp import Packet, SenderReport, ahead
from classroom.relay.track import Track

Until = Callable[..., Awaitable[None]]


def picture(first: int, packets: int = 4) -> Picture:
    head = b"\x90\x80\x80\x00"
    rest = tuple(b"\x80\x80\x80\x00" + bytes(900) for _ in range(packets - 1))
    return Picture((head + bytes([first]) + bytes(900), *rest), keyframe=first == 0)


VP8 = Clip("vp8", 25, (picture(0, 20), *(picture(1) for _ in range(24))), tuple(bytes([i]) * 80 for i in range(50)))
H264 = Clip("h264", 25, (Picture((b"\x67\x42" + bytes(500), b"\x65" + bytes(500)), True),), (b"x", b"y"))


class Quiet:
    """A publisher's network that can be silenced: no media gets out, but its ICE does."""

    def __init__(self) -> None:
        self.open = True

    def __call__(self, direction: str, datagram: bytes) -> bool:
        return self.open


class Tap:
    def __init__(self) -> None:
        self.publisher: Publisher | None = None
        self.tracks: dict[str, Track] = {}
        self.packets: list[Packet] = []
        self.reports: list[SenderReport] = []
        self.detachments = 0

    def attached(self, publisher: Publisher, tracks: Mapping[str, Track]) -> None:
        self.publisher, self.tracks = publisher, dict(tracks)

    def detached(self) -> None:
        self.detachments += 1

    def send(self, packet: Packet) -> None:
        self.packets.append(packet)

    def sender_report(self, kind: str, report: SenderReport) -> None:
        self.reports.append(report)


class People:
    """Makes clients, and closes them."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.clients: list[ClipPublisher | Viewer] = []

    def post(self, subscriber: str | None) -> Post:
        async def post(url: str, offer: str, token: str) -> tuple[str, str]:
            if subscriber is None:
                session = self.hub.publish(url, offer, group="g")
            else:
                session = self.hub.subscribe(url, subscriber, offer, group="g")
            return session.answer, session.id

        return post

    async def publish(self, stream: str = "s", clip: Clip = VP8, **more: Any) -> ClipPublisher:
        client = ClipPublisher(clip, **more)
        self.clients.append(client)
        await client.start(self.post(None), stream, "")
        return client

    async def view(self, stream: str = "s", subscriber: str = "v", **more: Any) -> Viewer:
        client = Viewer(**more)
        self.clients.append(client)
        await client.start(self.post(subscriber), stream, "")
        return client


@pytest.fixture
async def people(door: Any) -> AsyncIterator[People]:
    made = People(door.hub)
    yield made
    for client in made.clients:
        await client.close()


async def until(condition: Callable[[], object], timeout_s: float = 8.0) -> None:
    """For states that nobody announces."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_viewer_gets_it_all_from_a_keyframe_on(door: Any, people: People) -> None:
    packets: list[Packet] = []
    publisher = await people.publish()
    await door.until(lambda: door.kinds() == ["flowing"])
    viewer = await people.view(on_packet=packets.append)
    await door.until(lambda: door.kinds("v") == ["flowing"])
    await until(lambda: len(packets) > 150)
    pictures = [packet for packet in packets if packet.kind == "video"]
    assert pictures[0].payload[4] == 0
    numbers = [packet.sequence_number for packet in pictures]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    flows = {(flow.subscriber, flow.kind): flow for flow in door.hub.flows()}
    assert set(flows) == {(None, "audio"), (None, "video"), ("v", "audio"), ("v", "video")}
    assert all(flow.first <= flow.last <= time.monotonic() for flow in flows.values())
    stats = door.hub.stats()
    assert (stats["sessions"], stats["publishers"], stats["viewers"], stats["handshakes"]) == (2, 1, 1, 0)
    assert stats["packets_out"] >= len(packets)
    assert stats["packets_in"] >= len(packets)
    await until(lambda: (link := door.hub.link(viewer.location)) and link.rtt_ms is not None and link.out_bps > 0)
    await until(lambda: (link := door.hub.link(publisher.location)) and link.in_bps > 0)
    assert door.hub.link("unknown") is None


@pytest.mark.parametrize("rtx", [True, False])
async def test_what_a_viewer_loses_comes_again(door: Any, people: People, rtx: bool) -> None:
    source = random.Random(3)
    numbers: set[int] = set()
    await people.publish()

    def take(packet: Packet) -> None:
        if packet.kind == "video":
            numbers.add(packet.sequence_number)

    viewer = await people.view(
        on_packet=take, rtx=rtx, keep=lambda way, data: way == "out" or 191 < data[1] < 224 or source.random() > 0.1
    )
    await until(lambda: len(numbers) > 400)
    newest = max(numbers)
    await until(lambda: max(numbers) > newest + 20)
    # All but what was lost several times over is there in the end.
    assert len([n for n in range(min(numbers), newest) if n not in numbers]) <= 2
    if rtx:
        assert viewer.receptions["video"].recovered_packets > 10


@pytest.mark.parametrize("rtx", [True, False])
async def test_what_a_publisher_loses_is_asked_for(door: Any, people: People, rtx: bool) -> None:
    source = random.Random(4)
    tap = Tap()
    door.hub.attach("s", tap)
    publisher = await people.publish(rtx=rtx, keep=lambda way, data: way == "in" or source.random() > 0.1)
    await until(lambda: len(tap.packets) > 500)
    numbers = [packet.sequence_number for packet in tap.packets if packet.kind == "video"]
    # From the first on: the numbers begin anywhere and may wrap.
    pictures = [ahead(number, numbers[0]) for number in numbers]
    assert len(set(pictures)) == len(pictures)
    newest = max(pictures[:-60])
    assert len(set(range(min(pictures), newest)) - set(pictures)) <= 2
    assert publisher.retransmitted > 10
    link = door.hub.link(publisher.location)
    assert link is not None and 0 < link.loss < 0.5


async def test_a_tap_may_come_before_the_publisher(door: Any, people: People) -> None:
    tap = Tap()
    door.hub.attach("s", tap)
    assert tap.publisher is None
    publisher = await people.publish()
    assert {kind: track.codec for kind, track in tap.tracks.items()} == {"audio": "opus", "video": "vp8"}
    assert tap.publisher is not None
    await until(lambda: len(tap.packets) > 20 and tap.reports)
    tap.publisher.request_keyframe()
    await until(lambda: publisher.keyframe_requests > 0)
    assert next(packet for packet in tap.packets if packet.kind == "video").keyframe
    door.hub.end(publisher.location)
    assert tap.detachments == 1
    door.hub.detach("s", tap)
    assert door.hub.stats()["routes"] == 0


async def test_a_newer_publisher_replaces_the_older_and_viewers_go_on(door: Any, people: People) -> None:
    packets: list[Packet] = []
    first = await people.publish()
    await people.view(on_packet=packets.append)
    await door.until(lambda: door.kinds("v") == ["flowing"])
    second = await people.publish()
    await asyncio.wait_for(first.peer.left.wait(), 2)
    await door.until(lambda: door.kinds() == ["flowing", "replaced", "flowing"])
    assert door.notices[-2].session == first.location
    before = len(packets)
    await until(lambda: len(packets) > before + 100)
    pictures = [packet for packet in packets if packet.kind == "video"]
    numbers = [packet.sequence_number for packet in pictures]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert len({packet.ssrc for packet in pictures}) == 1
    steps = [(b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in zip(pictures, pictures[1:], strict=False)]
    assert max(steps) < 90000
    assert door.kinds("v") == ["flowing"]
    assert door.hub.end(second.location)


async def test_a_publisher_with_another_codec_sends_the_viewers_back(door: Any, people: People) -> None:
    await people.publish()
    viewer = await people.view()
    await people.publish(clip=H264)
    await door.until(lambda: "gone" in door.kinds("v"))
    await asyncio.wait_for(viewer.peer.left.wait(), 2)
    again = await people.view(subscriber="w")
    assert again.receptions["video"].codec == "h264"


async def test_silence_is_stalled_and_then_media_flows_again(door: Any, people: People) -> None:
    network = Quiet()
    await people.publish(keep=network)
    await door.until(lambda: door.kinds() == ["flowing"])
    network.open = False
    fell_silent = time.monotonic()
    await door.until(lambda: door.kinds() == ["flowing", "stalled"])
    notice = door.notices[-1]
    assert abs(notice.last - fell_silent) < 0.3
    assert module.STALLED_S <= notice.now - notice.last < module.STALLED_S + 0.5
    network.open = True
    await door.until(lambda: door.kinds() == ["flowing", "stalled", "flowing"])


async def test_who_says_nothing_is_gone(door: Any, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GONE_S", 0.5)
    network = Quiet()
    publisher = await people.publish(keep=network)
    await door.until(lambda: door.kinds() == ["flowing"])
    network.open = False

    def deaf(packet: bytes) -> None: ...

    monkeypatch.setattr(publisher.peer, "send_rtcp", deaf)
    await door.until(lambda: door.kinds() == ["flowing", "gone"])
    assert door.hub.stats()["sessions"] == 0


async def test_goodbye_is_gone_at_once(door: Any, people: People) -> None:
    publisher = await people.publish()
    viewer = await people.view()
    await door.until(lambda: door.kinds("v") == ["flowing"])
    await viewer.close()
    await door.until(lambda: door.kinds("v") == ["flowing", "gone"], 1)
    await publisher.close()
    await door.until(lambda: door.kinds() == ["flowing", "gone"], 1)
    assert door.hub.stats()["routes"] == 0


async def test_a_viewer_hears_from_the_relay_also_when_nobody_speaks(door: Any, people: People) -> None:
    network = Quiet()
    await people.publish(keep=network)
    viewer = await people.view()
    await door.until(lambda: door.kinds("v") == ["flowing"])
    network.open = False
    heard = []
    for _ in range(20):
        await asyncio.sleep(0.1)
        heard.append(viewer.peer.heard)
    gaps = [b - a for a, b in zip(heard, heard[1:], strict=False) if b > a]
    assert len(gaps) >= 3
    assert max(gaps) <= 0.55


async def test_who_never_connects_is_given_up(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "CONNECT_S", 0.2)
    publisher = ClipPublisher(VP8)
    offers: list[str] = []

    async def post(url: str, offer: str, token: str) -> tuple[str, str]:
        offers.append(offer)
        raise ClientError

    with pytest.raises(ClientError):
        await publisher.start(post, "", "")
    session = door.hub.publish("s", offers[0], group="g")
    assert door.hub.stats()["handshakes"] == 1
    await door.until(lambda: door.kinds() == ["gone"], 2)
    assert door.notices[0].session == session.id
    assert door.hub.stats()["sessions"] == 0
    await publisher.close()


async def test_a_session_whose_setting_up_fails_in_a_new_way_holds_no_place(
    door: Any, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fault(self: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(connection.Connection, "connect", fault)
    with contextlib.suppress(Exception):
        await asyncio.wait_for(people.publish(), 0.5)
    await door.until(lambda: door.kinds() == ["gone"], 2)
    assert door.hub.stats()["sessions"] == door.hub.stats()["handshakes"] == 0


async def test_a_fault_in_one_stream_does_not_hold_back_another(door: Any, people: People) -> None:
    await people.publish("broken")
    await people.publish("s")
    await door.until(lambda: len(door.kinds()) == 2, 5)

    def fault() -> None:
        raise ZeroDivisionError

    door.hub._routes["broken"].flush = fault
    viewer = await people.view()
    await until(lambda: viewer.receptions["video"].packets > 20)


async def test_sessions_and_handshakes_are_bounded(people: People) -> None:
    hub = Hub(module.RelayConfig(host="127.0.0.1", port=0, max_sessions=3, max_handshakes=2), lambda notice: None)
    await hub.start()
    offers: list[str] = []

    async def post(url: str, offer: str, token: str) -> tuple[str, str]:
        offers.append(offer)
        raise ClientError

    for clip in (VP8, H264, VP8):
        client = ClipPublisher(clip)
        with pytest.raises(ClientError):
            await client.start(post, "", "")
        await client.close()
    ids = {hub.publish(f"s{index}", offer, group="g").id for index, offer in enumerate(offers[:2])}
    assert all(len(id) == 12 for id in ids)
    with pytest.raises(OfferError) as refused:
        hub.publish("s3", offers[2], group="g")
    assert refused.value.code == "too_many_sessions"
    await hub.close()
    with pytest.raises(OfferError):
        hub.publish("s4", offers[2], group="g")


async def test_what_a_viewer_wants_is_taken_from_itself_alone(door: Any, people: People) -> None:
    publisher = await people.publish()
    await door.until(lambda: door.kinds() == ["flowing"])
    viewer = await people.view()
    assert door.hub.want(viewer.location, "v", 720)
    for session, subscriber in ((viewer.location, "other"), (publisher.location, "v"), ("unknown", "v")):
        assert not door.hub.want(session, subscriber, 720)


async def test_bad_offers_have_codes(door: Any, people: People) -> None:
    for call in (
        lambda: door.hub.publish("s", "hello", group="g"),
        lambda: door.hub.subscribe("s", "v", "hello", group="g"),
    ):
        with pytest.raises(OfferError) as refused:
            call()
        assert refused.value.code == "bad_sdp"
    with pytest.raises(OfferError) as refused:
        await people.view("nothing")
    assert refused.value.code == "stream_absent"
    await people.publish()
    with pytest.raises(OfferError) as refused:
        await people.view(codecs=("h264",))
    assert refused.value.code == "no_common_codec"
    assert door.hub.stats()["sessions"] == 1


async def test_all_sessions_of_a_lesson_can_be_ended(door: Any, people: People) -> None:
    await people.publish("one/a/camera")
    await people.publish("one/b/camera")
    await people.publish("two/a/camera")
    await people.view("one/a/camera")
    door.hub.end_stream("one/")
    door.hub.end_stream("one/")
    assert door.hub.stats()["sessions"] == 1
    assert sorted(notice.kind for notice in door.notices if notice.kind != "flowing") == ["gone"] * 3
    assert not door.hub.end("unknown")


async def test_closing_says_goodbye_and_may_be_done_twice(people: People, door: Any) -> None:
    publisher = await people.publish()
    viewer = await people.view()
    await door.hub.close()
    await asyncio.wait_for(asyncio.gather(publisher.peer.left.wait(), viewer.peer.left.wait()), 2)
    await door.hub.close()
    assert "gone" not in door.kinds()


async def test_pictures_for_a_narrow_line_come_from_its_pacer_all_of_them(door: Any, people: People) -> None:
    packets: list[Packet] = []
    await people.publish()
    await door.until(lambda: door.kinds() == ["flowing"])
    viewer = await people.view(on_packet=packets.append)
    await door.until(lambda: door.kinds("v") == ["flowing"])
    line = door.hub._downlinks["g"]
    picture = door.hub._entries[viewer.location].part.picture
    line._ladder.begin(2_000_000, door.hub._clock())
    await until(lambda: picture.follower.key.pacer is line.pacer)
    came = len(packets)
    await until(lambda: len(packets) > came + 300)
    assert picture.follower.key.pacer is line.pacer
    numbers = [packet.sequence_number for packet in packets[came:] if packet.kind == "video"]
    assert len(numbers) > 150
    assert numbers == [(numbers[0] + at) & 0xFFFF for at in range(len(numbers))]


async def test_a_hub_that_never_started_can_be_closed() -> None:
    hub = Hub(module.RelayConfig(), lambda notice: None)
    await hub.close()
    assert hub.stats()["sessions"] == 0


async def test_a_tick_is_never_later_than_anybody_needs_it() -> None:
    hub = Hub(module.RelayConfig("127.0.0.1", 0), lambda notice: None)
    await hub.start()
    hub._ticker.within(30.0)
    soon = hub._ticker.at
    hub._ticker.within(0.001)
    assert hub._ticker.at < soon
    sooner = hub._ticker.at
    hub._ticker.within(30.0)
    assert hub._ticker.at == sooner
    ticked = hub._ticked
    async with asyncio.timeout(10):
        while hub._ticked == ticked or hub._ticker.at <= sooner:
            await asyncio.sleep(0.01)
    await hub.close()
    closed = hub._ticked
    hub._ticker.within(0.0)
    await asyncio.sleep(0)
    assert hub._ticked == closed


async def test_own_addresses_are_announced_when_none_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    assert module._own_addresses("192.0.2.7") == ("192.0.2.7",)
    monkeypatch.setattr(module, "get_host_addresses", lambda use_ipv4, use_ipv6: [])
    assert module._own_addresses("0.0.0.0") == ("127.0.0.1",)


async def test_a_source_that_changes_its_numbers_midway_leaves_no_break(door: Any, people: People) -> None:
    packets: list[Packet] = []
    publisher = await people.publish()
    await people.view(on_packet=packets.append)
    await until(lambda: len(packets) > 50)
    out = publisher._out["video"]
    out.ssrc, out.sequence_number = out.ssrc ^ 1, (out.sequence_number + 30000) & 0xFFFF
    before = len(packets)
    await until(lambda: len(packets) > before + 150)
    numbers = [packet.sequence_number for packet in packets if packet.kind == "video"]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
