"""Make an application: routes from operations, and what every service answers.

An application that runs without an `HttpServer`, as under aiohttp's test client, starts
and stops its components itself; with one, the process's supervisor does.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

from aiohttp import web
from prometheus_client import CollectorRegistry

from leadwire.access import AccessMetrics, Authenticator
from leadwire.http import docs, health, hosts, metrics, middleware
from leadwire.http.clients import networks_of
from leadwire.http.dispatch import aiohttp_handler
from leadwire.http.inflight import IN_FLIGHT, InFlight
from leadwire.http.keys import (
    AUTHENTICATOR,
    DRAINING,
    LEAVING,
    PASSING_FAILURES,
    SERVED_HOSTS,
    SUPERVISOR,
    TRUSTED_PROXIES,
)
from leadwire.http.openapi import OPENAPI, OpenApi
from leadwire.http.operations import Operation
from leadwire.http.parsing import bind
from leadwire.http.refusals import Refusals
from leadwire.lifecycle import EventLoopLag, Supervisor

DEFAULT_MAX_BODY = 1024 * 1024
IDLE_CONNECTION_SECONDS = 75.0
"""Also bounds how long a client may take to send its request's headers. Longer than the 60 s
after which gateways drop an idle connection, so that they never use one just closed."""

LINGER_SECONDS = 2.0
"""How long the rest of a refused body is read and dropped, so that its sender sees the answer
before the connection closes."""

MAX_BODY = web.AppKey("max_body", int)
SUPERVISED = web.AppKey("supervised", dict[str, bool])


def new_application(
    *,
    title: str,
    version: str,
    authenticator: Authenticator | None,
    trusted_proxies: str = "",
    served_hosts: Sequence[str] | None = None,
    max_body: int = DEFAULT_MAX_BODY,
    root: middleware.Handler = docs.lead_to_documentation,
) -> web.Application:
    """Return an application with health, readiness, metrics and documentation.

    Args:
        title: Name of the service, for the documentation and as the label of its metrics.
        version: Shown in the documentation.
        authenticator: Tells who asks; None to let everybody do everything.
        trusted_proxies: Networks of the gateways in front, with commas between them.
        served_hosts: Names that are served beside localhost and addresses; None for any.
        max_body: Most bytes of a request body where an operation says nothing else.
        root: Answers at `/`.
    """
    app = web.Application(
        middlewares=[
            middleware.observe,
            middleware.render_problems,
            middleware.refuse_unreadable_headers,
            hosts.refuse_other_hosts,
        ],
        client_max_size=max_body,
        handler_args={
            "access_log": None,
            "auto_decompress": False,  # see `gunzip`
            "handler_cancellation": True,
            "keepalive_timeout": IDLE_CONNECTION_SECONDS,
            "lingering_time": LINGER_SECONDS,
        },
    )
    registry = metrics.new_process_registry(version=version)
    app[SUPERVISOR] = Supervisor()
    app[SUPERVISOR].add("event loop lag", EventLoopLag(registry=registry))
    app[SUPERVISED] = {"by_process": False}
    app[LEAVING] = asyncio.Event()
    app[DRAINING] = asyncio.Event()
    app[IN_FLIGHT] = InFlight()
    app[MAX_BODY] = max_body
    app[TRUSTED_PROXIES] = networks_of(trusted_proxies)
    if served_hosts is not None:
        app[SERVED_HOSTS] = served_hosts
    app[PASSING_FAILURES] = []
    app[OPENAPI] = OpenApi(title=title, version=version)
    app[health.READINESS_CHECKS] = {}
    app[metrics.REGISTRIES] = {title: registry}
    app[metrics.SERVICE_REGISTRIES] = {}
    app[metrics.HTTP_METRICS] = metrics.HttpMetrics(registry=registry)
    _add_authenticator(app, authenticator, registry)
    app.cleanup_ctx.append(_run_components)
    app.on_response_prepare.append(middleware.finish_headers)
    app.on_shutdown.append(_end_streams)
    app.router.add_get("/healthz", health.alive)
    app.router.add_get("/readyz", health.ready)
    app.router.add_get("/metrics", metrics.show_metrics)
    app.router.add_get("/", root)
    docs.add_documentation(app)
    return app


def _add_authenticator(
    app: web.Application, authenticator: Authenticator | None, registry: CollectorRegistry
) -> None:
    access_metrics = AccessMetrics()
    if authenticator is not None:
        app[AUTHENTICATOR] = authenticator
        app[SUPERVISOR].add("access files", authenticator)
        access_metrics = authenticator.metrics
    for each in access_metrics.collectors:
        registry.register(each)


def add_operations(
    app: web.Application, operations: Sequence[Operation], refusals: Refusals | None = None
) -> None:
    """Route operations and put them into the documentation.

    Args:
        app: The application.
        operations: What to route.
        refusals: How errors that their handlers raise are answered.

    Raises:
        LookupError: An operation names an error that `refusals` does not have.
        TypeError: A handler's signature does not fit its path.
        ValueError: An operation is there already.
    """
    refusals = refusals or Refusals({})
    for operation in operations:
        binding = bind(operation)
        app[OPENAPI].add(operation, binding, refusals.described(operation.errors))
        handler = aiohttp_handler(
            operation, binding, refusals=refusals, default_limit=app[MAX_BODY]
        )
        app.router.add_route(operation.method, operation.path, handler)
        if _answers_head(operation):
            app.router.add_route("HEAD", operation.path, handler)


def answer_unavailable_when(app: web.Application, passes: Callable[[Exception], bool]) -> None:
    """Answer 503 `unavailable`, not 500, to a request whose exception satisfies the test."""
    app[PASSING_FAILURES].append(passes)


def _answers_head(operation: Operation) -> bool:
    """Tell whether a `GET` answers at once: what writes a stream would write it for `HEAD` too.

    Who sends files, whose size is known, looks at the method.
    """
    answers = operation.responses.values()
    streams = any(each.media_types and not each.files for each in answers)
    return operation.method == "GET" and not streams


async def _run_components(app: web.Application) -> AsyncIterator[None]:
    if app[SUPERVISED]["by_process"]:
        yield
        return
    supervisor = app[SUPERVISOR]
    try:
        await supervisor.start()
        yield
    finally:
        await supervisor.stop()


async def _end_streams(app: web.Application) -> None:
    app[LEAVING].set()
    app[DRAINING].set()
