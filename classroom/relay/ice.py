"""ICE-lite (RFC 8445 §2.5): we answer binding requests, and send one only to where a known peer may have moved.

STUN (RFC 8489) as far as that needs it. Written here because every viewer checks its path every 2.5 s, and a general
library took a fifteenth of the relay's whole time for it. Nothing raises anything but BadStun, whatever the bytes.
"""

import hmac
import struct
import zlib
from dataclasses import dataclass
from ipaddress import ip_address

Address = tuple[str, int]

# The messages of connectivity checks are about 100 bytes; hashing more for strangers is not our job.
MAX_BYTES = 600
COOKIE = 0x2112A442
REQUEST, RESPONSE = 0x0001, 0x0101
USERNAME, INTEGRITY, MAPPED, PRIORITY, USE_CANDIDATE = 0x0006, 0x0008, 0x0020, 0x0024, 0x0025
FINGERPRINT, CONTROLLED = 0x8028, 0x8029
INTEGRITY_BYTES, FINGERPRINT_BYTES = 24, 8
# Of a peer-reflexive candidate (RFC 8445 §5.1.2.1).
REFLEXIVE = 110 << 24 | 65535 << 8 | 255

_HEADER = struct.Struct("!HHI12s")
_ATTRIBUTE = struct.Struct("!HH")


class BadStun(Exception):
    """Bytes that are no STUN binding request, or response, of ours."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A peer's own, from its offer (RFC 8839 §5.4)."""

    ufrag: str
    password: str


@dataclass(frozen=True, slots=True)
class Message:
    """A binding request or response. `attributes` by type, as far as MESSAGE-INTEGRITY covers them."""

    kind: int
    transaction: bytes
    attributes: dict[int, bytes]
    covered: bytes
    """What MESSAGE-INTEGRITY was made of; empty without one."""
    integrity: bytes

    def is_authentic(self, password: str) -> bool:
        """Whether MESSAGE-INTEGRITY was made with this password (RFC 8489 §14.5)."""
        return bool(self.covered) and hmac.compare_digest(self.integrity, _integrity(self.covered, password))


@dataclass(frozen=True, slots=True)
class BindingRequest:
    """A connectivity check, not authenticated yet. `ufrag` is ours: the part of USERNAME that names the session."""

    ufrag: str
    use_candidate: bool
    message: Message

    def is_authentic(self, password: str) -> bool:
        """Whether it was made with our password (RFC 8445 §7.3)."""
        return self.message.is_authentic(password)


def parse_request(datagram: bytes) -> BindingRequest:
    """BadStun: no STUN, no binding request, or no USERNAME."""
    message = _parse(datagram)
    username = message.attributes.get(USERNAME)
    if message.kind != REQUEST or not username:
        raise BadStun("no binding request with a USERNAME")
    ufrag = username.partition(b":")[0].decode("latin-1")
    return BindingRequest(ufrag, USE_CANDIDATE in message.attributes, message)


def response(request: BindingRequest, address: Address, password: str) -> bytes:
    """The success response, saying from which (IP address, port) the request came."""
    transaction = request.message.transaction
    return _written(RESPONSE, transaction, _attribute(MAPPED, _xor_address(address, transaction)), password)


def is_response(datagram: bytes) -> bool:
    """Whether it begins like a binding success response."""
    return datagram[:2] == RESPONSE.to_bytes(2, "big")


def parse_response(datagram: bytes) -> Message:
    """A binding success response, not authenticated yet; BadStun."""
    message = _parse(datagram)
    if message.kind != RESPONSE:
        raise BadStun("no binding response")
    return message


def check(peer: Credentials, ufrag: str, transaction: bytes, tie_breaker: bytes) -> bytes:
    """A binding request to a peer for which our name is `ufrag`; 12 and 8 random bytes."""
    attributes = _attribute(USERNAME, f"{peer.ufrag}:{ufrag}".encode())
    attributes += _attribute(PRIORITY, REFLEXIVE.to_bytes(4, "big")) + _attribute(CONTROLLED, tie_breaker)
    return _written(REQUEST, transaction, attributes, peer.password)


def _parse(datagram: bytes) -> Message:
    size = len(datagram)
    if not _HEADER.size <= size <= MAX_BYTES:
        raise BadStun("too short or too long")
    kind, length, cookie, transaction = _HEADER.unpack_from(datagram)
    if cookie != COOKIE or length != size - _HEADER.size:
        raise BadStun("not STUN")
    attributes: dict[int, bytes] = {}
    covered = integrity = b""
    position = _HEADER.size
    while position < size:
        if position + _ATTRIBUTE.size > size:
            raise BadStun("truncated attribute")
        name, length = _ATTRIBUTE.unpack_from(datagram, position)
        start, end = position + _ATTRIBUTE.size, position + _ATTRIBUTE.size + length
        if end > size:
            raise BadStun("truncated attribute")
        if name == INTEGRITY:
            # As it was when it was made: as if nothing came after it.
            length = position - _HEADER.size + INTEGRITY_BYTES
            covered, integrity = datagram[:2] + length.to_bytes(2, "big") + datagram[4:position], datagram[start:end]
            break
        attributes.setdefault(name, datagram[start:end])
        position = end + -length % 4
    return Message(kind, transaction, attributes, covered, integrity)


def _written(kind: int, transaction: bytes, attributes: bytes, password: str) -> bytes:
    """A message with MESSAGE-INTEGRITY and FINGERPRINT (RFC 8489 §14.5, §14.7)."""
    length = len(attributes) + INTEGRITY_BYTES
    covered = _HEADER.pack(kind, length, COOKIE, transaction) + attributes
    attributes += _attribute(INTEGRITY, _integrity(covered, password))
    message = _HEADER.pack(kind, length + FINGERPRINT_BYTES, COOKIE, transaction) + attributes
    return message + _attribute(FINGERPRINT, (zlib.crc32(message) ^ 0x5354554E).to_bytes(4, "big"))


def _attribute(name: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(name, len(value)) + value + bytes(-len(value) % 4)


def _integrity(covered: bytes, password: str) -> bytes:
    return hmac.digest(password.encode(), covered, "sha1")


def _xor_address(address: Address, transaction: bytes) -> bytes:
    host, port = address
    packed = ip_address(host).packed
    mask = (COOKIE.to_bytes(4, "big") + transaction)[: len(packed)]
    hidden = int.from_bytes(packed, "big") ^ int.from_bytes(mask, "big")
    return struct.pack("!BBH", 0, 1 if len(packed) == 4 else 2, port ^ COOKIE >> 16) + hidden.to_bytes(
        len(packed), "big"
    )
