"""The house's rules on who may import whom; a breach names the file and the import."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted(path for top in ("classroom", "signaling", "recorder") for path in (ROOT / top).rglob("*.py"))

# Pure modules: no asyncio, sockets, files, clock or randomness of their own.
PURE = [
    "classroom/lesson/",
    "classroom/registry/",
    "classroom/keeping/",
    "classroom/ledger/",
    "classroom/relay/ice.py",
    "classroom/relay/sdp.py",
    "classroom/relay/rtp.py",
    "classroom/relay/rtcp.py",
    "classroom/relay/route.py",
    "classroom/relay/feedback.py",
    "classroom/relay/lane.py",
    "classroom/relay/ring.py",
    "classroom/relay/numbering.py",
    "classroom/relay/reports.py",
    "classroom/relay/negotiation.py",
    "classroom/relay/drops.py",
    "classroom/relay/offer.py",
    "classroom/relay/playout.py",
    "classroom/relay/reception.py",
    "recorder/frames.py",
    "recorder/timeline.py",
    "recorder/spans.py",
    "recorder/manifest.py",
    "recorder/chapters.py",
    "recorder/pages.py",
    "recorder/export/plan.py",
    "signaling/addresses.py",
    "signaling/commands.py",
    "signaling/flows.py",
    "signaling/guests.py",
    "signaling/made_forms.py",
    "signaling/messages.py",
    "signaling/notices.py",
    "signaling/page_views.py",
    "signaling/papers.py",
    "signaling/past.py",
    "signaling/playback_views.py",
    "signaling/playbacks.py",
    "signaling/homework_view.py",
    "signaling/quiz_results.py",
    "signaling/quiz_view.py",
    "signaling/rate.py",
    "signaling/sound.py",
    "signaling/return_views.py",
    "signaling/review_views.py",
    "signaling/tickets.py",
    "signaling/tries.py",
    "signaling/view.py",
    "signaling/steady.py",
    "signaling/timetable.py",
    "signaling/watch.py",
]
IMPURE_IMPORTS = {"asyncio", "socket", "os", "time", "random", "secrets", "threading", "pathlib", "io", "subprocess"}
IMPURE_CALLS = {"open", "print", "input"}

# package → the packages of the project that it may import, besides itself.
MAY_IMPORT = {
    "classroom/lesson": set(),
    "classroom/registry": set(),
    "classroom/keeping": set(),
    "classroom/relay": set(),
    "classroom/ledger": {"classroom.registry", "classroom.lesson"},
    "classroom/paper": {"classroom.ledger"},
    "classroom/store": {"classroom.ledger", "classroom.registry", "classroom.lesson", "classroom.keeping"},
    "recorder": {"classroom"},
    "signaling": {"classroom", "recorder"},
}
# third-party package → where alone it may be imported.
KEPT_IN = {
    "aiohttp": "signaling/",
    "sqlalchemy": "classroom/store/",
    "alembic": "classroom/store/",
    "xlsxwriter": "classroom/paper/",
    "docx": "classroom/paper/",
    "reportlab": "classroom/paper/",
    "openpyxl": "classroom/paper/",
    "pylibsrtp": "classroom/relay/",
    "typer": "signaling/",
    "argon2": "signaling/passwords.py",
}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                parts = path.relative_to(ROOT).parts[: -node.level]
                yield ".".join((*parts, node.module or "")).rstrip(".")
            elif node.module:
                yield node.module


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_package_imports_only_what_stands_below_it(path: Path) -> None:
    where = max((package for package in MAY_IMPORT if name(path).startswith(package + "/")), key=len, default=None)
    if where is None:
        return
    allowed = MAY_IMPORT[where] | {where.replace("/", ".")}
    for imported in imports(path):
        if imported.split(".")[0] in {"classroom", "signaling", "recorder"} and imported != "classroom":
            assert any(imported == a or imported.startswith(a + ".") for a in allowed), f"{where} imports {imported}"


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_library_stays_in_its_room(path: Path) -> None:
    for imported in imports(path):
        home = KEPT_IN.get(imported.split(".")[0])
        assert home is None or name(path).startswith(home), f"{imported} belongs in {home}"


@pytest.mark.parametrize("path", [p for p in SOURCES if any(name(p).startswith(pure) for pure in PURE)], ids=name)
def test_a_pure_module_has_no_clock_socket_or_file(path: Path) -> None:
    for imported in imports(path):
        assert imported.split(".")[0] not in IMPURE_IMPORTS, f"a pure module imports {imported}"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in IMPURE_CALLS, f"a pure module calls {node.func.id}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in {"utcnow", "today"} and not (
                node.func.attr == "now" and isinstance(node.func.value, ast.Name) and node.func.value.id == "datetime"
            ), "a pure module reads the clock"


def test_the_list_of_pure_modules_names_files_that_exist() -> None:
    for pure in PURE:
        assert (ROOT / pure).exists(), pure


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_private_names_of_aiortc_are_touched_in_one_module(path: Path) -> None:
    if name(path) == "classroom/relay/peer.py":
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(("aiortc", "pylibsrtp")):
            assert not any(alias.name.startswith("_") for alias in node.names)
