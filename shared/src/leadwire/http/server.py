"""Serve an application, and stop serving it without cutting anybody off."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog
from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.http_exceptions import BadHttpMessage, BadHttpMethod, LineTooLong
from uuid_utils.compat import uuid7

from leadwire.http.application import IDLE_CONNECTION_SECONDS, LINGER_SECONDS, SUPERVISED
from leadwire.http.inflight import IN_FLIGHT
from leadwire.http.keys import DRAINING, LEAVING
from leadwire.http.problems import (
    Problem,
    internal_error,
    problem_from_http_exception,
    problem_response,
)

log = structlog.get_logger(__name__)

_CLOSE_WITHIN = 2.0
CUT_WITHIN: Final = 10.0
"""Seconds for cutting what is left, and for everything else that closes."""


class HttpServer:
    """Listens for the application; a component to be started last and stopped first.

    Stopping: readiness fails (`LEAVING`) while requests are served for `drain_delay` seconds
    more, so that balancers see it; then streams are told (`DRAINING`), no connection is
    accepted any more, requests that are being handled may finish, and what is left is cut.

    Args:
        app: The application; its components are the process supervisor's from now on.
        host: Address to listen on.
        port: Port to listen on; 0 for any free one.
        drain_delay: Seconds that the process is not ready, but listens, when it stops.
        drain_within: Seconds that running requests have after that.
    """

    def __init__(
        self,
        *,
        app: web.Application,
        host: str,
        port: int,
        drain_delay: float = 0.0,
        drain_within: float = 20.0,
    ) -> None:
        self._app = app
        self._host = host
        self._wanted_port = port
        self._drain_delay = drain_delay
        self._drain_within = drain_within
        self._runner: web.AppRunner | None = None
        self._site: _ProblemSite | None = None
        app[SUPERVISED]["by_process"] = True

    @property
    def stop_within(self) -> float:
        """Seconds that `stop` takes at most."""
        return self._drain_delay + self._drain_within + CUT_WITHIN

    @property
    def port(self) -> int:
        """The port that is listened on.

        Raises:
            RuntimeError: The server does not run.
        """
        if self._site is None:
            raise RuntimeError("the HTTP server does not run")
        return self._site.port

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: The address is taken, or not ours.
        """
        self._runner = web.AppRunner(self._app, shutdown_timeout=_CLOSE_WITHIN)
        await self._runner.setup()
        site = _ProblemSite(self._runner, host=self._host, port=self._wanted_port)
        await site.start()
        self._site = site
        log.info("http_listening", host=self._host, port=self.port)

    async def stop(self) -> None:
        """Drain, then close. Without start, or twice, is harmless."""
        runner, site = self._runner, self._site
        self._runner = self._site = None
        if runner is None:
            return
        try:
            if site is not None:
                await self._leave()
                await self._drain(site)
        finally:
            cut = await self._app[IN_FLIGHT].cancel_changes()
            await runner.cleanup()
            log.info("http_stopped", cut=cut)

    async def _leave(self) -> None:
        self._app[LEAVING].set()
        log.info("http_leaving", for_seconds=self._drain_delay)
        await asyncio.sleep(self._drain_delay)

    async def _drain(self, site: web.BaseSite) -> None:
        self._app[DRAINING].set()
        await site.stop()
        try:
            async with asyncio.timeout(self._drain_within):
                await self._app[IN_FLIGHT].wait_idle()
        except TimeoutError:
            log.warning("http_drain_timed_out", seconds=self._drain_within)


class _ProblemSite(web.BaseSite):
    """A TCP site whose connections answer broken HTTP with a problem."""

    def __init__(self, runner: web.AppRunner, *, host: str, port: int) -> None:
        super().__init__(runner)
        self._host = host
        self.port = port

    @property
    def name(self) -> str:
        """Where the site listens."""
        return f"http://{self._host}:{self.port}"

    async def start(self) -> None:
        """Listen."""
        await super().start()
        if self._runner.server is None:
            raise RuntimeError("set the runner up before its site is started")
        server = await asyncio.get_running_loop().create_server(
            _connection_factory(self._runner.server), self._host, self.port
        )
        self.port = server.sockets[0].getsockname()[1]
        self._server = server


