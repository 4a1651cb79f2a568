"""课前检测 (one-click self-test): what a room's PC measured, and what that says against the equipment standard. Pure.

The limits are read out of the standard's own words, which the bureau edits, so that a page, the desk and the paper
never name different ones. A check is evidence beside an equipment verdict (核定), never the verdict itself.
"""

import re
from typing import Annotated, Final, Literal

import msgspec

from classroom.registry.standard import SHIPPED, Standard

Mark = Literal["good", "warn", "bad", "none"]
"""Meets the standard; works, with less; does not; could not be measured."""
Line = Literal["camera", "microphone", "speaker", "echo", "path", "up", "down", "round_trip", "loss"]
Device = Literal["ok", "missing", "denied", "busy", "insecure"]
Path = Literal["udp", "tcp", "relay_udp", "relay_tcp", "relay_tls"]

Count = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Decibel = Annotated[float, msgspec.Meta(ge=-200, le=100)]

# Where the standard's words name no number, or the item was taken out.
_SHIPPED_WORDS: Final = {item.code: item.threshold for item in SHIPPED.items}
_NUMBER: Final = r"\s{0,4}(\d{1,6}(?:\.\d{1,3})?)\s{0,4}"
_UP: Final = re.compile(rf"上行\s{{0,4}}[≥>]{_NUMBER}Mbps")
_DOWN: Final = re.compile(rf"下行\s{{0,4}}[≥>]{_NUMBER}Mbps")
_TRIP: Final = re.compile(rf"[≤<]{_NUMBER}ms")
_LOSS: Final = re.compile(rf"[≤<]{_NUMBER}%")
_LINES: Final = re.compile(r"[≥>]\s{0,4}(\d{3,4})p")

# A lesson goes on with this much, with smaller pictures.
_LEAST_UP_KBPS: Final = 1500
_LEAST_DOWN_KBPS: Final = 2000
_MOST_TRIP_MS: Final = 300
_MOST_LOSS: Final = 0.05
_LEAST_HEIGHT: Final = 720
_GOOD_FPS: Final = 20.0
_LEAST_FPS: Final = 10.0
# dB of full scale: below, nobody was heard; above, the room drowns a child's voice.
_SILENT_DB: Final = -50.0
_NOISY_DB: Final = -35.0
_CLIPPED: Final = 0.01
# dB of the played probe that the browser's echo cancellation leaves.
_GOOD_ECHO_DB: Final = -20.0
_BAD_ECHO_DB: Final = -10.0
# A cancellation never has longer to learn than that.
_LATE_MS: Final = 350


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What one run measured; null: could not be.

    `voice_db`, `noise_db`: the loudest and the quietest tenth of the microphone, dB of full scale; `clipped`: the share
    of samples at the rail. `heard`: the microphone heard the loudspeaker's probe, `delay_ms` after it was played;
    `echo_db`: what the browser's cancellation left of it, against the same without cancellation. `howls`: a tone that
    stood in the room after the probe, or a microphone louder than what was played.
    """

    camera: Device
    width: Count | None = None
    height: Count | None = None
    fps: Annotated[float, msgspec.Meta(ge=0, le=240)] | None = None
    is_dark: bool = False
    microphone: Device
    voice_db: Decibel | None = None
    noise_db: Decibel | None = None
    clipped: Share = 0.0
    heard: bool | None = None
    delay_ms: Count | None = None
    echo_db: Decibel | None = None
    howls: bool = False
    path: Path | None = None
    up_kbps: Count | None = None
    down_kbps: Count | None = None
    round_trip_ms: Count | None = None
    loss: Share | None = None


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table. `why` names the sentence that says what to do; `item` is the standard's, if it has one."""

    line: Line
    mark: Mark
    why: str
    item: str | None = None


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """`passed`: a lesson can be held. `half_duplex`: this room should speak one side at a time (音箱教室)."""

    findings: tuple[Finding, ...]
    passed: bool
    half_duplex: bool


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What the standard asks of a room's line and camera."""

    up_kbps: int
    down_kbps: int
    round_trip_ms: int
    loss: float
    height: int


def limits_of(standard: Standard) -> Limits:
    """The numbers in the words of the items; the shipped ones' where there are none."""
    words = {item.code: item.threshold for item in standard.items}

    def number(code: str, pattern: re.Pattern[str]) -> float:
        found = pattern.search(words.get(code, "")) or pattern.search(_SHIPPED_WORDS[code])
        assert found is not None, "the shipped standard names it"
        return float(found[1])

    return Limits(
        up_kbps=round(number("wired_line", _UP) * 1000),
        down_kbps=round(number("wired_line", _DOWN) * 1000),
        round_trip_ms=round(number("round_trip", _TRIP)),
        loss=number("round_trip", _LOSS) / 100,
        height=round(number("cameras", _LINES)),
    )


