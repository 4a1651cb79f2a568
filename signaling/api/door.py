"""Doors: a route of the API with all that is said of it — who may pass, what it takes, what it answers.

The server's routes, the walk of the access table and the OpenAPI document are made from the same rows. A handler gets a
`Call` whose query and body are of the declared shapes, and returns a struct (JSON), or a finished response.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Generic, Literal, TypeVar

import msgspec
from aiohttp import web

from signaling.api.body import answer, read_body
from signaling.auth import Action, Grant
from signaling.context import grant_of
from signaling.problem import Problem

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Q = TypeVar("Q", bound=msgspec.Struct)
B = TypeVar("B", bound=msgspec.Struct)

JSON: Final = "application/json"


class Nothing(msgspec.Struct, frozen=True):
    """No query, no body."""


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """One route. `answers` is what the answer's JSON is made of, or None for no content; `media` its content types."""

    method: Method
    path: str
    may: Action
    query: type[msgspec.Struct]
    body: type[msgspec.Struct]
    answers: Any
    status: int
    media: tuple[str, ...]
    tag: str
    summary: str
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]]


class Call(Generic[Q, B]):
    """What a handler is called with. `path` holds the variable parts of the address."""

    def __init__(self, request: web.Request, grant: Grant, query: Q, body: B) -> None:
        self.request = request
        self.app = request.app
        self.grant = grant
        self.query = query
        self.body = body
        self.path: Mapping[str, str] = request.match_info


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
        may: Action,
        query: type[Q] = Nothing,  # type: ignore[assignment]
        body: type[B] = Nothing,  # type: ignore[assignment]
        answers: Any = None,
        status: int = 200,
        media: tuple[str, ...] = (JSON,),
    ) -> Callable[[Callable[[Call[Q, B]], Awaitable[object]]], Callable[[Call[Q, B]], Awaitable[object]]]:
        """Declare a door; the handler's docstring is its summary. Only `may` decides who gets as far as the handler."""

        def declare(handler: Callable[[Call[Q, B]], Awaitable[object]]) -> Callable[[Call[Q, B]], Awaitable[object]]:
            async def handle(request: web.Request) -> web.StreamResponse:
                grant = await grant_of(request, may)
                asked = read_query(request, query)
                told = body() if body is Nothing else await read_body(request, body)
                result = await handler(Call(request, grant, asked, told))
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
                    answers=answers,
                    status=204 if answers is None and media == (JSON,) else status,
                    media=media,
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
            app.router.add_route(door.method, door.path, door.handler)


def read_query(request: web.Request, shape: type[Q]) -> Q:
    """The address's query as `shape`; an empty value is as none. Raises Problem(bad_request)."""
    given = {name: value for name, value in request.query.items() if value != ""}
    unknown = given.keys() - set(shape.__struct_encode_fields__)
    if unknown:
        raise Problem("bad_request", f"unknown in the query: {', '.join(sorted(unknown))}")
    try:
        return msgspec.convert(given, shape, strict=False)
    except msgspec.ValidationError as error:
        raise Problem("bad_request", str(error)) from error
