import contextlib

import pytest
from aiortc.sdp import SessionDescription
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.relay.negotiation import NoCommonCodec, accept_publisher, accept_viewer, track_of
from classroom.relay.sdp import BadOffer, Transport, find_codec, parse_offer, write_answer
from classroom.relay.track import Track

TRANSPORT = Transport("ufrag", "password", ("sha-256", "AA:BB"), "passive", ("192.0.2.1", "192.0.2.2"), 8189)
SECURITY = "a=ice-ufrag:u\na=ice-pwd:p\na=fingerprint:sha-256 00:11\na=setup:actpass\n"
HEAD = "v=0\no=- 1 1 IN IP4 0.0.0.0\ns=-\nt=0 0\n"
AUDIO = "m=audio 9 UDP/TLS/RTP/SAVPF 111\na=mid:0\na=sendonly\na=rtpmap:111 opus/48000/2\n"
VIDEO = """m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 104 105
a=mid:1
a=sendonly
a=rtcp-rsize
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 goog-remb
a=rtcp-fb:96 transport-cc
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rtpmap:102 H264/90000
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f
a=rtpmap:103 H264/90000
a=fmtp:103 packetization-mode=1; profile-level-id=42001F
a=rtpmap:104 H264/90000
a=fmtp:104 packetization-mode=1;profile-level-id=42e01f
a=rtpmap:105 H264/90000
a=fmtp:105 packetization-mode=1;profile-level-id=640c1f
a=extmap:3/sendonly http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
a=ssrc-group:FID 5 6
a=ssrc:5 cname:c
a=ssrc:6 cname:c
"""


def offer(*sections: str, group: str = "0 1") -> str:
    return HEAD + f"a=group:BUNDLE {group}\n" + "".join(section + SECURITY for section in sections)


BROWSER = offer(AUDIO, VIDEO)
LINES = BROWSER.splitlines()


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_an_offer_or_bad(text: str) -> None:
    with contextlib.suppress(BadOffer):
        parse_offer(text)


@settings(deadline=None, max_examples=300)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(LINES),
            st.builds(lambda line, cut: line[:cut], st.sampled_from(LINES), st.integers(0, 60)),
            st.builds(lambda line, cut, more: line[:cut] + more, st.sampled_from(LINES), st.integers(2, 30), st.text()),
        ),
        max_size=60,
    )
)
def test_any_mixture_of_lines_is_an_offer_that_can_be_answered_or_bad(lines: list[str]) -> None:
    with contextlib.suppress(BadOffer, NoCommonCodec):
        parsed = parse_offer(HEAD + "\n".join(lines))
        accepted = accept_publisher(parsed, ("vp8", "h264"))
        write_answer(parsed, accepted, TRANSPORT, "name", 1)


def test_a_browsers_offer_is_read() -> None:
    parsed = parse_offer(BROWSER)
    sound, picture = parsed.sections
    assert parsed.setup == "actpass"
    assert parsed.fingerprints == (("sha-256", "00:11"),)
    assert (sound.kind, sound.mid, sound.usable, sound.sends, sound.receives) == ("audio", "0", True, True, False)
    assert (picture.ssrc, picture.rtx_ssrc) == (5, 6)
    vp8 = find_codec(picture, "vp8")
    assert vp8 is not None and (vp8.payload_type, vp8.rtx) == (96, 97)
    h264 = find_codec(picture, "h264")
    assert h264 is not None and h264.payload_type == 104
    assert find_codec(picture, "opus") is None


@pytest.mark.parametrize("profile", ["42001e", "42c00d", "42E01F", "420034"])
def test_every_baseline_profile_of_h264_is_welcome(profile: str) -> None:
    text = "m=video 9 UDP/TLS/RTP/SAVPF 96\na=mid:1\na=rtpmap:96 h264/90000\n"
    parsed = parse_offer(offer(text + f"a=fmtp:96 packetization-mode=1;profile-level-id={profile}\n"))
    (one,) = accept_publisher(parsed, ("vp8", "h264"))
    assert f"profile-level-id={profile}" in write_answer(parsed, [one], TRANSPORT, "n", 1)