def judge(measured: Measured, standard: Standard, *, is_classroom: bool = True) -> Judged:
    """Every line against the standard, in the order of the table. A teacher's own PC may have headphones."""
    limits = limits_of(standard)
    findings = (
        _camera(measured, limits),
        _microphone(measured),
        _speaker(measured, is_classroom),
        _echo(measured),
        _path(measured.path),
        _at_least("up", measured.up_kbps, limits.up_kbps, _LEAST_UP_KBPS),
        _at_least("down", measured.down_kbps, limits.down_kbps, _LEAST_DOWN_KBPS),
        _at_most("round_trip", measured.round_trip_ms, limits.round_trip_ms, _MOST_TRIP_MS),
        _at_most("loss", measured.loss, limits.loss, _MOST_LOSS),
    )
    echo = next(each for each in findings if each.line == "echo")
    # A line that could not be measured proves nothing; an echo is unknown where nothing was played back.
    unknown = any(each.mark == "none" and each.line != "echo" for each in findings)
    return Judged(
        findings=findings,
        passed=not unknown and all(each.mark != "bad" for each in findings),
        half_duplex=echo.mark == "bad" or (echo.mark == "warn" and echo.why == "late"),
    )


def _camera(measured: Measured, limits: Limits) -> Finding:
    mark: Mark
    why: str
    if measured.camera != "ok":
        mark, why = "bad", measured.camera
    elif measured.height is None or measured.fps is None or measured.fps == 0:
        mark, why = "bad", "no_picture"
    elif measured.is_dark:
        mark, why = "bad", "dark"
    elif measured.fps < _LEAST_FPS or measured.height < _LEAST_HEIGHT:
        mark, why = "bad", "slow" if measured.fps < _LEAST_FPS else "low"
    elif measured.fps < _GOOD_FPS or measured.height < limits.height:
        mark, why = "warn", "slow" if measured.fps < _GOOD_FPS else "below"
    else:
        mark, why = "good", "ok"
    return Finding(line="camera", mark=mark, why=why, item="cameras")


def _microphone(measured: Measured) -> Finding:
    mark: Mark
    why: str
    if measured.microphone != "ok":
        mark, why = "bad", measured.microphone
    elif measured.voice_db is None or measured.voice_db < _SILENT_DB:
        mark, why = "bad", "silent"
    elif measured.clipped > _CLIPPED:
        mark, why = "warn", "clipped"
    elif measured.noise_db is not None and measured.noise_db > _NOISY_DB:
        mark, why = "warn", "noisy"
    else:
        mark, why = "good", "ok"
    return Finding(line="microphone", mark=mark, why=why, item="microphones")


def _speaker(measured: Measured, is_classroom: bool) -> Finding:
    if measured.heard is None:
        return Finding(line="speaker", mark="none", why="unknown")
    if measured.heard:
        return Finding(line="speaker", mark="good", why="ok")
    return (
        Finding(line="speaker", mark="bad", why="unheard")
        if is_classroom
        else Finding(line="speaker", mark="warn", why="headphones")
    )


def _echo(measured: Measured) -> Finding:
    mark: Mark
    if measured.howls:
        mark, why = "bad", "howls"
    elif not measured.heard or measured.echo_db is None:
        mark, why = "none", "unknown"
    elif measured.echo_db > _BAD_ECHO_DB:
        mark, why = "bad", "loud"
    elif measured.delay_ms is not None and measured.delay_ms > _LATE_MS:
        mark, why = "warn", "late"
    elif measured.echo_db > _GOOD_ECHO_DB:
        mark, why = "warn", "some"
    else:
        mark, why = "good", "ok"
    return Finding(line="echo", mark=mark, why=why, item="microphones")


def _path(path: Path | None) -> Finding:
    marks: dict[Path | None, Mark] = {"udp": "good", None: "bad"}
    return Finding(line="path", mark=marks.get(path, "warn"), why=path or "blocked")


def _at_least(line: Line, value: int | None, good: int, least: int) -> Finding:
    if value is None:
        return Finding(line=line, mark="none", why="unknown", item="wired_line")
    if value >= good:
        return Finding(line=line, mark="good", why="ok", item="wired_line")
    # A standard below what a lesson needs is met by nothing less than itself.
    mark: Mark = "warn" if value >= min(least, good) else "bad"
    return Finding(line=line, mark=mark, why="below" if mark == "warn" else "narrow", item="wired_line")


def _at_most(line: Line, value: float | None, good: float, most: float) -> Finding:
    if value is None:
        return Finding(line=line, mark="none", why="unknown", item="round_trip")
    if value <= good:
        return Finding(line=line, mark="good", why="ok", item="round_trip")
    mark: Mark = "warn" if value <= max(most, good) else "bad"
    return Finding(line=line, mark=mark, why="above" if mark == "warn" else "far", item="round_trip")
