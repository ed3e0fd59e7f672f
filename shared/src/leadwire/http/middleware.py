"""What surrounds every request: its id and trace, its log line, its numbers, its errors."""

import re
import time
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from uuid_utils.compat import uuid7

from leadwire.http.inflight import IN_FLIGHT
from leadwire.http.keys import LEAVING, PASSING_FAILURES, REQUEST_ID
from leadwire.http.metrics import HTTP_METRICS
from leadwire.http.problems import (
    Problem,
    internal_error,
    problem_from_http_exception,
    problem_response,
    unavailable,
)
from leadwire.http.writing import SlowReaderError, cut, write_within
from leadwire.observability import bind_trace, continue_trace, record_span

log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

UNMATCHED = "unmatched"
"""Route of requests that no route takes: their paths are the client's choice."""

CLIENT_GONE = 499
"""Status under which a request is counted whose client went away before the answer."""

_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._~:/+=-]{1,128}")
_BROKEN_BODY = (web.RequestPayloadError, HttpProcessingError)
_QUIET_ROUTES = frozenset({"/healthz", "/readyz", "/metrics"})


def request_id_of(request: web.BaseRequest) -> str:
    """The request's id; a new one for a request that never reached the middlewares."""
    return request.get(REQUEST_ID) or str(uuid7())


def route_template(request: web.Request) -> str:
    """The path template that took the request, never the path itself."""
    resource = request.match_info.route.resource
    return UNMATCHED if resource is None else resource.canonical


@web.middleware
async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request its id and trace, count it, log it, and write its answer in time."""
    incoming = request.headers.get("X-Request-Id", "")
    request[REQUEST_ID] = incoming if _SANE_REQUEST_ID.fullmatch(incoming) else str(uuid7())
    route = route_template(request)
    trace = continue_trace(request.headers.get("traceparent"))
    attributes: dict[str, str | bool | int | float] = {
        "http.request.method": request.method,
        "http.route": route,
    }
    with (
        bind_trace(trace),
        structlog.contextvars.bound_contextvars(request_id=request[REQUEST_ID]),
        request.app[IN_FLIGHT].request(),
        record_span(f"{request.method} {route}", trace, kind="server", attributes=attributes),
    ):
        return await _observed(request, handler, route, attributes)


async def _observed(
    request: web.Request,
    handler: Handler,
    route: str,
    attributes: dict[str, str | bool | int | float],
) -> web.StreamResponse:
    metrics = request.app[HTTP_METRICS]
    began, status, streamed = time.perf_counter(), CLIENT_GONE, False
    metrics.began()
    try:
        response = await handler(request)
        status, streamed = response.status, response.prepared
        if isinstance(response, web.Response) and not streamed:
            status = status if await _write(request, response) else CLIENT_GONE
        return response
    finally:
        seconds = time.perf_counter() - began
        attributes["http.response.status_code"] = status
        metrics.ended(
            method=request.method, route=route, status=status, seconds=seconds, streamed=streamed
        )
        write_line = log.debug if route in _QUIET_ROUTES else log.info
        write_line(
            "request",
            method=request.method,
            route=route,
            status=status,
            duration_ms=round(seconds * 1000, 1),
        )


async def _write(request: web.Request, response: web.Response) -> bool:
    """Send an answer; tell whether the client took it."""
    try:
        async with write_within(request):
            await response.prepare(request)
            await response.write_eof()
    except ConnectionError:
        return False
    return True


@web.middleware
async def render_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every exception into a problem; what nobody foresaw is logged and hidden."""
    try:
        return await handler(request)
    except Problem as problem:
        return _refusal(request, problem)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _refusal(request, problem_from_http_exception(error))
    except _BROKEN_BODY:
        return _refusal(request, _broken_body())
    except Exception as error:
        if isinstance(error, SlowReaderError) or (
            isinstance(error, ConnectionError) and request.transport is None
        ):
            raise  # the client is gone, so nobody waits for an answer
        return _refusal(request, _problem_for(request, error))


def log_unanswered_failure(request: web.Request, error: Exception) -> None:
    """Log why a change failed whose client has left; a refusal, or his leaving, says nothing."""
    expected = (Problem, web.HTTPException, SlowReaderError, ConnectionError, *_BROKEN_BODY)
    if not isinstance(error, expected):
        _problem_for(request, error)


def _problem_for(request: web.Request, error: Exception) -> Problem:
    """Decide what the client learns of a failure that no handler foresaw."""
    route = route_template(request)
    if any(passes(error) for passes in request.app[PASSING_FAILURES]):
        log.warning("request_unavailable", route=route, error=type(error).__name__)
        return unavailable()
    log.error("request_failed", route=route, exc_info=error)
    return internal_error()


def _refusal(request: web.Request, problem: Problem) -> web.Response:
    if request.writer.output_size > 0:
        # A stream broke after its headers: only a cut connection tells the client so.
        cut(request)
        raise ConnectionResetError("the answer had begun when its handler failed")
    response = problem_response(problem, request_id=request_id_of(request))
    if not request.content.is_eof():
        # What is left of the body would be read as the next request, or waited for.
        response.force_close()
    return response


def _broken_body() -> Problem:
    return Problem(
        status=400, code="malformed_body", detail="The request body is broken.", headers={}
    )


@web.middleware
async def refuse_unreadable_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse headers that are not UTF-8, before one of them reaches a log or a database."""
    for name, value in request.raw_headers:
        try:
            (name + value).decode()
        except UnicodeDecodeError:
            raise Problem(
                status=400, code="bad_request", detail="Request headers must be UTF-8."
            ) from None
    return await handler(request)


async def finish_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Set what every answer bears, also one that a handler streams (`on_response_prepare`)."""
    response.headers["Server"] = "leadwire"
    response.headers["X-Request-Id"] = request_id_of(request)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    if request.app[LEAVING].is_set():
        # The connection is about to be closed: let the client open its next one elsewhere.
        response.force_close()
        response.headers["Connection"] = "close"
