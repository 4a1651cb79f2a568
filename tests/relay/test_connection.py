import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aioice import stun

from classroom.relay.connection import MAX_ADDRESSES, Connection
from classroom.relay.drops import DropReason, Drops
from classroom.relay.ice import parse_request
from classroom.relay.peer import generate_certificate
from classroom.relay.sdp import Offer
from classroom.relay.wire import Wire

CERTIFICATE = generate_certificate()
HOME, AWAY = ("127.0.0.1", 4001), ("127.0.0.1", 4002)


def check(nominate: bool) -> Any:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = "ours:theirs"
    if nominate:
        message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(b"secret")
    return parse_request(bytes(message))


class Media:
    def __init__(self) -> None:
        self.got: list[bytes] = []

    def rtp(self, packet: bytes, size: int, now: float) -> None:
        self.got.append(packet)

    rtcp: Any = rtp


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    made = Wire("127.0.0.1", 0, lambda: 0.0, lambda *_: None, lambda: None, Drops())
    yield made
    made.close()


@pytest.fixture
def drops() -> Drops:
    return Drops()


@pytest.fixture
async def peer(wire: Wire, drops: Drops) -> AsyncIterator[Connection]:
    offer = Offer((), (("sha-256", "00"),), "actpass")
    made = Connection(wire, CERTIFICATE, offer, "ours", "secret", drops, 1.0)
    yield made
    await made.close()
    await made.close()
    assert wire.peers == {}


async def test_a_peer_that_moves_is_followed_when_it_says_so(wire: Wire, peer: Connection) -> None:
    outlet = peer.outlet()
    assert outlet.address is None
    peer.binding(check(nominate=False), HOME, 2.0)
    assert peer.address == HOME
    assert peer.heard == 2.0
    first = outlet.pointer
    peer.binding(check(nominate=False), AWAY, 3.0)
    assert peer.address == HOME
    assert outlet.pointer == first
    peer.binding(check(nominate=True), AWAY, 4.0)
    assert peer.address == AWAY
    assert outlet.pointer != first
    assert wire.peers == {HOME: peer, AWAY: peer}


async def test_addresses_are_bounded_and_the_one_in_use_stays(wire: Wire, peer: Connection) -> None:
    for port in range(5000, 5000 + 3 * MAX_ADDRESSES):
        peer.binding(check(nominate=port == 5000), ("127.0.0.1", port), 1.0)
    assert len(wire.peers) == MAX_ADDRESSES
    assert peer.address == ("127.0.0.1", 5000)
    assert ("127.0.0.1", 5000) in wire.peers


async def test_an_address_that_another_peer_proved_is_left_to_it(wire: Wire, peer: Connection, drops: Drops) -> None:
    peer.binding(check(nominate=True), HOME, 1.0)
    offer = Offer((), (("sha-256", "00"),), "actpass")
    other = Connection(wire, CERTIFICATE, offer, "ours", "secret", drops, 1.0)
    other.binding(check(nominate=True), HOME, 1.0)
    await peer.close()
    assert wire.peers == {HOME: other}
    await other.close()


async def test_media_before_the_handshake_and_rubbish_after_it_are_counted(peer: Connection, drops: Drops) -> None:
    peer.rtp(bytes(50), 5.0)
    peer.rtcp(bytes(50), 5.0)
    assert drops[DropReason.NOT_CONNECTED] == 2
    peer.media = media = Media()
    peer.rtp(bytes(50), 5.0)
    peer.rtcp(bytes(50), 5.0)
    assert drops[DropReason.UNPROTECT] == 2
    assert media.got == []
    assert peer.heard == 1.0
    peer.send_rtcp(bytes(8))
    assert drops[DropReason.PROTECT] == 1


async def test_closing_ends_a_pending_connect(peer: Connection) -> None:
    task = asyncio.create_task(peer.connect())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_datagram_that_anybody_can_forge_proves_nothing(wire: Wire, peer: Connection, drops: Drops) -> None:
    peer.binding(check(nominate=True), HOME, 2.0)
    peer.media = Media()
    peer.dtls(b"\x16" + bytes(40), 9.0)
    peer.rtp(b"\x80\x60" + bytes(40), 9.0)
    peer.rtcp(b"\x80\xc8" + bytes(40), 9.0)
    assert peer.heard == 2.0
    assert drops[DropReason.UNPROTECT] == 2
