"""A recording is judged by what was seen and heard in it: real pictures and sound in, flaws with times out."""

import asyncio
from concurrent.futures import Executor, Future
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest

from recorder.segment_log import PictureSampled, SessionEnded, SoundSampled, Turned, read_log
from recorder.streaks import CheckRules, Streaks

SIZE = (192, 320, 3)
SHORT = CheckRules(silent_s=6, listening_s=8, black_s=6, dark_s=6, frozen_s=4, drifting_s=4)
SECONDS = 14
BEGAN_AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


class Inline(Executor):
    """Looks and listens at once: a clip that is played faster than time leaves no time."""

    def submit(self, fn, /, *args, **kwargs):
        done = Future()
        done.set_result(fn(*args, **kwargs))
        return done


class Later(Executor):
    """Looks and listens when it is told to, and knows whether somebody stood and waited for it."""

    def __init__(self):
        self.given = []
        self.waited = []

    def submit(self, fn, /, *args, **kwargs):
        pool = self

        class Watched(Future):
            def result(self, timeout=None):
                if not self.done():
                    pool.waited.append(timeout)
                    raise TimeoutError
                return super().result(timeout)

        future = Watched()
        self.given.append((future, fn, args))
        return future

    def work(self):
        while self.given:
            future, fn, args = self.given.pop()
            if future.set_running_or_notify_cancel():
                future.set_result(fn(*args))


@pytest.fixture
async def recorded(rig):
    """Record a script as a stream of a lesson; the verdict, and the warnings that came in the meantime."""
    rig.warnings = []
    await rig.recorder.close()
    rig.recorder = rig.make(
        rules=SHORT, pool=Inline(), warn=lambda *what: rig.warnings.append((what[1], what[2], sorted(what[3])))
    )

    async def record(clip, seat="teacher", source="camera", turned=()):
        rig.recorder.start_stream("l1", seat, source, "key")
        for kind in turned:
            rig.recorder.turned("l1", seat, kind, False)
        rig.play("key", clip)
        await rig.recorder.stop("l1")
        return await rig.recorder.verdict("l1")

    return record


def told(verdict):
    return [(flaw.seat, flaw.source, flaw.what) for flaw in verdict.flaws]


def noise(rng, level, spread=2.0):
    """A camera's view of a scene that does not move: the same picture under a sensor's noise."""
    scene = np.tile(np.linspace(level * 0.5, level * 1.5, SIZE[1])[None, :, None], (SIZE[0], 1, 3))
    while True:
        yield np.clip(scene + rng.normal(0, spread, SIZE), 0, 255).astype(np.uint8)


def images(kind):
    rng = np.random.default_rng(5)
    count = SECONDS * 25
    if kind == "black":
        return [np.clip(rng.normal(2, 2, SIZE), 0, 255).astype(np.uint8) for _ in range(count)]
    if kind == "frozen":
        return [next(noise(rng, 120))] * count
    source = noise(rng, {"dark": 12, "still room": 120}[kind])
    return [next(source) for _ in range(count)]


async def test_a_recording_with_sound_and_picture_is_good(recorded, script, rig) -> None:
    found = await recorded(script("vp8", SECONDS))
    assert (found.ok, found.flaws, found.missing_s) == (True, [], 0)
    assert not [warning for warning in rig.warnings if warning[2]]
    # It lies beside the manifest, and says nothing that the numbers do not.
    assert b"jpeg" not in (rig.root / "l1" / "segments.log").read_bytes()
    assert msgspec.json.decode((rig.root / "l1" / "verdict.json").read_bytes())["ok"] is True


@pytest.mark.parametrize("kind", ["black", "dark", "frozen"])
async def test_what_is_wrong_with_the_picture_is_told_from_when_it_was_so(
    recorded, script, encoded_images, rig, kind
) -> None:
    pictures = encoded_images("vp8", images(kind))
    if kind == "frozen":
        # An encoder that has nothing new to say for a while says the same again; until then it still refines.
        pictures = pictures[-25:] * SECONDS
    found = await recorded(script("vp8", SECONDS, pictures=pictures))
    assert set(told(found)) == {("teacher", "camera", kind)}
    flaw = found.flaws[0]
    assert flaw.seconds >= 4
    assert flaw.at == BEGAN_AT + timedelta(seconds=flaw.from_s)
    # While it was recorded the screens were told, and at the end that it is over.
    assert rig.warnings[:1] + rig.warnings[-1:] == [("teacher", "camera", [kind]), ("teacher", "camera", [])]


async def test_a_room_where_nothing_moves_is_not_frozen_and_neither_is_a_slide(
    recorded, script, encoded_images
) -> None:
    found = await recorded(script("vp8", SECONDS, pictures=encoded_images("vp8", images("still room"))))
    assert found.ok, told(found)
    found = await recorded(
        script("vp8", SECONDS, sound=False, pictures=encoded_images("vp8", images("frozen"))), source="screen"
    )
    assert ("teacher", "screen", "frozen") not in told(found)


async def test_a_dead_microphone_is_told_and_a_muted_one_is_not(recorded, script, encoded_samples) -> None:
    dead = encoded_samples(np.zeros(SECONDS * 48000, np.int16))
    found = await recorded(script("vp8", SECONDS, blocks=dead))
    assert told(found) == [("teacher", "camera", "silent")]
    assert found.flaws[0].from_s < 1 and found.flaws[0].seconds > 8


async def test_what_was_turned_off_on_purpose_is_no_flaw(recorded, script, encoded_samples, encoded_images) -> None:
    dead = encoded_samples(np.zeros(SECONDS * 48000, np.int16))
    black = encoded_images("vp8", images("black"))
    found = await recorded(script("vp8", SECONDS, blocks=dead, pictures=black), turned=("audio", "video"))
    assert found.ok, told(found)


