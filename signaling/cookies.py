"""The cookies of an account's browser, and whether a request comes from our own pages."""

from typing import Final
from urllib.parse import urlsplit

import msgspec
from aiohttp import web

from classroom.registry.accounts import DEVICE_LIFE
from classroom.store.sign_ins import SignedIn
from signaling.addresses import subscriber
from signaling.problem import Problem

SESSION: Final = "classroom_session"
DEVICE: Final = "classroom_device"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Browser(msgspec.Struct, frozen=True, kw_only=True):
    """Where a request comes from: its address (as of `subscriber`), and the tokens that its cookies hold.

    `session` is of the account that is signed in, `device` of a browser that has signed in before.
    """

    address: str
    session: str | None = None
    device: str | None = None


def browser_of(request: web.Request, public_url: str) -> Browser:
    """Where a request comes from."""
    secure = is_secure(request, public_url)
    return Browser(
        address=subscriber(request.remote or ""),
        session=_token(request, _name(SESSION, secure)),
        device=_token(request, _name(DEVICE, secure)),
    )


def _token(request: web.Request, cookie: str) -> str | None:
    """A cookie's value; None where there is none, or one that was never ours."""
    value = request.cookies.get(cookie, "")
    return value if value and value.isascii() else None


def set_session(request: web.Request, response: web.StreamResponse, public_url: str, tokens: SignedIn) -> None:
    """Hand the browser its two tokens: of the session until it closes, of itself for long."""
    secure = is_secure(request, public_url)
    response.set_cookie(
        _name(SESSION, secure), tokens.session, path="/", httponly=True, samesite="Strict", secure=secure
    )
    response.set_cookie(
        _name(DEVICE, secure),
        tokens.device,
        path="/",
        httponly=True,
        samesite="Strict",
        secure=secure,
        max_age=int(DEVICE_LIFE.total_seconds()),
    )


def drop_session(request: web.Request, response: web.StreamResponse, public_url: str) -> None:
    """The browser forgets its session; it stays a known browser."""
    secure = is_secure(request, public_url)
    response.del_cookie(_name(SESSION, secure), path="/", httponly=True, samesite="Strict", secure=secure)


def is_secure(request: web.Request, public_url: str) -> bool:
    """Whether the browser speaks https: with us, or with the proxy whose address the pages have."""
    return request.scheme == "https" or public_url.startswith("https://")


def require_same_origin(request: web.Request, public_url: str) -> None:
    """A request that changes something must come from one of our own pages. Raises Problem(cross_site).

    Browsers say so in Sec-Fetch-Site (https and localhost) and in Origin (every POST, PUT, PATCH and DELETE). A page of
    a neighbouring host is `same-site`, and as foreign as any other.
    """
    if request.method in _SAFE:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site != "same-origin":
            raise Problem("cross_site")
        return
    if request.headers.get("Origin") not in _own_origins(request, public_url):
        raise Problem("cross_site")


def refuse_foreign_page(request: web.Request, public_url: str) -> None:
    """The same for a request that no cookie is needed for (signing in): a program, which says neither, may pass.

    Raises Problem(cross_site): nobody is to be signed in, by somebody else's page, as somebody else.
    """
    if "Sec-Fetch-Site" in request.headers or "Origin" in request.headers:
        require_same_origin(request, public_url)


def _own_origins(request: web.Request, public_url: str) -> set[str]:
    public = urlsplit(public_url)
    scheme = "https" if is_secure(request, public_url) else "http"
    return {f"{public.scheme}://{public.netloc}", f"{scheme}://{request.host}"}


def _name(cookie: str, secure: bool) -> str:
    """Over https a prefix by which browsers let nobody but this very host, over https, set the cookie."""
    return f"__Host-{cookie}" if secure else cookie
