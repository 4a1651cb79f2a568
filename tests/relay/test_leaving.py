"""What is left of sessions that have ended: nothing, and at once, without the garbage collector's help.

What OpenSSL and libsrtp allocate for a session hangs on small Python objects. The collector counts objects, not bytes:
if those wait for it in cycles, a server that many join and leave grows by tens of megabytes between two of its rounds.
"""

import asyncio
import gc
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pylibsrtp
import pytest
from aiortc import RTCDtlsTransport
from OpenSSL import SSL

from classroom.relay import connection
from classroom.relay import hub as module
from classroom.relay.client import ClipPublisher, Post, Viewer
from classroom.relay.client_peer import ClientError
from classroom.relay.connection import Connection
from classroom.relay.hub import Hub
from classroom.relay.lane import LaneKey, Outlet
from classroom.relay.layer import Follower, Layer
from classroom.relay.peer import SecureTransport
from classroom.relay.playout import synthetic_clip
from classroom.relay.publication import Publication
from classroom.relay.route import Route
from classroom.relay.view import View

CLIP = synthetic_clip(fps=15, bps=200_000, keyframe_packets=4)
KINDS = frozenset(
    {
        module._Entry,
        Connection,
        SecureTransport,
        RTCDtlsTransport,
        SSL.Connection,
        pylibsrtp.Session,
        Publication,
        View,
        Follower,
        Outlet,
        Route,
        Layer,
    }
)


def held() -> Counter[type]:
    """How many there are of each kind."""
    return Counter(type(one) for one in gc.get_objects() if type(one) in KINDS)


async def until_held(expected: Counter[type]) -> None:
    async with asyncio.timeout(8):
        while held() != expected:
            await asyncio.sleep(0.05)


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def post_to(hub: Hub, subscriber: str | None) -> Post:
    async def post(url: str, offer: str, token: str) -> tuple[str, str]:
        if subscriber is None:
            session = hub.publish(url, offer, group="g")
        else:
            session = hub.subscribe(url, subscriber, offer, group=subscriber)
        return session.answer, session.id

    return post


async def publish(hub: Hub, stream: str) -> ClipPublisher:
    client = ClipPublisher(CLIP)
    await client.start(post_to(hub, None), stream, "")
    return client


async def view(hub: Hub, stream: str, subscriber: str) -> Viewer:
    client = Viewer()
    await client.start(post_to(hub, subscriber), stream, "")
    return client


async def until_told(door: Any, kind: str, subscriber: str) -> None:
    await door.until(lambda: kind in door.kinds(subscriber))


async def offer_of(make: Callable[[], Any]) -> str:
    """The offer of a client that goes no further."""
    offers: list[str] = []

    async def post(url: str, offer: str, token: str) -> tuple[str, str]:
        offers.append(offer)
        raise ClientError

    client = make()
    with pytest.raises(ClientError):
        await client.start(post, "", "")
    await client.close()
    return offers[0]


@pytest.mark.usefixtures("no_collector")
async def test_who_leaves_is_forgotten_at_once_however_they_leave(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    hub: Hub = door.hub
    teacher = await publish(hub, "teacher")
    await door.until(lambda: door.kinds() == ["flowing"])
    before = held()
    assert before[Connection] == before[Publication] == 1
    for number in range(2):
        for way in ("deleted", "closed"):
            name = f"{way} {number}"
            viewer = await view(hub, "teacher", name)
            await until_told(door, "flowing", name)
            if way == "deleted":
                hub.end(viewer.location)
            await viewer.close()
            await until_told(door, "gone", name)
        older = await publish(hub, "classroom")
        newer = await publish(hub, "classroom")
        await asyncio.wait_for(older.peer.left.wait(), 5)
        await older.close()
        await newer.close()
        door.notices.clear()
    monkeypatch.setattr(connection, "CONNECT_S", 0.2)
    hub.subscribe("teacher", "unfinished", await offer_of(Viewer), group="unfinished")
    hub.publish("unfinished", await offer_of(lambda: ClipPublisher(CLIP)), group="g")
    await until_told(door, "gone", "unfinished")
    del viewer, older, newer
    await until_held(before)
    await teacher.close()
    del teacher
    await until_held(Counter())


async def test_a_pacer_sends_nothing_to_who_has_left(door: Any) -> None:
    """Its packets would be encrypted by a session that libsrtp has freed."""
    hub: Hub = door.hub
    teacher = await publish(hub, "teacher")
    viewer = await view(hub, "teacher", "v")
    await until_told(door, "flowing", "v")
    entry = hub._entries[viewer.location]
    assert isinstance(entry.part, View)
    follower = next(one.follower for one in entry.part.watched if one.follower is not None)
    outlet = follower.outlet
    assert outlet.address is not None
    pacer = hub._downlinks["v"].pacer
    await viewer.close()
    await until_told(door, "gone", "v")
    await entry.connection.close()
    sent = hub.stats()["packets_out"]
    await teacher.close()
    pacer.take(outlet, [bytes(12) + b"late"], LaneKey(96, 0, 16))
    pacer.flush()
    hub._fanout.flush()
    assert (outlet.address, outlet.sink) == (None, None)
    assert hub.stats()["packets_out"] == sent
