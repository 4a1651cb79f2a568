"""Our own client against the hub: a clip goes in, its pictures come out, also where the network loses packets."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import pytest

from classroom.relay.client import ClipPublisher, Post, Viewer
from classroom.relay.client_peer import ClientError, ClientPeer
from classroom.relay.hub import Hub, RelayConfig
from classroom.relay.offer import Answer, AnswerError
from classroom.relay.playout import Clip
from signaling.demo.clip import make_clip, read_number
from signaling.demo.pictures import PictureViewer
from signaling.demo.plan import ClipPlan


async def until(done: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait for a state; the deadline only ends a test that failed."""
    async with asyncio.timeout(seconds):
        while not done():
            await asyncio.sleep(0.01)


@pytest.fixture(scope="module")
def clip() -> Clip:
    return make_clip(ClipPlan("Dongqu", seconds=2, width=320, height=180, video_bps=300_000))


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    hub = Hub(RelayConfig(host="127.0.0.1", port=0, announce=("127.0.0.1",)), lambda notice: None)
    await hub.start()
    yield hub
    await hub.close()


@pytest.fixture
def thread() -> Any:
    with ThreadPoolExecutor(1) as executor:
        yield executor


def posting(hub: Hub) -> Post:
    """WHIP and WHEP without HTTP: the URL is "publish:stream" or "view:stream:viewer"."""

    async def post(url: str, offer: str, token: str) -> tuple[str, str]:
        action, stream, *viewer = url.split(":")
        if action == "publish":
            session = hub.publish(stream, offer, group="g")
        else:
            session = hub.subscribe(stream, viewer[0], offer, group="v")
        return session.answer, session.id

    return post


@pytest.mark.parametrize("setup", ["actpass", "passive", "active"])
async def test_a_clip_that_is_published_is_seen_with_its_clock_running(
    hub: Hub, clip: Clip, thread: ThreadPoolExecutor, setup: Any
) -> None:
    numbers: list[int] = []
    publisher = ClipPublisher(clip, setup=setup)
    pictures = PictureViewer(thread, on_picture=lambda grey: numbers.append(read_number(grey)))
    await publisher.start(posting(hub), "publish:s", "")
    await pictures.start(posting(hub), "view:s:v", "")
    await until(lambda: len(numbers) >= 30)
    steps = [(after - before) % 30 for before, after in zip(numbers, numbers[1:], strict=False)]
    assert steps.count(1) >= len(steps) - 3  # a jump to a keyframe is allowed, standing still is not
    assert pictures.tally.errors == 0
    assert pictures.viewer.receptions["audio"].packets > 20
    await pictures.close()
    await pictures.close()
    await publisher.close()
    await publisher.close()


async def test_h264_goes_through_as_well(hub: Hub, thread: ThreadPoolExecutor) -> None:
    numbers: list[int] = []
    publisher = ClipPublisher(make_clip(ClipPlan("Dongqu", codec="h264", seconds=2, width=320, height=180)))
    pictures = PictureViewer(thread, on_picture=lambda grey: numbers.append(read_number(grey)))
    await publisher.start(posting(hub), "publish:s", "")
    await pictures.start(posting(hub), "view:s:v", "")
    await until(lambda: len(numbers) >= 10)
    assert len(set(numbers)) >= 8
    await pictures.close()
    await publisher.close()


@pytest.mark.parametrize("rtx", [True, False])
async def test_lost_packets_are_asked_for_and_come_again_on_both_sides(hub: Hub, clip: Clip, rtx: bool) -> None:
    dice = random.Random(7)

    def lossy(direction: Literal["in", "out"], datagram: bytes) -> bool:
        return dice.random() > 0.1

    publisher = ClipPublisher(clip, rtx=rtx, keep=lossy)
    viewer = Viewer(rtx=rtx, keep=lossy)
    await publisher.start(posting(hub), "publish:s", "")
    await viewer.start(posting(hub), "view:s:v", "")
    await until(lambda: viewer.receptions["video"].packets >= 100)
    assert publisher.retransmitted > 0  # the relay's NACK
    video = viewer.receptions["video"]
    if rtx:
        assert video.recovered_packets > 0
    assert video.lost - len(video.missing) <= 5
    await viewer.close()
    await publisher.close()


async def test_pictures_survive_loss(hub: Hub, clip: Clip, thread: ThreadPoolExecutor) -> None:
    dice = random.Random(3)
    numbers: list[int] = []
    publisher = ClipPublisher(clip, keep=lambda direction, datagram: dice.random() > 0.03)
    pictures = PictureViewer(
        thread,
        on_picture=lambda grey: numbers.append(read_number(grey)),
        keep=lambda direction, datagram: dice.random() > 0.03,
    )
    await publisher.start(posting(hub), "publish:s", "")
    await pictures.start(posting(hub), "view:s:v", "")
    await until(lambda: len(numbers) >= 40)
    assert pictures.tally.errors == 0
    await pictures.close()
    await publisher.close()


async def test_a_keyframe_request_makes_the_publisher_jump(hub: Hub, clip: Clip, thread: ThreadPoolExecutor) -> None:
    publisher = ClipPublisher(clip)
    pictures = PictureViewer(thread)
    await publisher.start(posting(hub), "publish:s", "")
    await pictures.start(posting(hub), "view:s:v", "")
    await until(lambda: pictures.tally.decoded > 0)
    before = publisher.keyframe_requests
    await until(lambda: pictures.viewer.request_keyframe() or publisher.keyframe_requests > before)
    await pictures.close()
    await publisher.close()


async def test_many_viewers_share_one_publisher(hub: Hub, clip: Clip) -> None:
    publisher = ClipPublisher(clip)
    await publisher.start(posting(hub), "publish:s", "")
    viewers = [Viewer() for _ in range(5)]
    for index, viewer in enumerate(viewers):
        await viewer.start(posting(hub), f"view:s:v{index}", "")
    await until(lambda: all(v.receptions["video"].packets > 30 for v in viewers))
    assert all(v.receptions["audio"].packets > 0 for v in viewers)
    for viewer in viewers:
        await viewer.close()
    await publisher.close()


async def test_the_server_saying_goodbye_is_noticed(hub: Hub, clip: Clip) -> None:
    publisher = ClipPublisher(clip)
    await publisher.start(posting(hub), "publish:s", "")
    assert hub.end(publisher.location)
    async with asyncio.timeout(10):
        await publisher.peer.left.wait()
    await publisher.close()


async def test_a_server_that_does_not_answer_is_an_error_and_leaves_nothing_open(monkeypatch: Any) -> None:
    monkeypatch.setattr("classroom.relay.client_peer.CHECK_S", 0.2)
    peer = ClientPeer(on_rtp=lambda datagram, now: None, on_rtcp=lambda compound: None)
    answer = Answer("u", "p", (("sha-256", "AA"),), "client", (("127.0.0.1", 9),), ())
    with pytest.raises(ClientError):
        await peer.connect(answer)
    await peer.close()


async def test_an_answer_that_refuses_what_we_send_is_an_error(hub: Hub, clip: Clip) -> None:
    async def refuse(url: str, offer: str, token: str) -> tuple[str, str]:
        answer, location = await posting(hub)(url, offer, token)
        return answer.replace("m=video 9", "m=video 0"), location

    publisher = ClipPublisher(clip)
    with pytest.raises(AnswerError):
        await publisher.start(refuse, "publish:s", "")
    await publisher.close()
