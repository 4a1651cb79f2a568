from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.relay.rtp import Packet
from recorder.frames import (
    HELD_PACKETS,
    AudioFrames,
    Extender,
    Frame,
    Reorder,
    VideoFrames,
    opus_samples,
    vp8_size,
)

Script = Callable[..., Any]


def packet(number: int, at: float = 0.0, payload: bytes = b"\x10\x00abc", **more: Any) -> Packet:
    values: dict[str, Any] = {"marker": True, "timestamp": number * 3000, "ssrc": 1} | more
    return Packet("video", 96, values["marker"], number & 0xFFFF, values["timestamp"], values["ssrc"], payload, at)


def numbers(ready: list[tuple[Packet, bool]]) -> list[tuple[int, bool]]:
    return [(p.sequence_number, lost) for p, lost in ready]


def packets_of(script: Any, kind: str) -> list[Packet]:
    return [what for _, what in script.steps if isinstance(what, Packet) and what.kind == kind]


def run(assembler: AudioFrames | VideoFrames, packets: list[Packet]) -> list[Frame]:
    frames = [frame for p in packets for frame in assembler.push(p)]
    return frames + assembler.due(float("inf"))


def test_packets_out_of_order_come_out_in_order() -> None:
    reorder = Reorder()
    assert numbers(reorder.push(packet(65534))) == [(65534, False)]
    assert numbers(reorder.push(packet(0))) == []
    assert numbers(reorder.push(packet(65535))) == [(65535, False), (0, False)]


def test_a_hole_is_waited_for_a_quarter_of_a_second_and_then_given_up() -> None:
    reorder = Reorder()
    reorder.push(packet(1, 0.0))
    assert reorder.push(packet(3, 0.1)) == []
    assert reorder.due(0.34) == []
    assert numbers(reorder.due(0.36)) == [(3, True)]
    assert reorder.push(packet(2, 0.4)) == []
    assert reorder.late == 1


def test_a_second_hole_has_its_own_wait() -> None:
    reorder = Reorder()
    reorder.push(packet(1, 0.0))
    reorder.push(packet(3, 0.1))
    assert numbers(reorder.push(packet(5, 0.3))) == []
    assert numbers(reorder.due(0.36)) == [(3, True)]
    assert numbers(reorder.due(0.56)) == [(5, True)]


def test_a_packet_that_comes_twice_is_dropped() -> None:
    reorder = Reorder()
    reorder.push(packet(1))
    reorder.push(packet(3, 0.1))
    assert reorder.push(packet(3, 0.1)) == []
    assert reorder.push(packet(1, 0.1)) == []
    assert reorder.late == 2


def test_what_is_held_is_bounded() -> None:
    reorder = Reorder()
    reorder.push(packet(0))
    ready = [out for n in range(2, HELD_PACKETS + 10) for out in reorder.push(packet(n))]
    assert ready[0][1] and len(ready) >= HELD_PACKETS


def test_numbers_that_start_over_are_followed_from_the_second_packet_on() -> None:
    reorder = Reorder()
    reorder.push(packet(30000))
    assert reorder.push(packet(100, 1.0)) == []
    assert numbers(reorder.push(packet(101, 1.0))) == [(101, True)]


@given(st.permutations(range(40)), st.sets(st.integers(1, 38), max_size=6), st.integers(0, 65535))
def test_every_packet_that_came_in_time_comes_out_once_and_in_order(
    order: list[int], missing: set[int], first: int
) -> None:
    reorder = Reorder()
    ready = reorder.push(packet(first))
    for n in order:
        if n and n not in missing:
            ready += reorder.push(packet(first + n, 0.001 * n))
    ready += reorder.due(float("inf"))
    expected = [(first + n) & 0xFFFF for n in range(40) if n not in missing]
    assert [p.sequence_number for p, _ in ready] == expected
    assert sum(lost for _, lost in ready) == sum(1 for n in range(1, 40) if n - 1 in missing and n not in missing)


@given(st.lists(st.integers(-(2**30), 2**30)))
def test_extended_timestamps_follow_every_step_below_half_the_range(steps: list[int]) -> None:
    clock, value = Extender(32), 4294967290
    assert clock.extend(value) == value
    for step in steps:
        value += step
        assert clock.extend(value % 2**32) == value


