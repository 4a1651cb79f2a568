import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aioice import stun

from classroom.relay.connection import MAX_PATHS, Connection
from classroom.relay.drops import DropReason, Drops
from classroom.relay.ice import parse_request
from classroom.relay.peer import generate_certificate
from classroom.relay.sdp import Offer
from classroom.relay.wire import Wire
from classroom.relay.wire_tcp import Listener, Stream

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
    outlet = peer.outlet("audio")
    assert outlet.address is None
    peer.binding(check(nominate=False), HOME, 2.0)
    assert peer.path == HOME
    assert peer.heard == 2.0
    first = outlet.address
    peer.binding(check(nominate=False), AWAY, 3.0)
    assert peer.path == HOME
    assert outlet.address is first
    peer.binding(check(nominate=True), AWAY, 4.0)
    assert peer.path == AWAY
    assert outlet.address is not first
    assert wire.peers == {HOME: peer, AWAY: peer}


async def test_addresses_are_bounded_and_the_one_in_use_stays(wire: Wire, peer: Connection) -> None:
    for port in range(5000, 5000 + 3 * MAX_PATHS):
        peer.binding(check(nominate=port == 5000), ("127.0.0.1", port), 1.0)
    assert len(wire.peers) == MAX_PATHS
    assert peer.path == ("127.0.0.1", 5000)
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


class Pipe(Stream):
    """A TCP connection that keeps what is sent."""

    def __init__(self) -> None:
        listener = Listener("127.0.0.1", 0, lambda: 0.0, lambda *_: None, lambda: None, Drops())
        listener.close()
        super().__init__(listener)
        self.address = ("127.0.0.1", 5001)
        self.sent: list[bytes] = []
        self.pictures: list[bytes] = []
        self.closed = 0

    def send(self, datagram: bytes) -> None:
        self.sent.append(datagram)

    def send_video(self, datagram: bytes) -> None:
        self.pictures.append(datagram)

    def close(self) -> None:
        self.closed += 1


async def test_a_peer_goes_over_to_tcp_and_back(wire: Wire, peer: Connection) -> None:
    sound, pictures, stream = peer.outlet("audio"), peer.outlet("video"), Pipe()
    peer.binding(check(nominate=True), HOME, 1.0)
    peer.binding(check(nominate=True), stream, 2.0)
    assert stream.peer is peer
    assert len(stream.sent) == 1
    assert (sound.address, pictures.address) == (None, None)
    assert sound.sink is not None
    assert pictures.sink is not None
    sound.sink(b"sound")
    pictures.sink(b"picture")
    assert (stream.sent[1:], stream.pictures) == ([b"sound"], [b"picture"])
    peer.binding(check(nominate=True), HOME, 3.0)
    assert sound.sink is None
    assert sound.address is not None


async def test_a_peer_whose_tcp_connection_ends_is_heard_by_the_next_path(wire: Wire, peer: Connection) -> None:
    outlet, stream = peer.outlet("video"), Pipe()
    peer.binding(check(nominate=True), stream, 1.0)
    peer.lost(stream)
    assert (peer.path, outlet.address, outlet.sink) == (None, None, None)
    peer.send_rtcp(bytes(8))
    peer.binding(check(nominate=False), HOME, 2.0)
    assert peer.path == HOME
    assert outlet.address is not None


async def test_tcp_connections_are_hung_up_on_with_their_peer_or_when_too_many(peer: Connection) -> None:
    streams = [Pipe() for _ in range(MAX_PATHS + 2)]
    for stream in streams:
        peer.binding(check(nominate=False), stream, 1.0)
    assert [stream.closed for stream in streams] == [0, 1, 1] + [0] * (MAX_PATHS - 1)
    await peer.close()
    assert all(stream.closed == 1 for stream in streams)
