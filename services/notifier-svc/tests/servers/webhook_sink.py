"""Endpoints of other systems: real servers on loopback, kind and otherwise."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from aiohttp import web

Answer = Callable[["Received"], Awaitable[web.StreamResponse]]
Connected = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Received:
    """A request that came in."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Sink:
    """An endpoint that remembers what it got.

    Attributes:
        answer: What it answers; may be replaced at any time.
        most_at_once: Most requests that it had open at the same time.
    """

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answer: Answer | None = None
    open: int = 0
    most_at_once: int = 0

    @property
    def ids(self) -> list[str]:
        return [each.id for each in self.received]

    def status(self, status: int, **headers: str) -> None:
        """Answer so from now on."""

        async def answer(_: Received) -> web.StreamResponse:
            return web.Response(status=status, headers=headers)

        self.answer = answer

    async def take(self, request: web.Request) -> web.StreamResponse:
        self.open += 1
        self.most_at_once = max(self.most_at_once, self.open)
        try:
            headers = {name.lower(): value for name, value in request.headers.items()}
            got = Received(headers, await request.read())
            self.received.append(got)
            return web.Response() if self.answer is None else await self.answer(got)
        finally:
            self.open -= 1


@asynccontextmanager
async def running_sink() -> AsyncIterator[Sink]:
    sink = Sink()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", sink.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    sink.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield sink
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw_server(
    connected: Connected, *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[int]:
    """A server that may do anything with a connection; its port."""

    connections: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.add(asyncio.current_task())  # type: ignore[arg-type]  # there is one
        try:
            await connected(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    server = await asyncio.start_server(serve, host, port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for each in connections:
            each.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