def test_codec_names_in_capitals_and_a_bundle_only_port_0_are_welcome() -> None:
    sound = "m=audio 0 UDP/TLS/RTP/SAVPF 97\na=bundle-only\na=mid:audio1\na=rtpmap:97 OPUS/48000/2\n"
    parsed = parse_offer(offer(VIDEO.replace("a=mid:1", "a=mid:video0"), sound, group="video0 audio1"))
    accepted = accept_publisher(parsed, ("vp8",))
    answer = write_answer(parsed, accepted, TRANSPORT, "n", 1)
    assert [one.section.mid for one in accepted] == ["video0", "audio1"]
    assert "m=audio 9 UDP/TLS/RTP/SAVPF 97\r\n" in answer
    assert "a=rtpmap:97 OPUS/48000/2\r\n" in answer


def test_the_answer_to_a_publisher() -> None:
    parsed = parse_offer(BROWSER)
    answer = write_answer(parsed, accept_publisher(parsed, ("vp8", "h264")), TRANSPORT, "name", 1)
    read = SessionDescription.parse(answer)
    assert [(media.kind, media.port, media.direction, media.fmt) for media in read.media] == [
        ("audio", 9, "recvonly", [111]),
        ("video", 9, "recvonly", [96, 97]),
    ]
    assert read.media[0].ice.iceLite
    candidates = read.media[0].ice_candidates
    assert [(one.protocol, one.priority, one.ip, one.port, one.tcpType) for one in candidates] == [
        ("udp", 2130706431, "192.0.2.1", 8189, None),
        ("udp", 2130706175, "192.0.2.2", 8189, None),
        ("tcp", 1671430143, "192.0.2.1", 8189, "passive"),
        ("tcp", 1671429887, "192.0.2.2", 8189, "passive"),
    ]
    assert len({one.foundation for one in candidates}) == 4
    assert read.media[0].ice_candidates_complete
    for line in (
        "a=group:BUNDLE 0 1",
        "a=setup:passive",
        "a=fmtp:111 minptime=10;useinbandfec=1",
        "a=rtcp-fb:96 transport-cc",
        "a=rtcp-fb:96 nack pli",
        "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
        "a=fmtp:97 apt=96",
        "a=rtcp-rsize",
    ):
        assert line + "\r\n" in answer
    assert "usedtx" not in answer
    assert "abs-send-time" not in answer
    assert "a=ssrc" not in answer


