"""What the tests of the client share."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from leadwire.db.embedded.ports import LOOPBACK, free_port
from leadwire_client import AsyncClient, Backoff, Client
from leadwire_client.testing import FakeLeadwire

QUICK = Backoff(first=0.02, most=0.1)


@pytest.fixture
def fake() -> Iterator[FakeLeadwire]:
    """A Leadwire in memory."""
    with FakeLeadwire() as started:
        yield started


@pytest.fixture
def nowhere() -> str:
    """An address at which nobody listens, and that nobody else is given meanwhile."""
    return f"http://{LOOPBACK}:{free_port()}"


@pytest.fixture
def client(fake: FakeLeadwire) -> Iterator[Client]:
    """A client of it that does not wait long."""
    with Client(fake.url, backoff=QUICK) as opened:
        yield opened


Do = Callable[[AsyncClient], Awaitable[Any]]


@pytest.fixture
def with_async_client(fake: FakeLeadwire) -> Callable[[Do], Any]:
    """Run something with the asyncio client, in a loop of its own."""

    def run(do: Do) -> Any:
        async def main() -> Any:
            async with AsyncClient(fake.url, backoff=QUICK) as opened:
                return await do(opened)

        return asyncio.run(main())

    return run
