"""Which m-lines and codecs of an offer are accepted: one sound and one picture, each in one codec."""

from collections.abc import Mapping, Sequence

from classroom.relay.rtp import Kind
from classroom.relay.sdp import (
    ABS_SEND_TIME,
    AUDIO_LEVEL,
    MID,
    REPAIRED_RID,
    RID,
    TRANSPORT_CC,
    Accepted,
    Codec,
    Offer,
    find_codec,
)
from classroom.relay.track import Track

# Browsers send three at most; a fourth would be another size that nobody asks for. Of VP9 one alone: it has layers
# of its own, and its PictureID cannot be left out (RFC 9628 §4.2).
MAX_LAYERS = {"vp8": 3, "h264": 3}


class NoCommonCodec(Exception):
    """The offer has a medium in none of the codecs that it would need; the message says which."""


def accept_publisher(offer: Offer, video_codecs: Sequence[str]) -> list[Accepted]:
    """The m-lines that we receive; video in the first of these codecs that is offered. NoCommonCodec."""
    accepted: list[Accepted] = []
    preferences: list[tuple[Kind, Sequence[str]]] = [("audio", ("opus",)), ("video", video_codecs)]
    for kind, names in preferences:
        sections = [section for section in offer.of_kind(kind) if section.sends]
        for section in sections[:1]:
            codec = next((codec for name in names if (codec := find_codec(section, name)) is not None), None)
            if codec is None:
                raise NoCommonCodec(f"The offer has no {kind} codec out of: {', '.join(names)}.")
            named = (RID, REPAIRED_RID) if section.rids else ()
            wanted = [MID, TRANSPORT_CC, *named, *((AUDIO_LEVEL,) if kind == "audio" else ())]
            extensions = {uri: section.extensions[uri] for uri in wanted if uri in section.extensions}
            accepted.append(Accepted(section, codec, extensions, section.rids[: MAX_LAYERS.get(codec.name, 1)]))
    if not accepted:
        raise NoCommonCodec("The offer sends neither sound nor pictures.")
    return sorted(accepted, key=lambda one: offer.sections.index(one.section))


def accept_viewer(offer: Offer, tracks: Sequence[Track], ssrcs: Mapping[Kind, tuple[int, int]]) -> list[Accepted]:
    """The m-lines that we send on, with (SSRC, RTX SSRC) by kind. NoCommonCodec when a track cannot be followed.

    A viewer that asks for sound alone gets sound alone.
    """
    accepted: list[Accepted] = []
    for track in tracks:
        for section in [section for section in offer.of_kind(track.kind) if section.receives][:1]:
            codec = find_codec(section, track.codec)
            if codec is None:
                raise NoCommonCodec(f"The stream is {track.codec}, which the offer lacks.")
            ssrc, rtx_ssrc = ssrcs[track.kind]
            stamp = section.extensions.get(ABS_SEND_TIME, 0)
            extensions = {ABS_SEND_TIME: stamp} if 0 < stamp < 15 and "goog-remb" in codec.feedback else {}
            accepted.append(
                Accepted(section, codec, extensions, ssrc=ssrc, rtx_ssrc=None if codec.rtx is None else rtx_ssrc)
            )
    if not accepted:
        raise NoCommonCodec("The offer asks for nothing that the stream has.")
    return sorted(accepted, key=lambda one: offer.sections.index(one.section))


def track_of(accepted: Accepted) -> Track:
    """The track that an accepted m-line of a publisher brings."""
    codec: Codec = accepted.codec
    kind: Kind = "audio" if accepted.section.kind == "audio" else "video"
    rids = accepted.rids if len(accepted.rids) > 1 else ()
    return Track(kind, codec.name, codec.clock_rate, codec.channels, codec.fmtp, rids)
