"""Random input for a bounded time: FUZZ_SECONDS for each test, 2 unless the environment says more.

Half of what is made comes from real messages, changed as a hostile or broken peer would: bits turned, parts cut out,
doubled or taken from another message, lengths and numbers put to their extremes. Hypothesis makes the failing input
small and prints it.
"""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SECONDS = float(os.environ.get("FUZZ_SECONDS", "2"))
# Processor time for one input; the largest take some milliseconds. Whoever needs longer grows faster than its input.
EXAMPLE_S = 1.0
EXTREMES = ["0", "-1", "65535", "65536", "4294967295", "4294967296", "99999999999999999999", "1e9", "", "٣", "a b"]

OFFERS = sorted((Path(__file__).parent / "offers").glob("*.sdp"))

Fuzz = Callable[[st.SearchStrategy[Any], Callable[[Any], object]], None]


@pytest.fixture(scope="session")
def fuzz() -> Fuzz:
    """`fuzz(strategy, check)`: check may return anything, and must neither raise nor take longer than EXAMPLE_S."""

    def fuzz(strategy: st.SearchStrategy[Any], check: Callable[[Any], object]) -> None:
        @settings(max_examples=100, database=None, deadline=None, suppress_health_check=list(HealthCheck))
        @given(strategy)
        def some(value: Any) -> None:
            began = time.process_time()
            check(value)
            assert time.process_time() - began < EXAMPLE_S, "too slow"

        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            some()

    return fuzz


@pytest.fixture(scope="session")
def fuzz_seconds() -> float:
    return SECONDS


@pytest.fixture(scope="session")
def offers() -> list[str]:
    """What real clients posted, addresses changed."""
    assert OFFERS
    return [path.read_text() for path in OFFERS]


@st.composite
def _changed_bytes(draw: st.DrawFn, messages: list[bytes]) -> bytes:
    data = bytearray(draw(st.sampled_from(messages)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        change = draw(st.sampled_from(["byte", "word", "cut", "double", "insert", "splice", "end"]))
        if change == "byte" and at < len(data):
            data[at] = draw(st.integers(0, 255))
        elif change == "word":
            data[at : at + 2] = draw(st.sampled_from([b"\0\0", b"\0\1", b"\x7f\xff", b"\x80\0", b"\xff\xff"]))
        elif change == "cut":
            del data[at : at + draw(st.integers(1, 12))]
        elif change == "double":
            data[at:at] = data[at : at + draw(st.integers(1, 40))]
        elif change == "insert":
            data[at:at] = draw(st.binary(max_size=12))
        elif change == "splice":
            data[at:] = draw(st.sampled_from(messages))[at:]
        elif change == "end":
            del data[at:]
    return bytes(data)


@pytest.fixture(scope="session")
def changed() -> Callable[[list[bytes]], st.SearchStrategy[bytes]]:
    """A strategy for any bytes up to a datagram, and for changed messages."""
    return lambda messages: st.one_of(_changed_bytes(messages), st.binary(max_size=1500))


@st.composite
def _changed_text(draw: st.DrawFn, messages: list[str]) -> str:
    lines = draw(st.sampled_from(messages)).splitlines()
    others = draw(st.sampled_from(messages)).splitlines()
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(lines) - 1))
        change = draw(st.sampled_from(["number", "word", "cut", "double", "move", "foreign", "end"]))
        if change == "number":
            lines[at] = re.sub(r"\d+", lambda found: draw(st.sampled_from([found[0], *EXTREMES])), lines[at])
        elif change == "word":
            words = lines[at].split(" ")
            words[draw(st.integers(0, len(words) - 1))] = draw(st.text(max_size=12))
            lines[at] = " ".join(words)
        elif change == "cut" and len(lines) > 1:
            del lines[at]
        elif change == "double":
            lines[at:at] = lines[at : at + draw(st.integers(1, 30))] * draw(st.integers(1, 8))
        elif change == "move":
            lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(at))
        elif change == "foreign":
            lines.insert(at, draw(st.sampled_from(others)))
        elif change == "end":
            lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))]
    return draw(st.sampled_from(["\r\n", "\n"])).join(lines) + "\r\n"


@pytest.fixture(scope="session")
def changed_text() -> Callable[[list[str]], st.SearchStrategy[str]]:
    """The same for texts of lines."""
    return lambda messages: st.one_of(_changed_text(messages), _changed_text(messages), st.text(max_size=400))
