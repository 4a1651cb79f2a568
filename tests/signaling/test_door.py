"""Doors by themselves: what they take, refuse and answer, on a server with nothing else."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from classroom.paper.table import read_table
from signaling.api import body as api_body
from signaling.api.body import download
from signaling.api.door import Call, Doors, Nothing, Page, PageQuery, Upload
from signaling.api.paging import read_cursor, write_cursor
from signaling.problem import Problem

NUMBERS = Doors("numbers")


class Half(msgspec.Struct, frozen=True):
    of: int


class Number(msgspec.Struct, frozen=True):
    id: int
    words: str
    tags: list[str]
    half: Half | None
    is_even: bool


class NumberQuery(PageQuery, frozen=True, kw_only=True):
    up_to: int = 5


class Told(msgspec.Struct, frozen=True):
    bytes: int


@NUMBERS.door("GET", "/numbers", may=None, query=NumberQuery, answers=Page[Number])
async def listing(call: Call[NumberQuery, Nothing]) -> Page[Number]:
    """Numbers from 1."""
    (after,) = read_cursor(call.query.after, tuple[int]) if call.query.after else (0,)
    numbers = range(after + 1, min(call.query.up_to, after + call.query.limit) + 1)
    items = [Number(n, f"=1+{n}", ["a", "b"], Half(n // 2) if n % 2 == 0 else None, n % 2 == 0) for n in numbers]
    more = bool(items) and items[-1].id < call.query.up_to
    return Page(items, write_cursor(items[-1].id) if more else None)


@NUMBERS.door("POST", "/files", may=None, upload=Upload(300_000), answers=Told, status=201)
async def store(call: Call[Nothing, Nothing]) -> Told:
    """A file of any kind."""
    return Told(len(await call.file()))


@NUMBERS.door("GET", "/files", may=None, media=("application/pdf",))
async def fetch(call: Call[Nothing, Nothing]) -> web.Response:
    """A file with a Chinese name."""
    return download(b"%PDF", '附件3"5月\n.pdf', "application/pdf")


@web.middleware
async def problems(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        answer: web.StreamResponse = await handler(request)
        return answer
    except Problem as problem:
        return problem.response()


@pytest.fixture
async def client() -> AsyncIterator[TestClient[Any, Any]]:
    app = web.Application(client_max_size=1000, middlewares=[problems])
    NUMBERS.add_to(app)
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_a_list_comes_a_page_at_a_time(client) -> None:
    first = await (await client.get("/numbers?limit=2")).json()
    assert [item["id"] for item in first["items"]] == [1, 2]
    second = await (await client.get("/numbers", params={"limit": "3", "after": first["next"]})).json()
    assert ([item["id"] for item in second["items"]], second["next"]) == ([3, 4, 5], None)


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "limit=x", "after=!", "after=AAAA", "limit=1&limit=2", "other=1", "format=pdf"],
)
async def test_a_query_that_says_nonsense_is_refused_with_what_is_wrong(client, query) -> None:
    answer = await client.get(f"/numbers?{query}")
    problem = await answer.json()
    assert (answer.status, problem["code"]) == (400, "bad_request")
    assert problem["detail"]


@pytest.mark.parametrize("asked", [{"params": {"format": "csv"}}, {"headers": {"Accept": "text/csv"}}])
async def test_a_list_is_a_csv_of_all_its_pages_and_never_a_formula(client, asked) -> None:
    answer = await client.get("/numbers", **{**asked, "params": {"up_to": "450", **asked.get("params", {})}})
    assert answer.content_type == "text/csv"
    content = await answer.read()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows[0] == ["id", "words", "tags", "half.of", "is_even"]
    assert rows[1:3] == [["1", "'=1+1", "a、b", "", "false"], ["2", "'=1+2", "a、b", "1", "true"]]
    assert len(rows) == 451


async def test_a_list_is_an_xlsx_too(client) -> None:
    answer = await client.get("/numbers?format=xlsx")
    assert "numbers.xlsx" in answer.headers["Content-Disposition"]
    assert read_table(await answer.read(), "numbers.xlsx")[5] == ["5", "=1+5", "a、b", "", "false"]


async def test_a_file_may_be_larger_than_other_bodies_but_not_than_its_own_limit(client) -> None:
    answer = await client.post("/files", data=b"x" * 300_000)
    assert (answer.status, await answer.json()) == (201, {"bytes": 300_000})
    assert (await (await client.post("/files", data=b"x" * 300_001)).json())["code"] == "too_large"


async def test_a_file_of_unsaid_length_is_cut_off_at_the_limit(client) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65536

    assert (await (await client.post("/files", data=endless())).json())["code"] == "too_large"


async def test_a_file_whose_line_falls_silent_is_not_waited_for(client, monkeypatch) -> None:
    monkeypatch.setattr(api_body, "SILENCE_S", 0.2)

    async def drip() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.sleep(30)

    assert (await (await client.post("/files", data=drip())).json())["code"] == "too_slow"


async def test_a_download_keeps_its_chinese_name_and_nothing_else(client) -> None:
    answer = await client.get("/files")
    said = answer.headers["Content-Disposition"]
    assert said == "attachment; filename=\"__3_5__.pdf\"; filename*=UTF-8''%E9%99%84%E4%BB%B63%225%E6%9C%88%0A.pdf"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert await answer.read() == b"%PDF"


def test_a_door_that_lists_says_so() -> None:
    assert NUMBERS.all[0].media[1:] == (
        "text/csv",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
