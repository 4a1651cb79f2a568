"""The ladder as a story: a simulated line, and what a seat gets over it."""

import itertools
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from classroom.relay.ladder import (
    LONGEST_PAUSE_S,
    PAUSE_S,
    PROBE_OVER,
    PROBE_S,
    RUNGS,
    SLIDES_BPS,
    STILL_BPS,
    SWELL_S,
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
    seat.run(2)
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
    assert seat.run(10) == "audio"
    # Once padding has shown that no picture fits.
    assert seat.run(20) == "still"
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


def test_a_line_that_is_known_to_be_thin_gets_stills_before_a_picture_is_tried() -> None:
    seat = Seat(lambda now: 5_000_000, STAGE)
    seat.ladder.begin(0, 0.0)
    assert seat.run(7) == "audio"
    assert not seat.ladder.is_probing
    assert seat.run(33) == "full"
    assert [rung for _, rung in seat.rungs] == ["audio", "slides", "still", "lowest", "lower", "full"]


def test_a_line_that_carries_far_less_than_it_said_at_first_comes_down_again_at_once() -> None:
    ladder, rungs = Ladder(), []
    for tick, carried in enumerate((9_000_000, 190_000, 150_000, 60_000, 60_000)):
        choice = ladder.decide([STAGE], is_full=tick > 0, carried_bps=carried, now=tick * TICK_S)
        rungs.append(choice.rung)
    assert rungs == ["full", "lowest", "lowest", "audio", "audio"]


def test_padding_that_fills_the_line_takes_no_picture_away() -> None:
    seat = Seat(lambda now: 600_000, STAGE)
    seat.run(2)
    while not seat.ladder.is_probing:
        seat.run(TICK_S)
    for tick in range(1, 8):
        now = seat.now + tick * TICK_S
        choice = seat.ladder.decide([STAGE], is_full=tick > 1, carried_bps=100_000, now=now, is_clear=tick < 2)
        assert choice.rung == "lower"


def test_a_picture_that_was_taken_away_for_nothing_comes_back_soon() -> None:
    ladder, rungs = Ladder(), []
    for tick in range(60):
        now = tick * TICK_S
        choice = ladder.decide([STAGE], is_full=tick == 5, carried_bps=50_000, now=now, is_clear=tick > 10)
        rungs.append(choice.rung)
    assert rungs[5] == "audio" and rungs.index("lowest") * TICK_S < 1 + PAUSE_S + SWELL_S + 1
    assert not {"still", "slides"}.intersection(rungs)


def test_attempts_become_rarer_while_they_fail() -> None:
    seat = Seat(lambda now: 200_000, STAGE)
    seat.run(300)
    probing = seat.overfull_s - 3
    assert probing < 300 / LONGEST_PAUSE_S * 2 * (PROBE_S + 1) + 10


def test_a_line_that_has_become_another_is_tried_at_once() -> None:
    seat = Seat(lambda now: 5_000 if now < 100 else 5_000_000, STAGE)
    assert seat.run(100) != "full"
    seat.ladder.try_again(seat.now)
    assert seat.run(SWELL_S + 2 * (PAUSE_S + PROBE_S) + 5) == "full"


def test_a_probe_that_the_round_trip_speaks_against_has_failed() -> None:
    ladder, choice = Ladder(), Choice({"stage": 2}, "full")
    probes: list[float] = []
    for tick in range(1, 600):
        now = tick * TICK_S
        is_clear = not choice.probe_bps
        choice = ladder.decide([STAGE], is_full=now < 2, carried_bps=100_000, now=now, is_clear=is_clear)
        if choice.probe_bps and (not probes or now - probes[-1] > 2):
            probes.append(now)
        assert choice.layers == ({"stage": None} if now > TICK_S else choice.layers)
    pauses = [later - sooner for sooner, later in itertools.pairwise(probes)]
    assert len(pauses) >= 3 and pauses[-1] > 1.5 * pauses[0] > 3 * PAUSE_S
    assert all(later > sooner - 2 * TICK_S for sooner, later in itertools.pairwise(pauses))


def test_padding_beside_sound_alone_swells() -> None:
    seat = Seat(lambda now: 1_000_000 if now > 10 else 5_000, STAGE)
    seat.run(10)
    padding: list[int] = []
    while not padding or seat.ladder.is_probing:
        seat.run(TICK_S)
        padding += [seat.choice.probe_bps] if seat.ladder.is_probing else []
    assert padding == sorted(padding) and padding[0] == 0 and len(padding) > 10
    assert padding[-1] == int(PROBE_OVER * STAGE.layers[0])


def test_a_picture_that_takes_a_little_less_now_does_not_come_back_at_once() -> None:
    ladder, small = Ladder(), Picture("stage", 720, (150_000, 350_000, 480_000), 2)
    ladder.decide([STAGE], is_full=False, carried_bps=0, now=1.0)
    assert ladder.decide([STAGE], is_full=True, carried_bps=500_000, now=2.0).layers == {"stage": 1}
    assert ladder.decide([small], is_full=False, carried_bps=0, now=2.2).layers == {"stage": 1}
    assert ladder.decide([small], is_full=False, carried_bps=0, now=2.0 + PAUSE_S + 0.2).layers == {"stage": 2}


def test_a_picture_that_the_page_shows_larger_gets_what_the_budget_has_for_it() -> None:
    ladder, tile = Ladder(), Picture("stage", 180, STAGE.layers, 0)
    ladder.decide([tile], is_full=False, carried_bps=0, now=1.0)
    ladder.decide([tile], is_full=True, carried_bps=700_000, now=2.0)
    ladder.budget = 700_000
    assert ladder.decide([STAGE], is_full=False, carried_bps=0, now=2.2).layers == {"stage": 1}


def test_a_layer_that_has_become_a_little_too_large_is_kept_and_not_begun() -> None:
    assert share_out([STAGE], 450_000) == {"stage": 0}
    assert share_out([STAGE], 450_000, {"stage": 1}) == {"stage": 1}
    assert share_out([STAGE], 300_000, {"stage": 1}) == {"stage": 0}


def test_pictures_that_wait_say_that_something_has_to_go() -> None:
    ladder, lively = Ladder(), Picture("stage", 360, (150_000,), 0, 140_000)
    for now in (1.0, 2.0):
        assert ladder.decide([lively], is_full=now > 1, carried_bps=109_000, now=now).layers == {"stage": 0}
    choice = ladder.decide([lively], is_full=True, is_behind=True, carried_bps=140_000, now=6.0)
    assert (choice.layers, choice.rung) == ({"stage": None}, "audio")


def test_a_line_that_carries_all_just_so_stays_under_its_budget() -> None:
    seat = Seat(lambda now: 600_000 if now < 5 else 1_700_000, STAGE)
    assert seat.run(60) == "full"
    assert seat.ladder.budget is not None


def test_the_last_picture_is_not_given_up_for_its_peaks() -> None:
    lively = Picture("stage", 360, (380_000,), 0, 200_000)
    assert share_out([lively], 170_000) == {"stage": 0}
    assert share_out([lively], 140_000) == {"stage": None}
    assert share_out([Picture("stage", 360, (380_000,), 0)], 170_000) == {"stage": None}


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
