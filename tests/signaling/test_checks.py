"""The doors of 课前检测: open to measure, kept with a link alone, bounded, and no part of any lesson."""

from typing import Any

import pytest

from classroom.relay.session import Session
from signaling import checking
from signaling.checking import MAX_AT_ONCE, MAX_VIEWS, Checking
from signaling.problem import Problem
from tests.registry.test_check import GOOD
from tests.signaling.test_whip import SDP, SENDER, VIEWER

FIGURES: dict[str, Any] = {name: getattr(GOOD, name) for name in GOOD.__struct_fields__}


class FakeClock:
    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        return self.time

    def at(self) -> Any:
        raise AssertionError("a check's media have no wall clock")


class FakeRelay:
    """Sessions by number; a publisher's line as it is set."""

    def __init__(self) -> None:
        self.open: dict[str, tuple[str, str]] = {}
        self.in_bps = 0

    def publish(self, stream: str, offer: str, *, group: str) -> Session:
        return self._session(stream, group)

    def subscribe(self, stream: str, subscriber: str, offer: str, *, group: str) -> Session:
        return self._session(stream, group)

    def end(self, session: str) -> bool:
        return self.open.pop(session, None) is not None

    def link(self, session: str) -> Any:
        return self if session in self.open else None

    def _session(self, stream: str, group: str) -> Session:
        name = f"session{len(self.open)}"
        self.open[name] = (stream, group)
        return Session(name, "answer")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def relay() -> FakeRelay:
    return FakeRelay()


@pytest.fixture
def checks(relay: FakeRelay, clock: FakeClock) -> Checking:
    return Checking(relay, clock, lambda: "aaaaaaaaaaaa")


def code(of: Any, *arguments: Any) -> str:
    with pytest.raises(Problem) as refused:
        of(*arguments)
    return refused.value.code


def test_a_check_has_no_lesson_and_each_of_its_views_a_line_of_its_own(checks: Checking, relay: FakeRelay) -> None:
    run = checks.begin(None)
    checks.publish(run.ticket, "offer")
    for _ in range(MAX_VIEWS):
        checks.view(run.ticket, "offer")
    assert all("/" not in name for names in relay.open.values() for name in names)
    assert len({group for _, group in relay.open.values()}) == 1 + MAX_VIEWS
    assert code(checks.view, run.ticket, "offer") == "too_many_sessions"
    checks.end(run)
    assert relay.open == {} and code(checks.find, run.ticket) == "check_over"


def test_time_and_bytes_end_its_media_and_its_ticket_later(
    checks: Checking, relay: FakeRelay, clock: FakeClock
) -> None:
    run = checks.begin(None)
    checks.publish(run.ticket, "offer")
    relay.in_bps = 10_000_000
    for _ in range(30):
        clock.time += 1
        checks.look(clock.time)
    assert relay.open == {} and run.bytes < checking.MAX_BYTES * 1.1
    assert code(checks.publish, run.ticket, "offer") == "check_over"
    assert checks.find(run.ticket) is run, "its figures may still come"
    clock.time += checking.LIFE_S
    checks.look(clock.time)
    assert code(checks.find, run.ticket) == "check_over"
    slow = checks.begin(None)
    checks.publish(slow.ticket, "offer")
    relay.in_bps = 0
    clock.time += checking.MEDIA_S + 1
    checks.look(clock.time)
    assert relay.open == {} and not slow.has_media


async def test_strangers_leave_room_for_classrooms_and_a_link_has_one_at_a_time(house: Any) -> None:
    status, begun, _ = await house.ask("POST", "/api/v1/checks")
    assert (status, begun["keeps"], begun["school"]) == (201, False, None)
    status, refused, headers = await house.ask("POST", "/api/v1/checks")
    assert (status, refused["code"], headers["Retry-After"]) == (503, "too_many_checks", "5")
    room = await house.link("classroom", "檀溪中小", classroom="一号教室")
    status, first, _ = await house.ask("POST", "/api/v1/checks", room["token"])
    assert (status, first["keeps"], first["school"], first["classroom"]) == (201, True, "檀溪中小", "一号教室")
    status, second, _ = await house.ask("POST", "/api/v1/checks", room["token"])
    assert status == 201
    assert (await house.ask("PUT", f"/api/v1/checks/{first['ticket']}", None, FIGURES))[1]["code"] == "check_over"
    for name in "乙丙丁"[: MAX_AT_ONCE - 2]:
        other = await house.link("classroom", f"{name}小学")
        assert (await house.ask("POST", "/api/v1/checks", other["token"]))[0] == 201
    late = await house.link("classroom", "戊小学")
    assert (await house.ask("POST", "/api/v1/checks", late["token"]))[1]["code"] == "too_many_checks"
    assert (await house.ask("DELETE", f"/api/v1/checks/{second['ticket']}"))[0] == 204
    assert (await house.ask("POST", "/api/v1/checks", late["token"]))[0] == 201


