"""Run an operation: let in who may, check its body's type and size, parse, call the handler."""

from functools import partial

from aiohttp import web

from leadwire.http.access import let_in
from leadwire.http.bodies import RequestBody
from leadwire.http.inflight import IN_FLIGHT
from leadwire.http.middleware import Handler, log_unanswered_failure
from leadwire.http.operations import Operation
from leadwire.http.parsing import Binding, arguments
from leadwire.http.problems import Problem
from leadwire.http.refusals import Refusals

_CANCELLED_WITH_CLIENT = frozenset({"GET", "HEAD"})


def aiohttp_handler(
    operation: Operation, binding: Binding, *, refusals: Refusals, default_limit: int
) -> Handler:
    """Return what aiohttp's router calls for an operation."""
    limit = default_limit if operation.max_body is None else operation.max_body

    async def handle(request: web.Request) -> web.StreamResponse:
        await let_in(request, operation.access)
        body = RequestBody(request=request, limit=limit)
        _refuse_media_type(operation, body)
        parsed = await arguments(request, binding, body=body)

        async def answer() -> web.StreamResponse:
            with refusals.as_problems():
                return await operation.handler(request, **parsed)

        if operation.method in _CANCELLED_WITH_CLIENT:
            return await answer()
        return await request.app[IN_FLIGHT].to_its_end(
            answer(), on_failure=partial(log_unanswered_failure, request)
        )

    return handle


def _refuse_media_type(operation: Operation, body: RequestBody) -> None:
    accepted = operation.consumes
    if accepted is None or "*/*" in accepted or body.content_type in accepted:
        return
    if not (operation.needs_body or body.is_there):
        return
    raise Problem(
        status=415,
        code="unsupported_media_type",
        detail=f"This operation takes a body of content type {', '.join(accepted)}.",
        headers={"Accept": ", ".join(accepted)},
    )