@pytest.mark.parametrize("codec", ["vp8", "vp9", "h264"])
def test_pictures_come_out_as_they_were_encoded(script: Script, clip_pictures: Script, codec: str) -> None:
    clip = script(codec, 3, sound=False)
    frames = run(VideoFrames(codec), packets_of(clip, "video"))
    encoded = clip_pictures(codec, 3)
    assert [frame.keyframe for frame in frames] == [keyframe for _, keyframe in encoded]
    assert not any(frame.lost for frame in frames)
    assert frames[-1].timestamp - frames[0].timestamp == 74 * 3600
    if codec != "h264":
        assert [frame.data for frame in frames] == [data for data, _ in encoded]
    else:
        assert frames[0].data.startswith(b"\x00\x00\x00\x01\x67")


@pytest.mark.parametrize("codec", ["vp8", "vp9", "h264"])
def test_after_a_loss_nothing_comes_until_the_next_keyframe(script: Script, codec: str) -> None:
    packets = packets_of(script(codec, 3, sound=False), "video")
    lost = next(i for i, p in enumerate(packets) if p.timestamp == packets[0].timestamp + 30 * 3600 - 2**32)
    assembler = VideoFrames(codec)
    frames = run(assembler, packets[:lost] + packets[lost + 1 :])
    shown = [(frame.timestamp - frames[0].timestamp) // 3600 for frame in frames]
    assert shown == [*range(30), *range(50, 75)]
    assert [frame.lost for frame in frames].index(True) == 30 and frames[30].keyframe


def test_waiting_for_a_keyframe_is_said(script: Script) -> None:
    packets = packets_of(script("vp8", 2, sound=False), "video")
    assembler = VideoFrames("vp8")
    assert assembler.wants_keyframe
    run(assembler, packets[1:])
    assert not assembler.wants_keyframe


def test_a_beginning_without_its_keyframe_is_marked_as_lost(script: Script) -> None:
    frames = run(VideoFrames("vp8"), packets_of(script("vp8", 2, sound=False), "video")[1:])
    assert frames[0].keyframe and frames[0].lost and len(frames) == 25


def test_padding_leaves_no_hole() -> None:
    assembler = VideoFrames("vp8")
    packets = [packet(1), packet(2, payload=b"", timestamp=3000), packet(3, payload=b"\x10\x01x")]
    assert [frame.lost for frame in run(assembler, packets)] == [False, False]


def test_a_picture_whose_marker_is_missing_ends_where_the_next_begins() -> None:
    packets = [packet(1, marker=False), packet(2, payload=b"\x10\x01x")]
    assert [frame.data for frame in run(VideoFrames("vp8"), packets)] == [b"\x00abc", b"\x01x"]


SPS, PPS, IDR, SLICE = b"\x67sps", b"\x68pps", b"\x65\x88idr", b"\x41\x9aslice"
CODE = b"\x00\x00\x00\x01"


def test_h264_parameter_sets_in_packets_of_their_own_belong_to_the_keyframe() -> None:
    parts = [packet(n, payload=p, marker=n == 3, timestamp=9) for n, p in ((1, SPS), (2, PPS), (3, IDR))]
    (frame,) = run(VideoFrames("h264"), parts)
    assert frame.data == CODE + SPS + CODE + PPS + CODE + IDR and frame.keyframe


def test_h264_parameter_sets_of_the_sdp_begin_a_file_when_the_stream_sends_none() -> None:
    sprop = "packetization-mode=1;sprop-parameter-sets=Z3Nwcw==,aHBwcw=="
    frames = run(VideoFrames("h264", sprop), [packet(1, payload=IDR), packet(2, payload=SLICE)])
    assert frames[0].data == CODE + SPS + CODE + PPS + CODE + IDR
    assert [frame.keyframe for frame in frames] == [True, False]


@pytest.mark.parametrize("fmtp", ["", "sprop-parameter-sets=Z3N*"])
def test_h264_without_any_parameter_sets_is_not_begun(fmtp: str) -> None:
    assembler = VideoFrames("h264", fmtp)
    assert run(assembler, [packet(1, payload=IDR), packet(2, payload=SLICE)]) == []
    assert assembler.wants_keyframe


def test_h264_parameter_sets_seen_before_a_loss_are_given_to_a_bare_keyframe_after_it() -> None:
    assembler = VideoFrames("h264")
    stap = b"\x78" + b"".join(len(u).to_bytes(2, "big") + u for u in (SPS, PPS, IDR))
    frames = run(assembler, [packet(1, payload=stap), packet(3, payload=IDR)])
    assert [frame.data.count(CODE + SPS) for frame in frames] == [1, 1]


def test_a_keyframe_is_not_begun_at_its_second_slice() -> None:
    assembler = VideoFrames("h264", "sprop-parameter-sets=Z3Nwcw==,aHBwcw==")
    assert run(assembler, [packet(1, payload=b"\x65\x08second"), packet(2, payload=b"\x7c\x05middle")]) == []


@pytest.mark.parametrize("payload", [b"\x7c", b"\x78\x00\xffshort", b"\x1f\x00", b"\x65"])
def test_bytes_that_are_no_h264_cost_pictures_and_nothing_else(payload: bytes) -> None:
    assembler = VideoFrames("h264", "sprop-parameter-sets=Z3Nwcw==,aHBwcw==")
    packets = [packet(1, payload=IDR), packet(2, payload=payload), packet(3, payload=SLICE), packet(4, payload=IDR)]
    frames = run(assembler, packets)
    assert [frame.lost for frame in frames] == [False, True]


@given(st.sampled_from(["vp8", "vp9", "h264"]), st.lists(st.binary(max_size=40), max_size=12))
def test_any_payload_gives_frames_or_nothing(codec: str, payloads: list[bytes]) -> None:
    assembler = VideoFrames(codec)
    for frame in run(assembler, [packet(n, payload=p, marker=n % 2 == 0) for n, p in enumerate(payloads)]):
        assert frame.data


def test_of_vp9_in_spatial_layers_the_lowest_is_kept(clip_pictures: Script) -> None:
    pictures = clip_pictures("vp9", 1)
    packets = []
    for index, (data, keyframe) in enumerate(pictures):
        inter = 0 if keyframe else 0x40
        low = bytes([0x2C | inter, 0x00, index]) + data
        high = bytes([0x2C | inter, 0x03, index]) + bytes(50)
        packets += [packet(2 * index, payload=low, marker=False, timestamp=index * 3600)]
        packets += [packet(2 * index + 1, payload=high, marker=True, timestamp=index * 3600)]
    frames = run(VideoFrames("vp9"), packets)
    assert [frame.data for frame in frames] == [data for data, _ in pictures]


def test_a_picture_without_end_is_given_up() -> None:
    assembler = VideoFrames("vp8")
    assembler.push(packet(0, payload=b"\x10\x00", marker=False, timestamp=0))
    for n in range(1, 70):
        assembler.push(packet(n, payload=bytes(65536), marker=False, timestamp=0))
    assert assembler.wants_keyframe


def test_an_unknown_codec_is_refused() -> None:
    with pytest.raises(ValueError, match="av1"):
        VideoFrames("av1")


def test_sound_misses_only_what_is_missing() -> None:
    assembler = AudioFrames()
    packets = [packet(n, timestamp=n * 960, payload=b"\xfcx" if n != 2 else b"") for n in (1, 2, 3, 5, 6)]
    frames = run(assembler, packets)
    assert [(frame.timestamp // 960, frame.lost) for frame in frames] == [(1, 0), (3, 0), (5, 1), (6, 0)]
    assert assembler.late == 0 and not assembler.wants_keyframe


def test_sound_that_is_malformed_is_lost() -> None:
    packets = [packet(n, timestamp=n * 960, payload=b"\xfb" if n == 2 else b"\xfcx") for n in (1, 2, 3)]
    assert [(frame.timestamp // 960, frame.lost) for frame in run(AudioFrames(), packets)] == [(1, 0), (3, 1)]


@pytest.mark.parametrize(
    ("packet", "samples"),
    [
        (b"\xfc\xff\xfe", 960),
        (b"\xe0", 120),
        (b"\x00", 480),
        (b"\x18", 2880),
        (b"\x60", 480),
        (b"\x69\x01\x02", 1920),
        (b"\x69\x01", 0),
        (b"\xfb\x03", 2880),
        (b"\xfb", 0),
        (b"\xfb\x3f", 0),
        (b"\xfb\x00", 0),
        (b"", 0),
    ],
)
def test_how_long_an_opus_packet_sounds(packet: bytes, samples: int) -> None:
    assert opus_samples(packet) == samples


def test_the_size_of_a_vp8_keyframe(clip_pictures: Script) -> None:
    (first, _), (second, _) = clip_pictures("vp8", 3)[:2]
    assert vp8_size(first) == (320, 192)
    assert vp8_size(second) is None
    assert vp8_size(first[:6] + bytes(10)) is None