async def test_a_rooms_figures_are_judged_kept_and_shown_to_its_school_and_the_bureau(house: Any) -> None:
    room = await house.link("classroom", "檀溪中小", classroom="一号教室")
    assert (await house.ask("GET", "/api/v1/room", room["token"]))[1]["checked"] is None
    begun = (await house.ask("POST", "/api/v1/checks", room["token"]))[1]
    weak = {**FIGURES, "up_kbps": 900}
    status, result, _ = await house.ask("PUT", f"/api/v1/checks/{begun['ticket']}", None, weak)
    assert (status, result["passed"], result["kept"]) == (200, False, True)
    assert result["limits"] == {
        "up_kbps": 4000, "down_kbps": 8000, "round_trip_ms": 100, "loss": 0.03, "height": 1080
    }  # fmt: skip
    again = await house.ask("PUT", f"/api/v1/checks/{begun['ticket']}", None, weak)
    assert (again[0], again[1]["code"]) == (410, "check_over")
    begun = (await house.ask("POST", "/api/v1/checks", room["token"]))[1]
    assert (await house.ask("PUT", f"/api/v1/checks/{begun['ticket']}", None, FIGURES))[1]["passed"]
    assert (await house.ask("GET", "/api/v1/room", room["token"]))[1]["checked"]["passed"] is True

    bureau = await house.account("bureau_officer")
    found = (await bureau.ask("GET", "/api/v1/checks?limit=1"))[1]
    assert [(each["classroom_name"], each["passed"]) for each in found["items"]] == [("一号教室", True)]
    [older] = (await bureau.ask("GET", f"/api/v1/checks?after={found['next']}"))[1]["items"]
    assert (older["measured"]["up_kbps"], older["passed"]) == (900, False)
    assert {each["line"]: each["mark"] for each in older["findings"]}["up"] == "bad"
    own = await house.account("school_officer", "檀溪中小")
    assert len((await own.ask("GET", "/api/v1/checks"))[1]["items"]) == 2
    other = await house.account("school_officer", "实验小学")
    assert (await other.ask("GET", "/api/v1/checks"))[1]["items"] == []
    asked = f"/api/v1/checks?school={older['school']}"
    assert (await other.ask("GET", asked))[1]["code"] == "school_unknown"
    assert "check.kept" in str((await bureau.ask("GET", "/api/v1/audit?limit=200"))[1])


async def test_nothing_is_kept_of_a_stranger_nor_of_a_link_that_was_taken_back(house: Any) -> None:
    begun = (await house.ask("POST", "/api/v1/checks"))[1]
    status, result, _ = await house.ask("PUT", f"/api/v1/checks/{begun['ticket']}", None, FIGURES)
    assert (status, result["passed"], result["kept"]) == (200, True, False)
    room = await house.link("classroom", "檀溪中小")
    begun = (await house.ask("POST", "/api/v1/checks", room["token"]))[1]
    await house.ask("DELETE", f"/api/v1/links/{room['id']}", house.info.secret)
    gone = await house.ask("PUT", f"/api/v1/checks/{begun['ticket']}", None, FIGURES)
    assert (gone[0], gone[1]["code"]) == (410, "check_over")
    assert (await house.ask("POST", "/api/v1/checks", room["token"]))[1]["code"] == "token_invalid"
    assert (await house.ask("GET", "/api/v1/checks", house.info.secret))[1]["items"] == []


async def test_its_media_go_through_the_relay_by_its_ticket_alone(house: Any) -> None:
    begun = (await house.ask("POST", "/api/v1/checks"))[1]

    async def offer(path: str, sdp: str) -> tuple[int, Any, dict[str, str]]:
        return await house.ask("POST", path, data=sdp, headers=SDP)

    assert (await offer("/whep/check/nobody", VIEWER))[1]["code"] == "check_over"
    status, answer, headers = await offer(f"/whip/check/{begun['ticket']}", SENDER)
    assert (status, "a=ice-lite" in answer) == (201, True)
    assert headers["Location"] == f"/api/v1/checks/{begun['ticket']}"
    assert (await offer(f"/whep/check/{begun['ticket']}", VIEWER))[0] == 201
    assert (await house.metric("sessions"), await house.metric("publishers")) == (2, 1)
    assert (await house.ask("DELETE", headers["Location"]))[0] == 204
    assert await house.metric("sessions") == 0


async def test_a_link_begins_five_in_a_minute(house: Any) -> None:
    room = await house.link("classroom", "檀溪中小")
    for _ in range(5):
        assert (await house.ask("POST", "/api/v1/checks", room["token"]))[0] == 201
    assert (await house.ask("POST", "/api/v1/checks", room["token"]))[1]["code"] == "too_many_tries"
