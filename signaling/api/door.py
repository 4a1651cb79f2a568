"""Doors: a route of the API with all that is said of it — who may pass, what it takes, what it answers.

The server's routes, the walk of the access table and the OpenAPI document are made from the same rows. A handler gets a
`Call` whose query and body are of the declared shapes, and returns a struct (JSON), or a finished response. A door that
answers a `Page` answers the whole list as a table too: `signaling.api.table`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final, Generic, Literal, TypeVar

import msgspec
from aiohttp import web

from classroom.store.registry import By
from signaling.api.body import answer, read_body, read_upload, stream_upload
from signaling.api.paging import Page, PageQuery, is_page
from signaling.api.table import FORMATS, table_format, table_of
from signaling.auth import Action, Grant
from signaling.context import CLOCK, grant_of
from signaling.problem import PROBLEMS, Problem
from signaling.sound import flaw

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Q = TypeVar("Q", bound=msgspec.Struct)
B = TypeVar("B", bound=msgspec.Struct)

JSON: Final = "application/json"


class Nothing(msgspec.Struct, frozen=True):
    """No query, no body."""


class Upload(msgspec.Struct, frozen=True):
    """A door that takes a file as its body, as it is: at most `max_bytes`, which may be more than other bodies."""

    max_bytes: int


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """One route. `may` None: open to anybody. `answers` is what the answer's JSON is made of, or None for no content;
    `media` its content types; `upload` is for a body that is a file; `refuses` the codes of its own problems."""

    method: Method
    path: str
    may: Action | None
    query: type[msgspec.Struct]
    body: type[msgspec.Struct]
    upload: Upload | None
    answers: Any
    status: int
    media: tuple[str, ...]
    refuses: tuple[str, ...]
    tag: str
    summary: str
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]]


class Call(Generic[Q, B]):
    """What a handler is called with. `path` holds the variable parts of the address."""

    def __init__(self, request: web.Request, grant: Grant, query: Q, body: B, upload: Upload | None) -> None:
        self.request = request
        self.app = request.app
        self.grant = grant
        self.query = query
        self.body = body
        self.path: Mapping[str, str] = request.match_info
        self._upload = upload

    @property
    def by(self) -> By:
        """Who changes something, now."""
        return By(self.grant.actor, self.app[CLOCK].at())

    async def file(self) -> bytes:
        """The whole file that an upload door was given. Raises Problem: too_large, too_slow, bad_request."""
        assert self._upload is not None, "not an upload door"
        return await read_upload(self.request, self._upload.max_bytes)

    def chunks(self) -> AsyncIterator[bytes]:
        """The same file piece by piece, for what is too large to hold. Raises like `file`, at any piece."""
        assert self._upload is not None, "not an upload door"
        return stream_upload(self.request, self._upload.max_bytes)


Handler = Callable[[Call[Q, B]], Awaitable[object]]


class Doors:
    """The doors of one noun, in the order of their declaration."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.all: list[Door] = []

    def door(
        self,
        method: Method,
        path: str,
        *,
        may: Action | None,
        query: type[Q] = Nothing,  # type: ignore[assignment]
        body: type[B] = Nothing,  # type: ignore[assignment]
        upload: Upload | None = None,
        answers: Any = None,
        status: int = 200,
        media: tuple[str, ...] = (JSON,),
        refuses: tuple[str, ...] = (),
    ) -> Callable[[Handler[Q, B]], Handler[Q, B]]:
        """Declare a door; the handler's docstring is its summary. Only `may` decides who gets as far as the handler.

        An open door (None) is passed by whoever comes; its handler sees a grant that may nothing.
        """
        is_list = is_page(answers)

        def declare(handler: Handler[Q, B]) -> Handler[Q, B]:
            async def handle(request: web.Request) -> web.StreamResponse:
                grant = Grant("anyone") if may is None else await grant_of(request, may)
                as_table = table_format(request) if is_list else None
                asked = read_query(request, query, ignored={"format"} if is_list else set())
                told = body() if body is Nothing else await read_body(request, body)

                async def page(after: PageQuery | None = None) -> Any:
                    return await handler(Call(request, grant, after or asked, told, upload))  # type: ignore[arg-type]

                if as_table is not None and isinstance(asked, PageQuery):
                    return await table_of(page, asked, answers, as_table, name=self.tag)
                result = await page()
                if isinstance(result, web.StreamResponse):
                    return result
                return web.Response(status=204) if answers is None else answer(result, status)

            self.all.append(
                Door(
                    method=method,
                    path=path,
                    may=may,
                    query=query,
                    body=body,
                    upload=upload,
                    answers=answers,
                    status=204 if answers is None and media == (JSON,) else status,
                    media=(*media, *FORMATS.values()) if is_list else media,
                    refuses=refuses,
                    tag=self.tag,
                    summary=(handler.__doc__ or "").strip(),
                    handler=handle,
                )
            )
            return handler

        return declare

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        for door in self.all:
            if door.method == "GET":
                app.router.add_get(door.path, door.handler)
            else:
                app.router.add_route(door.method, door.path, door.handler)


def read_query(request: web.Request, shape: type[Q], ignored: set[str] | frozenset[str] = frozenset()) -> Q:
    """The address's query as `shape`; an empty value is as none. Raises Problem(bad_request)."""
    given = {name: value for name, value in request.query.items() if value != "" and name not in ignored}
    if len(request.query) > len(set(request.query)):
        raise Problem("bad_request", "a name stands twice in the query")
    unknown = given.keys() - set(shape.__struct_encode_fields__)
    if unknown:
        raise Problem("bad_request", f"unknown in the query: {', '.join(sorted(unknown))}")
    try:
        asked = msgspec.convert(given, shape, strict=False)
    except msgspec.ValidationError as error:
        raise Problem.of_malformed(error) from error
    if (unsound := flaw(asked)) is not None:
        raise Problem("bad_request", unsound, entry=PROBLEMS[unsound])
    return asked


__all__ = ["JSON", "Call", "Door", "Doors", "Nothing", "Page", "PageQuery", "Upload", "read_query"]
