import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import pytest
from aiohttp import web

from leadwire.http import HttpServer, Operation, Refusals, add_operations, new_application


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A running server, and ways to talk to it."""

    app: web.Application
    server: HttpServer
    port: int
    session: aiohttp.ClientSession

    async def say(self, raw: bytes, *, then_close: bool = False) -> bytes:
        """Send bytes as they are and return everything that is answered."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(raw)
            if then_close:
                writer.write_eof()
            async with asyncio.timeout(10):
                return await reader.read()
        finally:
            writer.close()


ServeOperations = Callable[..., Awaitable[Served]]


@pytest.fixture
async def serve() -> AsyncIterator[ServeOperations]:
    """Serve operations with an `HttpServer` on a free port."""
    running: list[Served] = []

    async def start(
        *operations: Operation,
        drain_delay: float = 0.0,
        drain_within: float = 5.0,
        refusals: Refusals | None = None,
    ) -> Served:
        app = new_application(title="probe", version="1", authenticator=None)
        add_operations(app, operations, refusals)
        server = HttpServer(
            app=app,
            host="127.0.0.1",
            port=0,
            drain_delay=drain_delay,
            drain_within=drain_within,
        )
        await server.start()
        session = aiohttp.ClientSession(f"http://127.0.0.1:{server.port}")
        served = Served(app=app, server=server, port=server.port, session=session)
        running.append(served)
        return served

    yield start
    for each in running:
        await each.session.close()
        await each.server.stop()