def test_the_answer_to_a_viewer() -> None:
    parsed = parse_offer(BROWSER.replace("sendonly", "recvonly"))
    tracks = [Track("audio", "opus", 48000, 2, ""), Track("video", "vp8", 90000, 1, "")]
    accepted = accept_viewer(parsed, tracks, {"audio": (10, 11), "video": (20, 21)})
    answer = write_answer(parsed, accepted, TRANSPORT, "name", 1)
    for line in (
        "a=sendonly",
        "a=ssrc:10 cname:name",
        "a=ssrc-group:FID 20 21",
        "a=msid:name video",
        "a=rtcp-fb:96 goog-remb",
        "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    ):
        assert line + "\r\n" in answer
    assert "transport" not in answer
    assert "a=ssrc:11" not in answer


def test_a_viewer_needs_the_streams_codec() -> None:
    parsed = parse_offer(offer(VIDEO.replace("sendonly", "recvonly"), group="1"))
    accepted = accept_viewer(parsed, [Track("video", "h264", 90000, 1, "")], {"video": (1, 2)})
    assert accepted[0].codec.payload_type == 104
    assert track_of(accepted[0]).codec == "h264"
    with pytest.raises(NoCommonCodec):
        accept_viewer(parsed, [Track("video", "vp9", 90000, 1, "")], {"video": (1, 2)})
    with pytest.raises(NoCommonCodec):
        accept_viewer(parsed, [Track("audio", "opus", 48000, 2, "")], {"audio": (1, 2)})


def test_the_first_codec_of_ours_that_is_offered_wins() -> None:
    parsed = parse_offer(BROWSER)
    assert accept_publisher(parsed, ("h264", "vp8"))[1].codec.name == "h264"
    with pytest.raises(NoCommonCodec):
        accept_publisher(parsed, ("av1",))
    with pytest.raises(NoCommonCodec):
        accept_publisher(parse_offer(BROWSER.replace("sendonly", "recvonly")), ("vp8",))


def test_vp9_is_taken_in_profile_0_and_only_where_nothing_before_it_is_offered() -> None:
    lines = "".join(f"a=rtpmap:{n} VP9/90000\na=fmtp:{n} profile-id={p}\n" for n, p in ((100, 2), (101, 0)))
    with_vp9 = VIDEO.replace("SAVPF ", "SAVPF 100 101 ") + lines
    codecs = ("vp8", "h264", "vp9")
    assert accept_publisher(parse_offer(offer(with_vp9, group="1")), codecs)[0].codec.name == "vp8"
    alone = with_vp9.replace("VP8/90000", "AV1/90000").replace("H264/90000", "AV1/90000")
    parsed = parse_offer(offer(alone, group="1"))
    (one,) = accept_publisher(parsed, codecs)
    assert (one.codec.name, one.codec.payload_type) == ("vp9", 101)
    assert "a=fmtp:101 profile-id=0\r\n" in write_answer(parsed, [one], TRANSPORT, "n", 1)
    with pytest.raises(NoCommonCodec):
        accept_publisher(parse_offer(offer(alone.replace("profile-id=0", "profile-id=1"), group="1")), codecs)


def test_what_is_not_wanted_is_refused_and_left_out_of_the_bundle() -> None:
    data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\na=mid:2\n"
    second = VIDEO.replace("a=mid:1", "a=mid:3")
    parsed = parse_offer(offer(AUDIO, VIDEO, data, second, group="0 1 2 3"))
    answer = write_answer(parsed, accept_publisher(parsed, ("vp8",)), TRANSPORT, "n", 1)
    assert "a=group:BUNDLE 0 1\r\n" in answer
    assert "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n" in answer
    assert answer.count("m=video 0 ") == 1
    assert [line[2:7] for line in answer.splitlines() if line.startswith("m=")] == ["audio", "video", "appli", "video"]


def test_of_a_simulcast_all_layers_are_taken_best_first_and_ssrcs_are_not_believed() -> None:
    layers = "a=rid:l send\na=rid:h send\na=rid:m send\na=simulcast:send h;~m;l\n"
    parsed = parse_offer(offer(AUDIO, VIDEO + layers))
    video = accept_publisher(parsed, ("vp8",))[1]
    assert (video.rids, video.section.rids, video.section.ssrc) == (("h", "m", "l"), ("h", "m", "l"), None)
    answer = write_answer(parsed, [video], TRANSPORT, "n", 1)
    assert "a=rid:h recv\r\na=rid:m recv\r\na=rid:l recv\r\na=simulcast:recv h;m;l\r\n" in answer
    assert "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n" in answer


@pytest.mark.parametrize(
    "text",
    [
        "",
        HEAD,
        offer(AUDIO, VIDEO, group="x"),
        offer(AUDIO.replace(" 9 ", " 0 "), group="0"),
        BROWSER.replace("a=setup:actpass\n", ""),
        BROWSER.replace("a=fingerprint:sha-256 00:11\n", ""),
        BROWSER.replace("actpass", "holdconn"),
        "x" * 70000,
        HEAD + "a=group:BUNDLE 0\n" + (AUDIO + SECURITY) * 40,
    ],
)
def test_bad_offers(text: str) -> None:
    with pytest.raises(BadOffer):
        parse_offer(text)


@pytest.mark.parametrize(
    "lines",
    ["a=rtpmap:96 V/9\r\n" * 1800 + "a=rtcp-fb:* n\r\n" * 1800, "a=ssrc:1 c:x\r\n" * 4000, "a=rid:1 send\r\n" * 2000],
)
def test_an_offer_that_would_take_seconds_to_read_is_refused_at_once(lines: str) -> None:
    with pytest.raises(BadOffer, match="too many"):
        parse_offer(BROWSER + lines)
