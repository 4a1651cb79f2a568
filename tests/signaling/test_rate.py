"""The token bucket: so many at once, so many a second, and no gift from a clock that steps back."""

from hypothesis import given
from hypothesis import strategies as st

from signaling.rate import TokenBucket


def test_a_burst_and_then_the_rate() -> None:
    bucket = TokenBucket(rate=20, burst=40, now=0.0)
    assert sum(bucket.take(0.0) for _ in range(100)) == 40
    assert sum(bucket.take(0.5) for _ in range(100)) == 10
    assert not bucket.take(-5.0)
    assert sum(bucket.take(1000.0) for _ in range(100)) == 40


@given(st.lists(st.floats(0, 0.2), max_size=300))
def test_no_more_than_the_rate_and_the_burst_get_through(waits: list[float]) -> None:
    bucket, now, taken = TokenBucket(rate=20, burst=40, now=0.0), 0.0, 0
    for wait in waits:
        now += wait
        taken += bucket.take(now)
    assert taken <= 40 + 20 * now + 1e-6
