"""The ladder as a story: a simulated line, and what a seat gets over it."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from classroom.relay.ladder import (
    LONGEST_PAUSE_S,
    PROBE_S,
    RUNGS,
    SLIDES_BPS,
    STILL_BPS,
    Choice,
    Ladder,
    Picture,
    cost,
    next_goal,
    share_out,
)

STAGE = Picture("stage", 720, (150_000, 500_000, 1_500_000), 2)
TILE = Picture("tile", 180, (150_000, 500_000), 0)
TICK_S = 0.2


class Seat:
    """A ladder over a line that carries `capacity(now)` bits of pictures a second."""

    def __init__(self, capacity: Callable[[float], int], *pictures: Picture) -> None:
        self.ladder = Ladder()
        self.capacity = capacity
        self.pictures = pictures
        self.now = 0.0
        self.choice = Choice({one.session: one.enough for one in pictures}, "full")
        self.rungs: list[tuple[float, str]] = []
        self.sent = 0
        self.overfull_s = 0.0

    def run(self, seconds: float) -> str:
        """The rung at the end. The receivers tell of a full line after a second."""
        end = self.now + seconds
        full_for = 0.0
        while self.now < end:
            self.now += TICK_S
            beside = {"still": STILL_BPS, "slides": SLIDES_BPS}.get(self.choice.rung, 0)
            self.sent = cost(self.pictures, self.choice.layers) + self.choice.probe_bps + beside
            carried = min(self.sent, self.capacity(self.now))
            full_for = full_for + TICK_S if self.sent > self.capacity(self.now) else 0.0
            self.overfull_s += TICK_S if full_for else 0.0
            is_full = full_for >= 1.0
            self.choice = self.ladder.decide(self.pictures, is_full=is_full, carried_bps=carried, now=self.now)
            if not self.rungs or self.rungs[-1][1] != self.choice.rung:
                self.rungs.append((self.now, self.choice.rung))
        return self.choice.rung


def test_a_wide_line_gives_each_picture_what_its_place_on_the_screen_needs() -> None:
    seat = Seat(lambda now: 10_000_000, STAGE, TILE)
    assert seat.run(60) == "full"
    assert seat.choice.layers == {"stage": 2, "tile": 0}
    assert seat.rungs == [(TICK_S, "full")]


def test_a_narrow_line_comes_down_within_two_seconds_and_stays_without_overfilling() -> None:
    seat = Seat(lambda now: 600_000, STAGE)
    seat.run(3)
    assert seat.choice == Choice({"stage": 1}, "lower", 0)
    assert seat.run(120) == "lower"
    assert [rung for _, rung in seat.rungs] == ["full", "lower"]
    # Attempts to go up become rare: eleven seconds of two minutes at the most.
    assert seat.overfull_s < 15


def test_the_stage_is_served_before_the_tiles() -> None:
    seat = Seat(lambda now: 200_000, STAGE, TILE)
    seat.run(20)
    assert seat.choice.layers == {"stage": 0, "tile": None}
    assert seat.choice.rung == "lowest"


def test_a_line_for_sound_alone_goes_down_to_stills_and_further() -> None:
    seat = Seat(lambda now: 60_000, STAGE)
    assert seat.run(10) == "still"
    nothing = Seat(lambda now: 5_000, STAGE)
    nothing.run(60)
    # What it tries again and again is a slide now and then, and ever less often.
    assert {rung for _, rung in nothing.rungs} == {"full", "audio", "slides"}
    assert nothing.run(20) in ("audio", "slides")
    assert nothing.choice.layers == {"stage": None}


def test_a_line_that_gets_better_is_climbed_step_by_step() -> None:
    seat = Seat(lambda now: 5_000 if now < 20 else 5_000_000, STAGE)
    assert seat.run(20) in ("audio", "slides", "still")
    assert seat.run(100) == "full"
    climbed = [rung for at, rung in seat.rungs if at > 20]
    assert [rung for rung in climbed if rung in ("still", "lowest", "lower", "full")][-3:] == [
        "lowest",
        "lower",
        "full",
    ]
    assert seat.ladder.budget is None


def test_attempts_become_rarer_while_they_fail() -> None:
    seat = Seat(lambda now: 200_000, STAGE)
    seat.run(300)
    probing = seat.overfull_s - 3
    assert probing < 300 / LONGEST_PAUSE_S * 2 * (PROBE_S + 1) + 10


def test_budgets_are_kept_but_for_the_share_that_encoders_miss() -> None:
    assert share_out([STAGE, TILE], None) == {"stage": 2, "tile": 0}
    assert share_out([STAGE, TILE], 2_000_000) == {"stage": 2, "tile": 0}
    assert share_out([STAGE, TILE], 700_000) == {"stage": 1, "tile": 0}
    assert share_out([STAGE, TILE], 120_000) == {"stage": 0, "tile": None}
    assert share_out([STAGE, TILE], STILL_BPS) == {"stage": None, "tile": None}
    assert next_goal([STAGE], 600_000) == 1_500_000
    assert next_goal([STAGE], 0) == 150_000
    assert next_goal([STAGE], 9_000_000) == 9_000_000
    assert share_out([], 0) == {}


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3_000_000), st.floats(0.05, 30)), max_size=60))
def test_whatever_the_line_does_the_choice_is_one_of_the_seats_pictures(
    story: list[tuple[bool, int, float]],
) -> None:
    ladder, now = Ladder(), 0.0
    for is_full, carried, elapsed in story:
        now += elapsed
        choice = ladder.decide([STAGE, TILE], is_full=is_full, carried_bps=carried, now=now)
        assert choice.rung in RUNGS and choice.probe_bps >= 0
        assert set(choice.layers) == {"stage", "tile"}
        assert all(index is None or 0 <= index <= 2 for index in choice.layers.values())
        assert ladder.budget is None or ladder.budget >= 0
    ladder.decide([], is_full=False, carried_bps=0, now=now)
