"""ICE-lite (RFC 8445 §2.5): we answer binding requests, and never send any.

aioice parses and builds the STUN messages (RFC 8489); whatever it raises on rubbish becomes BadStun.
"""

import struct
from dataclasses import dataclass

from aioice import stun

Address = tuple[str, int]

# The messages of connectivity checks are about 100 bytes; hashing more for strangers is not our job.
MAX_BYTES = 600


class BadStun(Exception):
    """Bytes that are no STUN binding request."""


@dataclass(frozen=True, slots=True)
class BindingRequest:
    """A connectivity check, not authenticated yet. `ufrag` is ours: the part of USERNAME that names the session."""

    ufrag: str
    use_candidate: bool
    message: stun.Message

    def is_authentic(self, password: str) -> bool:
        """Whether MESSAGE-INTEGRITY was made with our password (RFC 8445 §7.3)."""
        return self.message.check_message_integrity(password.encode())


def parse_request(datagram: bytes) -> BindingRequest:
    """BadStun: no STUN, no binding request, or no USERNAME."""
    if len(datagram) > MAX_BYTES:
        raise BadStun("too long")
    try:
        message = stun.parse_message(datagram)
    except (ValueError, IndexError, struct.error) as error:
        raise BadStun("not STUN") from error
    if message.message_method != stun.Method.BINDING or message.message_class != stun.Class.REQUEST:
        raise BadStun("no binding request")
    username = message.attributes.get("USERNAME")
    if not username:
        raise BadStun("no USERNAME")
    return BindingRequest(username.partition(":")[0], "USE-CANDIDATE" in message.attributes, message)


def response(request: BindingRequest, address: Address, password: str) -> bytes:
    """The success response, saying from which (IP address, port) the request came."""
    message = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, request.message.transaction_id)
    message.attributes["XOR-MAPPED-ADDRESS"] = address
    message.add_message_integrity(password.encode())
    return bytes(message)
