"""课前检测 against the equipment standard: its words name the limits, and every line says what to do."""

import msgspec
import pytest

from classroom.registry.check import Measured, judge, limits_of
from classroom.registry.standard import SHIPPED, Item, Standard

GOOD = Measured(
    camera="ok",
    width=1920,
    height=1080,
    fps=25.0,
    microphone="ok",
    voice_db=-20.0,
    noise_db=-60.0,
    heard=True,
    delay_ms=80,
    echo_db=-35.0,
    path="udp",
    up_kbps=4200,
    down_kbps=9000,
    round_trip_ms=30,
    loss=0.0,
)


def found(**changes: object) -> dict[str, str]:
    judged = judge(msgspec.structs.replace(GOOD, **changes), SHIPPED)
    return {each.line: f"{each.mark} {each.why}" for each in judged.findings}


def standard(**thresholds: str) -> Standard:
    items = (Item(code=code, text=code, required=True, how="自动测试", threshold=t) for code, t in thresholds.items())
    return Standard(title="本县条目", items=tuple(items))


def test_the_limits_are_the_numbers_in_the_standards_own_words() -> None:
    limits = limits_of(SHIPPED)
    assert (limits.up_kbps, limits.down_kbps, limits.round_trip_ms, limits.height) == (4000, 8000, 100, 1080)
    assert limits.loss == pytest.approx(0.03)
    own = limits_of(standard(wired_line="每间教室上行 ≥ 2.5 Mbps", round_trip="≤ 80ms"))
    assert (own.up_kbps, own.round_trip_ms) == (2500, 80)
    # What the bureau's words leave open stays as it was shipped.
    assert (own.down_kbps, own.loss, own.height) == (8000, pytest.approx(0.03), 1080)


def test_a_room_that_meets_the_standard_passes_line_by_line() -> None:
    judged = judge(GOOD, SHIPPED)
    assert {each.mark for each in judged.findings} == {"good"}
    assert (judged.passed, judged.half_duplex) == (True, False)
    assert [each.line for each in judged.findings][:4] == ["camera", "microphone", "speaker", "echo"]
    assert {each.item for each in judged.findings} == {"cameras", "microphones", "wired_line", "round_trip", None}


@pytest.mark.parametrize(
    ("changes", "line", "says", "passes"),
    [
        ({"camera": "busy", "height": None}, "camera", "bad busy", False),
        ({"is_dark": True}, "camera", "bad dark", False),
        ({"fps": 0.0}, "camera", "bad no_picture", False),
        ({"fps": 6.0}, "camera", "bad slow", False),
        ({"height": 480}, "camera", "bad low", False),
        ({"height": 720}, "camera", "warn below", True),
        ({"fps": 15.0}, "camera", "warn slow", True),
        ({"microphone": "denied"}, "microphone", "bad denied", False),
        ({"voice_db": -70.0}, "microphone", "bad silent", False),
        ({"clipped": 0.05}, "microphone", "warn clipped", True),
        ({"noise_db": -30.0}, "microphone", "warn noisy", True),
        ({"heard": None}, "speaker", "none unknown", False),
        ({"heard": False}, "speaker", "bad unheard", False),
        ({"heard": False}, "echo", "none unknown", False),
        ({"howls": True}, "echo", "bad howls", False),
        ({"echo_db": -5.0}, "echo", "bad loud", False),
        ({"echo_db": -15.0}, "echo", "warn some", True),
        ({"delay_ms": 500}, "echo", "warn late", True),
        ({"path": "tcp"}, "path", "warn tcp", True),
        ({"path": None}, "path", "bad blocked", False),
        ({"up_kbps": 1600}, "up", "warn below", True),
        ({"up_kbps": 300}, "up", "bad narrow", False),
        ({"down_kbps": None}, "down", "none unknown", False),
        ({"round_trip_ms": 250}, "round_trip", "warn above", True),
        ({"round_trip_ms": 900}, "round_trip", "bad far", False),
        ({"loss": 0.04}, "loss", "warn above", True),
        ({"loss": 0.2}, "loss", "bad far", False),
    ],
)
def test_each_fault_has_a_name_and_weighs_as_much_as_it_harms(
    changes: dict[str, object], line: str, says: str, passes: bool
) -> None:
    assert found(**changes)[line] == says
    assert judge(msgspec.structs.replace(GOOD, **changes), SHIPPED).passed is passes


def test_a_teachers_own_pc_may_have_headphones_and_a_room_may_not() -> None:
    quiet = msgspec.structs.replace(GOOD, heard=False, delay_ms=None, echo_db=None)
    judged = judge(quiet, SHIPPED, is_classroom=False)
    assert judged.passed and judged.findings[2].why == "headphones"
    assert not judge(quiet, SHIPPED).passed


def test_a_room_with_a_bad_or_late_echo_speaks_one_side_at_a_time() -> None:
    def half(**changes: object) -> bool:
        return judge(msgspec.structs.replace(GOOD, **changes), SHIPPED).half_duplex

    assert half(echo_db=-3.0) and half(howls=True) and half(delay_ms=400)
    assert not half(echo_db=-15.0) and not half(heard=False, echo_db=None)
