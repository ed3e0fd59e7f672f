"""What an HTTP operation is: a route, its handler, and what the documentation says of it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from leadwire.access import Access

OperationHandler = Callable[..., Awaitable[web.StreamResponse]]
Schema = Any
"""A type that pydantic can describe, a JSON schema as a mapping, or a description."""


@dataclass(frozen=True, slots=True)
class Response:
    """One successful answer.

    Attributes:
        model: Type of the body: a pydantic model or anything `TypeAdapter` takes; a JSON
            schema as a mapping; None for an answer without a body or a body of which
            only the media type is known.
        description: What it means.
        media_types: Media types of the body; for a body without JSON, name them.
        files: Media types of files that may come in place of such a body; the handler sends
            only their headers if it is asked by `HEAD`.
        headers: Response headers by name, with their description.
    """

    model: Schema
    description: str
    media_types: Sequence[str] = ()
    files: Sequence[str] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """One problem that clients should expect.

    Attributes:
        status: HTTP status.
        code: The stable `code` in the problem.
        description: When it happens.
    """

    status: int
    code: str
    description: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path.

    The handler is a coroutine function, bound to its own service's context. It takes the
    request, and by keyword what it names: `body` (a pydantic model, or `RequestBody` for
    the raw stream), `query` (a pydantic model of the query string), `headers` (a pydantic
    model of request headers, found by alias), and any path parameter, each parsed by its
    annotation before the handler is called.

    A `GET` handler is cancelled when its client goes away; every other one runs to its
    end, so that no change is left half-done because a client lost patience.

    Attributes:
        method: HTTP method.
        path: Path template, `/v1/leads/{id}`.
        handler: See above.
        summary: One line for the documentation.
        tag: Group in the documentation.
        responses: Successful answers by status.
        errors: Problems besides those that every operation has; an error class stands for
            what the service's `Refusals` make of it.
        description: More for the documentation, in Markdown.
        consumes: For a `RequestBody`: the media types it takes, each with its schema or a
            description. Others get 415; `*/*` takes any.
        max_body: Most bytes of body; None for the application's default.
        needs_body: Whether there must be one, for a `RequestBody`.
        access: Who may use it; `principal_of` tells the handler who does.
    """

    method: str
    path: str
    handler: OperationHandler
    summary: str
    tag: str
    responses: Mapping[int, Response]
    errors: Sequence[ErrorResponse | type[Exception]] = ()
    description: str = ""
    consumes: Mapping[str, Schema] | None = None
    max_body: int | None = None
    needs_body: bool = True
    access: Access = field(kw_only=True)