class _NoAccessLog(AbstractAccessLogger):
    """The middleware logs requests, by route template; aiohttp's log would hold paths."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Write nothing."""

    @property
    def enabled(self) -> bool:
        """Tell aiohttp not to measure for it either."""
        return False


class _ProblemRequestHandler(web.RequestHandler):
    """One connection; what goes wrong before the middlewares becomes a problem here."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002  aiohttp's signature; it quotes the request
    ) -> web.StreamResponse:
        """Answer a request that is not HTTP, or a failure outside of the middlewares."""
        if isinstance(exc, ConnectionError):
            raise exc  # the client is gone, which aiohttp takes without a word
        if status >= 500:
            log.error("connection_failed", status=status, exc_info=exc)
        else:
            log.info("malformed_http", status=status, error=type(exc).__name__)
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun; it cannot become another one")
        return _bare_answer(_refusal(exc) if status < 500 else internal_error())

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send the answer; aiohttp's own refusals (of `Expect`) become problems first."""
        if isinstance(resp, web.HTTPException) and not resp.prepared and resp.status >= 400:
            resp = _bare_answer(problem_from_http_exception(resp))
        return await super().finish_response(request, resp, start_time)


_MALFORMED = Problem(
    status=400, code="malformed_request", detail="This is not a well-formed HTTP/1.1 request."
)

_NO_METHOD = Problem(
    status=400,
    code="malformed_request",
    detail="A request begins with one of HTTP's methods, such as GET or POST; this one does not.",
)

# Of a line that is too long aiohttp tells no more than the limit, so each has its own.
_LONGEST_TARGET = 8_190
_LONGEST_HEADER = 8_192
_MOST_HEADERS = 128

_TOO_LONG = {
    _LONGEST_TARGET: Problem(
        status=414,
        code="uri_too_long",
        detail=f"The path and query of a request have at most {_LONGEST_TARGET} bytes.",
    ),
    _LONGEST_HEADER: Problem(
        status=431,
        code="headers_too_large",
        detail=f"A request header has at most {_LONGEST_HEADER} bytes.",
    ),
}


_TOO_MANY = Problem(
    status=431,
    code="headers_too_large",
    detail=f"A request has at most {_MOST_HEADERS} headers.",
)


def _refusal(error: BaseException | None) -> Problem:
    """Tell what is wrong with a request that aiohttp could not read."""
    if isinstance(error, LineTooLong):
        _, limit, *_ = error.args
        return _TOO_LONG.get(limit, _MALFORMED)
    if isinstance(error, BadHttpMethod):
        return _NO_METHOD
    if isinstance(error, BadHttpMessage) and error.message == "Too many headers received":
        return _TOO_MANY  # aiohttp has no class for it
    return _MALFORMED


def _bare_answer(problem: Problem) -> web.Response:
    response = problem_response(problem, request_id=str(uuid7()))
    response.headers["Server"] = "leadwire"
    response.force_close()
    return response


def _connection_factory(server: web.Server) -> Callable[[], web.RequestHandler]:
    loop = asyncio.get_running_loop()

    def connection() -> web.RequestHandler:
        return _ProblemRequestHandler(
            server,
            loop=loop,
            keepalive_timeout=IDLE_CONNECTION_SECONDS,
            lingering_time=LINGER_SECONDS,
            access_log_class=_NoAccessLog,
            auto_decompress=False,  # see `gunzip`
            max_line_size=_LONGEST_TARGET,
            max_field_size=_LONGEST_HEADER,
            max_headers=_MOST_HEADERS,
        )

    return connection
