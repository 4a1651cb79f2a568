"""SDP (RFC 8866) as WHIP and WHEP use it (RFC 9725): read one offer, write one answer.

aiortc reads the offer; what it leaves out (rid, simulcast, bundle-only) is read here. The answer is our own: ICE-lite,
one bundle, one codec a medium, and only what was offered.
"""

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from aiortc import sdp

from classroom.relay.ice import Credentials
from classroom.relay.rtp import Kind

MAX_OFFER_CHARACTERS = 64 * 1024
MAX_SECTIONS = 32
# Lines of one m-line by what they begin with. aiortc's parser takes quadratic time in them; a browser with every codec
# that it knows stays far below.
MAX_LINES = {"a=rtpmap:": 128, "a=rtcp-fb:": 256, "a=ssrc:": 256, "a=rid:": 32}

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

# What the answers ask the other side to do, in the words of a=rtcp-fb (RFC 4585 §4.2).
PUBLISHER_FEEDBACK = ("nack", "nack pli", "ccm fir", "transport-cc")
VIEWER_FEEDBACK = ("nack", "nack pli", "ccm fir", "goog-remb")

# Of ufrag and password (RFC 8839 §5.4).
MAX_CREDENTIAL = 256
# Priority of a host candidate with the highest local preference (RFC 8445 §5.1.2.1); further addresses count down.
HOST_PRIORITY = 2130706431
# The same over TCP with us as the passive side (RFC 6544 §4.2): below everything that goes by UDP.
TCP_PRIORITY = 1671430143


class BadOffer(Exception):
    """Text that is no offer we can answer; the message says why."""


@dataclass(frozen=True, slots=True)
class Codec:
    """One payload type of an offer. `name` in lower case; `rtx` is that of its retransmissions (RFC 4588)."""

    name: str
    spelling: str
    payload_type: int
    clock_rate: int
    channels: int
    fmtp: str
    parameters: dict[str, str]
    feedback: frozenset[str]
    rtx: int | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """One m-line. `usable`: neither rejected nor outside the bundle. `ssrc` is None with rids: they then tell more."""

    kind: str
    mid: str
    profile: str
    formats: str
    usable: bool
    sends: bool
    receives: bool
    reduced_size: bool
    codecs: tuple[Codec, ...]
    extensions: dict[str, int]
    ssrc: int | None
    rtx_ssrc: int | None
    rids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """`setup` as offered (RFC 4145); `fingerprints` as (algorithm, value)."""

    sections: tuple[Section, ...]
    fingerprints: tuple[tuple[str, str], ...]
    setup: Literal["actpass", "active", "passive"]
    credentials: Credentials | None = None

    def of_kind(self, kind: Kind) -> list[Section]:
        """The usable sections of a kind, in order."""
        return [section for section in self.sections if section.kind == kind and section.usable]


def parse_offer(text: str) -> Offer:
    """BadOffer: not SDP, or an offer without what WebRTC requires (RFC 8829)."""
    if len(text) > MAX_OFFER_CHARACTERS:
        raise BadOffer("The offer is too long.")
    # Line ends that only the parser knows make its m-lines shorter than ours: that errs on the strict side.
    for block in text.split("\nm="):
        if any(block.count(beginning) > limit for beginning, limit in MAX_LINES.items()):
            raise BadOffer("The offer has too many codecs, sources or layers.")
    try:
        description = sdp.SessionDescription.parse(text)
        _, blocks = sdp.grouplines(text)
        bundle = {str(mid) for group in description.group if group.semantic == "BUNDLE" for mid in group.items}
        if not 0 < len(description.media) <= MAX_SECTIONS:
            raise BadOffer("The offer has no media, or too many.")
        sections = tuple(_section(media, block, bundle) for media, block in zip(description.media, blocks, strict=True))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError, StopIteration) as error:
        raise BadOffer("The offer is not valid SDP.") from error
    except (struct.error, OverflowError, RuntimeError) as error:
        raise BadOffer("The offer is not valid SDP.") from error
    secured = next((media.dtls for media in description.media if media.dtls and media.dtls.fingerprints), None)
    if secured is None:
        raise BadOffer("The offer has no a=fingerprint with a=setup.")
    if not any(section.usable for section in sections):
        raise BadOffer("The offer has no m-line to accept: BUNDLE and a=mid are required.")
    fingerprints = tuple((fingerprint.algorithm, fingerprint.value) for fingerprint in secured.fingerprints)
    setups: dict[str, Literal["actpass", "active", "passive"]]
    setups = {"auto": "actpass", "client": "active", "server": "passive"}
    return Offer(sections, fingerprints, setups[secured.role], _credentials(description))


def _credentials(description: sdp.SessionDescription) -> Credentials | None:
    """Of the transport that all sections share."""
    for media in description.media:
        ufrag, password = (media.ice.usernameFragment, media.ice.password) if media.ice else (None, None)
        if ufrag and password and max(len(ufrag), len(password)) <= MAX_CREDENTIAL:
            return Credentials(ufrag, password)
    return None


