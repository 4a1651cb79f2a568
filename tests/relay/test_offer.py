"""The offers that our client writes and the answers that it reads."""

import contextlib

import pytest
from aiortc.sdp import SessionDescription
from hypothesis import given
from hypothesis import strategies as st

from classroom.relay.offer import AnswerError, OfferIdentity, OfferTrack, read_answer, write_offer

IDENTITY = OfferIdentity("ufrag", "p" * 32, (("sha-256", ":".join(["AB"] * 32)),), "actpass")
TRACKS = (OfferTrack("audio", ("opus",), 11), OfferTrack("video", ("vp8", "h264"), 22, 33))

ANSWER = "\r\n".join(
    [
        "v=0",
        "o=- 1 1 IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        "a=group:BUNDLE 0 1",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "c=IN IP4 0.0.0.0",
        "a=mid:0",
        "a=sendonly",
        "a=rtcp-mux",
        "a=rtpmap:111 opus/48000/2",
        "a=ssrc:77 cname:x",
        "a=candidate:2 1 udp 100 192.0.2.9 8189 typ host",
        "a=candidate:1 1 udp 2130706431 192.0.2.1 8189 typ host",
        "a=candidate:3 1 tcp 1671430143 192.0.2.1 8189 typ host tcptype passive",
        "a=ice-ufrag:abcd",
        "a=ice-pwd:efgh",
        "a=fingerprint:sha-256 AA:BB",
        "a=setup:passive",
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97",
        "c=IN IP4 0.0.0.0",
        "a=mid:1",
        "a=sendonly",
        "a=rtcp-mux",
        "a=rtpmap:96 VP8/90000",
        "a=rtpmap:97 rtx/90000",
        "a=fmtp:97 apt=96",
        "a=ssrc-group:FID 88 99",
        "a=ssrc:88 cname:x",
        "a=ssrc:99 cname:x",
        "a=setup:passive",
        "",
    ]
)


def test_an_offer_says_what_a_browser_would() -> None:
    session = SessionDescription.parse(write_offer(IDENTITY, TRACKS, "sendonly"))
    audio, video = session.media
    assert [c.name for c in audio.rtp.codecs] == ["opus"]
    assert [c.name for c in video.rtp.codecs] == ["VP8", "rtx", "H264", "rtx"]
    assert video.rtp.codecs[1].parameters == {"apt": 96}
    assert (video.direction, video.rtcp_mux, video.rtp.muxId) == ("sendonly", True, "1")
    assert [str(group) for group in video.ssrc_group] == ["FID 22 33"]
    assert audio.dtls is not None and audio.dtls.role == "auto"


def test_without_rtx_neither_codec_nor_source_of_it_is_offered() -> None:
    offer = write_offer(IDENTITY, TRACKS, "sendonly", rtx=False)
    assert "rtx" not in offer
    assert "FID" not in offer


def test_an_answer_gives_candidates_by_priority_codecs_and_the_role() -> None:
    answer = read_answer(ANSWER)
    assert answer.candidates == (("192.0.2.1", 8189), ("192.0.2.9", 8189))
    assert (answer.ufrag, answer.pwd, answer.role) == ("abcd", "efgh", "client")
    video = answer.track("video")
    assert video is not None
    assert (video.codec, video.payload_type, video.rtx_payload_type, video.ssrc, video.rtx_ssrc) == (
        "vp8",
        96,
        97,
        88,
        99,
    )


def test_a_refused_section_is_no_track() -> None:
    answer = read_answer(ANSWER.replace("m=video 9", "m=video 0"))
    assert answer.track("video") is None
    with pytest.raises(AnswerError, match="accepts no media"):
        read_answer(ANSWER.replace("m=video 9", "m=video 0").replace("m=audio 9", "m=audio 0"))


@pytest.mark.parametrize("gone", ["a=ice-pwd:efgh", "a=fingerprint:sha-256 AA:BB", "a=rtpmap:111 opus/48000/2"])
def test_an_answer_with_a_piece_missing_is_refused(gone: str) -> None:
    with pytest.raises(AnswerError):
        read_answer(ANSWER.replace(gone + "\r\n", ""))


@given(st.text() | st.lists(st.sampled_from(ANSWER.split("\r\n"))).map("\r\n".join))
def test_any_text_gives_an_answer_or_that_one_error(text: str) -> None:
    with contextlib.suppress(AnswerError):
        read_answer(text)
