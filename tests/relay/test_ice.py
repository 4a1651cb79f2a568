import contextlib

import pytest
from aioice import stun
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.relay.ice import BadStun, parse_request, response


def request(method: stun.Method = stun.Method.BINDING, kind: stun.Class = stun.Class.REQUEST, **more: object) -> bytes:
    message = stun.Message(method, kind, bytes(12))
    message.attributes["USERNAME"] = "ours:theirs"
    message.attributes["PRIORITY"] = 1
    for name, value in more.items():
        message.attributes[name.replace("_", "-")] = value
    message.add_message_integrity(b"secret")
    return bytes(message)


@settings(deadline=None)
@given(st.binary(max_size=700))
def test_any_bytes_are_a_request_or_bad(data: bytes) -> None:
    with contextlib.suppress(BadStun):
        parse_request(data)


@settings(deadline=None)
@given(st.integers(0, 200), st.binary(min_size=1, max_size=30), st.booleans())
def test_any_change_to_a_request_is_seen_or_bad(position: int, change: bytes, fix_length: bool) -> None:
    data = bytearray(request(USE_CANDIDATE=None))
    data[position : position + len(change)] = change
    if fix_length:
        data[2:4] = (len(data) - 20).to_bytes(2, "big")
    with contextlib.suppress(BadStun):
        parsed = parse_request(bytes(data))
        parsed.is_authentic("secret")


def test_a_request_names_its_session_and_proves_itself() -> None:
    parsed = parse_request(request(USE_CANDIDATE=None))
    assert (parsed.ufrag, parsed.use_candidate) == ("ours", True)
    assert parsed.is_authentic("secret")
    assert not parsed.is_authentic("another")
    assert not parse_request(request()).use_candidate


def test_a_request_without_integrity_is_not_authentic() -> None:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, bytes(12))
    message.attributes["USERNAME"] = "ours:theirs"
    assert not parse_request(bytes(message)).is_authentic("secret")


@pytest.mark.parametrize(
    "data",
    [
        request(method=stun.Method.ALLOCATE),
        request(kind=stun.Class.INDICATION),
        request(kind=stun.Class.RESPONSE),
        bytes(stun.Message(stun.Method.BINDING, stun.Class.REQUEST, bytes(12))),
        b"\x00" * 601,
    ],
)
def test_other_messages_are_bad(data: bytes) -> None:
    with pytest.raises(BadStun):
        parse_request(data)


@pytest.mark.parametrize("address", [("192.0.2.1", 5004), ("2001:db8::1", 5004)])
def test_the_response_says_where_the_request_came_from(address: tuple[str, int]) -> None:
    answer = stun.parse_message(response(parse_request(request()), address, "secret"))
    assert answer.message_class == stun.Class.RESPONSE
    assert answer.transaction_id == bytes(12)
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == address
    assert answer.check_message_integrity(b"secret")