def _section(media: sdp.MediaDescription, block: list[str], bundle: set[str]) -> Section:
    attributes = [line.strip()[2:] for line in block if line.startswith("a=")]
    mid = media.rtp.muxId
    _, _, profile, formats = block[0].strip().split(" ", 3)
    rids = _rids(attributes)
    groups = [group.items for group in media.ssrc_group if group.semantic == "FID" and len(group.items) == 2]
    main = media.ssrc[0].ssrc if media.ssrc and not rids else None
    repair = next((int(items[1]) for items in groups if main is not None and items[0] == main), None)
    if any(source is not None and not 0 <= source < 1 << 32 for source in (main, repair)):
        raise ValueError("an SSRC has 32 bits (RFC 3550 §5.1)")
    # An m-line with port 0 is rejected, unless it only waits for its bundle (RFC 9143 §6).
    live = media.port != 0 or "bundle-only" in attributes
    return Section(
        kind=media.kind,
        mid=mid,
        profile=profile,
        formats=formats,
        usable=live and bool(mid) and mid in bundle,
        sends=media.direction in (None, "sendonly", "sendrecv"),
        receives=media.direction in (None, "recvonly", "sendrecv"),
        reduced_size="rtcp-rsize" in attributes,
        codecs=_codecs(media, attributes),
        extensions={header.uri: header.id for header in media.rtp.headerExtensions if 0 < header.id < 256},
        ssrc=main,
        rtx_ssrc=repair,
        rids=rids,
    )


def _rids(attributes: list[str]) -> tuple[str, ...]:
    """The rids that would be sent (RFC 8851), in the order of a=simulcast when there is one (RFC 8853)."""
    rids = [match[1] for line in attributes if (match := re.match(r"rid:([A-Za-z0-9_-]{1,64}) send\b", line))]
    for line in attributes:
        if match := re.match(r"simulcast:(?:recv \S+ )?send (\S+)", line):
            order = [rid.lstrip("~") for rid in re.split("[;,]", match[1])]
            return tuple(rid for rid in order if rid in rids)
    return tuple(rids)


def _codecs(media: sdp.MediaDescription, attributes: list[str]) -> tuple[Codec, ...]:
    spoken = {}
    for line in attributes:
        if match := re.match(r"fmtp:(\d+) (.+)", line):
            spoken[int(match[1])] = match[2]
    known = [(codec, codec.payloadType) for codec in media.rtp.codecs if codec.payloadType is not None]
    parameters = {payload_type: _parameters(codec.parameters) for codec, payload_type in known}
    retransmits: dict[str, int] = {}
    for codec, payload_type in known:
        if codec.name.lower() == "rtx" and "apt" in parameters[payload_type] and 0 <= payload_type < 128:
            retransmits.setdefault(parameters[payload_type]["apt"], payload_type)
    return tuple(
        Codec(
            name=codec.name.lower(),
            spelling=codec.name,
            payload_type=payload_type,
            clock_rate=codec.clockRate,
            channels=codec.channels or 1,
            fmtp=spoken.get(payload_type, ""),
            parameters=parameters[payload_type],
            feedback=frozenset(f"{item.type} {item.parameter or ''}".strip() for item in codec.rtcpFeedback),
            rtx=retransmits.get(str(payload_type)),
        )
        for codec, payload_type in known
        if 0 <= payload_type < 128
    )


def _parameters(parameters: dict[str, Any]) -> dict[str, str]:
    return {key.strip().lower(): str(value).strip() for key, value in parameters.items() if value is not None}


def find_codec(section: Section, name: str) -> Codec | None:
    """The payload type for "opus", "vp8", "h264" (any baseline profile, packetization mode 1) or "vp9" (profile 0)."""
    found = [codec for codec in section.codecs if codec.name == name and _fits(codec)]
    # A browser offers constrained baseline beside plain baseline; its hardware knows the former.
    found.sort(key=lambda codec: codec.parameters.get("profile-level-id", "").lower() != "42e01f")
    return found[0] if found else None


def _fits(codec: Codec) -> bool:
    if codec.name == "h264":
        profile = codec.parameters.get("profile-level-id", "").lower()
        mode = codec.parameters.get("packetization-mode", "0")
        return codec.clock_rate == 90000 and mode == "1" and re.fullmatch("42[0-9a-f]{4}", profile) is not None
    if codec.name == "vp9" and codec.parameters.get("profile-id", "0") != "0":
        return False
    return codec.clock_rate == (48000 if codec.name == "opus" else 90000)


@dataclass(frozen=True, slots=True)
class Transport:
    """What the answer says of our side; `addresses` are IP addresses, the first preferred; `tcp`: not by UDP alone."""

    ufrag: str
    password: str
    fingerprint: tuple[str, str]
    setup: Literal["active", "passive"]
    addresses: Sequence[str]
    port: int
    tcp: bool = True


