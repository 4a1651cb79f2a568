"""The SDP of our own WHIP/WHEP client: the offers it writes and the answers it reads. Pure.

One audio section (Opus) and one video section (VP8, H.264, VP9), bundled, as RFC 9725 §4.4 asks of a WHIP client.
"""

from dataclasses import dataclass
from typing import Literal

from aiortc.sdp import SessionDescription

from classroom.relay.rtp import Kind

Setup = Literal["actpass", "active", "passive"]

OPUS_TYPE = 111
VIDEO_TYPES = {"vp8": 96, "h264": 102, "vp9": 98}  # RTX takes the next number
H264_FMTP = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"


class AnswerError(Exception):
    """The server's answer cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class OfferTrack:
    """What one media section offers. `ssrc` and `rtx_ssrc` only for a sender."""

    kind: Kind
    codecs: tuple[str, ...]
    ssrc: int | None = None
    rtx_ssrc: int | None = None


@dataclass(frozen=True, slots=True)
class OfferIdentity:
    """Who offers: ICE credentials and the certificate's fingerprints as (algorithm, value)."""

    ufrag: str
    pwd: str
    fingerprints: tuple[tuple[str, str], ...]
    setup: Setup


@dataclass(frozen=True, slots=True)
class AnswerTrack:
    """One accepted media section: codec in lower case, payload types, and the server's SSRC when it sends."""

    kind: Kind
    codec: str
    payload_type: int
    clock_rate: int
    rtx_payload_type: int | None
    ssrc: int | None
    rtx_ssrc: int | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client needs from an answer. `role` is ours in the DTLS handshake."""

    ufrag: str
    pwd: str
    fingerprints: tuple[tuple[str, str], ...]
    role: Literal["client", "server"]
    candidates: tuple[tuple[str, int], ...]
    """UDP addresses in the order of their priority, IPv4 only (the client's socket is)."""
    tracks: tuple[AnswerTrack, ...]

    def track(self, kind: Kind) -> AnswerTrack | None:
        """The accepted track of this kind, or None when the server refused it."""
        return next((track for track in self.tracks if track.kind == kind), None)


def write_offer(identity: OfferIdentity, tracks: tuple[OfferTrack, ...], direction: str, *, rtx: bool = True) -> str:
    """An offer with one section a track; direction "sendonly" (WHIP) or "recvonly" (WHEP)."""
    lines = [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE " + " ".join(str(mid) for mid in range(len(tracks))),
        "a=msid-semantic: WMS *",
    ]
    for mid, track in enumerate(tracks):
        lines += _section(identity, track, mid, direction, rtx)
    return "\r\n".join(lines) + "\r\n"


def _section(identity: OfferIdentity, track: OfferTrack, mid: int, direction: str, rtx: bool) -> list[str]:
    formats, attributes = _codec_lines(track, rtx)
    lines = [
        f"m={track.kind} 9 UDP/TLS/RTP/SAVPF " + " ".join(str(number) for number in formats),
        "c=IN IP4 0.0.0.0",
        f"a=ice-ufrag:{identity.ufrag}",
        f"a=ice-pwd:{identity.pwd}",
        *(f"a=fingerprint:{algorithm} {value}" for algorithm, value in identity.fingerprints),
        f"a=setup:{identity.setup}",
        f"a=mid:{mid}",
        f"a={direction}",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        *attributes,
    ]
    if track.ssrc is not None:
        lines.append(f"a=msid:own {track.kind}")
        if track.rtx_ssrc is not None and rtx:
            lines.append(f"a=ssrc-group:FID {track.ssrc} {track.rtx_ssrc}")
            lines.append(f"a=ssrc:{track.rtx_ssrc} cname:own")
        lines.append(f"a=ssrc:{track.ssrc} cname:own")
    return lines


def _codec_lines(track: OfferTrack, rtx: bool) -> tuple[list[int], list[str]]:
    formats: list[int] = []
    lines: list[str] = []
    for codec in track.codecs:
        if codec == "opus":
            formats.append(OPUS_TYPE)
            lines += [f"a=rtpmap:{OPUS_TYPE} opus/48000/2", f"a=fmtp:{OPUS_TYPE} minptime=10;useinbandfec=1"]
            continue
        number = VIDEO_TYPES[codec]
        formats.append(number)
        lines.append(f"a=rtpmap:{number} {codec.upper()}/90000")
        if codec == "h264":
            lines.append(f"a=fmtp:{number} {H264_FMTP}")
        lines += [f"a=rtcp-fb:{number} {feedback}" for feedback in ("ccm fir", "nack", "nack pli")]
        if rtx:
            formats.append(number + 1)
            lines += [f"a=rtpmap:{number + 1} rtx/90000", f"a=fmtp:{number + 1} apt={number}"]
    return formats, lines


def read_answer(text: str) -> Answer:
    """Read the answer of a WHIP or WHEP server. Raises AnswerError, and nothing else, for any text."""
    try:
        return _read_answer(text)
    except AnswerError:
        raise
    except Exception as error:  # aiortc's parser raises many kinds: AssertionError, KeyError, ValueError, …
        raise AnswerError(f"malformed answer: {error!r}") from error


def _read_answer(text: str) -> Answer:
    session = SessionDescription.parse(text)
    accepted = [media for media in session.media if media.kind in ("audio", "video") and media.port != 0]
    if not accepted:
        raise AnswerError("the answer accepts no media")
    first = accepted[0]  # everything is bundled on its transport
    if first.ice is None or not first.ice.usernameFragment or not first.ice.password:
        raise AnswerError("the answer has no ICE credentials")
    if first.dtls is None or not first.dtls.fingerprints:
        raise AnswerError("the answer has no DTLS fingerprint or setup")
    candidates = sorted(
        (c for c in first.ice_candidates if c.protocol.lower() == "udp" and ":" not in c.ip),
        key=lambda c: -c.priority,
    )
    tracks = []
    for media in accepted:
        codec = next((c for c in media.rtp.codecs if c.name.lower() != "rtx"), None)
        number = codec.payloadType if codec else None
        if codec is None or number is None:
            raise AnswerError(f"the answer names no codec for {media.kind}")
        rtx = next((c for c in media.rtp.codecs if c.name.lower() == "rtx" and c.parameters.get("apt") == number), None)
        pair = next((group.items for group in media.ssrc_group if group.semantic == "FID"), [])
        sources = [int(source) for source in pair] or [source.ssrc for source in media.ssrc]
        tracks.append(
            AnswerTrack(
                kind="audio" if media.kind == "audio" else "video",
                codec=codec.name.lower(),
                payload_type=number,
                clock_rate=codec.clockRate,
                rtx_payload_type=rtx.payloadType if rtx else None,
                ssrc=sources[0] if sources else None,
                rtx_ssrc=sources[1] if len(sources) > 1 else None,
            )
        )
    return Answer(
        ufrag=first.ice.usernameFragment,
        pwd=first.ice.password,
        fingerprints=tuple((f.algorithm, f.value) for f in first.dtls.fingerprints),
        # The answer names the server's role, ours is the other one (RFC 8842 §5.2).
        role="client" if first.dtls.role == "server" else "server",
        candidates=tuple((c.ip, c.port) for c in candidates),
        tracks=tuple(tracks),
    )
