"""The API keeps the contract that it publishes: schemathesis asks a real server for all that the document has."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, assume, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from signaling.api import DOORS
from signaling.app import serve
from signaling.datadir import DataDirectory, ServerInfo
from signaling.openapi import all_doors, document, page
from signaling.settings import load_settings

CONFIG = schemathesis.Config.from_dict({"phases": {"coverage": {"enabled": False}}})
SCHEMA = schemathesis.openapi.from_dict(document(all_doors(DOORS)), config=CONFIG)
LIMITS = settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
# aiohttp itself refuses a longer first line, in plain text.
MAX_ADDRESS_BYTES = 8000
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
    ignored_auth,
    unsupported_method,
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerInfo]:
    """A server on a loop of its own: schemathesis waits for its answers without one."""
    data: Path = tmp_path_factory.mktemp("contract") / "data"
    ports = {"http_port": 0, "udp_port": 0, "udp_host": "127.0.0.1"}
    wanted = load_settings(data=data, free_disk_min_mb=0, open_before_min=-1, **ports)
    directory = DataDirectory(data)
    with asyncio.Runner() as runner, ThreadPoolExecutor(1) as thread:
        stop = asyncio.Event()
        loop = runner.get_loop()
        running = thread.submit(runner.run, serve(wanted, stop))
        while (info := directory.server()) is None and not running.done():
            wait([running], timeout=0.02)
        try:
            assert info is not None, running.exception()
            yield info
        finally:
            loop.call_soon_threadsafe(stop.set)
            running.result()


@pytest.fixture(scope="module")
def known(server: ServerInfo) -> dict[str, str]:
    """What there is to find: a lesson that is over and was judged, its schools, its month, accounts, links."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {server.secret}"

        def ask(method: str, path: str, body: object = None) -> Any:
            answer = session.request(method, f"{server.url}/api/v1{path}", json=body, timeout=20)
            assert answer.ok, answer.text
            return answer.json()

        recipients = [{"school": "檀溪中小", "class_size": 23}]
        body = {"supporter": "实验小学", "class_name": "四（2）班", "subject": "语", "minutes": 40}
        lesson = ask("POST", "/lessons", {**body, "class_size": 42, "recipients": recipients})["lesson"]
        ask("POST", f"/lessons/{lesson}/cancel")
        while not (summary := ask("GET", f"/lessons/{lesson}/summary"))["settled"]:
            pass
        link = ask("POST", "/links", {"role": "teacher", "school": "实验小学", "name": "王老师"})
        account = ask("POST", "/accounts", {"login": "inspector1", "name": "巡课员", "role": "inspector"})
        [activity] = summary["activities"]
        return {
            "lesson": lesson,
            "activity": activity["id"],
            "month": activity["month"],
            "pair": activity["pair"],
            "link": link["id"],
            "school": ask("GET", "/registry/schools")["items"][0]["id"],
            "account": account["account"]["id"],
        }


def ask(case: schemathesis.Case, server: ServerInfo) -> None:
    """Send it, and hold the answer against the document."""
    headers = {"Authorization": f"Bearer {server.secret}"}
    answer = case.call(base_url=server.url, headers=headers, timeout=20)
    assume(len(answer.request.url or "") < MAX_ADDRESS_BYTES)
    # An empty value in the query is as none, so it breaks no bound.
    empty = "" in (case.query or {}).values()
    checks = [check for check in CHECKS if not (empty and check is negative_data_rejection)]
    case.validate_response(answer, checks=checks, headers=headers)


@pytest.mark.long
@SCHEMA.parametrize()
@LIMITS
def test_every_answer_is_one_that_the_document_has(case: schemathesis.Case, server: ServerInfo) -> None:
    ask(case, server)


@pytest.mark.long
@SCHEMA.include(method="GET").parametrize()
@settings(LIMITS, max_examples=4)
def test_what_there_is_is_shown_as_the_document_has_it(
    case: schemathesis.Case, server: ServerInfo, known: dict[str, str]
) -> None:
    case.path_parameters = {name: known.get(name, value) for name, value in (case.path_parameters or {}).items()}
    case.query = {name: value for name, value in (case.query or {}).items() if name in ("limit", "year", "month")}
    ask(case, server)


def test_the_server_hands_out_the_document_to_anybody(server: ServerInfo) -> None:
    answer = requests.get(f"{server.url}/api/v1/openapi.json", timeout=20)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == msgspec.json.decode(msgspec.json.encode(document(all_doors(DOORS))))


def test_the_page_of_the_api_is_made_of_its_doors() -> None:
    written = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf8")
    assert written == page(all_doors(DOORS)), "run `make docs`"
