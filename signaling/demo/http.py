"""The server's HTTP as a client sees it: SDP in and out, JSON in and out, problems as one error."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin

import aiohttp
import msgspec

TIMEOUT = aiohttp.ClientTimeout(total=10)


class ServerProblem(Exception):
    """The server refused. `status` is HTTP's, `code` the problem's; str() is its sentence (RFC 9457)."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(f"{status} {code}: {sentence}")
        self.status = status
        self.code = code


class Door:
    """Requests to one server. `url` has no slash at its end."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self.url = url

    def absolute(self, url: str) -> str:
        """The URL itself, or the server's for a path."""
        return url if url.startswith("http") else self.url + url

    async def post_sdp(self, url: str, offer: str, token: str) -> tuple[str, str]:
        """WHIP and WHEP (RFC 9725 §4.2): the answer, and the absolute URL of the session. Raises ServerProblem."""
        headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {token}"}
        async with self._session.post(self.absolute(url), data=offer, headers=headers, timeout=TIMEOUT) as response:
            text = await response.text()
            if response.status != HTTPStatus.CREATED:
                raise _problem(response.status, text)
            return text, urljoin(str(response.url), response.headers["Location"])

    async def get(self, path: str, token: str) -> Any:
        """GET JSON. Raises ServerProblem."""
        async with self._session.get(
            self.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT
        ) as response:
            return _json(response.status, await response.text())

    async def post(self, path: str, token: str, body: Any = None) -> Any:
        """POST JSON, get JSON. Raises ServerProblem."""
        async with self._session.post(
            self.url + path, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT
        ) as response:
            return _json(response.status, await response.text())


def _json(status: int, text: str) -> Any:
    if status >= HTTPStatus.BAD_REQUEST:
        raise _problem(status, text)
    return msgspec.json.decode(text) if text else None


def _problem(status: int, text: str) -> ServerProblem:
    try:
        body = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError:
        body = {}
    return ServerProblem(status, str(body.get("code", "")), str(body.get("detail") or body.get("title") or text[:200]))
