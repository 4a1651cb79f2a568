"""The order, the numbers and the jumps of a clip that plays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.relay.playout import (
    Clip,
    Cue,
    Picture,
    Playout,
    synthetic_clip,
    vp8_payloads,
)

PICTURES = tuple(Picture((b"\x90\x80\x80\x00" + bytes([i]),), i % 5 == 0) for i in range(15))
CLIP = Clip("vp8", 15, PICTURES, tuple(bytes([i]) for i in range(50)))


def play(playout: Playout, cues: int) -> list[Cue]:
    return [playout.next() for _ in range(cues)]


def test_cues_come_in_the_order_in_which_they_are_due_through_every_loop() -> None:
    cues = play(Playout(CLIP), 3 * 65)
    assert [c.due_ticks for c in cues] == sorted(c.due_ticks for c in cues)
    video = [c for c in cues if c.kind == "video"]
    audio = [c for c in cues if c.kind == "audio"]
    assert [c.timestamp for c in video] == [6000 * i for i in range(len(video))]
    assert [c.timestamp for c in audio] == [960 * i for i in range(len(audio))]
    assert [c.payloads[0][4] for c in video[:30]] == 2 * list(range(15))


def test_picture_ids_run_on_through_the_loop() -> None:
    video = [c for c in play(Playout(CLIP), 200) if c.kind == "video"]
    assert [int.from_bytes(c.payloads[0][2:4], "big") & 0x7FFF for c in video] == list(range(len(video)))


@given(st.lists(st.integers(0, 40), max_size=12))
def test_a_jump_makes_the_next_picture_a_keyframe_and_keeps_time_and_sound(steps: list[int]) -> None:
    playout = Playout(CLIP)
    stamps: dict[str, list[int]] = {"audio": [], "video": []}
    for step in steps:
        for cue in play(playout, step):
            stamps[cue.kind].append(cue.timestamp)
        playout.jump_to_keyframe()
        sounds = []
        cue = playout.next()
        while cue.kind == "audio":
            sounds.append(cue)
            cue = playout.next()
        for heard in (*sounds, cue):
            stamps[heard.kind].append(heard.timestamp)
        assert cue.keyframe
        sound = playout.next()
        stamps[sound.kind].append(sound.timestamp)
        if sound.kind == "audio":
            picture_s = cue.payloads[0][4] / 15 + (sound.due_ticks - cue.due_ticks) / 720_000
            apart_s = (sound.payloads[0][0] / 50 - picture_s + 0.5) % 1.0 - 0.5
            assert abs(apart_s) <= 0.0101
    assert stamps["video"] == [6000 * i for i in range(len(stamps["video"]))]
    assert stamps["audio"] == [960 * i for i in range(len(stamps["audio"]))]


def test_clips_that_cannot_be_played_are_refused() -> None:
    with pytest.raises(ValueError, match="begins with a keyframe"):
        Clip("vp8", 15, PICTURES[1:], ())
    with pytest.raises(ValueError, match="equally long"):
        Clip("vp8", 15, PICTURES, (b"a",))
    with pytest.raises(ValueError, match="do not fit"):
        Clip("vp8", 7, PICTURES, ())
    with pytest.raises(ValueError, match="empty"):
        Playout(Clip("vp8", 15, (), ()))


def test_a_clip_of_one_kind_plays_too() -> None:
    assert {c.kind for c in play(Playout(Clip("vp8", 15, PICTURES, ())), 40)} == {"video"}
    sound = Playout(Clip("vp8", 15, (), (b"a", b"b")))
    sound.jump_to_keyframe()
    assert [c.payloads for c in play(sound, 3)] == [(b"a",), (b"b",), (b"a",)]
    assert Clip("vp8", 15, (), (b"a",) * 50).seconds == 1.0


@given(st.binary(min_size=1, max_size=5000))
def test_vp8_payloads_hold_the_frame_and_no_more(frame: bytes) -> None:
    payloads = vp8_payloads(frame)
    assert b"".join(p[4:] for p in payloads) == frame
    assert all(len(p) <= 1200 for p in payloads)
    assert [p[0] for p in payloads] == [0x90] + [0x80] * (len(payloads) - 1)


def test_the_synthetic_clip_has_the_rate_it_was_asked_for() -> None:
    clip = synthetic_clip(fps=30, bps=1_500_000, keyframe_packets=35)
    bits = 8 * sum(len(p) for picture in clip.pictures for p in picture.payloads)
    assert abs(bits / clip.seconds - 1_500_000) < 150_000
    assert len(clip.pictures[0].payloads) == 35
    assert clip.seconds == 1.0
