"""Which document answers which address, before a browser has run a line of it."""

import gzip
from pathlib import Path

import aiohttp
import pytest

from signaling import pages
from tests.signaling.conftest import House

CLASSROOM = ("/", "/teach", "/teach/abcdefghij23", "/room/abcdefgh", "/join/abcdefgh", "/observe/abcdefgh")
CONSOLE = (
    "/login",
    "/login/password",
    "/setup",
    "/school",
    "/school/return/2026-10/abc",
    "/bureau",
    "/bureau/returns/2026-10/bureau",
    "/admin/audit",
)


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Built pages that say which they are."""
    (tmp_path / "index.html").write_text("the classroom's", encoding="utf-8")
    (tmp_path / "console.html").write_text("the console", encoding="utf-8")
    monkeypatch.setattr(pages, "DIST", tmp_path)
    return tmp_path


@pytest.mark.parametrize("path", CLASSROOM)
async def test_the_classrooms_addresses_open_the_classrooms_document(house: House, built: Path, path: str) -> None:
    assert (await house.ask("GET", path))[:2] == (200, "the classroom's")


@pytest.mark.parametrize("path", CONSOLE)
async def test_the_desks_addresses_open_the_console_however_deep(house: House, built: Path, path: str) -> None:
    status, text, headers = await house.ask("GET", path)
    assert (status, text) == (200, "the console")
    assert headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


async def test_no_other_address_is_a_page(house: House, built: Path) -> None:
    for path in ("/bureaus", "/console.html", "/index.html"):
        assert (await house.ask("GET", path))[0] == 404


async def test_pages_that_were_not_built_say_how_to_build_them(house: House, built: Path) -> None:
    (built / "console.html").unlink()
    status, text, _ = await house.ask("GET", "/bureau")
    assert status == 503
    assert "make setup" in text


@pytest.fixture
def script() -> Path:
    """The largest of the built ones."""
    return max((pages.DIST / "assets").glob("*.js"), key=lambda file: file.stat().st_size)


@pytest.fixture(params=[("identity", ""), ("gzip, deflate", ".gz"), ("gzip, br", ".br")])
def accepted(request: pytest.FixtureRequest, script: Path) -> tuple[str, bytes, int]:
    """What a browser says that it takes, what it is to get, and how much that is unpacked."""
    words, ending = request.param
    return words, Path(f"{script}{ending}").read_bytes(), script.stat().st_size


async def test_scripts_come_as_small_as_the_browser_takes_them(
    house: House, script: Path, accepted: tuple[str, bytes, int]
) -> None:
    url, (words, expected, whole) = f"{house.info.url}/assets/{script.name}", accepted
    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.get(url, headers={"Accept-Encoding": words}) as response,
    ):
        body, headers = await response.read(), response.headers
    assert body == expected
    assert "javascript" in headers["Content-Type"]
    assert "immutable" in headers["Cache-Control"]
    match headers.get("Content-Encoding"):
        case None:
            assert len(body) == whole
        case "gzip":
            assert len(gzip.decompress(body)) == whole > 2 * len(body)
        case other:
            assert other == "br" and whole > 2 * len(body)
