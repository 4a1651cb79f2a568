"""A peer whose router gave it another port is asked whether it is there, and followed when it answers."""

import weakref
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aioice import stun

from classroom.relay.connection import Connection
from classroom.relay.drops import Drops
from classroom.relay.ice import BadStun, Credentials, parse_response
from classroom.relay.peer import generate_certificate
from classroom.relay.rebinding import ASK_S, MAX_ASKED, Rebindings
from classroom.relay.sdp import Offer
from classroom.relay.wire import Wire

HOME, AWAY, ELSEWHERE = ("127.0.0.1", 4001), ("127.0.0.1", 4002), ("127.0.0.1", 4003)
PASSWORD = "the-peers-own-password-of-24"
OFFER = Offer((), (("sha-256", "00"),), "actpass", Credentials("theirs", PASSWORD))
CERTIFICATE = generate_certificate()
RTP = bytes((0x80, 111, 0, 1, 0, 0, 0, 1)) + (77).to_bytes(4, "big") + bytes(40)
RTCP = bytes((0x81, 201, 0, 7)) + (77).to_bytes(4, "big") + bytes(40)


class Rig:
    def __init__(self, peer: Connection) -> None:
        self.sent: list[tuple[stun.Message, tuple[str, int]]] = []
        self.rebindings = Rebindings({77: peer}.get, lambda data, to: self.sent.append((stun.parse_message(data), to)))

    def answer(self, sender: tuple[str, int], *, password: str = PASSWORD, now: float = 9.0) -> None:
        """What a browser says to the last question."""
        message = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, self.sent[-1][0].transaction_id)
        message.attributes["XOR-MAPPED-ADDRESS"] = ("127.0.0.1", 8189)
        message.add_message_integrity(password.encode())
        self.rebindings.answer(bytes(message), sender, now)


@pytest.fixture
async def peer() -> AsyncIterator[Connection]:
    wire = Wire("127.0.0.1", 0, lambda: 0.0, lambda *_: None, lambda: None, Drops())
    made = Connection(wire, CERTIFICATE, OFFER, "ours", "secret", Drops(), 1.0)
    made.moved(HOME, 1.0)
    yield made
    await made.close()
    assert wire.peers == {}
    wire.close()


@pytest.fixture
def rig(peer: Connection) -> Rig:
    return Rig(peer)


@pytest.mark.parametrize("stray", [RTP, RTCP])
def test_media_from_an_unknown_address_is_followed_once_the_peer_answers_there(
    rig: Rig, peer: Connection, stray: bytes
) -> None:
    rig.rebindings.stray(stray, AWAY, 5.0)
    [(question, to)] = rig.sent
    assert to == AWAY and question.attributes["USERNAME"] == "theirs:ours"
    assert question.check_message_integrity(PASSWORD.encode())
    assert "ICE-CONTROLLED" in question.attributes and "FINGERPRINT" in question.attributes
    assert peer.path == HOME
    rig.answer(AWAY)
    assert (peer.path, peer.heard) == (AWAY, 9.0)


def test_only_the_peer_itself_moves_its_stream(rig: Rig, peer: Connection) -> None:
    rig.rebindings.stray(RTP, AWAY, 5.0)
    with pytest.raises(BadStun):
        rig.answer(AWAY, password="a-password-of-somebody-else")
    with pytest.raises(BadStun):
        rig.answer(AWAY)
    rig.rebindings.stray(RTP, AWAY, 6.0)
    with pytest.raises(BadStun):
        rig.answer(ELSEWHERE)
    assert peer.path == HOME


async def test_who_has_left_is_neither_followed_nor_held_for_its_answer(rig: Rig, peer: Connection) -> None:
    rig.rebindings.stray(RTP, AWAY, 5.0)
    await peer.close()
    # The fixture asserts that the wire knows no address of it.
    rig.answer(AWAY)
    other = Connection(peer._wire, CERTIFICATE, OFFER, "ours", "secret", Drops(), 1.0)
    gone = weakref.ref(other)
    asked = Rig(other)
    asked.rebindings.stray(RTP, AWAY, 6.0)
    asked.rebindings._find = {}.get
    await other.close()
    del other
    assert gone() is None
    with pytest.raises(BadStun):
        asked.answer(AWAY)


def test_strangers_get_no_question_and_nobody_gets_many(rig: Rig) -> None:
    rig.rebindings.stray(RTP[:8] + bytes(4), AWAY, 5.0)
    rig.rebindings.stray(RTP, AWAY, 5.0 + ASK_S / 2)
    rig.rebindings.stray(RTP[:11], AWAY, 6.0)
    assert rig.sent == []
    for count in range(3 * MAX_ASKED):
        rig.rebindings.stray(RTP, AWAY, 7.0 + count * ASK_S * 1.01)
    assert len(rig.sent) == 3 * MAX_ASKED
    rig.answer(AWAY)


@pytest.mark.parametrize("datagram", [b"\x01\x01", bytes(700), b"\x00\x01\x00\x00" + bytes(16)])
def test_what_is_no_response_is_refused(datagram: bytes) -> None:
    with pytest.raises(BadStun):
        parse_response(datagram)


def test_a_response_that_nobody_asked_for_is_refused(rig: Rig) -> None:
    message: Any = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE)
    with pytest.raises(BadStun):
        rig.rebindings.answer(bytes(message), AWAY, 1.0)