@dataclass(frozen=True, slots=True)
class Accepted:
    """An m-line that is answered. `ssrc` and `rtx_ssrc` are what we shall send with; None when we receive.

    `rids`: the simulcast layers that we take (RFC 8853); none when the offer has no layers.
    """

    section: Section
    codec: Codec
    extensions: dict[str, int] = field(default_factory=dict)
    rids: tuple[str, ...] = ()
    ssrc: int | None = None
    rtx_ssrc: int | None = None

    @property
    def feedback(self) -> list[str]:
        """The feedback that both sides know: ours to a publisher, a viewer's to us."""
        known = PUBLISHER_FEEDBACK if self.ssrc is None else VIEWER_FEEDBACK
        return [
            name
            for name in known
            if name in self.codec.feedback and (name != "transport-cc" or TRANSPORT_CC in self.extensions)
        ]


def write_answer(offer: Offer, accepted: Sequence[Accepted], transport: Transport, name: str, number: int) -> str:
    """The answer; `name` is used as CNAME and media stream id, `number` as session id. Other m-lines are refused."""
    by_mid = {one.section.mid: one for one in accepted}
    lines = [
        "v=0",
        f"o=- {number} 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        f"a=group:BUNDLE {' '.join(one.section.mid for one in accepted)}",
        f"a=msid-semantic:WMS {name if any(one.ssrc is not None for one in accepted) else '*'}",
    ]
    for section in offer.sections:
        one = by_mid.get(section.mid)
        if one is None or one.section is not section:
            lines += _refusal(section)
        else:
            lines += [*_media(one), *_source(one, name), *_transport(transport)]
    return "\r\n".join(lines) + "\r\n"


def _refusal(section: Section) -> list[str]:
    lines = [f"m={section.kind} 0 {section.profile} {section.formats}", "c=IN IP4 0.0.0.0", "a=inactive"]
    return [*lines, f"a=mid:{section.mid}"] if section.mid else lines


def _media(one: Accepted) -> list[str]:
    section, codec = one.section, one.codec
    main, rtx = codec.payload_type, codec.rtx
    payload_types = f"{main}" if rtx is None else f"{main} {rtx}"
    lines = [
        f"m={section.kind} 9 {section.profile} {payload_types}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{section.mid}",
        "a=recvonly" if one.ssrc is None else "a=sendonly",
        "a=rtcp-mux",
    ]
    if section.reduced_size:
        lines.append("a=rtcp-rsize")
    channels = f"/{codec.channels}" if codec.channels > 1 else ""
    lines.append(f"a=rtpmap:{main} {codec.spelling}/{codec.clock_rate}{channels}")
    if parameters := _answered_parameters(codec):
        lines.append(f"a=fmtp:{main} {parameters}")
    lines += [f"a=rtcp-fb:{main} {feedback}" for feedback in one.feedback]
    if rtx is not None:
        lines += [f"a=rtpmap:{rtx} rtx/{codec.clock_rate}", f"a=fmtp:{rtx} apt={main}"]
    lines += [f"a=extmap:{number} {uri}" for uri, number in one.extensions.items()]
    if one.rids:
        lines += [f"a=rid:{rid} recv" for rid in one.rids]
        lines.append(f"a=simulcast:recv {';'.join(one.rids)}")
    return lines


def _answered_parameters(codec: Codec) -> str:
    if codec.name == "opus":
        # In-band FEC flows only when the receiver asks for it (RFC 7587 §6.1); without usedtx silence flows as packets.
        return "minptime=10;useinbandfec=1"
    if codec.name == "h264":
        profile = codec.parameters["profile-level-id"]
        return f"level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={profile}"
    return "profile-id=0" if codec.name == "vp9" else ""


def _source(one: Accepted, name: str) -> list[str]:
    if one.ssrc is None:
        return []
    lines = [f"a=msid:{name} {one.section.kind}", f"a=ssrc:{one.ssrc} cname:{name}"]
    if one.rtx_ssrc is not None:
        lines += [f"a=ssrc-group:FID {one.ssrc} {one.rtx_ssrc}", f"a=ssrc:{one.rtx_ssrc} cname:{name}"]
    return lines


def _transport(transport: Transport) -> list[str]:
    lines = [f"a=ice-ufrag:{transport.ufrag}", f"a=ice-pwd:{transport.password}"]
    lines.append(f"a=fingerprint:{transport.fingerprint[0]} {transport.fingerprint[1]}")
    lines.append(f"a=setup:{transport.setup}")
    addresses, port = transport.addresses, transport.port
    for index, address in enumerate(addresses):
        lines.append(f"a=candidate:{index + 1} 1 udp {HOST_PRIORITY - (index << 8)} {address} {port} typ host")
    for index, address in enumerate(addresses if transport.tcp else ()):
        number, priority = len(addresses) + index + 1, TCP_PRIORITY - (index << 8)
        lines.append(f"a=candidate:{number} 1 tcp {priority} {address} {port} typ host tcptype passive")
    return [*lines, "a=end-of-candidates"]