async def test_a_quiet_room_with_its_hum_is_no_dead_microphone(recorded, script, encoded_samples) -> None:
    hum = np.random.default_rng(3).normal(0, 40, SECONDS * 48000).astype(np.int16)  # -58 dB
    assert (await recorded(script("vp8", SECONDS, blocks=encoded_samples(hum)))).ok


async def test_sound_and_picture_apart_by_three_tenths_of_a_second_are_told(recorded, script) -> None:
    # The reports that would tell come too late: the picture was placed by its arrival, and moves back slowly.
    found = await recorded(script("vp8", SECONDS, video_delay_s=0.3, reports_from_s=7.0))
    assert told(found) == [("teacher", "camera", "drift")]
    assert found.flaws[0].seconds == pytest.approx(0.3, abs=0.05)


async def test_a_line_that_breaks_is_told_with_its_length(recorded, script) -> None:
    clip = script("vp8", SECONDS).without(lambda at, packet: 5 <= at < 9)
    found = await recorded(clip, seat="room")
    [gap] = [flaw for flaw in found.flaws if flaw.what == "offline"]
    assert (gap.from_s, gap.seconds) == (pytest.approx(5, abs=0.1), pytest.approx(4, abs=0.1))
    assert found.missing_s == pytest.approx(4, abs=0.1)
    # And of the teacher there is nothing at all.
    assert ("teacher", "camera", "nothing") in told(found)


async def test_samples_outlive_a_crash(rig, recorded, script, encoded_images) -> None:
    clip = script("vp8", SECONDS, pictures=encoded_images("vp8", images("black")))
    rig.recorder.start_stream("l1", "teacher", "camera", "key")
    rig.play("key", clip)
    await rig.settled("l1", SECONDS - 2)
    # What a crash would leave: nothing has been stopped or closed. Another process finds the log.
    looks = [line for line in read_log(rig.root / "l1") if isinstance(line, PictureSampled)]
    assert len(looks) >= 2 and all(line.peak < 30 for line in looks)


def test_a_fault_goes_away_by_itself_and_counts_only_when_it_lasted() -> None:
    streaks = Streaks(CheckRules(silent_s=20), "camera", is_host=True)

    def hear(from_s: float, dbfs: float) -> frozenset[str]:
        streaks.sound(SoundSampled("teacher", "camera", from_s, from_s + 4, dbfs, None))
        return streaks.now()

    assert [bool(hear(at, -80)) for at in range(0, 24, 4)] == [False] * 4 + [True] * 2
    assert hear(24, -30) == frozenset()
    assert [hear(at, -80) for at in range(28, 40, 4)] == [frozenset()] * 3
    assert hear(40, -30) == frozenset()
    assert streaks.all(44) == [("silent", (0, 24), 0.0)]


def test_a_microphone_that_was_muted_is_heard_anew() -> None:
    streaks = Streaks(CheckRules(silent_s=20), "camera", is_host=True)
    for at in range(0, 16, 4):
        streaks.sound(SoundSampled("teacher", "camera", at, at + 4, -90, None))
    streaks.turned(Turned("teacher", "camera", "audio", 16, False))
    for at in range(16, 60, 4):
        streaks.sound(SoundSampled("teacher", "camera", at, at + 4, -96, None))
    streaks.turned(Turned("teacher", "camera", "audio", 60, True))
    streaks.sound(SoundSampled("teacher", "camera", 60, 64, -96, None))
    assert streaks.now() == frozenset()
    for at in range(64, 84, 4):
        streaks.sound(SoundSampled("teacher", "camera", at, at + 4, -96, None))
    assert streaks.now() == {"silent"}


async def test_files_are_finished_while_samples_are_under_way_and_those_still_count(rig, script, monkeypatch) -> None:
    monkeypatch.setattr("recorder.service.LAST_WAIT_S", 20.0, raising=False)
    await rig.recorder.close()
    pool = Later()
    rig.recorder = rig.make(rules=SHORT, pool=pool)
    rig.recorder.start_stream("l1", "teacher", "camera", "key")
    rig.play("key", script("vp8", 4))
    stopping = asyncio.create_task(rig.recorder.stop("l1"))

    def lines(kind):
        return [line for line in read_log(rig.root / "l1") if isinstance(line, kind)]

    async with asyncio.timeout(20):
        while not (rig.root / "l1").exists() or not lines(SessionEnded):
            await asyncio.sleep(0.01)
    assert not stopping.done() and not pool.waited and len(pool.given) == 2
    pool.work()
    [stream] = (await stopping).streams
    assert stream.files[0].finished and not pool.waited
    assert len(lines(PictureSampled)) == len(lines(SoundSampled)) == 1


async def test_what_is_under_way_when_a_publisher_comes_back_is_given_up(rig, script) -> None:
    await rig.recorder.close()
    pool = Later()
    rig.recorder = rig.make(rules=SHORT, pool=pool)
    rig.recorder.start_stream("l1", "teacher", "camera", "key")
    rig.play("key", script("vp8", 4), detach=True)
    rig.play("key", script("vp8", 4).later(5.0, ssrc=100))
    await rig.settled("l1", 8.0)
    assert len(pool.given) == 4 and [future.cancelled() for future, _, _ in pool.given] == [True, True, False, False]
    pool.work()
    await rig.recorder.stop("l1")
    seen = [line for line in read_log(rig.root / "l1") if isinstance(line, PictureSampled | SoundSampled)]
    assert len(seen) == 2 and not pool.waited
