"""Whatever a request holds, it is refused in words or done: no text, number or day of it makes the server fail."""

import base64
import json
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from signaling.sound import flaw
from tests.signaling.conftest import House


class Said(msgspec.Struct):
    value: Any


@pytest.mark.parametrize("value", ["a\x00", "\x0b", "\x1f", "\ud800", "\ufffe", 2**31, -(2**40), date(1, 1, 1)])
def test_what_no_database_and_no_paper_can_keep_is_found_wherever_it_stands(value: object) -> None:
    for held in (value, [value], {"a": value}, (0, [value]), Said(value), [Said({"b": [value]})]):
        assert flaw(held) is not None
    if isinstance(value, str):
        assert flaw({value: 1}) is not None


@pytest.mark.parametrize(
    "value",
    [
        "一行\n两行\t",
        "😀",
        "",
        None,
        True,
        1.5,
        2**31 - 1,
        date(2019, 4, 1),
        datetime(2099, 12, 31, tzinfo=UTC),
        [{}, ()],
    ],
)
def test_what_people_write_is_sound(value: object) -> None:
    assert flaw(Said([value])) is None


def cursor(*place: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "path",
    [
        "/audit?first=0001-01-01",
        "/lesson-log?to=0001-01-01",
        "/lesson-log?from=9999-12-31&to=9999-12-31",
        "/activities?month=2019-05&to=9999-12-31",
        "/activities?from=0001-01-01&to=0001-01-01",
        f"/audit?after={cursor(10**12)}",
        f"/audit?after={cursor(2**31)}",
        f"/activities?month=2019-05&after={cursor('2019-05-01T00:00:00', 'a')}",
        f"/activities?month=2019-05&after={cursor('0001-01-01T00:00:00+14:00', 'a')}",
        f"/words?after={cursor('9999-12-31T23:59:59-12:00', 'a')}",
        f"/registry/people?after={cursor('a' + chr(0))}",
        "/returns/2019-05/bureau?version=2147483648",
        "/accounts?q=a%00",
    ],
)
async def test_an_address_that_nothing_can_be_at_is_refused(house: House, path: str) -> None:
    status, problem, _ = await house.ask("GET", f"/api/v1{path}", house.info.secret)
    assert (status, problem["code"]) == (400, "bad_request")


async def test_an_id_with_a_control_character_is_not_there(house: House) -> None:
    for path in ("/files/%00", "/lessons/a%00b", "/accounts/%01"):
        assert (await house.ask("GET", f"/api/v1{path}", house.info.secret))[0] == 404


async def test_a_body_nested_without_end_is_refused(house: House) -> None:
    for body in (b'{"value":' + b"[" * 100_000, b'{"a":' * 40_000):
        headers = {"Authorization": f"Bearer {house.info.secret}"}
        url = f"{house.info.url}/api/v1/registry/facts"
        async with house.session.put(url, data=body, headers=headers) as response:
            assert (response.status, (await response.json())["code"]) == (400, "bad_request")


async def test_a_control_character_in_a_reason_is_refused(house: House) -> None:
    body = {"month": "2019-05", "reason": "a\x00"}
    assert (await house.ask("POST", "/api/v1/words/abc/approve", house.info.secret, body))[0] == 400
    body = {"supporter": "实验小学", "recipient": "檀溪\x0b中小"}
    assert (await house.ask("POST", "/api/v1/pairs", house.info.secret, body))[0] == 400


async def test_a_cookie_that_was_never_ours_is_as_none(house: House) -> None:
    body = {"login": "nobody", "password": "long enough as it is"}
    headers = {"Cookie": "classroom_device=\udcff; classroom_session=\udcfe"}
    status, problem, _ = await house.ask("POST", "/api/v1/sessions", None, body, headers=headers)
    assert (status, problem["code"]) == (401, "sign_in_failed")
