from classroom.relay.line import FELL_S, LOSS_FRESH_S, TELLING, Line


def line(**sent: int) -> Line:
    made = Line()
    for session, bps in sent.items():
        made.sent(session, bps)
    return made


def test_an_estimate_that_falls_tells_of_a_full_line_and_one_that_is_low_does_not() -> None:
    camera = line(a=1_000_000)
    camera.remb("a", 800_000, 1.0)
    camera.remb("a", 860_000, 2.0)
    assert not camera.is_full(2.0)
    camera.remb("a", 510_000, 3.0)
    assert camera.is_full(3.0) and camera.carried_bps(3.0) == 510_000
    camera.remb("a", 510_000, 3.0)
    camera.remb("a", 540_000, 3.9)
    assert camera.is_full(3.9)
    assert not camera.is_full(3.1 + FELL_S)


def test_an_estimate_that_falls_a_little_and_rises_again_tells_of_jitter() -> None:
    camera = line(a=1_000_000)
    camera.remb("a", 1_000_000, 1.0)
    camera.remb("a", 800_000, 2.0)
    camera.remb("a", 860_000, 3.0)
    assert not any(camera.is_full(at) for at in (2.0, 3.0))
    camera.remb("a", 790_000, 4.0)
    camera.remb("a", 850_000, 4.2)
    assert not camera.is_full(4.2)


def test_an_estimate_that_falls_a_little_and_stays_there_tells_of_a_full_line() -> None:
    camera = line(a=1_000_000)
    camera.remb("a", 1_000_000, 1.0)
    camera.remb("a", 800_000, 2.0)
    camera.remb("a", 760_000, 2.3)
    assert not camera.is_full(2.3)
    camera.remb("a", 780_000, 3.0)
    assert camera.is_full(3.0) and camera.carried_bps(3.0) == 780_000


def test_a_first_estimate_far_below_what_is_sent_is_a_fall() -> None:
    camera = line(a=1_500_000)
    camera.remb("a", 500_000, 1.0)
    assert camera.is_full(1.0)
    near = line(a=500_000)
    near.remb("a", 400_000, 1.0)
    assert not near.is_full(1.0)


def test_a_fall_that_stays_above_what_is_sent_is_no_matter() -> None:
    slides = line(a=100_000)
    slides.remb("a", 2_000_000, 1.0)
    slides.remb("a", 1_000_000, 2.0)
    assert not slides.is_full(2.0)


def test_what_comes_through_is_added_up_over_the_sessions() -> None:
    seat = line(a=1_000_000, b=200_000)
    seat.remb("a", 1_000_000, 1.0)
    seat.remb("a", 600_000, 2.0)
    assert seat.is_full(2.0) and seat.carried_bps(2.0) == 800_000
    seat.forget("a")
    seat.forget("a")
    assert not seat.is_full(2.0) and seat.carried_bps(2.0) == 200_000


def test_a_few_lost_packets_are_no_full_line_and_many_are() -> None:
    seat = line(a=900_000, b=100_000)
    assert seat.lost(1.0) == 0
    seat.loss("a", 100, 5, 1.0)
    seat.loss("b", 20, 10, 1.0)
    assert seat.lost(1.0) == 15 / 120
    seat.loss("a", 200, 5, 2.0)
    seat.loss("a", 200, 5, 2.5)
    assert not seat.is_full(2.0)
    seat.loss("a", 300, 45, 3.0)
    assert seat.is_full(3.0) and seat.carried_bps(3.0) < 900_000
    assert not seat.is_full(3.1 + LOSS_FRESH_S)


def test_of_few_packets_no_share_is_told() -> None:
    seat = line(a=20_000)
    seat.loss("a", TELLING - 1, 20, 1.0)
    assert seat.lost(1.0) == 0


def test_a_second_without_a_keyframe_is_no_full_line() -> None:
    camera = line(a=380_000)
    camera.remb("a", 400_000, 1.0)
    camera.sent("a", 210_000)
    camera.sent("a", 380_000)
    camera.remb("a", 240_000, 3.0)
    camera.remb("a", 240_000, 4.0)
    assert camera.sent_bps == 380_000 and not camera.is_full(4.0)
    camera.remb("a", 100_000, 5.0)
    assert camera.is_full(5.0)


def test_a_queue_shows_in_the_round_trip_and_a_longer_way_is_none_for_long() -> None:
    seat = line(a=900_000)
    seat.round_trip("a", 40, 1.0)
    assert seat.is_clear(0.5) and seat.is_clear(1.0) is None
    seat.round_trip("a", 140, 2.0)
    assert seat.is_clear(1.5) and not seat.is_full(2.0)
    seat.round_trip("a", 500, 3.0)
    assert seat.is_clear(2.5) is False and not seat.is_full(3.0)
    seat.round_trip("a", 500, 4.0)
    assert seat.is_full(4.0) and not seat.is_full(6.0)
    for second in range(5, 120):
        seat.round_trip("a", 500, float(second))
    assert seat.is_clear(118.5)


def test_what_is_told_again_makes_no_queue_the_shortest_way() -> None:
    seat = line(a=60_000)
    seat.round_trip("a", 40, 1.0)
    seat.awaited("a", 200, 1.2)
    for tick in range(40):
        now = 10.0 + tick / 10
        seat.round_trip("a", 500, 10.0 + tick // 5 / 2)
        seat.awaited("a", 200, 1.2)
        if tick > 10:
            assert seat.is_clear(now - 1.5) is False


def test_an_estimate_that_stays_low_without_any_queue_is_believed_no_more() -> None:
    camera = line(a=1_000_000)
    camera.round_trip("a", 30, 0.5)
    camera.remb("a", 1_000_000, 1.0)
    camera.remb("a", 800_000, 2.0)
    camera.round_trip("a", 40, 2.5)
    camera.remb("a", 780_000, 3.0)
    assert not camera.is_full(3.0)


def test_what_came_over_a_line_with_a_queue_is_what_it_carries() -> None:
    camera = line(a=1_000_000)
    assert camera.carried_bps(1.0) == 1_000_000
    for tick in range(8):
        at = 1.0 + tick / 5
        camera.received("a", 70_000 * at, at)
        camera.received("a", 70_000 * at, at)
        camera.round_trip("a", 20.0 if tick == 0 else 500.0, at)
    assert camera.is_full(2.4)
    assert abs(camera.carried_bps(2.4) - 560_000) < 1000
