"""Who speaks, told from audio levels: a voice with its pauses, and not the noise of a room."""

import pytest

from classroom.relay.voice import Voice

PACKET_S = 0.02


def heard(*spans: tuple[float, int]) -> float:
    """Seconds of voice after spans of (seconds, level)."""
    voice, now = Voice(), 100.0
    for seconds, level in spans:
        for _ in range(round(seconds / PACKET_S)):
            now += PACKET_S
            voice.packet(level, now)
    return voice.seconds


def test_speech_is_counted_and_silence_and_noise_are_not() -> None:
    assert heard((10.0, 25)) == pytest.approx(10, abs=0.05)
    assert heard((10.0, 127)) == heard((10.0, 55)) == 0


def test_a_pause_between_words_is_speech_and_a_longer_one_ends_it() -> None:
    assert heard((1.0, 20), (0.4, 60), (1.0, 20)) == pytest.approx(2.4, abs=0.05)
    assert heard((1.0, 20), (5.0, 60), (1.0, 20)) == pytest.approx(2.6, abs=0.05)


def test_what_was_lost_is_no_speech() -> None:
    voice = Voice()
    for now in (0.0, 10.0, 20.0):
        voice.packet(20, now)
    assert voice.seconds == pytest.approx(0.4)
