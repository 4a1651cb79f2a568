"""The browser pages: a built document for every page's URL, and its hashed assets.

There are two documents: the classroom's pages, and the console of the bureau, the schools and the administrator.
"""

from pathlib import Path
from typing import Final

from aiohttp import web

DIST: Final = Path(__file__).parent / "dist"
# The document itself decides by the path which page it is; tokens in paths never reach a log or a Referer.
PAGES: Final = (
    "/",
    "/teach",
    "/teach/{lesson}",
    "/room/{token}",
    "/join/{token}",
    "/observe/{token}",
    "/assist/{token}",
    "/watch/{recording}",
    "/check",
    "/screen",
)
CONSOLE_PAGES: Final = ("/login", "/setup", "/school", "/bureau", "/admin")
"""Each with whatever is below it: the console's own router knows its pages."""

_DOCUMENT_HEADERS: Final = {
    "Cache-Control": "no-store",
    # Styles: Vue binds `style` attributes. Media: recordings and camera previews are blobs. No other origin, ever.
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
        "connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"
    ),
    "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), geolocation=()",
}
_MISSING: Final = (
    "<!doctype html><meta charset=utf-8><title>Classroom</title><p>页面尚未构建：请运行 make setup。"
    "The pages are not built: run `make setup`.</p>"
)


async def document(request: web.Request, status: int = 200) -> web.StreamResponse:
    """The classroom's document; 503 with a sentence when the pages were not built."""
    return _file("index.html", status)


async def console(request: web.Request) -> web.StreamResponse:
    """The console's document; as `document` when it was not built."""
    return _file("console.html")


def _file(name: str, status: int = 200) -> web.StreamResponse:
    index = DIST / name
    if not index.is_file():
        return web.Response(status=503, text=_MISSING, content_type="text/html")
    return web.FileResponse(index, headers=_DOCUMENT_HEADERS, status=status)


def wants_page(request: web.Request) -> bool:
    """Whether a person's browser asks for a page, not a program for a resource."""
    return request.method == "GET" and "text/html" in request.headers.get("Accept", "")


async def _cache_hashed_assets(request: web.Request, response: web.StreamResponse) -> None:
    if request.path.startswith("/assets/") and response.status == 200:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"


def add_pages(app: web.Application) -> None:
    """Register the pages and their assets (`/assets/…`; every file name there carries a hash)."""
    for path in PAGES:
        app.router.add_get(path, document)
    for path in CONSOLE_PAGES:
        app.router.add_get(path, console)
        app.router.add_get(path + "/{page:.*}", console)
    if (DIST / "assets").is_dir():
        app.router.add_static("/assets/", DIST / "assets")
        app.on_response_prepare.append(_cache_hashed_assets)
