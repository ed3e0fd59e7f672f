"""Gateways in front of servers that do what a test says."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from gateway.nginx import SERVICES, Gateway, furnished_home
from gateway.upstream import Upstream

StartGateway = Callable[..., Awaitable[Gateway]]
Upstreams = dict[str, Upstream]


@pytest.fixture
def new_home() -> Iterator[Callable[[], Path]]:
    """Make directories of gateways, which an account without rights can reach."""
    with ExitStack() as homes:
        yield lambda: homes.enter_context(furnished_home())


@pytest_asyncio.fixture
async def upstreams() -> AsyncIterator[Upstreams]:
    """One server in place of each service."""
    servers = {name: await Upstream().start() for name in SERVICES}
    yield servers
    for server in servers.values():
        await server.stop()


@pytest_asyncio.fixture
async def start_gateway(
    new_home: Callable[[], Path], upstreams: Upstreams
) -> AsyncIterator[StartGateway]:
    """Start a gateway with settings of its own, by default in front of `upstreams`."""
    started: list[Gateway] = []

    async def start(home: Path | None = None, **settings: str) -> Gateway:
        addresses = {name: server.address for name, server in upstreams.items()}
        gateway = Gateway(home=home or new_home(), upstreams=addresses, settings=settings)
        started.append(gateway)
        return await gateway.start()

    yield start
    codes = await asyncio.gather(*(gateway.stop() for gateway in started))
    assert codes == [0] * len(started), "every gateway stops cleanly"


@pytest_asyncio.fixture
async def gateway(start_gateway: StartGateway) -> Gateway:
    """A gateway as it is by default."""
    return await start_gateway()
